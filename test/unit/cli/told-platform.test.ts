/** What commands and their parts do on Windows and macOS, with the system told: where they look for the user's files, and what they leave out. */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ownProcess } from '../../../src/cli/start/own-process.js';
import { confirmOnTerminal } from '../../../src/cli/terminal/confirm.js';
import { readStandardInput } from '../../../src/cli/terminal/streams.js';
import { isTrusted, recordTrust } from '../../../src/config/trust-record.js';
import { isProgram } from '../../../src/git/settings-file.js';
import { azProfile } from '../../../src/keys/azure-kv/examine.js';
import { socketPath } from '../../../src/keys/gpg-agent.js';
import { credentialsPath } from '../../../src/keys/hc-kms/credentials-file.js';
import { gnupgHome } from '../../../src/keys/pgp/old-keyring.js';
import { agentPlaceOf } from '../../../src/keyservice/agent/place.js';
import { installPlugin } from '../../../src/kubernetes/helm/plugin-folder.js';
import { wellKnownFile } from '../../../src/services/gcp/credentials.js';
import { readSettings } from '../../../src/services/vault/settings.js';
import { userHome } from '../../../src/util/host/user-home.js';
import { Desk } from '../../support/desk.js';
import { type Ran, run, Sink } from '../../support/run.js';
import { hostOf } from '../keys/host.js';

const desk = new Desk();
beforeEach(() => desk.clear());
afterAll(() => desk.remove());

const on = (platform: NodeJS.Platform, env: Readonly<Record<string, string | undefined>>) =>
  hostOf({ platform, env, cwd: desk.folder });

function runOn(platform: NodeJS.Platform, words: readonly string[], more: object = {}): Promise<Ran> {
  return run(words, { cwd: desk.folder, env: desk.env, platform, ...more });
}

describe('the files of the user', () => {
  const env = { HOME: '/home', USERPROFILE: '/profile', APPDATA: '/data' };
  test.each([
    ['win32', '/profile', '/profile/.gnupg', '/profile/.huaweicloud/credentials', '/data/gcloud'],
    ['darwin', '/home', '/home/.gnupg', '/home/.huaweicloud/credentials', '/home/.config/gcloud'],
    ['linux', '/home', '/home/.gnupg', '/home/.huaweicloud/credentials', '/home/.config/gcloud'],
  ] as const)('are below what %s calls their folder', (platform, home, gnupg, huawei, gcloud) => {
    const host = on(platform, env);
    expect([userHome(host), gnupgHome(host), credentialsPath(host)]).toEqual([home, gnupg, huawei]);
    expect(wellKnownFile(host)).toBe(join(gcloud, 'application_default_credentials.json'));
  });

  test.each([
    ['win32', '/profile'],
    ['darwin', '/home'],
    ['linux', '/home'],
  ] as const)('so with the log-in of az and the socket of gpg-agent on %s', async (platform, home) => {
    expect(azProfile(on(platform, env))).toBe(join(home, '.azure', 'azureProfile.json'));
    expect(azProfile(on(platform, { ...env, AZURE_CONFIG_DIR: 'own' }))).toBe(desk.path('own/azureProfile.json'));
    expect(azProfile({ ...on(platform, { HOME: '' }), isEnvGiven: true })).toBeUndefined();
    expect(await socketPath(on(platform, { ...env, GPG_AGENT_INFO: undefined }))).toBe(`${home}/.gnupg/S.gpg-agent`);
  });

  test.each<[NodeJS.Platform, string, string | null]>([
    ['win32', 'C:\\gnupg\\S.gpg-agent:7:1', 'C:\\gnupg\\S.gpg-agent'],
    ['win32', 'C:\\gnupg\\S.gpg-agent', 'C:\\gnupg\\S.gpg-agent'],
    ['linux', '/run/S.gpg-agent:7:1', '/run/S.gpg-agent'],
    ['darwin', '/run/S.gpg-agent:', '/run/S.gpg-agent'],
    ['darwin', ':7:1', null],
    ['win32', ':7:1', null],
  ])('on %s GPG_AGENT_INFO %j names %j', async (platform, info, socket) => {
    const found = await socketPath(on(platform, { GPG_AGENT_INFO: info }));
    expect(found?.startsWith(desk.folder) ? found.slice(desk.folder.length + 1) : found).toBe(socket);
  });

  test('so with the token of Vault', async () => {
    for (const name of ['home', 'profile']) {
      mkdirSync(desk.path(name));
      desk.write(`${name}/.vault-token`, name);
    }
    const folders = { HOME: desk.path('home'), USERPROFILE: desk.path('profile') };
    for (const [platform, token] of [
      ['win32', 'profile'],
      ['darwin', 'home'],
    ] as const)
      expect((await readSettings(on(platform, folders))).token).toBe(token);
  });

  test("what is trusted is below APPDATA, which is the user's own whatever its mode says", async () => {
    const config = { absolute: desk.write('c.yaml', 'x'), bytes: Buffer.from('x') } as Parameters<typeof isTrusted>[0];
    const windows = on('win32', { APPDATA: desk.path('data') });
    await recordTrust(config, windows);
    chmodSync(desk.path('data/sops-ts/trust'), 0o777);
    expect(isTrusted(config, windows)).toBe(true);
    expect(isTrusted(config, on('linux', { XDG_CONFIG_HOME: desk.path('data') }))).toBe(false);
    await expect(recordTrust(config, on('win32', { APPDATA: '' }))).rejects.toThrow(
      'neither XDG_CONFIG_HOME nor APPDATA is set',
    );
    await expect(recordTrust(config, on('darwin', { HOME: '' }))).rejects.toThrow(
      'neither XDG_CONFIG_HOME nor HOME is set',
    );
  });

  test("Helm's plug-ins are where it keeps them, and a script for them is refused where none starts", async () => {
    const launch = { command: [process.execPath, desk.write('x.js', '')] };
    const installed = (platform: NodeJS.Platform) =>
      installPlugin(undefined, { launch, version: '1' }, on(platform, { HOME: desk.folder, APPDATA: desk.folder }));
    expect(await installed('darwin')).toBe(desk.path('Library/helm/plugins/sops-ts'));
    expect(await installed('linux')).toBe(desk.path('.local/share/helm/plugins/sops-ts'));
    await expect(installed('win32')).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('Windows'),
    });
  });
});

