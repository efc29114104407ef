/** What programs of `exec-env` and `exec-file` get beside the values: no keys of the user, and a warning of variables that run code. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mayRunCode } from '../../../src/exec/code-variables.js';
import { isKeyVariable } from '../../../src/exec/key-variables.js';
import { Desk } from '../../support/desk.js';

let desk: Desk;

beforeAll(async () => {
  desk = new Desk();
  desk.write('a.yaml', await desk.encrypt('a.yaml', 'A: canary-1\n'));
  const clear = 'NODE_OPTIONS_unencrypted: x\nA: canary-2\n';
  desk.write('clear.yaml', await desk.encrypt('clear.yaml', clear));
  const mixed = 'LD_PRELOAD: x\nPATH: /bin:/usr/bin\nOTHER: y\nA: canary-3\n';
  desk.write('mixed.yaml', await desk.encrypt('mixed.yaml', mixed, '--encrypted-regex', '^(A|PATH)$'));
});

afterAll(() => desk.remove());

describe.skipIf(process.platform === 'win32')('the keys of the user', () => {
  const script = 'echo "[${SOPS_AGE_KEY}${SOPS_AGE_KEY_FILE}]"';

  test.each([
    ['exec-env', ['a.yaml', script]],
    ['exec-file', ['--no-fifo', 'a.yaml', script]],
  ])('%s does not pass them on', async (command, words) => {
    expect((await desk.run([command, ...words])).stdout.toString()).toBe('[]\n');
  });

  test.each([
    ['exec-env', ['--keep-keys', 'a.yaml', script]],
    ['exec-file', ['--keep-keys', '--no-fifo', 'a.yaml', script]],
  ])('%s does with --keep-keys', async (command, words) => {
    expect((await desk.run([command, ...words])).stdout.toString()).not.toBe('[]\n');
  });

  test.each([
    ['exec-env', ['a.yaml', script]],
    ['exec-file', ['--no-fifo', 'a.yaml', script]],
  ])('%s passes them on with a warning when called as sops', async (command, words) => {
    const env = { SOPS_TS_AS: 'sops' };
    const ran = await desk.run([command, ...words], { env });
    expect(ran.stdout.toString()).not.toBe('[]\n');
    expect(ran.stderr).toContain('the program inherits your keys (SOPS_AGE_KEY)');
    expect(ran.stderr).not.toContain(desk.identity);
    expect((await desk.run([command, '--keep-keys', ...words], { env })).stderr).not.toContain('inherits');
  });

  test('are those of SOPS', () => {
    const names = ['SOPS_AGE_KEY', 'SOPS_AGE_KEY_FILE', 'SOPS_AGE_KEY_CMD', 'SOPS_AGE_SSH_PRIVATE_KEY_FILE'];
    for (const name of [...names, 'SOPS_AGE_SSH_PRIVATE_KEY_CMD']) expect(isKeyVariable(name)).toBe(true);
    for (const name of ['SOPS_AGE_RECIPIENTS', 'SOPS_CONFIG', 'SOPS_AGE_KEYS']) expect(isKeyVariable(name)).toBe(false);
  });
});

describe.skipIf(process.platform === 'win32')('variables that run code', () => {
  test('are told when they stand in clear, and only then', async () => {
    const ran = await desk.run(['exec-env', 'mixed.yaml', 'true']);
    expect(ran.stderr).toContain('mixed.yaml: LD_PRELOAD can make programs run other code');
    expect(ran.stderr).not.toMatch(/PATH|OTHER/);
  });

  test('are told of in one sentence when there are several', async () => {
    desk.write('two.env', await desk.encrypt('two.env', 'A=1\nENV=x\nNODE_OPTIONS=\n', '--encrypted-regex', '^A$'));
    const { stderr } = await desk.run(['exec-env', 'two.env', 'true']);
    expect(stderr).toContain('ENV, NODE_OPTIONS can make programs run other code, and stand in clear');
  });

  test('are not told when they are left out or are none', async () => {
    expect(await desk.run(['exec-env', '--only', 'A', 'mixed.yaml', 'true'])).toMatchObject({ status: 0, stderr: '' });
    expect((await desk.run(['exec-env', 'clear.yaml', 'true'])).stderr).toBe('');
  });

  test('are known by their names', () => {
    const names = [
      'NODE_OPTIONS',
      'LD_PRELOAD',
      'LD_LIBRARY_PATH',
      'BASH_ENV',
      'ENV',
      'PYTHONSTARTUP',
      'PERL5OPT',
      'PATH',
    ];
    const more = [
      'DYLD_INSERT_LIBRARIES',
      'GIT_SSH_COMMAND',
      'RUBYOPT',
      'JAVA_TOOL_OPTIONS',
      'npm_config_script_shell',
    ];
    for (const name of [...names, ...more]) expect(mayRunCode(name, 'linux')).toBe(true);
    expect(mayRunCode('Path', 'win32')).toBe(true);
    for (const name of ['DATABASE_URL', 'Path', 'path', 'LDAP_URL', 'ENVIRONMENT']) {
      expect(mayRunCode(name, 'linux')).toBe(false);
    }
  });
});
