/** Private keys and tokens in any file: one look at its bytes tells whether there is anything to look for. */
import { LineIndex } from '../../../util/line-index.js';
import { isFiller } from './filler.js';
import { Needles } from './needles.js';
import type { FoundSecret } from './pem-secrets.js';
import { pemSecrets, wrappedPemSecrets } from './pem-secrets.js';
import { TOKEN_PATTERNS, type TokenPattern } from './token-patterns.js';

/** What stands in every text with a secret. Most files have nothing of this. */
export const SECRET_NEEDLES: readonly string[] = [
  ...['AGE-', 'PRIVATE KEY', 'LS0tLS1CRUdJTi', 'AKIA', 'ASIA', 'AIza', 'AccountKey=', 'sig=', 'hvs.', 'hvb.', 'hvr.'],
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
  /AGE-(?:SECRET-KEY|PLUGIN)-|PRIVATE KEY|LS0tLS1CRUdJTi|A[KS]IA[A-Z2-7]{16}|aws_?secret|AIza|[0-9]Q~|AccountKey=|[?&;]sig=|hv[sbr]\.|token["']?[ \t]{0,8}[:=][ \t]{0,8}["']?[sb]\.|gh[pousr]_|github_pat_|glpat-|xox[bpare]-|xapp-|hooks\.slack|npm_[A-Za-z0-9]{36}|[sr]k_live_|SG\.|eyJ|DOTENV_PRIVATE|:\/\/[^\s@/]{3,320}@/i;

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
  return bytes[0] === 0xff ? bytes.toString('utf16le') : Buffer.from(bytes).swap16().toString('utf16le');
}

/** Whether bytes begin as UTF-16 does. */
export function isWide(bytes: Buffer): boolean {
  const [first, second] = bytes;
  return bytes.length % 2 === 0 && ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff));
}

/** The secrets of a text, in order. */
export function secretsInText(text: string): FoundSecret[] {
  if (!ANYTHING.test(text)) return [];
  const found = [...pemKinds(text), ...TOKEN_PATTERNS.flatMap((pattern) => matchesOf(pattern, text))];
  return withoutTwins(found).sort((one, other) => one.start - other.start);
}

const ACCOUNT = /"type"\s{0,16}:\s{0,16}"service_account"/;
const CONTROLLER = /sealedsecrets\.bitnami\.com\/sealed-secrets-key/;

/** Private keys, and by what stands around them whose. */
function pemKinds(text: string): FoundSecret[] {
  const keys = pemSecrets(text);
  const wrapped = wrappedPemSecrets(text);
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
