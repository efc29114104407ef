/** Public keys of PGP in a file or an answer, as gpg reads them, and taking one into its keyring (GnuPG's doc/DETAILS). */
import { SopsError } from '../../errors.js';
import { findProgram } from '../../exec/find-program.js';
import { describeOutcome, type ProgramOutcome, runProgram } from '../../exec/run-program.js';
import type { Host } from '../../util/host/host.js';
import type { FoundRecipient } from '../provider.js';
import { gpgName, INSTALL_HINT } from './gpg.js';
import { EXPIRED, REVOKED, readStatus } from './gpg-status.js';

const ARMOR = '-----BEGIN PGP PUBLIC KEY BLOCK-----';
/** Reading a file of keys and looking into a keyring ask nobody; one that takes longer waits for a lock. */
const MILLISECONDS = 30_000;
/** The first bytes of a packet with a public key, in the old and the new form (RFC 9580 section 4.2). */
const BINARY = [0x98, 0x99, 0xc6];

/** The keys of some bytes, each with its primary key's fingerprint; null for bytes that hold none. Throws `key` without gpg. */
export async function pgpKeysIn(content: Uint8Array, host: Host): Promise<FoundRecipient[] | null> {
  const bytes = Buffer.from(content);
  if (!bytes.includes(ARMOR) && !BINARY.includes(bytes[0] ?? 0)) return null;
  const shown = await askGpg(['--with-colons', '--show-keys'], bytes, host);
  const keys = shown.status === 0 ? keysIn(shown.stdout.toString('utf8')) : [];
  if (keys.length === 0) {
    if (!bytes.includes(ARMOR)) return null;
    throw new SopsError('key', `gpg cannot read the PGP key: ${wordsOf(shown)}`);
  }
  for (const key of keys) {
    const listed = await askGpg(['--with-colons', '--list-keys', key.recipient], new Uint8Array(), host);
    if (listed.status !== 0) key.isNew = true;
  }
  return keys;
}

/** Takes the keys of some bytes into the user's keyring. Throws `key`. */
export async function importPgpKeys(content: Uint8Array, host: Host): Promise<void> {
  const outcome = await askGpg(['--import'], content, host);
  if (outcome.status !== 0) throw new SopsError('key', `gpg does not take the key in: ${wordsOf(outcome)}`);
}

async function askGpg(args: readonly string[], input: Uint8Array, host: Host): Promise<ProgramOutcome> {
  const file = await findProgram(gpgName(host), host);
  if (file === null) {
    const message = `the program ${JSON.stringify(gpgName(host))}, which reads PGP keys, was not found`;
    throw new SopsError('key', message, { hint: INSTALL_HINT });
  }
  const signal = AbortSignal.timeout(MILLISECONDS);
  return runProgram({ file, args: ['--batch', '--no-tty', ...args], input, signal }, host).catch((cause: unknown) => {
    throw new SopsError('key', `${file} could not be started`, { hint: INSTALL_HINT, cause });
  });
}

function wordsOf(outcome: ProgramOutcome): string {
  return readStatus(outcome.stderr.toString('utf8')).decisive ?? describeOutcome(outcome);
}

/** A list with colons: each key begins with `pub`, its fingerprint is in the first `fpr` after that, a name in `uid`. */
function keysIn(list: string): { recipient: string; remark?: string; problem?: string; isNew?: true }[] {
  const keys: { recipient: string; remark?: string; problem?: string; isNew?: true }[] = [];
  let isFresh = false;
  for (const line of list.split('\n')) {
    const [record, validity = '', , , , , , , , text = '', , capabilities = ''] = line.split(':');
    const key = keys.at(-1);
    if (record === 'pub') {
      keys.push({ recipient: '', ...problemOf(validity, capabilities) });
      isFresh = true;
    } else if (key && record === 'fpr' && isFresh) {
      key.recipient = text;
      isFresh = false;
    } else if (key && record === 'uid') key.remark ??= unescaped(text);
  }
  return keys.filter(({ recipient }) => recipient !== '');
}

function problemOf(validity: string, capabilities: string): { problem?: string } {
  if (validity === 'r') return { problem: REVOKED };
  if (validity === 'e') return { problem: EXPIRED };
  return capabilities.includes('E') ? {} : { problem: 'The key has no valid subkey for encrypting.' };
}

/** Colons and control characters are written as `\x3a`. */
function unescaped(text: string): string {
  return text.replaceAll(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
