import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeFileSafely } from '../../../src/util/files/atomic-write.js';

const onPosix = process.platform !== 'win32';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sops-ts-write-'));
  file = join(folder, 'secrets.yaml');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function put(content: string, mode = 0o600): void {
  writeFileSync(file, content);
  execFileSync('chmod', [mode.toString(8), file]);
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('a new file', () => {
  test('gets the mode asked for', async () => {
    expect(await writeFileSafely(file, bytes('new'), { mode: 0o600 })).toBe('replaced');
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('gets the mode that the umask leaves when none is asked for', async () => {
    const other = join(folder, 'other');
    writeFileSync(other, '');
    await writeFileSafely(file, bytes('new'));
    expect(statSync(file).mode).toBe(statSync(other).mode);
  });

  test('leaves nothing else behind', async () => {
    await writeFileSafely(file, bytes('new'));
    expect(readdirSync(folder)).toEqual(['secrets.yaml']);
  });

  test('may have the longest name that a file can have', async () => {
    const long = join(folder, 'x'.repeat(255));
    await writeFileSafely(long, bytes('new'));
    expect(readFileSync(long, 'utf8')).toBe('new');
  });

  test.each(['no/such/file', 'file/', 'plain/file'])('cannot be made at %s', async (name) => {
    writeFileSync(join(folder, 'plain'), '');
    await expect(writeFileSafely(`${folder}/${name}`, bytes('new'))).rejects.toMatchObject({
      code: 'output-unwritable',
    });
    expect(readdirSync(folder)).toEqual(['plain']);
  });
});

describe('an existing file', () => {
  test.each([0o600, 0o640, 0o664, 0o755])('keeps its mode %i', async (mode) => {
    put('old', mode);
    await writeFileSafely(file, bytes('new'), { mode: 0o600 });
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(statSync(file).mode & 0o7777).toBe(mode);
  });

  test('is replaced, not overwritten: who has it open keeps reading the old bytes', async () => {
    put('old');
    const before = statSync(file).ino;
    expect(await writeFileSafely(file, bytes('new'))).toBe('replaced');
    expect(statSync(file).ino).not.toBe(before);
  });

  test.runIf(process.getuid?.() === 0)('keeps its owner and group', async () => {
    put('old');
    execFileSync('chown', ['1234:2345', file]);
    expect(await writeFileSafely(file, bytes('new'))).toBe('replaced');
    expect([statSync(file).uid, statSync(file).gid]).toEqual([1234, 2345]);
  });

  test.each([0, 1, 100_000])('takes %i bytes', async (size) => {
    put('old content');
    await writeFileSafely(file, Buffer.alloc(size, 'x'));
    expect(readFileSync(file, 'utf8')).toBe('x'.repeat(size));
  });

  test('keeps all its names', async () => {
    put('old and longer');
    const other = join(folder, 'other-name');
    linkSync(file, other);
    expect(await writeFileSafely(file, bytes('new'))).toBe('overwritten');
    expect(readFileSync(other, 'utf8')).toBe('new');
    expect(readdirSync(folder).sort()).toEqual(['other-name', 'secrets.yaml']);
  });

  test('that is a folder is refused', async () => {
    mkdirSync(file);
    await expect(writeFileSafely(file, bytes('new'))).rejects.toMatchObject({
      code: 'output-unwritable',
      message: expect.stringContaining('is a directory'),
    });
  });
});

describe.runIf(onPosix)('symbolic links', () => {
  test('are followed, also through other folders, and stay', async () => {
    mkdirSync(join(folder, 'real'));
    writeFileSync(join(folder, 'real', 'target'), 'old');
    symlinkSync('real', join(folder, 'way'));
    symlinkSync('way/../real/target', join(folder, 'second'));
    symlinkSync('second', file);
    expect(await writeFileSafely(file, bytes('new'))).toBe('replaced');
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder, 'real', 'target'), 'utf8')).toBe('new');
    expect(readdirSync(join(folder, 'real'))).toEqual(['target']);
  });

  test('that dangle make the file they name', async () => {
    mkdirSync(join(folder, 'real'));
    symlinkSync('real/target', file);
    await writeFileSafely(file, bytes('new'));
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder, 'real', 'target'), 'utf8')).toBe('new');
  });

  test('in a circle are refused', async () => {
    symlinkSync('secrets.yaml', file);
    await expect(writeFileSafely(file, bytes('new'))).rejects.toMatchObject({ code: 'output-unwritable' });
  });
});

describe.runIf(onPosix)('what is not a file', () => {
  test('a FIFO is written to', async () => {
    execFileSync('mkfifo', [file]);
    const read = readFile(file, 'utf8');
    expect(await writeFileSafely(file, bytes('through'))).toBe('streamed');
    expect(await read).toBe('through');
    expect(statSync(file).isFIFO()).toBe(true);
  });

  test('a device stays a device', async () => {
    expect(await writeFileSafely('/dev/null', bytes('gone'))).toBe('streamed');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test.runIf(existsSync('/dev/full'))('a device that takes nothing is a failed write', async () => {
    await expect(writeFileSafely('/dev/full', bytes('new'))).rejects.toMatchObject({
      code: 'write-failed',
      message: 'write /dev/full: no space left on device',
    });
  });
});
