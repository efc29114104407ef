/** The plug-in protocol, against a plug-in of our own, and when a plug-in may be started at all. */
import { chmodSync, realpathSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeEach, describe, expect } from 'vitest';
import type { SopsError } from '../../../src/errors.js';
import { ageProvider, generateIdentity } from '../../../src/keys/age/age.js';
import { encodeBech32 } from '../../../src/keys/age/bech32.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import { trustKeys } from '../../../src/keys/trust.js';
import type { Host } from '../../../src/util/host/host.js';
import { sampledTest } from '../../support/sweep.js';
import { type HostParts, hostOf, type TestHost } from './host.js';
import { ProgramFolder } from './programs.js';

const test = sampledTest(6);

const folder = new ProgramFolder();
folder.addFixture('age-plugin-fake');
afterAll(() => folder.remove());
beforeEach(() => rmSync(join(folder.path, 'log'), { force: true }));

const recipient = (scenario: string) => encodeBech32('age1fake', Buffer.from(scenario));
const identity = (scenario: string) => encodeBech32('AGE-PLUGIN-FAKE-', Buffer.from(scenario));
const PART = Buffer.alloc(33, 7);

function pluginHost(identities: readonly string[], parts: HostParts = {}): TestHost {
  const env = { PATH: folder.path, FAKE_PLUGIN_LOG: join(folder.path, 'log'), SOPS_AGE_KEY: identities.join('\n') };
  return hostOf({ ...parts, env: { ...env, ...parts.env } });
}

async function wrapFor(scenario: string, host = pluginHost([])): Promise<MasterKey> {
  trustKeys(host, 'age', [recipient(scenario)]);
  const [key] = (await ageProvider.parse(recipient(scenario), host)) as [MasterKey];
  return { ...key, enc: await ageProvider.wrap(key, PART, host) };
}

function starts(): string[] {
  return folder.lines('log').map((line) => line.split(' ')[0] ?? '');
}

describe('a plug-in', () => {
  test('wraps and unwraps', async () => {
    const key = await wrapFor('plain');
    expect(await ageProvider.unwrap(key, pluginHost([identity('plain')]))).toEqual(PART);
    expect(starts()).toEqual(['--age-plugin=recipient-v1', '--age-plugin=identity-v1']);
  });

  test('does not run in the folder of the user', async () => {
    await wrapFor('plain');
    expect(folder.lines('log')[0]?.split(' ')[1]).toBe(realpathSync('/tmp'));
  });

  test('is started once for all its identities, and after keys that need none', async () => {
    const key = await wrapFor('plain');
    const own = generateIdentity();
    const host = pluginHost([identity('nomatch'), own.identity, identity('plain')]);
    expect(await ageProvider.unwrap(key, host)).toEqual(PART);
    expect(starts().slice(1)).toEqual(['--age-plugin=identity-v1']);

    const [nativeKey] = (await ageProvider.parse(own.recipient, host)) as [MasterKey];
    const enc = await ageProvider.wrap(nativeKey, PART, host);
    expect(await ageProvider.unwrap({ ...nativeKey, enc }, host)).toEqual(PART);
    expect(starts().length).toBe(2);
  });

  test('shows messages', async () => {
    const host = pluginHost([identity('msg')]);
    await ageProvider.unwrap(await wrapFor('plain'), host);
    expect(host.warned).toEqual(['fake plugin: please touch the token']);
  });

  test('asks for secrets', async () => {
    const key = await wrapFor('plain');
    const host = pluginHost([identity('secret')], { answer: () => '1234' });
    expect(await ageProvider.unwrap(key, host)).toEqual(PART);
    expect(host.asked).toEqual(['fake plugin: PIN?']);
    await expect(wrapFor('secret', pluginHost([], { answer: () => '9' }))).rejects.toThrow('fake plugin: wrong PIN');
  });

  test('is told when there is nobody to ask', async () => {
    await expect(wrapFor('secret')).rejects.toThrow('fake plugin: wrong PIN');
  });

  test.each([
    ['y', true],
    ['Go on', true],
    ['n', false],
    ['', false],
  ])('asks for confirmation: %j', async (answer, confirmed) => {
    const wrapped = wrapFor('confirm', pluginHost([], { answer: () => answer }));
    if (confirmed) await wrapped;
    else await expect(wrapped).rejects.toThrow('fake plugin: not confirmed');
  });

  test('is told what is not supported', async () => {
    await wrapFor('unknown');
  });

  test.each([
    ['exit', 'fake plugin: it ended without an answer: exit status 1'],
    ['garbage', 'fake plugin: it does not speak the plug-in protocol'],
    ['error', 'fake plugin: the token is not there'],
    ['nomatch', 'fake plugin: received zero recipient stanzas'],
  ])('that fails (%s) fails the wrapping', async (scenario, message) => {
    await expect(wrapFor(scenario)).rejects.toMatchObject({ code: 'key', message });
  });

  test.each([
    ['exit', 'fake plugin: it ended without an answer'],
    ['error', 'fake plugin: the token is not there'],
    ['nomatch', 'identity did not match any of the recipients'],
  ])('that fails (%s) fails the unwrapping', async (scenario, message) => {
    const key = await wrapFor('plain');
    await expect(ageProvider.unwrap(key, pluginHost([identity(scenario)]))).rejects.toThrow(message);
  });
});

