/** Locks where the file system has no hard links, as on many sticks and network folders. */
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

vi.mock('node:fs', async (original) => ({
  ...(await original<typeof import('node:fs')>()),
  linkSync: () => {
    throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM', syscall: 'link' });
  },
}));

const { lockFile, lockPath } = await import('../../../src/util/locks/file-lock.js');
const { writeFileSafely } = await import('../../../src/util/files/atomic-write.js');

let folder: string;
let file: string;
let warnings: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sops-ts-lock-'));
  file = join(folder, 'secrets.yaml');
  warnings = [];
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('without hard links one is held off all the same', async () => {
  let inside = 0;
  let most = 0;
  const visit = async (): Promise<void> => {
    const lock = await lockFile(file, (message) => warnings.push(message));
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((done) => setTimeout(done, 1));
    expect(lock.isHeld()).toBe(true);
    inside -= 1;
    lock.release();
  };
  await Promise.all(Array.from({ length: 10 }, visit));
  expect(most).toBe(1);
  expect(warnings).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test('without hard links a lock that was left behind is removed', async () => {
  writeFileSync(lockPath(file), '');
  utimesSync(lockPath(file), 1, 1);
  (await lockFile(file, (message) => warnings.push(message))).release();
  expect(warnings).toHaveLength(1);
  expect(readdirSync(folder)).toEqual([]);
});

test('without hard links a new file is made, and never in the place of another', async () => {
  await writeFileSafely(file, Buffer.from('new'), { isNew: true });
  await expect(writeFileSafely(file, Buffer.from('newer'), { isNew: true })).rejects.toMatchObject({
    code: 'changed-meanwhile',
  });
  expect(readdirSync(folder)).toEqual(['secrets.yaml']);
});
