/** Private keys and tokens in any file: one look at its bytes tells whether there is anything to look for. */
import { LineIndex } from '../../../util/text/line-index.js';
import { BASE64_NEEDLES, base64Texts } from './base64-texts.js';
import { isDerKey } from './der-key.js';
import { isFiller } from './filler.js';
import { Needles } from './needles.js';
import type { FoundSecret } from './pem-secrets.js';
import { pemSecrets } from './pem-secrets.js';
import { TOKEN_PATTERNS, type TokenPattern } from './token-patterns.js';

/** What stands in every text with a secret. Most files have nothing of this. */
export const SECRET_NEEDLES: readonly string[] = [
  ...['AGE-', 'PRIVATE KEY', ...BASE64_NEEDLES, 'AKIA', 'ASIA', 'AIza', 'AccountKey=', 'sig=', 'hvs.', 'hvb.', 'hvr.'],
  ...[
    'ghp_',
    'gho_',
    'ghu_',
    'ghs_',
    'ghr_',
    'github_pat_',
    'glpat-',
    'xox',
    'xapp-',
    'hooks.slack',
    'npm_',
    'k_live_',
  ],
  ...['SG.', 'eyJ', 'DOTENV_PRIVATE', '://', 'ecret', 'ECRET', 'oken', 'OKEN'],
  // After a digit, as the shape of Azure's secrets has it.
  ...Array.from({ length: 10 }, (_, digit) => `${digit}Q~`),
];
const NEEDLES = new Needles(SECRET_NEEDLES);