describe('what there is not on Windows', () => {
  test('an agent, and modes that make a program', () => {
    const env = { XDG_RUNTIME_DIR: '/run' };
    expect(agentPlaceOf({ env, platform: 'win32', userId: 1 })).toBeUndefined();
    expect(agentPlaceOf({ env, platform: 'darwin', userId: 1 })).toEqual({
      socket: '/run/sops-ts/agent.sock',
      userId: 1,
    });
    const hook = desk.write('hook', '');
    expect([isProgram(hook, on('win32', {})), isProgram(hook, on('darwin', {}))]).toEqual([true, false]);
  });

  test('a script as sops, and a pipe for exec-file: it says what to do', async () => {
    const installed = await runOn('win32', ['install-as-sops', desk.folder]);
    expect(installed).toMatchObject({ status: 1, stderr: expect.stringContaining('sops.cmd') });
    desk.write('s.yaml', await desk.encrypt('s.yaml', 'a: hunter2\n'));
    const piped = await runOn('win32', ['exec-file', 's.yaml', 'type {}']);
    expect(piped).toMatchObject({ status: 1, stderr: expect.stringContaining('--no-fifo') });
    expect(desk.names()).toEqual(['s.yaml']);
  });

  test('variables of one name in two cases', async () => {
    desk.write('s.env', await desk.encrypt('s.env', 'path_x=file\nNEW=file\n'));
    const shell = desk.write('cmd.sh', `#!/bin/sh\nenv > '${desk.path('out')}'\n`);
    chmodSync(shell, 0o755);
    for (const [platform, both] of [
      ['win32', ['PATH_X=own']],
      ['linux', ['PATH_X=own', 'path_x=file']],
    ] as const) {
      const env = { ...desk.env, PATH: process.env.PATH ?? '', ComSpec: shell, PATH_X: 'own' };
      const words = ['exec-env', '--no-override', 's.env', platform === 'win32' ? 'set' : shell];
      expect(await runOn(platform, words, { env }), platform).toMatchObject({ status: 0, stderr: '' });
      const set = desk
        .text('out')
        .split('\n')
        .filter((line) => /^path_x=|^NEW=/i.test(line));
      expect(set.sort(), platform).toEqual(['NEW=file', ...both]);
    }
  });

  test('modes of keys that say who else can read them', async () => {
    const keys = desk.write('keys.txt', `${desk.identity}\n`);
    chmodSync(keys, 0o644);
    const env = { ...desk.env, SOPS_AGE_KEY: '', SOPS_AGE_KEY_FILE: keys };
    const advice = async (platform: NodeJS.Platform) => (await runOn(platform, ['doctor'], { env })).stdout.toString();
    expect(await advice('darwin')).toContain('Others can read this file');
    expect(await advice('win32')).not.toContain('Others can read this file');
  });

  test('a terminal beside standard input', async () => {
    const streams = { stdin: Readable.from(['y']), stdout: new Sink(), stderr: new Sink(), env: {}, cwd: '/' };
    expect(await confirmOnTerminal('?', { ...streams, platform: 'win32' })).toBeUndefined();
    const stderr = new Sink();
    const stdin = Object.assign(Readable.from(['x']), { isTTY: true });
    await readStandardInput({ ...streams, stdin, stderr, platform: 'win32' }, 'it');
    expect(stderr.bytes().toString()).toContain('Ctrl+Z and Enter');
  });
});

test('a program is replaced by another where Node and the system can', () => {
  expect(ownProcess('win32').replace).toBeUndefined();
  const canReplace = 'execve' in process;
  for (const platform of ['linux', 'darwin'] as const)
    expect(typeof ownProcess(platform).replace).toBe(canReplace ? 'function' : 'undefined');
});
