/** The script that kustomize starts for a generator: prints what was made ahead, or starts the program with all of its input. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { writeMadeLauncher } from '../../../src/kubernetes/kustomize/launcher.js';
import { putAhead } from '../../../src/kubernetes/kustomize/made-ahead.js';

const room = realpathSync(mkdtempSync(join(tmpdir(), "sops-ts-made '$-")));
const folder = join(room, 'tree ü');
const made = join(room, 'made');
afterAll(() => rmSync(room, { recursive: true }));

mkdirSync(folder);
symlinkSync(folder, join(room, 'link'));
writeFileSync(join(room, 'plug-in'), '#!/bin/sh\necho "plug-in $*"\ncat\n');
chmodSync(join(room, 'plug-in'), 0o755);
for (const form of ['krm', 'legacy'] as const) {
  await writeMadeLauncher(join(room, form), { command: [join(room, 'plug-in'), 'as'] }, form, join(made, form));
  putAhead([{ folder, name: 'gen-1', form, text: `made for ${form}\n` }], made, (one) => one);
}

function start(form: 'krm' | 'legacy', input: string, cwd = folder): string {
  const words = form === 'krm' ? [] : [join(room, 'config.yaml'), 'more'];
  if (form === 'legacy') writeFileSync(join(room, 'config.yaml'), input);
  return spawnSync(join(room, form), words, { cwd, input: form === 'krm' ? input : 'objects', encoding: 'utf8' })
    .stdout;
}

const list = (name: string) =>
  `kind: ResourceList\nitems:\n- apiVersion: v1\n  files:\n    name: gen-1\n  metadata:\n    annotations:\n      name: gen-1\n    name: ${name}\n  rest: \\n 'x'\n`;
const config = (name: string) =>
  `apiVersion: v1\nkind: ksops\nmetadata:\n  labels:\n    name: gen-1\n  name: ${name}\n`;

describe.skipIf(process.platform === 'win32')('the launcher of a build', () => {
  test('prints what was made for the name, in the folder, through links too', () => {
    expect(start('krm', list('gen-1'))).toBe('made for krm\n');
    expect(start('krm', list('gen-1'), join(room, 'link'))).toBe('made for krm\n');
    expect(start('legacy', config('gen-1'))).toBe('made for legacy\n');
  });

  test.each(['gen-2', "'gen-1'", '../gen-1', '', '$(echo gen-1)', 'gen-1 '])('starts the program for %j', (name) => {
    expect(start('krm', list(name))).toBe(`plug-in as\n${list(name)}`);
    expect(start('legacy', config(name))).toBe(`plug-in as ${join(room, 'config.yaml')} more\nobjects`);
  });

  test.each(['', 'no line end', 'a: b\n', '  metadata:\n'])('hands on input without a name: %j', (input) => {
    expect(start('krm', input)).toBe(`plug-in as\n${input}`);
  });

  test('starts the program in another folder', () => {
    expect(start('krm', list('gen-1'), room)).toBe(`plug-in as\n${list('gen-1')}`);
  });
});
