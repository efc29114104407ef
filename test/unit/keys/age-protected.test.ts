/** Protected identity files: where their passphrase comes from, and how often. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Encrypter } from 'age-encryption';
import { afterEach, describe, expect } from 'vitest';
import { ageProvider, generateIdentity } from '../../../src/keys/age/age.js';
import { encodeArmor } from '../../../src/keys/age/format/armor.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import { sample, sampledTest } from '../../support/sweep.js';
import { FakeAgent } from './agent.js';
import { fixturePath, readEncrypted } from './entries.js';
import { hostOf } from './host.js';
import { ProgramFolder } from './programs.js';

const test = sampledTest(3);

const PART = Buffer.alloc(32, 9);

/** A protected file that opens fast. */
async function protect(content: string, passphrase = 'pass'): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(4);
  return encodeArmor(await encrypter.encrypt(content));
}

async function wrapFor(recipient: string): Promise<MasterKey> {
  const host = hostOf();
  const [key] = (await ageProvider.parse(recipient, host)) as [MasterKey];
  return { ...key, enc: await ageProvider.wrap(key, PART, host) };
}

const own = generateIdentity();

describe('on the terminal', () => {
  test('the prompt names the source, and is shown once however many files are opened', async () => {
    const key = await wrapFor(own.recipient);
    const host = hostOf({ env: { SOPS_AGE_KEY: await protect(own.identity) }, answer: () => 'pass' });
    for (let count = 0; count < 3; count++) expect(await ageProvider.unwrap({ ...key }, host)).toEqual(PART);
    expect(host.asked).toEqual([`Enter passphrase for identity 'SOPS_AGE_KEY':`]);
  });

  test('nothing is asked when another source will do, and once when two sources are the same file', async () => {
    const folder = new ProgramFolder();
    const path = folder.write('keys.txt', await protect(own.identity));
    const other = generateIdentity();
    const env = {
      SOPS_AGE_KEY_FILE: path,
      SOPS_AGE_KEY: other.identity,
      SOPS_AGE_KEY_CMD: `cat ${path}`,
      PATH: process.env.PATH,
    };
    const host = hostOf({ env, answer: () => 'pass' });
    expect(await ageProvider.unwrap(await wrapFor(other.recipient), host)).toEqual(PART);
    expect(host.asked).toEqual([]);
    expect(await ageProvider.unwrap(await wrapFor(own.recipient), host)).toEqual(PART);
    await expect(ageProvider.unwrap(await wrapFor(generateIdentity().recipient), host)).rejects.toThrow();
    expect(host.asked).toEqual([`Enter passphrase for identity 'SOPS_AGE_KEY_FILE':`]);
    folder.remove();
  });

  test('a mistyped passphrase gets another try', async () => {
    const typed = ['pas', '', 'pass'];
    const host = hostOf({ env: { SOPS_AGE_KEY: await protect(own.identity) }, answer: () => typed.shift() ?? '' });
    expect(await ageProvider.unwrap(await wrapFor(own.recipient), host)).toEqual(PART);
    expect(host.asked[2]).toBe("Wrong passphrase. Enter passphrase for identity 'SOPS_AGE_KEY':");
  });

  test('a wrong passphrase is asked for three times, and not for the next file', async () => {
    const key = await wrapFor(own.recipient);
    const host = hostOf({ env: { SOPS_AGE_KEY: await protect(own.identity) }, answer: () => 'wrong' });
    const message =
      /^failed to create reader for decrypting sops data key with age: incorrect passphrase\. Did not find/;
    await expect(ageProvider.unwrap(key, host)).rejects.toThrow(message);
    await expect(ageProvider.unwrap({ ...key }, host)).rejects.toThrow(message);
    expect(host.asked.length).toBe(3);
    await expect(ageProvider.unwrap(key, host)).rejects.toMatchObject({
      hint: "None of the 3 passphrases opens 'SOPS_AGE_KEY': run it again with the right one.",
    });
  });

  test('without a terminal the reason is told', async () => {
    const host = hostOf({ env: { SOPS_AGE_KEY: await protect(own.identity) } });
    await expect(ageProvider.unwrap(await wrapFor(own.recipient), host)).rejects.toMatchObject({
      code: 'key',
      message: expect.stringContaining(': could not read passphrase: there is no terminal to ask on. Did not find'),
    });
  });
});

