import {
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fingerprintOf, replaceFile } from '../../../src/util/files/replace-file.js';
import { lockPath } from '../../../src/util/locks/file-lock.js';

let folder: string;
let file: string;
let warnings: string[];

const bytes = (text: string): Uint8Array => Buffer.from(text);

function replace(path: string, read: string | null, now: string) {
  const warn = (message: string): void => void warnings.push(message);
  return replaceFile(path, bytes(now), { read: read === null ? null : bytes(read), warn });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sops-ts-replace-'));
  file = join(folder, 'secrets.yaml');
  warnings = [];
});

afterEach(() => {
  expect(warnings).toEqual([]);
  rmSync(folder, { recursive: true, force: true });
});

describe('a file that is as it was read', () => {
  test.each(['', 'old', 'x'.repeat(3_000_000)])('is replaced', async (old) => {
    writeFileSync(file, old);
    expect(await replace(file, old, 'new')).toBe('replaced');
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['secrets.yaml']);
  });

  test('is known by its fingerprint as well', async () => {
    writeFileSync(file, 'old');
    const warn = (message: string): void => void warnings.push(message);
    const now = (read: string) => replaceFile(file, bytes('new'), { read: fingerprintOf(bytes(read)), warn });
    for (const other of ['odd', 'older', ''])
      await expect(now(other)).rejects.toMatchObject({ code: 'changed-meanwhile' });
    expect(await now('old')).toBe('replaced');
    expect(readFileSync(file, 'utf8')).toBe('new');
  });

  test('is replaced though it was written in between and is the same again', async () => {
    writeFileSync(file, 'old');
    utimesSync(file, 1, 1);
    await replace(file, 'old', 'new');
    expect(readFileSync(file, 'utf8')).toBe('new');
  });

  test('is overwritten when it has other names', async () => {
    writeFileSync(file, 'old');
    linkSync(file, join(folder, 'other'));
    expect(await replace(file, 'old', 'new')).toBe('overwritten');
    expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('new');
  });
});

describe('a file that is another by now', () => {
  test.each([
    ['longer', 'old and more'],
    ['as long', 'odd'],
    ['empty', ''],
  ])('is left alone: %s', async (_, now) => {
    writeFileSync(file, now);
    await expect(replace(file, 'old', 'new')).rejects.toMatchObject({ code: 'changed-meanwhile', exitStatus: 75 });
    expect(readFileSync(file, 'utf8')).toBe(now);
    expect(readdirSync(folder)).toEqual(['secrets.yaml']);
  });

  test('is left alone when the difference is at the end of something long', async () => {
    writeFileSync(file, `${'x'.repeat(3_000_000)}y`);
    await expect(replace(file, `${'x'.repeat(3_000_000)}z`, 'new')).rejects.toMatchObject({
      code: 'changed-meanwhile',
    });
  });

  test('is left alone when it has other names', async () => {
    writeFileSync(file, 'odd');
    linkSync(file, join(folder, 'other'));
    await expect(replace(file, 'old', 'new')).rejects.toMatchObject({ code: 'changed-meanwhile' });
    expect(readFileSync(file, 'utf8')).toBe('odd');
    expect(readdirSync(folder).sort()).toEqual(['other', 'secrets.yaml']);
  });

  test('is not made again when it was removed', async () => {
    await expect(replace(file, 'old', 'new')).rejects.toMatchObject({ code: 'changed-meanwhile' });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is not replaced when there was none', async () => {
    writeFileSync(file, 'theirs');
    await expect(replace(file, null, 'new')).rejects.toMatchObject({ code: 'changed-meanwhile' });
    expect(readFileSync(file, 'utf8')).toBe('theirs');
    expect(readdirSync(folder)).toEqual(['secrets.yaml']);
  });
});

test('a new file is made where there is none', async () => {
  await replace(file, null, 'new');
  expect(readFileSync(file, 'utf8')).toBe('new');
  expect(readdirSync(folder)).toEqual(['secrets.yaml']);
});

test.skipIf(process.platform === 'win32')('the lock is that of the file, not of a link that leads to it', async () => {
  writeFileSync(file, 'old');
  symlinkSync('secrets.yaml', join(folder, 'link'));
  writeFileSync(lockPath(file), '');
  const waiting = replace(join(folder, 'link'), 'old', 'new');
  await new Promise((done) => setTimeout(done, 60));
  expect(readFileSync(file, 'utf8')).toBe('old');
  rmSync(lockPath(file));
  await waiting;
  expect(readFileSync(file, 'utf8')).toBe('new');
});
