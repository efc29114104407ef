/** What programs of `exec-env` and `exec-file` get beside the values: no keys of the user, and a warning of variables that run code. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { mayRunCode } from '../../../src/exec/code-variables.js';
import { isKeyVariable } from '../../../src/exec/key-variables.js';
import { isStoreVariable } from '../../../src/exec/store-variables.js';
import { Desk } from '../../support/desk.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(2);

let desk: Desk;

beforeAll(async () => {
  desk = new Desk();
  desk.write('a.yaml', await desk.encrypt('a.yaml', 'A: canary-1\n'));
  const references = 'AWS_ACCESS_KEY_ID: ref+echo://lent-to-the-program\n';
  desk.write('refs-clear.yaml', references);
  desk.write('refs.yaml', await desk.encrypt('refs.yaml', references));
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

describe.skipIf(process.platform === 'win32')('log-ins to secret stores', () => {
  const env = {
    VAULT_TOKEN: 't-vault',
    BAO_TOKEN: 't-bao',
    VAULT_SECRET_ID: 't-id',
    AWS_SECRET_ACCESS_KEY: 't-aws',
    AWS_SESSION_TOKEN: 't-session',
    OP_CONNECT_TOKEN: 't-op',
    MY_PASSWORD: 't-password',
    VAULT_PASSWORD_ENV: 'MY_PASSWORD',
    AWS_REGION: 'eu-1',
    VAULT_ADDR: 'https://vault.example',
  };
  const program = ['--', 'env'];
  const printed = async (...words: string[]): Promise<string> => {
    const ran = await desk.run(words, { env });
    expect(ran.status).toBe(0);
    return ran.stdout.toString();
  };
  const logins = (text: string): string[] => text.split('\n').filter((line) => line.includes('=t-'));

  test('are passed on where no references are resolved, as before', async () => {
    expect(logins(await printed('exec-env', 'a.yaml', ...program))).toHaveLength(7);
    expect(logins(await printed('exec-file', 'a.yaml', ...program))).toHaveLength(7);
  });

  test('are kept back where references are resolved, and what is no secret is not', async () => {
    const text = await printed('exec-env', '--resolve-refs', 'refs.yaml', ...program);
    expect(logins(text)).toEqual([]);
    expect(text).toContain('AWS_REGION=eu-1\n');
    expect(text).toContain('VAULT_ADDR=https://vault.example\n');
    expect(text).toContain('AWS_ACCESS_KEY_ID=lent-to-the-program\n');
    expect(logins(await printed('refs', 'exec', '-i', '-f', 'refs-clear.yaml', ...program))).toEqual([]);
  });

  test('do not stand in the way of those of the file', async () => {
    const own = { ...env, AWS_ACCESS_KEY_ID: 't-own' };
    const words = ['exec-env', '--resolve-refs', '--no-override', 'refs.yaml', ...program];
    const ran = await desk.run(words, { env: own });
    expect(ran.stdout.toString()).toContain('AWS_ACCESS_KEY_ID=lent-to-the-program\n');
  });

  test('are passed on with --keep-credentials', async () => {
    const flags = ['--resolve-refs', '--keep-credentials'];
    expect(logins(await printed('exec-env', ...flags, 'refs.yaml', ...program))).toHaveLength(7);
    const words = ['refs', 'exec', '-i', '--keep-credentials', '-f', 'refs-clear.yaml'];
    expect(logins(await printed(...words, ...program))).toHaveLength(7);
  });

  test('are kept back when called as sops, too, which does not resolve references', async () => {
    const called = { ...env, SOPS_TS_AS: 'sops' };
    const ran = await desk.run(['exec-env', '--resolve-refs', 'refs.yaml', ...program], { env: called });
    expect(logins(ran.stdout.toString())).toEqual([]);
    const plain = await desk.run(['exec-env', 'a.yaml', ...program], { env: called });
    expect(logins(plain.stdout.toString())).toHaveLength(7);
  });

  test('are those that let their holder in', () => {
    const secret = [
      'VAULT_WRAPPING_TOKEN',
      'VALS_SECRET_ID',
      'AZURE_CLIENT_SECRET',
      'GOOGLE_APPLICATION_CREDENTIALS',
      'op_session_team',
    ];
    for (const name of [...secret, 'AWS_ACCESS_KEY_ID', 'OP_SERVICE_ACCOUNT_TOKEN', 'AWS_WEB_IDENTITY_TOKEN_FILE'])
      expect([name, isStoreVariable(name)]).toEqual([name, true]);
    for (const name of ['AWS_PROFILE', 'AWS_REGION', 'VAULT_ADDR', 'VAULT_ROLE_ID', 'MY_VAULT_TOKEN', 'KUBECONFIG'])
      expect([name, isStoreVariable(name)]).toEqual([name, false]);
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
