/** Locked private keys that the real ssh-keygen writes: its bcrypt_pbkdf, ciphers and format against ours. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSshPrivateKey } from '../../src/keys/age/ssh/private-key.js';
import fc from '../support/fast-check.js';
import { announceSkipped, findTool } from '../support/programs.js';

const PUBLIC_KEY = new URL('../../fixtures/keys/identities/ssh-ed25519.pub', import.meta.url).pathname;
/** No flag of it tells the version: it shows the fingerprint of a key. */
const SSH_KEYGEN = findTool('ssh-keygen', 'SSH_KEYGEN_BIN', ['-l', '-f', PUBLIC_KEY]);
if (!SSH_KEYGEN) announceSkipped(1, 'there is no ssh-keygen');

const CIPHERS = ['256', '192', '128'].flatMap((size) => [`aes${size}-ctr`, `aes${size}-cbc`]);
/** Words of a command line hold no NUL, and ssh-keygen takes no fewer than five characters. */
const passphrases = fc.string({ minLength: 5, maxLength: 80, unit: 'grapheme' }).filter((text) => !text.includes('\0'));

interface Lock {
  readonly passphrase: string;
  readonly cipher: string;
  readonly rounds: number;
}

/** The private and the public key of a pair that it makes. */
function made(folder: string, { passphrase, cipher, rounds }: Lock): [string, string] {
  const file = join(folder, 'key');
  for (const path of [file, `${file}.pub`]) if (existsSync(path)) rmSync(path);
  const words = ['-q', '-t', 'ed25519', '-C', 'a comment', '-f', file];
  const ran = spawnSync(SSH_KEYGEN ?? '', [...words, '-N', passphrase, '-Z', cipher, '-a', String(rounds)]);
  expect(ran.stderr.toString()).toBe('');
  return [readFileSync(file, 'utf8'), readFileSync(`${file}.pub`, 'utf8')];
}

test.skipIf(!SSH_KEYGEN)('open with their passphrases, and with no other', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sops-ts-ssh-keys-'));
  const lock = fc.record({
    passphrase: passphrases,
    cipher: fc.constantFrom(...CIPHERS),
    rounds: fc.integer({ min: 1, max: 6 }),
  });
  try {
    fc.assert(
      fc.property(lock, (of) => {
        const [text, line] = made(folder, of);
        const key = readSshPrivateKey(text);
        const opened = key.open(of.passphrase);
        const blob = Buffer.from(line.split(' ')[1] ?? '', 'base64');
        if (opened?.publicKey.type !== 'ssh-ed25519') throw new Error('it was not opened');
        expect(blob.subarray(-32)).toEqual(opened.publicKey.point);
        expect(key.open(`${of.passphrase}!`)).toBeNull();
      }),
      { numRuns: 30 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