describe('content', () => {
  test('comments and empty lines are skipped, and several identities tried', async () => {
    const text = `# mine\r\n\n${generateIdentity().identity}\n${own.identity}\r\n`;
    const host = hostOf({ env: { SOPS_AGE_KEY: await protect(text) }, answer: () => 'pass' });
    expect(await ageProvider.unwrap(await wrapFor(own.recipient), host)).toEqual(PART);
  });

  test.each([
    ['AGE-PLUGIN-FAKE-1QQQQQQQQQQ', 'line 1: unknown identity type'],
    [own.identity.replace(/.$/, (last) => (last === 'Q' ? 'P' : 'Q')), 'line 1: malformed Bech32'],
  ])('%s in it is an error', async (text, message) => {
    const host = hostOf({ env: { SOPS_AGE_KEY: await protect(text) }, answer: () => 'pass' });
    const error = await ageProvider.unwrap(await wrapFor(own.recipient), host).catch((caught: Error) => caught);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).not.toContain(text.slice(10, 30));
  });

  test('a file for a recipient is not a protected one', async () => {
    const key = await wrapFor(own.recipient);
    const host = hostOf({ env: { SOPS_AGE_KEY: key.enc }, answer: () => 'pass' });
    const message = "the identity file 'SOPS_AGE_KEY' is not encrypted with a passphrase";
    await expect(ageProvider.unwrap(key, host)).rejects.toThrow(message);
    expect(host.asked).toEqual([]);
  });

  test('a damaged or overlong one is an error of loading', async () => {
    const key = await wrapFor(own.recipient);
    const damaged = (await protect(own.identity)).replace('-----END', '-----end');
    const overlong = `age-encryption${' '.repeat(16 * 1024 * 1024)}`;
    for (const [text, message] of [
      [damaged, "failed to parse 'SOPS_AGE_KEY' age identities: invalid armor"],
      [overlong, "failed to parse 'SOPS_AGE_KEY' age identities: file too long"],
    ] as const) {
      await expect(ageProvider.unwrap(key, hostOf({ env: { SOPS_AGE_KEY: text } }))).rejects.toThrow(message);
    }
  });
});

