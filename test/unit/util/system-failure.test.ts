/** Failures of the system that nobody worded: told as what they are; a defect stays a defect. */
import { closeSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmdirSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { reportOf } from '../../../src/cli/output/report.js';
import { SopsError } from '../../../src/errors.js';
import { wordedFailure } from '../../../src/util/host/system-failure.js';

const folder = mkdtempSync(join(tmpdir(), 'sops-ts-failure-'));
afterAll(() => rmSync(folder, { recursive: true }));

const STATE =
  '  Files are replaced as a whole: each holds what it held before, or all that is new. Look, and run it again.\n';

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** As Node words it; such calls do not fail when wanted. */
function failure(code: string, reason: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: ${reason}, ${syscall}`), { code, syscall });
}

test.each([
  ['close', 'EIO', 'i/o error'],
  ['fsync', 'EIO', 'i/o error'],
  ['write', 'ENOSPC', 'no space left on device'],
  ['fchmod', 'EPERM', 'operation not permitted'],
])('%s without a path: 1', (call, code, reason) => {
  const error = failure(code, reason, call);
  expect(reportOf(error, false)).toEqual({ text: `${call}: ${reason}\n${STATE}`, status: 1 });
  expect(wordedFailure(error)).toMatchObject({ code: 'write-failed', cause: error });
});

test('real failures name the file', () => {
  const absent = join(folder, 'absent');
  mkdirSync(join(folder, 'full/inner'), { recursive: true });
  for (const [call, words] of [
    [() => unlinkSync(absent), `unlink ${absent}: no such file or directory\n${STATE}`],
    [() => rmdirSync(join(folder, 'full')), `rmdir ${join(folder, 'full')}: directory not empty\n${STATE}`],
    [() => renameSync(absent, folder), `rename ${absent} to ${folder}: no such file or directory\n${STATE}`],
  ] as const)
    expect(reportOf(thrownBy(call), false)).toEqual({ text: words, status: 1 });
  const advice = '  Is the name written right? A relative one counts from the working directory.\n';
  const text = `open ${absent}: no such file or directory\n${advice}`;
  expect(
    reportOf(
      thrownBy(() => readFileSync(absent)),
      false,
    ),
  ).toEqual({ text, status: 2 });
});

test('what only a wrong program gets to hear, and what is not a call on files, stays as it is', () => {
  const closed = thrownBy(() => closeSync(2 ** 20));
  for (const error of [
    closed,
    failure('ECONNREFUSED', 'x', 'connect'),
    new TypeError('x'),
    new SopsError('failed', 'x'),
  ])
    expect(wordedFailure(error)).toBe(error);
  expect(reportOf(closed, false).status).toBe(70);
});

test('a working directory that was removed', () => {
  const error = failure('ENOENT', 'no such file or directory', 'uv_cwd');
  const text =
    'the working directory cannot be told: no such file or directory\n  Was it removed? Go to another one, and start again.\n';
  expect(reportOf(error, false)).toMatchObject({ text });
  expect(wordedFailure(error)).toMatchObject({ code: 'input-unreadable', cause: error });
});
