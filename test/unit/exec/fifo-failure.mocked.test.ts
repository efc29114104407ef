/** A pipe that cannot be opened for writing: nobody waits at it for ever. */
import { closeSync, constants, existsSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FifoServer } from '../../../src/exec/fifo.js';

type Done = (error: Error | null, descriptor?: number) => void;
const waits: Done[] = [];
const programs = vi.hoisted(() => ({ areStarted: true }));

vi.mock('../../../src/util/files/fs.js', async (original) => ({
  ...(await original<object>()),
  openByCallback: (_path: string, _flags: number, done: Done) => void waits.push(done),
}));

vi.mock('node:child_process', async (original) => {
  const real = await original<typeof import('node:child_process')>();
  const refused = (): never => {
    throw Object.assign(new Error('spawn ENOMEM'), { code: 'ENOMEM', syscall: 'spawn' });
  };
  return {
    ...real,
    execFile: (...words: Parameters<typeof real.execFile>) =>
      programs.areStarted ? real.execFile(...words) : refused(),
    spawnSync: (...words: Parameters<typeof real.spawnSync>) =>
      programs.areStarted ? real.spawnSync(...words) : { status: null },
  };
});

let folder: string;
let server: FifoServer | null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sops-ts-fifo-'));
  waits.length = 0;
  programs.areStarted = true;
  server = FifoServer.start(folder, 'pipe', Buffer.from('content'));
});
afterEach(() => {
  server?.close();
  rmSync(folder, { recursive: true });
});

/** The system opens none. */
function failAll(): void {
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
  // The wait begins once more where it looks whether the pipe was moved meanwhile.
  for (let round = 0; round < 4; round++) for (const done of waits.splice(0)) done(full);
}

test.runIf(process.platform === 'linux')('who comes later finds none, and is told', () => {
  expect(existsSync(join(folder, 'pipe'))).toBe(true);
  failAll();
  expect(existsSync(join(folder, 'pipe'))).toBe(false);
  expect(server?.failure).toMatchObject({ message: 'no space' });
});

test.runIf(process.platform === 'linux')('who waits at it reads an end', () => {
  const reader = openSync(join(folder, 'pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
  failAll();
  expect(readSync(reader, Buffer.alloc(10))).toBe(0);
  closeSync(reader);
});

/** The thread comes back with what it opened. */
function openNext(descriptor: number): void {
  waits.shift()?.(null, descriptor);
}

test.runIf(process.platform === 'linux')('what the system makes no stream of is a failure that is told', () => {
  const path = join(folder, 'file');
  writeFileSync(path, '');
  const descriptor = openSync(path, 'r');
  expect(() => openNext(descriptor)).not.toThrow();
  expect(server?.failure).toMatchObject({ code: 'ERR_INVALID_FD_TYPE' });
  expect(() => closeSync(descriptor), 'it is closed').toThrow('EBADF');
});

test.runIf(process.platform === 'linux')(
  'where no mkfifo is started any more, readers get what there is, and then none',
  async () => {
    programs.areStarted = false;
    let count = 0;
    for (; existsSync(join(folder, 'pipe')) && count < 100; count++) {
      const reader = openSync(join(folder, 'pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
      openNext(openSync(join(folder, 'pipe'), constants.O_WRONLY));
      expect(await vi.waitUntil(() => readNow(reader))).toBe('content');
      closeSync(reader);
    }
    expect(count).toBe(16);
  },
);

function readNow(descriptor: number): string {
  const bytes = Buffer.alloc(100);
  try {
    return bytes.toString('utf8', 0, readSync(descriptor, bytes));
  } catch {
    return '';
  }
}
