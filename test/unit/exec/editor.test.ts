/** Which editor is started, with which words. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findEditor, runEditor } from '../../../src/exec/editor.js';
import type { Host } from '../../../src/util/host/host.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sops-ts-editor-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function host(env: Record<string, string>, programs: readonly string[]): Host {
  for (const name of programs) {
    writeFileSync(join(folder, name), '#!/bin/sh\n');
    chmodSync(join(folder, name), 0o700);
  }
  return {
    env: { PATH: folder, ...env },
    cwd: folder,
    platform: process.platform,
    askSecret: () => Promise.reject(new Error('nobody is asked')),
    warn: () => undefined,
  };
}

describe.skipIf(process.platform === 'win32')('the editor', () => {
  test.each([
    ['SOPS_EDITOR first', { SOPS_EDITOR: 'one', EDITOR: 'two' }, ['one', 'two', 'vim'], 'one', []],
    ['EDITOR then', { SOPS_EDITOR: '', EDITOR: 'two' }, ['one', 'two', 'vim'], 'two', []],
    ['blanks are not an editor', { SOPS_EDITOR: '  ', EDITOR: 'two' }, ['two'], 'two', []],
    ['vim, nano, vi in this order', {}, ['vi', 'nano'], 'nano', []],
    [
      'words as a shell splits them',
      { EDITOR: 'two -c "set noundo" a\\ b' },
      ['two'],
      'two',
      ['-c', 'set noundo', 'a b'],
    ],
    ['a graphical one waits', { EDITOR: 'code -n' }, ['code'], 'code', ['--wait', '-n']],
    ['a graphical one that waits already', { EDITOR: 'subl -w' }, ['subl'], 'subl', ['-w']],
    ['gvim stays in front', { EDITOR: 'gvim' }, ['gvim'], 'gvim', ['--nofork']],
  ])('%s', async (_, env, programs, name, args) => {
    expect(await findEditor(host(env, programs))).toEqual({ file: join(folder, name), args });
  });

  test.each([
    ['an open quote', { EDITOR: 'two "' }, 'invalid $EDITOR'],
    ['a program that is not there', { EDITOR: 'three' }, 'executable file not found'],
    ['none at all', {}, 'Could not run editor'],
  ])('%s is an error', async (_, env, message) => {
    await expect(findEditor(host(env, ['two']))).rejects.toMatchObject({
      code: 'editor-failed',
      message: expect.stringContaining(message),
    });
  });
});

test('one that Node refuses to start, as it throws some reasons and tells others by an event, could not be run', async () => {
  const running = runEditor({ file: process.execPath, args: ['a\0b'] }, '/f', host({}, []));
  await expect(running.done).rejects.toMatchObject({ code: 'editor-failed' });
  await running.stop('SIGTERM');
});
