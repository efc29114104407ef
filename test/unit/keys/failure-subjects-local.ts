/** The ways in which using a key of this machine can fail: age, and PGP with programs that say what gpg says. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { encodeBech32 } from '../../../src/keys/age/bech32.js';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { fixturePath, fixtureText } from './entries.js';
import type { Failure, Subject, Variables } from './failure-subject.js';
import { ProgramFolder } from './programs.js';

const NONE: Variables = { SOPS_AGE_KEY: '' };
const LOCKED = fixturePath('identities/age-protected.asc');
const SSH_KEY = fixturePath('identities/ssh-ed25519');
/** For programs 2 s, so that they are told to be waited for before. */
const HURRIED: Variables = { SOPS_TS_KEY_TIMEOUT: '0.1' };

type OwnIdentity = ReturnType<typeof generateIdentity>;

interface Pair {
  readonly own: OwnIdentity;
  readonly other: OwnIdentity;
}

export async function age(folder: string): Promise<Subject> {
  const [own, other] = [generateIdentity(), generateIdentity()];
  const programs = new ProgramFolder();
  return {
    flag: '--age',
    key: own.recipient,
    env: { SOPS_AGE_KEY: own.identity },
    secrets: [own.identity, other.identity, own.identity.slice(0, -1)],
    names: [
      [folder, '/home/me'],
      [own.recipient, 'age1OWN'],
      [LOCKED, '/home/me/locked.txt'],
      [programs.path, '/programs'],
      [fixturePath('identities'), '/identities'],
    ],
    failures: [
      ...failuresOfIdentities({ own, other }),
      ...failuresOfFiles(programs, other),
      ...failuresOfPlugIns(programs),
      ...failuresOfSshKeys(programs, other),
      { name: 'damaged entry', only: 'decrypt', edit: (text) => text.replace('YWdlLWVuY3J5', 'AAAAAAAAAAAA') },
      { name: 'malformed recipient', only: 'encrypt', key: 'age1xyz' },
      { name: 'identity for a recipient', only: 'encrypt', key: own.identity },
      { name: 'unknown recipient', only: 'encrypt', key: 'alice' },
    ],
    restore: () => undefined,
    close: async () => programs.remove(),
  };
}

function failuresOfIdentities({ own, other }: Pair): Failure[] {
  return [
    { name: 'no identity', only: 'decrypt', env: NONE },
    { name: 'wrong key', only: 'decrypt', env: { SOPS_AGE_KEY: other.identity } },
    { name: 'absent file', only: 'decrypt', env: { ...NONE, SOPS_AGE_KEY_FILE: '/nonexistent/keys.txt' } },
    { name: 'damaged identity', only: 'decrypt', env: { SOPS_AGE_KEY: own.identity.slice(0, -1) } },
    { name: 'command that fails', only: 'decrypt', env: { ...NONE, SOPS_AGE_KEY_CMD: 'false' } },
    { name: 'command that is absent', only: 'decrypt', env: { ...NONE, SOPS_AGE_KEY_CMD: 'no-such-program x' } },
    { name: 'passphrase without a terminal', only: 'decrypt', env: { ...NONE, SOPS_AGE_KEY_FILE: LOCKED } },
  ];
}

function failuresOfFiles(programs: ProgramFolder, other: OwnIdentity): Failure[] {
  const held = (text: string, bytes = Buffer.from(text)) => ({
    only: 'decrypt' as const,
    env: { ...NONE, SOPS_AGE_KEY_FILE: programs.write(`keys-${programs.count++}`, bytes) },
  });
  return [
    { name: 'file without an identity', ...held('# mine\n') },
    { name: 'SSH key in the place of an identity', ...held(fixtureText('identities/ssh-ed25519')) },
    { name: 'recipient in the place of an identity', ...held(`${other.recipient}\n`) },
    { name: 'identity in quotes', ...held(`"${other.identity}"\n`) },
    { name: 'identities in UTF-16', ...held('', Buffer.from(`\ufeff${other.identity}\r\n`, 'utf16le')) },
    {
      name: 'command that prints an SSH key',
      only: 'decrypt',
      env: { ...NONE, SOPS_AGE_KEY_CMD: `cat ${SSH_KEY}` },
    },
    {
      name: 'command that hangs',
      only: 'decrypt',
      env: { ...NONE, ...HURRIED, SOPS_AGE_KEY_CMD: programs.addShellScript('hangs', 'exec sleep 600') },
    },
  ];
}