describe('why a plug-in failed', () => {
  const failureOf = async (scenario: string, parts: HostParts = {}): Promise<SopsError> => {
    const key = await wrapFor('plain');
    const failed = ageProvider.unwrap(key, pluginHost([identity(scenario)], parts));
    return failed.then(
      () => expect.fail('it should fail'),
      (error) => error as SopsError,
    );
  };

  test('is told with its exit status and what it said, without control characters and secrets', async () => {
    const error = await failureOf('crash', { answer: () => 'the-pin-1234' });
    expect(error.message).toContain(
      'fake plugin: it ended without an answer: exit status 7: panic: PIN … not \u001b[31mread',
    );
    expect(error.detail).toContain('age-plugin-fake: first line\nage-plugin-fake: panic');
    expect(`${error.message}${error.detail}${error.hint}`).not.toMatch(/the-pin|AGE-PLUGIN-FAKE-1/);
    expect(error.hint).toMatch(/^age-plugin-fake itself failed/);
  });

  test.each(['killed', 'mute'])('by a signal: %s', async (scenario) => {
    expect((await failureOf(scenario)).message).toContain('it ended without an answer: signal: SIGKILL');
  });

  test.each(['error', 'secret'])('is not that the identity is for something else: %s', async (scenario) => {
    const error = await failureOf(scenario, { answer: () => '4321' });
    expect(error.message).toMatch(/fake plugin: (?:the token is not there|wrong PIN)/);
    expect(error.hint).toMatch(/^The plug-in could not use your identity: see that its token is there/);
  });

  test('is that it cannot be started', async () => {
    const programs = new ProgramFolder();
    chmodSync(programs.write('age-plugin-fake', '#!/nonexistent/interpreter\n'), 0o755);
    const error = await failureOf('plain', { env: { PATH: programs.path } });
    expect(error.message).toContain("fake plugin: couldn't start plugin: ");
    expect(error.hint).toContain(`See that ${programs.path}/age-plugin-fake is a program of this system`);
    programs.remove();
  });

  test('is that it takes too long, which is told after a second', { timeout: 20_000 }, async () => {
    const told: string[] = [];
    const begin: Host['begin'] = (what, telling) => {
      told.push(`${what} (${telling})`);
      return { now: () => undefined, end: () => undefined };
    };
    const key = await wrapFor('plain');
    const host = { ...pluginHost([identity('hang')], { env: { SOPS_TS_KEY_TIMEOUT: '0.02' } }), begin };
    await expect(ageProvider.unwrap(key, host)).rejects.toMatchObject({
      message: expect.stringContaining('age-plugin-fake did not answer within 0.4 s, and was ended'),
      hint: expect.stringContaining('SOPS_TS_KEY_TIMEOUT'),
    });
    expect(new Set(told)).toEqual(new Set(['waiting for age-plugin-fake (note)']));
  });

  test('is no concern while the user is asked', async () => {
    const key = await wrapFor('plain');
    const host = pluginHost([identity('secret')], { env: { SOPS_TS_KEY_TIMEOUT: '0.05' } });
    const slow = { ...host, askSecret: () => new Promise<string>((settle) => setTimeout(settle, 1500, '1234')) };
    expect(await ageProvider.unwrap(key, slow)).toEqual(PART);
  });
});

describe('a plug-in is found', () => {
  test('on PATH only, with a hint where it is not', async () => {
    const message = 'fake plugin: couldn\'t start plugin: "fake" plugin not found';
    const elsewhere = pluginHost([], { env: { PATH: '/nonexistent' }, cwd: folder.path });
    await expect(wrapFor('plain', elsewhere)).rejects.toMatchObject({ message, hint: expect.any(String) });
  });

  test.each(['', '.', './', 'RELATIVE'])('not by the relative entry %j of PATH', async (entry) => {
    const path = entry.replace('RELATIVE', relative(process.cwd(), folder.path));
    const host = pluginHost([], { env: { PATH: `${path}:/nonexistent` }, cwd: folder.path });
    await expect(wrapFor('plain', host)).rejects.toThrow('plugin not found');
  });

  test.each(['age1../fake', 'age1fa/ke', 'age1..\\fake', 'age1fake;id'])('not by the name in %s', async (prefix) => {
    const text = encodeBech32(prefix, Buffer.from('plain'));
    await expect(ageProvider.parse(text, pluginHost([]))).rejects.toThrow('malformed plug-in name');
  });
});

describe('a plug-in that only a file names', () => {
  const fromFile = (): MasterKey => ({ type: 'age', fields: new Map([['recipient', recipient('plain')]]), enc: '' });

  test('is not started for encrypting', async () => {
    await expect(ageProvider.wrap(fromFile(), PART, pluginHost([]))).rejects.toMatchObject({
      code: 'key',
      message: 'the age plug-in "fake" is named by the file only, so it is not started',
      hint: expect.stringContaining('.sops.yaml'),
    });
    expect(starts()).toEqual([]);
  });

  test('is not started for decrypting', async () => {
    const key = await wrapFor('plain');
    const host = pluginHost([generateIdentity().identity]);
    await expect(ageProvider.unwrap(key, host)).rejects.toMatchObject({ code: 'key' });
    expect(starts()).toEqual(['--age-plugin=recipient-v1']);
  });

  test('is started if the user has an identity of it', async () => {
    await ageProvider.wrap(fromFile(), PART, pluginHost([identity('plain')]));
    expect(starts()).toEqual(['--age-plugin=recipient-v1']);
  });

  test('is not started for a recipient that another run was given', async () => {
    await ageProvider.parse(recipient('plain'), pluginHost([]));
    await expect(ageProvider.wrap(fromFile(), PART, pluginHost([]))).rejects.toMatchObject({ code: 'key' });
  });
});
