/** Private keys in PEM and OpenPGP armour: on lines of their own, or in a text with `\n`. */
import type { CheckRuleId } from '../check-rules.js';

/** A secret that was found in a text. */
export interface FoundSecret {
  readonly rule: CheckRuleId;
  readonly start: number;
  /** How many characters it has. */
  readonly length: number;
}

const BEGIN = /-----BEGIN ((?:RSA |EC |DSA |ENCRYPTED |OPENSSH )?PRIVATE KEY|PGP PRIVATE KEY BLOCK)-----/g;
/** No key is larger; a BEGIN line in a text of documentation is followed by anything. */
const MOST_CHARACTERS = 64 << 10;
/** Shorter ones are examples with dots, or nothing. */
const LEAST_CHARACTERS = 40;

/** The private keys of a text. A line that begins one alone, as documentation has it, does not count. */
export function pemSecrets(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  for (const { 0: begin, 1: label = '', index } of text.matchAll(BEGIN)) {
    const start = index + begin.length;
    // A body has no dashes: the next ones end it, or it is not one.
    const dashes = text.indexOf('-----', start);
    const isEnd = dashes >= 0 && dashes - start <= MOST_CHARACTERS && text.startsWith(`-----END ${label}-----`, dashes);
    const rule = isEnd ? kindOf(label, text.slice(start, dashes)) : undefined;
    const end = dashes - start;
    if (rule) found.push({ rule, start: index, length: begin.length + end });
  }
  return found;
}

/** Armour headers (`Version: …`, `DEK-Info: …`): a name, a colon, a blank. */
const HEADER = /(?:^|\\n|\n)[ \t"']*[A-Za-z][A-Za-z-]{0,30}: [^\n\\]*/g;

function kindOf(label: string, body: string): CheckRuleId | undefined {
  const isProtected = /Proc-Type: 4,ENCRYPTED|DEK-Info: /.test(body);
  const base64 = body.replaceAll(HEADER, '').replaceAll(/\\[rn]|[\s"',>|#]/g, '');
  if (base64.length < LEAST_CHARACTERS || !/^[A-Za-z0-9+/=]+$/.test(base64)) return undefined;
  if (label === 'PGP PRIVATE KEY BLOCK') return 'pgp-private-key';
  if (label === 'OPENSSH PRIVATE KEY') return opensshKind(base64);
  return isProtected || label === 'ENCRYPTED PRIVATE KEY' ? 'protected-private-key' : 'private-key';
}

/** `openssh-key-v1` and a NUL, then the name of the cipher with its length before it (PROTOCOL.key of OpenSSH). */
const MAGIC = 'openssh-key-v1\0';

function opensshKind(base64: string): CheckRuleId | undefined {
  const bytes = Buffer.from(base64.slice(0, 88), 'base64');
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC || bytes.length < MAGIC.length + 8) return undefined;
  const length = bytes.readUInt32BE(MAGIC.length);
  const cipher = bytes.toString('latin1', MAGIC.length + 4, MAGIC.length + 4 + Math.min(length, 32));
  return cipher === 'none' ? 'private-key' : 'protected-private-key';
}