function failuresOfPlugIns(programs: ProgramFolder): Failure[] {
  programs.addFixture('age-plugin-fake');
  chmodSync(programs.write('age-plugin-broken', '#!/nonexistent/interpreter\n'), 0o755);
  const plugin = (scenario: string, name = 'fake') => ({
    only: 'decrypt' as const,
    env: {
      SOPS_AGE_KEY: encodeBech32(`AGE-PLUGIN-${name.toUpperCase()}-`, Buffer.from(scenario)),
      PATH: `${programs.path}:${process.env.PATH}`,
      ...(scenario === 'hang' ? HURRIED : {}),
    },
  });
  return [
    { name: 'plug-in that is absent', ...plugin('plain', 'absent') },
    { name: 'plug-in that cannot be started', ...plugin('plain', 'broken') },
    { name: 'plug-in that crashes', ...plugin('crash') },
    { name: 'plug-in that is killed', ...plugin('killed') },
    { name: 'plug-in without its token', ...plugin('error') },
    { name: 'plug-in with a wrong PIN', ...plugin('secret') },
    { name: 'plug-in that hangs', ...plugin('hang') },
    { name: 'plug-in of another kind', ...plugin('garbage') },
  ];
}

function failuresOfSshKeys(programs: ProgramFolder, other: OwnIdentity): Failure[] {
  const opened = { only: 'decrypt', edit: () => fixtureText('age/ssh-ed25519.yaml') } as const;
  const by = (path: string) => ({ SOPS_AGE_SSH_PRIVATE_KEY_FILE: path });
  return [
    { name: 'SSH recipient, no key', ...opened, env: NONE },
    { name: 'SSH recipient, age identity only', ...opened },
    { name: 'SSH recipient, other key', ...opened, env: by(fixturePath('identities/ssh-rsa')) },
    {
      name: 'SSH recipient, age identity in the place of the key',
      ...opened,
      env: { ...by(programs.write('keys.txt', other.identity)), ...NONE },
    },
    {
      name: 'SSH recipient, public key in the place of the private one',
      ...opened,
      env: { ...by(`${SSH_KEY}.pub`), ...NONE },
    },
  ];
}

const PGP_KEY = 'B050EB6CD63B990492E0F13DF88364F792761441';

function pkdecrypt(reason: string, code: number): string {
  return `[GNUPG:] ENC_TO 970A0AED73664B04 1 0
gpg: verschlüsselt mit 3072-Bit RSA Schlüssel, ID 970A0AED73664B04, erzeugt 2026-11-28
      "me"
gpg: Entschlüsselung mit Public-Key-Verfahren fehlgeschlagen: ${reason}
[GNUPG:] ERROR pkdecrypt_failed ${code}
[GNUPG:] BEGIN_DECRYPTION
[GNUPG:] DECRYPTION_FAILED
gpg: Entschlüsselung fehlgeschlagen: Kein geheimer Schlüssel
[GNUPG:] END_DECRYPTION`;
}

function refused(reason: string, status: string, code: number): string {
  return `gpg: ${PGP_KEY}: übersprungen: ${reason}
${status} ${PGP_KEY}
[GNUPG:] FAILURE encrypt ${code}
gpg: [stdin]: Verschlüsselung fehlgeschlagen: ${reason}`;
}

