/** Asking through a program: which one, and what comes of it. */
import { afterAll, describe, expect, test } from 'vitest';
import { askpassProgram, askThroughProgram } from '../../../src/exec/askpass.js';
import { hostOf } from '../keys/host.js';
import { ProgramFolder } from '../keys/programs.js';

const folder = new ProgramFolder();
afterAll(() => folder.remove());

describe('the program', () => {
  test.each([
    [{}, undefined],
    [{ SSH_ASKPASS: 'ssh' }, undefined],
    [{ SSH_ASKPASS: 'ssh', DISPLAY: ':0' }, 'ssh'],
    [{ SSH_ASKPASS: 'ssh', WAYLAND_DISPLAY: 'w' }, 'ssh'],
    [{ SSH_ASKPASS: 'ssh', SSH_ASKPASS_REQUIRE: 'force' }, 'ssh'],
    [{ SSH_ASKPASS: 'ssh', DISPLAY: ':0', SSH_ASKPASS_REQUIRE: 'never' }, undefined],
    [{ SSH_ASKPASS: 'ssh', DISPLAY: ':0', SOPS_TS_ASKPASS: 'ours' }, 'ours'],
  ])('for %j is %s', (env, program) => expect(askpassProgram(hostOf({ env }))).toBe(program));
});

describe('the answer', () => {
  const ask = (script: string) => {
    const file = folder.addShellScript(`ask-${folder.count++}`, script);
    return askThroughProgram('PIN for "x"?', hostOf({ env: { SOPS_TS_ASKPASS: file, PATH: process.env.PATH } }));
  };

  test('is the first line, whatever it holds', async () => {
    expect(await ask('printf " a b\\r\\nmore\\n"')).toBe(' a b');
    expect(await ask('echo "$1"')).toBe('PIN for "x"?');
    expect(await ask('printf ""')).toBe('');
  });

  test('of a program that fails is none', () => expect(ask('echo x; exit 1')).rejects.toThrow('no secret was entered'));

  test('of a program that is not there, or not named, is none', async () => {
    const absent = hostOf({ env: { SOPS_TS_ASKPASS: '/nonexistent/ask' } });
    await expect(askThroughProgram('?', absent)).rejects.toThrow('there is no program /nonexistent/ask');
    await expect(askThroughProgram('?', hostOf())).rejects.toThrow('sops-ts agent unlock FILE');
  });
});
