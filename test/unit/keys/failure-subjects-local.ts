/** The ways in which using a key of this machine can fail: age, and PGP with programs that say what gpg says. */
import { join } from 'node:path';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { fixturePath } from './entries.js';
import type { Subject, Variables } from './failure-subjects.js';
import { ProgramFolder } from './programs.js';

export async function age(folder: string): Promise<Subject> {
  const [own, other] = [generateIdentity(), generateIdentity()];
  const none = { SOPS_AGE_KEY: '' };
  const locked = fixturePath('identities/age-protected.asc');
  return {
    flag: '--age',
    key: own.recipient,
    env: { SOPS_AGE_KEY: own.identity },
    secrets: [own.identity, other.identity, own.identity.slice(0, -1)],
    names: [
      [folder, '/home/me'],
      [own.recipient, 'age1OWN'],
      [locked, '/home/me/locked.txt'],
    ],
    failures: [
      { name: 'no identity', only: 'decrypt', env: none },
      { name: 'wrong key', only: 'decrypt', env: { SOPS_AGE_KEY: other.identity } },
      { name: 'absent file', only: 'decrypt', env: { ...none, SOPS_AGE_KEY_FILE: '/nonexistent/keys.txt' } },
      { name: 'damaged identity', only: 'decrypt', env: { SOPS_AGE_KEY: own.identity.slice(0, -1) } },
      { name: 'command that fails', only: 'decrypt', env: { ...none, SOPS_AGE_KEY_CMD: 'false' } },
      { name: 'command that is absent', only: 'decrypt', env: { ...none, SOPS_AGE_KEY_CMD: 'no-such-program x' } },
      { name: 'passphrase without a terminal', only: 'decrypt', env: { ...none, SOPS_AGE_KEY_FILE: locked } },
      { name: 'damaged entry', only: 'decrypt', edit: (text) => text.replace('YWdlLWVuY3J5', 'AAAAAAAAAAAA') },
      { name: 'malformed recipient', only: 'encrypt', key: 'age1xyz' },
      { name: 'identity for a recipient', only: 'encrypt', key: own.identity },
      { name: 'unknown recipient', only: 'encrypt', key: 'alice' },
    ],
    restore: () => undefined,
    close: async () => undefined,
  };
}

/** gpg's own words, by what goes wrong. */
const GPG_SAYS = {
  'no secret key':
    "gpg: keybox '/home/me/.gnupg/pubring.kbx' created\ngpg: encrypted with RSA key, ID F88364F792761441\ngpg: decryption failed: No secret key",
  'no passphrase':
    'gpg: encrypted with 3072-bit RSA key, ID F88364F792761441, created 2026-01-02\n      "me"\ngpg: public key decryption failed: Inappropriate ioctl for device\ngpg: decryption failed: Inappropriate ioctl for device',
  'damaged entry':
    'gpg: CRC error; 9BB3CE - 315252\ngpg: no valid OpenPGP data found.\ngpg: decrypt_message failed: Unknown system error',
  'no public key':
    'gpg: B050EB6CD63B990492E0F13DF88364F792761441: skipped: No public key\ngpg: [stdin]: encryption failed: No public key',
} as const;

export async function pgp(folder: string): Promise<Subject> {
  const programs = new ProgramFolder();
  const reads = "process.stdin.resume().on('end', () => {";
  const works = programs.addScript(
    'works',
    `${reads} process.stdout.write('-----BEGIN PGP MESSAGE-----\\n\\nYQ==\\n-----END PGP MESSAGE-----') });`,
  );
  const says = (words: keyof typeof GPG_SAYS): Variables => ({
    SOPS_GPG_EXEC: programs.addScript(
      words.replaceAll(' ', '-'),
      `${reads} console.error(${JSON.stringify(GPG_SAYS[words])}); process.exit(2) });`,
    ),
  });
  const fingerprint = 'B050EB6CD63B990492E0F13DF88364F792761441';
  return {
    flag: '--pgp',
    key: fingerprint,
    env: { SOPS_GPG_EXEC: works, GNUPGHOME: join(folder, '.gnupg') },
    secrets: [],
    names: [
      [folder, '/home/me'],
      [programs.path, '/programs'],
    ],
    failures: [
      { name: 'no gpg', env: { SOPS_GPG_EXEC: '/nonexistent/gpg' } },
      { name: 'wrong key', only: 'decrypt', env: says('no secret key') },
      { name: 'passphrase without a terminal', only: 'decrypt', env: says('no passphrase') },
      { name: 'damaged entry', only: 'decrypt', env: says('damaged entry') },
      { name: 'unknown recipient', only: 'encrypt', env: says('no public key') },
      { name: 'malformed recipient', only: 'encrypt', key: 'me@example.com' },
    ],
    restore: () => undefined,
    close: async () => programs.remove(),
  };
}