/** The same more closely, for the texts that are left: how each of them begins, or what stands next to it. */
const ANYTHING =
  /AGE-(?:SECRET-KEY|PLUGIN)-|PRIVATE KEY|A[KS]IA[A-Z2-7]{16}|aws_?secret|AIza|[0-9]Q~|AccountKey=|[?&;]sig=|hv[sbr]\.|token["']?[ \t]{0,8}[:=][ \t]{0,8}["']?[sb]\.|gh[pousr]_|github_pat_|glpat-|xox[bpare]-|xapp-|hooks\.slack|npm_[A-Za-z0-9]{36}|[sr]k_live_|SG\.|eyJ|DOTENV_PRIVATE|:\/\/[^\s@/]{3,320}@/i;

/** Larger contents are looked through piece by piece, each with the end of the one before: longer than any secret. */
const WINDOW = 4 << 20;
const OVERLAP = 96 << 10;

/** What was found, with the number of its line. */
export interface SecretInFile extends FoundSecret {
  readonly line: number;
}

/** The secrets in a file's bytes, in order. */
export function secretsIn(bytes: Buffer, name: string): SecretInFile[] {
  if (isSecretRing(bytes, name)) return [{ rule: 'pgp-private-key', start: 0, length: bytes.length, line: 1 }];
  if (isDerKey(bytes)) return [{ rule: 'private-key', start: 0, length: bytes.length, line: 1 }];
  if (!isWide(bytes) && !NEEDLES.isIn(bytes)) return [];
  if (bytes.length <= WINDOW) return numbered(secretsInText(plainText(bytes)), () => plainText(bytes));
  const scan = new WindowScan();
  for (let at = 0; at < bytes.length; at += WINDOW - OVERLAP) scan.add(bytes.subarray(at, at + WINDOW), at);
  return scan.found;
}

/** Takes a large content window by window. Each begins {@link OVERLAP} before the end of the last. */
export class WindowScan {
  readonly found: SecretInFile[] = [];
  /** How far apart windows begin. */
  static readonly step = WINDOW - OVERLAP;
  static readonly size = WINDOW;
  private linesBefore = 0;

  /** `at` is where the window begins in the content. */
  add(window: Buffer, at: number): void {
    const text = NEEDLES.isIn(window) ? window.toString('latin1') : '';
    for (const secret of numbered(secretsInText(text), () => text)) {
      const start = secret.start + at;
      // Found in the last window as well, or cut off by its end.
      const isKnown = this.found.some((one) => one.rule === secret.rule && one.start === start);
      if (!isKnown) this.found.push({ ...secret, start, line: secret.line + this.linesBefore });
    }
    for (let end = window.indexOf(10); end >= 0 && end < WindowScan.step; end = window.indexOf(10, end + 1))
      this.linesBefore += 1;
  }
}

/** The text of bytes for looking at shapes, all of which are ASCII. */
function plainText(bytes: Buffer): string {
  return isWide(bytes) ? wideText(bytes) : bytes.toString('latin1');
}

/** The text of bytes that begin as UTF-16 does. */
export function wideText(bytes: Buffer): string {
  if (bytes[0] === 0xff || bytes[1] === 0) return bytes.toString('utf16le');
  const units = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  return units.swap16().toString('utf16le');
}

/** So many signs tell that a text without a mark is UTF-16. */
const FIRST_SIGNS = 4;

/** Whether bytes begin as UTF-16 does: with its mark, or with a few signs of ASCII each beside a zero. */
export function isWide(bytes: Buffer): boolean {
  const [first = 0, second = 0] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  // Hardly any file of another kind has a zero there, and none of text.
  if ((first !== 0 && second !== 0) || bytes.length < 2 * FIRST_SIGNS) return false;
  const zero = second === 0 ? 1 : 0;
  for (let at = 0; at < 2 * FIRST_SIGNS; at += 2)
    if (bytes[at + zero] !== 0 || !isSign(bytes[at + 1 - zero])) return false;
  return true;
}

function isSign(byte = 0): boolean {
  return byte === 9 || byte === 10 || byte === 13 || (byte >= 0x20 && byte < 0x7f);
}

/** The secrets of a text, in order. */
export function secretsInText(text: string): FoundSecret[] {
  if (!ANYTHING.test(text) && !BASE64_NEEDLES.some((needle) => text.includes(needle))) return [];
  const found = [...pemKinds(text), ...tokensIn(text)];
  return withoutTwins(found).sort((one, other) => one.start - other.start);
}

const ACCOUNT = /"type"\s{0,16}:\s{0,16}"service_account"/;
const CONTROLLER = /sealedsecrets\.bitnami\.com\/sealed-secrets-key/;

function tokensIn(text: string): FoundSecret[] {
  return TOKEN_PATTERNS.flatMap((pattern) => matchesOf(pattern, text));
}

/** What stands in base64, once: the first key of each run tells what the run is. */
function wrappedSecrets(text: string): FoundSecret[] {
  return base64Texts(text).flatMap(({ start, length, text: inner }) => {
    const [first] = [...pemSecrets(inner), ...tokensIn(inner)];
    return first ? [{ rule: first.rule, start, length }] : [];
  });
}

/** Private keys, and by what stands around them whose. */
function pemKinds(text: string): FoundSecret[] {
  const keys = pemSecrets(text);
  const wrapped = wrappedSecrets(text);
  const isAccount = keys.length > 0 && ACCOUNT.test(text);
  const isController = (keys.length > 0 || wrapped.length > 0) && CONTROLLER.test(text);
  return [...keys, ...wrapped].map((key) => {
    if (key.rule !== 'private-key') return key;
    if (isController) return { ...key, rule: 'sealed-secrets-key' };
    return isAccount ? { ...key, rule: 'gcp-service-account' } : key;
  });
}

function matchesOf({ rule, expression, isReal, isChecked }: TokenPattern, text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  for (const match of text.matchAll(expression)) {
    const secret = match[1] ?? match[0];
    const start = match.index + match[0].lastIndexOf(secret);
    if ((!isChecked && isFiller(secret)) || isReal?.(secret, { text, start, match }) === false) continue;
    found.push({ rule, start, length: secret.length });
  }
  return found;
}

/** One place is one secret, however many shapes it has: the first of the table counts. */
function withoutTwins(found: readonly FoundSecret[]): FoundSecret[] {
  const byStart = new Map<number, FoundSecret>();
  for (const secret of found) if (!byStart.has(secret.start)) byStart.set(secret.start, secret);
  return [...byStart.values()];
}

function numbered(found: readonly FoundSecret[], text: () => string): SecretInFile[] {
  if (found.length === 0) return [];
  const lines = new LineIndex(text());
  return found.map((secret) => ({ ...secret, line: lines.lineAt(secret.start) }));
}

/** First bytes of a packet of a secret key (RFC 9580 section 4.2: tag 5, in both forms). */
const SECRET_PACKET: ReadonlySet<number | undefined> = new Set([0x94, 0x95, 0xc5]);

function isSecretRing(bytes: Buffer, name: string): boolean {
  return isRingName(name) && SECRET_PACKET.has(bytes[0]);
}

/** Whether a name is such as people give to keys of PGP. */
export function isRingName(name: string): boolean {
  return /\.(?:gpg|pgp)$|^secring/i.test(name);
}
