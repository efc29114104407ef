/** A named pipe in place of a file: the program around the call goes on, whether or not somebody writes to it. */
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  decryptFile,
  encryptFile,
  execEnv,
  findConfig,
  inspect,
  loadEnv,
  type Options,
  open,
  rotate,
  verify,
} from '../../../src/index.js';
import { codeOf, LibraryDesk } from '../../support/library-desk.js';

let desk: LibraryDesk;
beforeAll(() => {
  desk = new LibraryDesk();
});
afterAll(() => desk.remove());

describe.skipIf(process.platform === 'win32')('a named pipe', () => {
  test('that nobody writes to keeps nothing waiting but the call, which its signal ends', async () => {
    execFileSync('mkfifo', [desk.path('silent.yaml')]);
    await desk.seal('sealed.yaml', 'a: 1\n');
    const calls: readonly ((path: string, o: Options) => Promise<unknown>)[] = [
      decryptFile,
      verify,
      open,
      execEnv,
      rotate,
      (path, o) => inspect(path, o),
      (path, o) => loadEnv({ ...o, files: path, into: {} }),
      (path, o) => findConfig('sealed.yaml', { ...o, config: path }),
      (path, o) => decryptFile('sealed.yaml', { ...o, identities: { ageFiles: [path], only: true } }),
      (path, { identities: _, ...o }) => decryptFile('sealed.yaml', { ...o, env: { SOPS_AGE_KEY_FILE: path } }),
    ];
    for (const call of calls) {
      const signal = AbortSignal.timeout(50);
      expect(await codeOf(call('silent.yaml', { ...desk.options, signal }))).toBe('aborted');
    }
  });

  test('that nobody reads keeps no thread of the program, and its signal ends the call', async () => {
    execFileSync('mkfifo', [desk.path('unread.yaml')]);
    const plain = desk.write('plain.yaml', 'a: secret\n');
    const options = { ...desk.options, config: false, recipients: [desk.recipient] } as const;
    const calls = Array.from({ length: 8 }, () =>
      codeOf(encryptFile(plain, { ...options, to: 'unread.yaml', signal: AbortSignal.timeout(100) })),
    );
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['aborted']));
    expect(await readFile(plain, 'utf8')).toBe('a: secret\n');
  });

  test('is written to as it is read', async () => {
    execFileSync('mkfifo', [desk.path('read.yaml')]);
    desk.write('large.yaml', `a: ${'x'.repeat(200_000)}\n`);
    const written = encryptFile('large.yaml', {
      ...{ ...desk.options, config: false, recipients: [desk.recipient], to: 'read.yaml' },
    });
    desk.write('copy.yaml', await readFile(desk.path('read.yaml')));
    await written;
    expect((await decryptFile<{ a: string }>('copy.yaml', desk.options)).a).toHaveLength(200_000);
  });

  test('is read where a key or a configuration is expected', async () => {
    await desk.seal('s.yaml', 'a: 1\n');
    for (const name of ['keys', 'rules']) execFileSync('mkfifo', [desk.path(name)]);
    const opened = decryptFile('s.yaml', { ...desk.options, identities: { ageFiles: ['keys'], only: true } });
    await writeFile(desk.path('keys'), desk.identity);
    expect(await opened).toEqual({ a: 1 });
    const found = findConfig('s.yaml', { ...desk.options, config: 'rules' });
    await writeFile(desk.path('rules'), `creation_rules: [{age: ${desk.recipient}}]\n`);
    expect(await found).toMatchObject({ rule: { line: 1 } });
  });

  test('is read until its writer leaves, which may be the same program', async () => {
    const sealed = await desk.encrypt('a.yaml', `a: ${'x'.repeat(200_000)}\n`);
    execFileSync('mkfifo', [desk.path('pipe.yaml')]);
    const read = decryptFile<{ a: string }>('pipe.yaml', desk.options);
    await writeFile(desk.path('pipe.yaml'), sealed);
    expect((await read).a).toHaveLength(200_000);
  });
});
