/** A named pipe in place of a file: the program around the call goes on, whether or not somebody writes to it. */
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decryptFile, execEnv, type Options, open, rotate, verify } from '../../../src/index.js';
import { codeOf, LibraryDesk } from '../../support/library-desk.js';

let desk: LibraryDesk;
beforeAll(() => {
  desk = new LibraryDesk();
});
afterAll(() => desk.remove());

describe.skipIf(process.platform === 'win32')('a named pipe', () => {
  test('that nobody writes to keeps nothing waiting but the call, which its signal ends', async () => {
    execFileSync('mkfifo', [desk.path('silent.yaml')]);
    const calls: readonly ((path: string, o: Options) => Promise<unknown>)[] = [
      decryptFile,
      verify,
      open,
      execEnv,
      rotate,
    ];
    for (const call of calls) {
      const signal = AbortSignal.timeout(50);
      expect(await codeOf(call('silent.yaml', { ...desk.options, signal }))).toBe('aborted');
    }
  });

  test('is read until its writer leaves, which may be the same program', async () => {
    const sealed = await desk.encrypt('a.yaml', `a: ${'x'.repeat(200_000)}\n`);
    execFileSync('mkfifo', [desk.path('pipe.yaml')]);
    const read = decryptFile<{ a: string }>('pipe.yaml', desk.options);
    await writeFile(desk.path('pipe.yaml'), sealed);
    expect((await read).a).toHaveLength(200_000);
  });
});