/** What gpg 2.2 says with `--status-fd 2`, by what goes wrong; in German where that must not matter. */
const GPG_SAYS = {
  'no secret key': `gpg: Schlüsselbox "/home/me/.gnupg/pubring.kbx" erzeugt
[GNUPG:] ENC_TO 970A0AED73664B04 1 0
gpg: verschlüsselt mit RSA Schlüssel, ID 970A0AED73664B04
[GNUPG:] NO_SECKEY 970A0AED73664B04
[GNUPG:] BEGIN_DECRYPTION
[GNUPG:] DECRYPTION_FAILED
gpg: Entschlüsselung fehlgeschlagen: Kein geheimer Schlüssel
[GNUPG:] END_DECRYPTION`,
  'no keyring': `gpg: Schlüsselblockhilfsmittel \`/nope/pubring.kbx': Datei oder Verzeichnis nicht gefunden
[GNUPG:] ERROR add_keyblock_resource 33587281
[GNUPG:] ENC_TO 970A0AED73664B04 1 0
[GNUPG:] ERROR keydb_search 33554445
gpg: verschlüsselt mit RSA Schlüssel, ID 970A0AED73664B04
[GNUPG:] NO_SECKEY 970A0AED73664B04
[GNUPG:] BEGIN_DECRYPTION
[GNUPG:] DECRYPTION_FAILED
gpg: Entschlüsselung fehlgeschlagen: Kein geheimer Schlüssel
[GNUPG:] END_DECRYPTION`,
  'no terminal': pkdecrypt('Unpassender IOCTL (I/O-Control) für das Gerät', 83918950),
  'wrong passphrase': pkdecrypt('Falsche Passphrase', 67108875),
  cancelled: pkdecrypt('Vorgang wurde abgebrochen', 83886179),
  'no pinentry': pkdecrypt('Kein Pinentry', 67108949),
  'no card': pkdecrypt('Karte nicht vorhanden', 100663408),
  'damaged entry': `gpg: CRC error; 9BB3CE - 315252
gpg: no valid OpenPGP data found.
[GNUPG:] NODATA 1
[GNUPG:] NODATA 2
[GNUPG:] FAILURE decrypt 4294967295
gpg: decrypt_message failed: Unknown system error`,
  'no public key': refused('Kein öffentlicher Schlüssel', '[GNUPG:] INV_RECP 1', 9),
  expired: refused('Unbrauchbarer öffentlicher Schlüssel', '[GNUPG:] KEYEXPIRED 1795897123\n[GNUPG:] INV_RECP 0', 53),
  revoked: refused('Unbrauchbarer öffentlicher Schlüssel', '[GNUPG:] KEYREVOKED\n[GNUPG:] INV_RECP 0', 53),
  'without a word': '',
} as const;

/** What the scripts in its place begin with. */
const READS = "process.stdin.resume().on('end', () => {";

export async function pgp(folder: string): Promise<Subject> {
  const programs = new ProgramFolder();
  const works = programs.addScript(
    'works',
    `${READS} process.stdout.write('-----BEGIN PGP MESSAGE-----\\n\\nYQ==\\n-----END PGP MESSAGE-----') });`,
  );
  return {
    flag: '--pgp',
    key: PGP_KEY,
    env: { SOPS_GPG_EXEC: works, GNUPGHOME: join(folder, '.gnupg') },
    secrets: [],
    names: [
      [folder, '/home/me'],
      [programs.path, '/programs'],
    ],
    failures: failuresOfGpg(programs),
    restore: () => undefined,
    close: async () => programs.remove(),
  };
}

function failuresOfGpg(programs: ProgramFolder): Failure[] {
  const says = (words: keyof typeof GPG_SAYS): Variables => ({
    SOPS_GPG_EXEC: programs.addScript(
      words.replaceAll(' ', '-'),
      `${READS} console.error(${JSON.stringify(GPG_SAYS[words])}); process.exit(2) });`,
    ),
  });
  return [
    { name: 'no gpg', env: { SOPS_GPG_EXEC: '/nonexistent/gpg' } },
    { name: 'gpg that hangs', env: { ...HURRIED, SOPS_GPG_EXEC: programs.addShellScript('hangs', 'sleep 600') } },
    { name: 'wrong key', only: 'decrypt', env: says('no secret key') },
    { name: 'absent keyring', only: 'decrypt', env: says('no keyring') },
    { name: 'passphrase without a terminal', only: 'decrypt', env: says('no terminal') },
    { name: 'wrong passphrase', only: 'decrypt', env: says('wrong passphrase') },
    { name: 'passphrase not given', only: 'decrypt', env: says('cancelled') },
    { name: 'passphrase without pinentry', only: 'decrypt', env: says('no pinentry') },
    { name: 'absent card', only: 'decrypt', env: says('no card') },
    { name: 'damaged entry', only: 'decrypt', env: says('damaged entry') },
    { name: 'gpg that fails', env: says('without a word') },
    { name: 'unknown recipient', only: 'encrypt', env: says('no public key') },
    { name: 'expired recipient', only: 'encrypt', env: says('expired') },
    { name: 'revoked recipient', only: 'encrypt', env: says('revoked') },
    { name: 'malformed recipient', only: 'encrypt', key: 'me@example.com' },
  ];
}
