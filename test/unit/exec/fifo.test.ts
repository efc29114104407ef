/** Pipes that serve a content, where a program is quicker than the thread that waits for it. */
import { pbkdf2 } from 'node:crypto';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { FifoServer } from '../../../src/exec/fifo.js';

/** More than Node has threads. */
const MANY = 16;

test.runIf(process.platform === 'linux')('who opened a pipe and then removed it gets its content', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sops-ts-fifo-'));
  const path = join(folder, 'pipe');
  // No thread opens the pipe before these are done.
  const busy = Array.from({ length: MANY }, () => promisify(pbkdf2)('a', 'b', 50_000, 64, 'sha512'));
  const server = FifoServer.start(folder, 'pipe', Buffer.from('content'));
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  unlinkSync(path);
  await Promise.all(busy);
  expect(await vi.waitUntil(() => readNow(reader), { timeout: 10_000 })).toBe('content');
  expect(server?.failure).toBeUndefined();
  closeSync(reader);
  server?.close();
  rmSync(folder, { recursive: true });
});

/** What is there to be read at once. */
function readNow(descriptor: number): string {
  const bytes = Buffer.alloc(100);
  try {
    return bytes.toString('utf8', 0, readSync(descriptor, bytes));
  } catch {
    return '';
  }
}
