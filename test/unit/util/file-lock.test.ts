import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makerOf } from '../../../src/util/files/temporary-name.js';
import { lockFile, lockPath } from '../../../src/util/locks/file-lock.js';
import { ownText } from '../../../src/util/locks/lock-owner.js';
import { keepTokens } from '../../../src/util/locks/lock-token.js';
import { startOf } from '../../../src/util/locks/processes.js';
import { SYSTEM_CLOCK } from '../../../src/util/waiting/clock.js';

const onPosix = process.platform !== 'win32';
const AN_HOUR = 3600;

let folder: string;
let file: string;
let warnings: string[];

const take = () => lockFile(file, (message) => warnings.push(message));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sops-ts-lock-'));
  file = join(folder, 'secrets.yaml');
  warnings = [];
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** Lays a lock as another process would have. */
function lay(text: string, age = 0): void {
  writeFileSync(lockPath(file), text);
  const time = Date.now() / 1000 - age;
  utimesSync(lockPath(file), time, time);
}

const ofOtherHost = (): string => ownText().replace(/"machine":"[^ ]*/, '"machine":"elsewhere');

test('is a file beside the locked one while it is held, and gone afterwards', async () => {
  const lock = await take();
  expect(readdirSync(folder)).toEqual(['.secrets.yaml.sops-ts-lock']);
  expect(readFileSync(lockPath(file), 'utf8')).toContain(`"pid":${process.pid}`);
  expect(lock.isHeld()).toBe(true);
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
});

test('has a name even where that of the file is as long as names can be', async () => {
  file = join(folder, 'é'.repeat(127));
  (await take()).release();
  expect(warnings).toEqual([]);
});

test('holds others off until it is released', async () => {
  const order: string[] = [];
  const first = await take();
  const second = take().then((lock) => {
    order.push('second');
    lock.release();
  });
  await sleep(60);
  order.push('first');
  first.release();
  await second;
  expect(order).toEqual(['first', 'second']);
  expect(warnings).toEqual([]);
});

test('lets one through at a time', async () => {
  let inside = 0;
  let most = 0;
  const visit = async (): Promise<void> => {
    const lock = await take();
    inside += 1;
    most = Math.max(most, inside);
    await sleep(1);
    inside -= 1;
    lock.release();
  };
  await Promise.all(Array.from({ length: 20 }, visit));
  expect(most).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

describe('a lock that was left behind', () => {
  test('by a process of this machine that has ended is removed at once', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    lay(ownText().replace(/"pid":\d+/, `"pid":${pid}`));
    const lock = await take();
    expect(lock.isHeld()).toBe(true);
    expect(warnings).toEqual([`removed ${lockPath(file)}, which a run that was ended left behind`]);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test.runIf(process.platform === 'linux')(
    'by a process whose number another has by now is removed at once',
    async () => {
      lay(ownText().replace(/"start":"\d+"/, '"start":"1"'));
      (await take()).release();
      expect(warnings).toHaveLength(1);
    },
  );

  test.runIf(process.platform === 'linux')(
    'by a process of which only the exit status is left is removed at once',
    async () => {
      // Nobody waits for the one that ends, since the program that started it has become another.
      const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 60']);
      const [number] = await once(parent.stdout, 'data');
      lay(
        ownText()
          .replace(/"pid":\d+/, `"pid":${Number(number)}`)
          .replace(/"start":"\d+"/, '"start":""'),
      );
      await vi.waitFor(() => expect(startOf(Number(number))).toBe(null));
      (await take()).release();
      expect(warnings).toHaveLength(1);
      parent.kill('SIGKILL');
    },
  );

  test('by this process is respected', async () => {
    lay(ownText());
    const waiting = take();
    await sleep(60);
    expect(existsSync(lockPath(file))).toBe(true);
    rmSync(lockPath(file));
    (await waiting).release();
    expect(warnings).toEqual([]);
  });

  test.each([
    ['by another host', ofOtherHost],
    ['by a program of which nothing is known', () => 'whatever'],
    ['empty, on a full disk', () => ''],
    ['by this process number, before the system was started anew', ownText],
  ])('%s is removed once it is old', async (_, text) => {
    lay(text(), AN_HOUR);
    (await take()).release();
    expect(warnings).toHaveLength(1);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('by another host is respected while it is young', async () => {
    lay(ofOtherHost());
    const waiting = take();
    await sleep(60);
    expect(existsSync(lockPath(file))).toBe(true);
    rmSync(lockPath(file));
    (await waiting).release();
    expect(warnings).toEqual([]);
  });

  test('is removed in the end though the clock was set back meanwhile', async () => {
    lay(ofOtherHost(), -AN_HOUR);
    const start = SYSTEM_CLOCK.steady();
    const now = vi.spyOn(SYSTEM_CLOCK, 'steady').mockReturnValue(start);
    const waiting = take();
    await sleep(60);
    expect(existsSync(lockPath(file))).toBe(true);
    now.mockReturnValue(start + 11_000);
    (await waiting).release();
    expect(warnings).toHaveLength(1);
  });

  test.runIf(onPosix)('is never waited for when it is a FIFO', async () => {
    execFileSync('mkfifo', [lockPath(file)]);
    utimesSync(lockPath(file), 1, 1);
    (await take()).release();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a holder that was stopped for long', () => {
  test('sees that its lock was taken over, and leaves the new one alone', async () => {
    const slow = await take();
    utimesSync(lockPath(file), 1, 1);
    const fast = await take();
    expect([slow.isHeld(), fast.isHeld()]).toEqual([false, true]);
    slow.release();
    expect(fast.isHeld()).toBe(true);
    fast.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('sees that its lock is gone', async () => {
    const lock = await take();
    renameSync(lockPath(file), join(folder, 'elsewhere'));
    expect(lock.isHeld()).toBe(false);
    lock.release();
    expect(readdirSync(folder)).toEqual(['elsewhere']);
  });
});

test('a folder that takes no lock is said, and nobody is held up', async () => {
  file = join(folder, 'no', 'such', 'folder');
  const lock = await take();
  expect(lock.isHeld()).toBe(true);
  lock.release();
  expect(warnings).toEqual([`${file} is written without a lock: its folder takes none (no such file or directory)`]);
});

describe.runIf(onPosix)('while many files are worked on', () => {
  const lockOf = (name: string) => lockFile(join(folder, name), (message) => warnings.push(message));
  const inodeOf = (name: string): number => statSync(lockPath(join(folder, name))).ino;

  test('one file serves lock after lock, each with a text of its own, as young as a new one', async () => {
    const letGo = keepTokens();
    const first = await lockOf('a');
    const [inode, text] = [inodeOf('a'), readFileSync(lockPath(join(folder, 'a')), 'utf8')];
    first.release();
    const [spare = ''] = readdirSync(folder);
    expect(makerOf(spare)).toBe('running');
    utimesSync(join(folder, spare), 0, 0);
    const second = await lockOf('b');
    const next = readFileSync(lockPath(join(folder, 'b')), 'utf8');
    expect(inodeOf('b')).toBe(inode);
    expect([next.length, next === text]).toEqual([text.length, false]);
    expect(Date.now() - statSync(lockPath(join(folder, 'b'))).mtimeMs).toBeLessThan(5000);
    expect(first.isHeld()).toBe(false);
    second.release();
    letGo();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('locks that are held at the same time have a file each', async () => {
    const letGo = keepTokens();
    const held = await Promise.all(['a', 'b', 'c'].map(lockOf));
    expect(new Set(['a', 'b', 'c'].map(inodeOf)).size).toBe(3);
    for (const lock of held) lock.release();
    letGo();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('the file of a lock that was taken over serves none again', async () => {
    const letGo = keepTokens();
    const lost = await lockOf('a');
    const inode = inodeOf('a');
    renameSync(lockPath(join(folder, 'a')), join(folder, 'aside'));
    lost.release();
    const next = await lockOf('a');
    expect(inodeOf('a')).not.toBe(inode);
    next.release();
    letGo();
    expect(readdirSync(folder)).toEqual(['aside']);
  });

  test('what is held when it ends is taken away when it is released', async () => {
    const letGo = keepTokens();
    const lock = await lockOf('a');
    letGo();
    expect(lock.isHeld()).toBe(true);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });
});
