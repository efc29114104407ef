/** Entries written by SOPS open with every kind of identity, and tampered ones do not. */
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { ageProvider } from '../../../src/keys/age/age.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import { sampledTest } from '../../support/sweep.js';
import { fixturePath, readEncrypted } from './entries.js';
import { hostOf } from './host.js';

const test = sampledTest(4);

const SSH_PASSPHRASE = 'ssh test passphrase';
const FILE_PASSPHRASE = 'correct horse battery staple';

interface Case {
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  readonly passphrase?: string;
  /** How often a passphrase is asked for. */
  readonly asked?: number;
  /** Which entry of the file. */
  readonly entry?: number;
}

const native = (file: string) => ({ SOPS_AGE_KEY_FILE: fixturePath(`identities/${file}`) });
const ssh = (file: string) => ({ SOPS_AGE_SSH_PRIVATE_KEY_FILE: fixturePath(`identities/${file}`) });
const locked = { passphrase: SSH_PASSPHRASE, asked: 1 };

const CASES: readonly Case[] = [
  { file: 'age/x25519.yaml', env: native('age-x25519.txt') },
  { file: 'age/hybrid.yaml', env: native('age-hybrid.txt') },
  { file: 'age/multi.yaml', env: native('age-x25519.txt'), entry: 0 },
  { file: 'age/multi.yaml', env: native('age-hybrid.txt'), entry: 1 },
  { file: 'age/multi.yaml', env: ssh('ssh-ed25519'), entry: 2 },
  { file: 'age/ssh-ed25519.yaml', env: ssh('ssh-ed25519') },
  { file: 'age/ssh-ed25519.yaml', env: ssh('ssh-ed25519-locked-aes256-cbc'), ...locked },
  { file: 'age/ssh-ed25519.yaml', env: ssh('ssh-ed25519-locked-aes192-cbc'), ...locked },
  { file: 'age/ssh-ed25519.yaml', env: ssh('ssh-ed25519-locked-aes128-ctr'), ...locked },
  { file: 'age/ssh-ed25519-locked.yaml', env: ssh('ssh-ed25519-locked'), ...locked },
  { file: 'age/ssh-rsa.json', env: ssh('ssh-rsa') },
  { file: 'age/ssh-rsa.json', env: ssh('ssh-rsa-pem') },
  { file: 'age/ssh-rsa.json', env: ssh('ssh-rsa-pkcs8') },
  { file: 'age/ssh-rsa.json', env: ssh('ssh-rsa-locked'), ...locked },
  { file: 'age/ssh-rsa.json', env: ssh('ssh-rsa-pem-locked'), ...locked },
  { file: 'age/ssh-rsa.json', env: ssh('ssh-rsa-pkcs8-locked'), ...locked },
  { file: 'age/age-protected-asc.yaml', env: native('age-protected.asc'), passphrase: FILE_PASSPHRASE, asked: 1 },
];

describe('entries written by SOPS', () => {
  test.each(CASES)('$file with $env', async ({ file, env, passphrase, asked = 0, entry = 0 }) => {
    const encrypted = readEncrypted(file, 'age', 'recipient');
    const key = encrypted.keys[entry] as MasterKey;
    const host = hostOf(passphrase === undefined ? { env } : { env, answer: () => passphrase });
    expect(encrypted.greeting(await ageProvider.unwrap(key, host))).toBe('hello');
    expect(encrypted.greeting(await ageProvider.unwrap({ ...key }, host))).toBe('hello');
    expect(host.asked.length).toBe(asked);
  });
});

describe('identities in the home folder', () => {
  let home = '';
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'age-home-'));
    mkdirSync(join(home, '.ssh'));
    mkdirSync(join(home, '.config/sops/age'), { recursive: true });
    for (const [from, to] of [
      ['ssh-ed25519-locked', '.ssh/id_ed25519'],
      ['ssh-rsa', '.ssh/id_rsa'],
      ['age-x25519.txt', '.config/sops/age/keys.txt'],
    ] as const) {
      copyFileSync(fixturePath(`identities/${from}`), join(home, to));
      chmodSync(join(home, to), 0o600);
    }
  });
  afterAll(() => rmSync(home, { recursive: true }));

  test.each([
    ['age/ssh-ed25519-locked.yaml', [`Enter passphrase for "HOME/.ssh/id_ed25519":`]],
    ['age/ssh-rsa.json', []],
    ['age/x25519.yaml', []],
  ])('%s', async (file, prompts) => {
    const encrypted = readEncrypted(file, 'age', 'recipient');
    const host = hostOf({ env: { HOME: home }, answer: () => SSH_PASSPHRASE });
    expect(encrypted.greeting(await ageProvider.unwrap(encrypted.keys[0] as MasterKey, host))).toBe('hello');
    expect(host.asked.map((prompt) => prompt.replace(home, 'HOME'))).toEqual(prompts);
  });
});

describe('tampered entries', () => {
  const encrypted = readEncrypted('age/x25519.yaml', 'age', 'recipient');
  const key = encrypted.keys[0] as MasterKey;
  const lines = key.enc.trimEnd().split('\n');
  const bytes = Buffer.from(lines.slice(1, -1).join(''), 'base64');
  const armor = (file: Buffer): string => {
    const body = file.toString('base64').match(/.{1,64}/g) ?? [];
    return [lines[0], ...body, lines.at(-1), ''].join('\n');
  };
  const host = hostOf({ env: { SOPS_AGE_KEY_FILE: fixturePath('identities/age-x25519.txt') } });

  test('the entry itself, put together again, opens', async () => {
    expect(encrypted.greeting(await ageProvider.unwrap({ ...key, enc: armor(bytes) }, host))).toBe('hello');
  });

  test('no byte can be changed', async () => {
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(ageProvider.unwrap({ ...key, enc: armor(changed) }, host)).rejects.toMatchObject({ code: 'key' });
    }
  });

  test('it cannot be cut off or added to', async () => {
    for (let length = 0; length < bytes.length; length++) {
      const enc = armor(bytes.subarray(0, length));
      await expect(ageProvider.unwrap({ ...key, enc }, host)).rejects.toMatchObject({ code: 'key' });
    }
    const enc = armor(Buffer.concat([bytes, Buffer.of(0)]));
    await expect(ageProvider.unwrap({ ...key, enc }, host)).rejects.toMatchObject({ code: 'key' });
  });
});
