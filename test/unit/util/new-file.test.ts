import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeNewFile } from '../../../src/util/files/new-file.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sops-ts-new-'));
  file = join(folder, 'keys.txt');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a new file is there as a whole, with its folders and nothing else', async () => {
  const deep = join(folder, 'a', 'b', 'keys.txt');
  await writeNewFile(deep, 'text', 0o600);
  expect(readFileSync(deep, 'utf8')).toBe('text');
  expect([statSync(deep).mode & 0o777, statSync(join(folder, 'a')).mode & 0o777]).toEqual([0o600, 0o700]);
  expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['keys.txt']);
});

test('it never has its name before it is complete', async () => {
  const seen = new Set<string>();
  let isDone = false;
  const text = 'x'.repeat(5_000_000);
  const writing = writeNewFile(file, text, 0o600).finally(() => {
    isDone = true;
  });
  while (!isDone) {
    if (existsSync(file)) seen.add(String(statSync(file).size));
    await new Promise((again) => setImmediate(again));
  }
  await writing;
  expect([...seen].filter((size) => size !== String(text.length))).toEqual([]);
  expect(readdirSync(folder)).toEqual(['keys.txt']);
});

test.each([
  ['a file', () => writeFileSync(file, '')],
  ['a link to nowhere', () => symlinkSync('/nowhere/at/all', file)],
])('%s that is there already stays', async (_, lay) => {
  lay();
  const before = lstatSync(file).ino;
  await expect(writeNewFile(file, 'text', 0o600)).rejects.toMatchObject({ code: 'output-unwritable' });
  expect(lstatSync(file).ino).toBe(before);
  expect(readdirSync(folder)).toEqual(['keys.txt']);
});
