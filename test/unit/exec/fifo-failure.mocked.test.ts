/** A pipe that cannot be opened for writing: nobody waits at it for ever. */
import { closeSync, constants, existsSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FifoServer } from '../../../src/exec/fifo.js';

type Done = (error: Error | null) => void;
const waits: Done[] = [];

vi.mock('../../../src/util/fs.js', async (original) => ({
  ...(await original<object>()),
  openByCallback: (_path: string, _flags: number, done: Done) => void waits.push(done),
}));

let folder: string;
let server: FifoServer | null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sops-ts-fifo-'));
  waits.length = 0;
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
  expect(server?.failure?.message).toBe('no space');
});

test.runIf(process.platform === 'linux')('who waits at it reads an end', () => {
  const reader = openSync(join(folder, 'pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
  failAll();
  expect(readSync(reader, Buffer.alloc(10))).toBe(0);
  closeSync(reader);
});