describe('from gpg-agent', () => {
  const agents: FakeAgent[] = [];
  afterEach(async () => {
    for (const agent of agents.splice(0)) await agent.stop();
  });
  const startAgent = async (answer: (command: string) => string, greeting?: string): Promise<FakeAgent> => {
    const agent = await FakeAgent.start(answer, greeting);
    agents.push(agent);
    return agent;
  };
  const hex = (text: string) => Buffer.from(text).toString('hex');

  const CACHE_KEYS = [
    ['bin', 'SopsAgeVDLNAEQFHRCURGJDSDQGKRS375HC77C7FHK3UPEC'],
    ['asc', 'SopsAgeDMX34QEBCHTSAFV2H2CJD3UQB5PPND4SA5ZZWN52'],
  ] as const;

  test.each(sample(CACHE_KEYS, 2))('it is asked as SOPS asks it, for age-protected.%s', async (kind, cacheKey) => {
    const agent = await startAgent(() => `OK ${hex('correct horse battery staple').toUpperCase()}`);
    const encrypted = readEncrypted(`age/age-protected-${kind}.yaml`, 'age', 'recipient');
    const env = {
      SOPS_AGE_KEY_FILE: fixturePath(`identities/age-protected.${kind}`),
      GPG_AGENT_INFO: `${agent.socket}:0:1`,
      DISPLAY: ':7',
      GPG_TTY: '/dev/pts/9',
      TERM: 'xterm',
    };
    const host = hostOf({ env, answer: () => 'not this' });
    expect(encrypted.greeting(await ageProvider.unwrap(encrypted.keys[0] as MasterKey, host))).toBe('hello');
    expect(host.asked).toEqual([]);
    expect(agent.received).toEqual([
      'OPTION display=:7',
      'OPTION ttyname=/dev/pts/9',
      'OPTION ttytype=xterm',
      `GET_PASSPHRASE ${cacheKey} X Passphrase Enter+passphrase+for+identity+%27SOPS_AGE_KEY_FILE%27%3A`,
    ]);
  });

  test('a wrong passphrase is cleared on a connection of its own', async () => {
    const agent = await startAgent((line) => (line.startsWith('GET') ? `S PROGRESS\nOK ${hex('wrong')}` : 'OK'));
    const env = { SOPS_AGE_KEY: await protect(own.identity), GPG_AGENT_INFO: agent.socket };
    const key = await wrapFor(own.recipient);
    await expect(ageProvider.unwrap(key, hostOf({ env }))).rejects.toThrow(': incorrect passphrase');
    const [got, cleared] = agent.received.filter((line) => !line.startsWith('OPTION'));
    expect(cleared).toBe(got?.split(' ').slice(0, 2).join(' ').replace('GET', 'CLEAR'));
    const again = agent.received.filter((line) => line.startsWith('GET'));
    expect(again.map((line) => line.split(' ')[2])).toEqual(['X', 'Wrong+passphrase', 'Wrong+passphrase']);
  });

  test('an empty passphrase is cleared too', async () => {
    const agent = await startAgent(() => 'OK');
    const env = { SOPS_AGE_KEY: await protect(own.identity), GPG_AGENT_INFO: agent.socket };
    const key = await wrapFor(own.recipient);
    await expect(ageProvider.unwrap(key, hostOf({ env }))).rejects.toThrow(': incorrect passphrase');
    expect(agent.received.at(-1)).toMatch(/^CLEAR_PASSPHRASE SopsAge/);
  });

  test('its refusal is the reason', async () => {
    const agent = await startAgent(() => 'ERR 83886179 Operation cancelled <Pinentry>');
    const env = { SOPS_AGE_KEY: await protect(own.identity), GPG_AGENT_INFO: agent.socket };
    const host = hostOf({ env, answer: () => 'pass' });
    await expect(ageProvider.unwrap(await wrapFor(own.recipient), host)).rejects.toThrow(
      'gpg-agent passphrase request errored: gpg-agent answered: ERR 83886179 Operation cancelled <Pinentry>',
    );
    expect(host.asked).toEqual([]);
  });

  test.each([['an empty GPG_AGENT_INFO'], ['a socket that is not there'], ['a server that is not an agent']])(
    'with %s the terminal is asked',
    async (situation) => {
      const agent = await startAgent(() => 'OK', 'HTTP/1.1 400 Bad Request');
      const info = situation.includes('empty')
        ? ''
        : situation.includes('not there')
          ? '/nonexistent/socket'
          : agent.socket;
      const env = { SOPS_AGE_KEY: await protect(own.identity), GPG_AGENT_INFO: info };
      const host = hostOf({ env, answer: () => 'pass' });
      expect(await ageProvider.unwrap(await wrapFor(own.recipient), host)).toEqual(PART);
      expect(host.asked.length).toBe(1);
    },
  );

  test.each(['home', 'runtime'])(
    'without GPG_AGENT_INFO its socket is looked for in the standard places: %s',
    async (place) => {
      const agent = await startAgent(() => `OK ${hex('pass')}`);
      const root = mkdtempSync(join(tmpdir(), 'gpg-'));
      const folder = join(root, place === 'home' ? '.gnupg' : 'gnupg');
      mkdirSync(folder);
      symlinkSync(agent.socket, join(folder, 'S.gpg-agent'));
      const places = place === 'home' ? { HOME: root } : { XDG_RUNTIME_DIR: root };
      const env = { SOPS_AGE_KEY: await protect(own.identity), GPG_AGENT_INFO: undefined, ...places };
      expect(await ageProvider.unwrap(await wrapFor(own.recipient), hostOf({ env }))).toEqual(PART);
      expect(agent.received.at(-1)).toMatch(/^GET_PASSPHRASE /);
      rmSync(root, { recursive: true });
    },
  );
});

test('a protected default file is named by its path', async () => {
  const home = mkdtempSync(join(tmpdir(), 'home-'));
  mkdirSync(join(home, '.config/sops/age'), { recursive: true });
  copyFileSync(fixturePath('identities/age-protected.asc'), join(home, '.config/sops/age/keys.txt'));
  const host = hostOf({ env: { HOME: home }, answer: () => '' });
  await expect(ageProvider.unwrap(await wrapFor(own.recipient), host)).rejects.toThrow('incorrect passphrase');
  expect(host.asked[0]).toBe(`Enter passphrase for identity '${home}/.config/sops/age/keys.txt':`);
  rmSync(home, { recursive: true });
});
