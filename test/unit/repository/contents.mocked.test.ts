/** A file that is not there for a moment, as some editors have it, who take the old one away before the new one is there. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { contentOf } from '../../../src/repository/contents.js';

let absences = 0;
vi.mock('../../../src/util/files/fs.js', async (original) => {
  const fs = await original<typeof import('../../../src/util/files/fs.js')>();
  const openSync = (...args: Parameters<typeof fs.openSync>): number => {
    if (absences-- <= 0) return fs.openSync(...args);
    throw Object.assign(new Error('ENOENT: no such file or directory, open'), { code: 'ENOENT', syscall: 'open' });
  };
  return { ...fs, openSync };
});

const folder = mkdtempSync(join(tmpdir(), 'contents-'));
const path = join(folder, 'a.yaml');
writeFileSync(path, 'a: 1\n');
beforeEach(() => {
  absences = 0;
});
afterAll(() => rmSync(folder, { recursive: true }));

test('is read when it is there after all', () => {
  absences = 1;
  expect(contentOf(path)).toEqual({ kind: 'file', bytes: Buffer.from('a: 1\n') });
});

test('is told while it is there and cannot be opened', () => {
  absences = 2;
  expect(contentOf(path)).toMatchObject({ kind: 'unreadable', cause: { code: 'ENOENT' } });
});

test('and one that is gone is gone', () => {
  expect(contentOf(join(folder, 'b.yaml'))).toEqual({ kind: 'gone' });
  expect(contentOf(join(path, 'c.yaml'))).toEqual({ kind: 'gone' });
});
