/** The safe write in processes that are killed, limited, or without rights. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { sampledTest, WHOLE } from '../../support/sweep.js';
import { buildWriteChild } from './write-child.js';

const test = sampledTest(6);

const asRoot = process.getuid?.() === 0;
/** Root may write everywhere; the child then runs as nobody. */
const NOBODY = 65534;

let child: string;
let folder: string;
let file: string;

beforeAll(async () => {
  child = await buildWriteChild();
});

afterAll(() => {
  rmSync(dirname(child), { recursive: true, force: true });
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sops-ts-write-'));
  file = join(folder, 'secrets.yaml');
});

afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the program without the rights of root, with a limit on file sizes in KiB when given. */
function write(size: number, limit?: number): string {
  const limits = limit === undefined ? '' : `ulimit -f ${limit};`;
  const rights = asRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const words = ['-c', `${limits} exec "$0" "$@"`, process.execPath, child, file, 'n', String(size)];
  return spawnSync('bash', words, { ...rights, encoding: 'utf8' }).stdout.trim();
}

/** Hands a path to the user that `write` runs as. */
function give(path: string, mode: number): void {
  if (asRoot) chownSync(path, NOBODY, NOBODY);
  chmodSync(path, mode);
}

describe.skipIf(process.platform === 'win32')('rights', () => {
  test('a read-only file is not touched, though its folder would allow it', () => {
    writeFileSync(file, 'old');
    give(file, 0o400);
    give(folder, 0o700);
    expect(write(10)).toBe(`output-unwritable open ${file}: permission denied`);
    expect(readFileSync(file, 'utf8')).toBe('old');
  });

  test.each([0, 3, 8000])('a writable file in a folder that is not is overwritten with %i bytes', (size) => {
    writeFileSync(file, 'old');
    give(file, 0o600);
    chmodSync(folder, 0o555);
    expect(write(size)).toBe('overwritten');
    expect(readFileSync(file, 'utf8')).toBe('n'.repeat(size));
  });

  test('a new file in such a folder is refused', () => {
    chmodSync(folder, 0o555);
    expect(write(10)).toBe(`output-unwritable open ${file}: permission denied`);
  });

  test.runIf(asRoot)('a file of another owner is overwritten, so that it stays that owner’s', () => {
    writeFileSync(file, 'old');
    chmodSync(file, 0o666);
    chmodSync(folder, 0o777);
    expect(write(10)).toBe('overwritten');
    expect(readFileSync(file, 'utf8')).toBe('n'.repeat(10));
    expect(statSync(file).uid).toBe(0);
    expect(readdirSync(folder)).toEqual(['secrets.yaml']);
  });
});

describe.skipIf(process.platform === 'win32')('no room', () => {
  test('leaves the old file and nothing else', () => {
    writeFileSync(file, 'old');
    give(file, 0o600);
    give(folder, 0o700);
    expect(write(100_000, 4)).toBe(`write-failed write ${file}: file too large`);
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['secrets.yaml']);
  });

  test('makes no new file', () => {
    give(folder, 0o700);
    expect(write(100_000, 4)).toContain('write-failed');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('leaves the old bytes where only overwriting is possible', () => {
    writeFileSync(file, 'old '.repeat(1000));
    give(file, 0o600);
    chmodSync(folder, 0o555);
    expect(write(100_000, 8)).toContain('write-failed');
    expect(readFileSync(file, 'utf8')).toBe('old '.repeat(1000));
  });

  test('leaves the old bytes of a file with several names', () => {
    writeFileSync(file, 'old');
    give(file, 0o600);
    give(folder, 0o700);
    linkSync(file, join(folder, 'other-name'));
    expect(write(100_000, 4)).toContain('write-failed');
    expect(readFileSync(join(folder, 'other-name'), 'utf8')).toBe('old');
    expect(readdirSync(folder).sort()).toEqual(['other-name', 'secrets.yaml']);
  });
});

test('the standard output of a process is written to, not replaced, even when it is a file', () => {
  const program = `"$0" "$@" > '${file}'`;
  const before = (): number => statSync(file).ino;
  writeFileSync(file, 'old');
  const inode = before();
  spawnSync('sh', ['-c', program, process.execPath, child, '/dev/stdout', 'n', '10']);
  expect(readFileSync(file, 'utf8')).toContain('streamed');
  expect(before()).toBe(inode);
});

test('killed at any point, the old bytes or the new ones stand, and leftovers are private', async () => {
  const whole = new Set(['a'.repeat(300_000), 'b'.repeat(300_000)]);
  for (let round = 0; round < (WHOLE ? 12 : 3); round++) {
    writeFileSync(file, 'a'.repeat(300_000), { mode: 0o600 });
    const running = spawn(process.execPath, [child, file, '-', 'loop'], { stdio: 'ignore' });
    await sleep(60 + Math.random() * 60);
    running.kill('SIGKILL');
    await once(running, 'exit');
    expect(whole.has(readFileSync(file, 'utf8'))).toBe(true);
    for (const name of readdirSync(folder).filter((each) => each !== 'secrets.yaml')) {
      expect(name).toMatch(/^\.sops-ts-[0-9a-f]{24}\.tmp$/);
      expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
    }
  }
});
