/** The shapes of keys and tokens, as those document them who hand them out: a row each. */
import { decodeBech32 } from '../../../keys/age/bech32.js';
import type { CheckRuleId } from '../check-rules.js';
import { base62, crc32Of } from './crc32.js';
import { isFiller } from './filler.js';

/** One shape. Every expression is linear: what repeats is bounded, or begins where nothing of its kind stands before. */
export interface TokenPattern {
  readonly rule: CheckRuleId;
  /** Global; the first group is the secret, if only a part of the match is. */
  readonly expression: RegExp;
  /** Whether a match is one, by what the shape alone does not tell. */
  isReal?(secret: string, around: MatchPlace): boolean;
  /** Whether a checksum tells what nobody made up, so that a word in it (`FAKE`) is chance. */
  readonly isChecked?: true;
}

/** What stands around a match. */
export interface MatchPlace {
  readonly text: string;
  readonly start: number;
  readonly match: RegExpExecArray;
}

const NEAR = 400;

function near({ text, start }: MatchPlace): string {
  return text.slice(Math.max(0, start - NEAR), start + NEAR);
}

function isBech32(text: string): boolean {
  try {
    decodeBech32(text);
    return true;
  } catch {
    return false;
  }
}

/** The last six characters of GitHub's tokens are a checksum of those before; longer ones have another form. */
function hasChecksum(token: string): boolean {
  const body = token.slice(token.indexOf('_') + 1);
  return body.length !== 36 || base62(crc32Of(body.slice(0, 30)), 6) === body.slice(30);
}

function isMixed(text: string): boolean {
  return /[a-z]/.test(text) && /[A-Z]/.test(text) && /[0-9]/.test(text);
}

/** The header of a JSON web token names its algorithm (RFC 7515 section 4.1.1). */
function hasAlgorithm(token: string): boolean {
  const header = Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString('latin1');
  return header.startsWith('{') && header.includes('"alg"');
}

export const TOKEN_PATTERNS: readonly TokenPattern[] = [
  {
    rule: 'age-key',
    expression: /(?<![0-9A-Z])AGE-SECRET-KEY-(?:PQ-)?1[02-9AC-HJ-NP-Z]{58}(?![0-9A-Z])/g,
    isReal: isBech32,
    isChecked: true,
  },
  {
    rule: 'age-plugin-identity',
    expression: /(?<![0-9A-Z])AGE-PLUGIN-[A-Z0-9+.-]{1,64}-1[02-9AC-HJ-NP-Z]{6,1024}(?![0-9A-Z])/g,
    isReal: isBech32,
    isChecked: true,
  },
  {
    rule: 'aws-access-key-id',
    expression: /(?<![A-Za-z0-9/+])A[KS]IA[A-Z2-7]{16}(?![A-Za-z0-9/+])/g,
    isReal: (id) => !id.endsWith('EXAMPLE'),
  },
  {
    rule: 'aws-secret-access-key',
    expression:
      /aws_?secret_?(?:access_?)?key(?:_id)?["']?[ \t]{0,8}(?:=>|[:=,])[ \t]{0,8}["']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
    isReal: isMixed,
  },
  {
    rule: 'aws-secret-access-key',
    expression: /(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g,
    isReal: (secret, around) => isMixed(secret) && /(?<![A-Z0-9])A[KS]IA[A-Z2-7]{16}(?![A-Z0-9])/.test(near(around)),
  },
  { rule: 'gcp-api-key', expression: /(?<![\w-])AIza[\w-]{35}(?![\w-])/g, isReal: isMixed },
  {
    rule: 'azure-client-secret',
    expression: /(?<![\w~.-])[\w~.-]{3}[0-9]Q~[\w~.-]{31,34}(?![\w~.-])/g,
    isReal: isMixed,
  },
  { rule: 'azure-storage-key', expression: /AccountKey=([A-Za-z0-9+/]{86}==)/g },
  {
    rule: 'azure-sas',
    expression: /[?&;]sig=([A-Za-z0-9%]{40,72}(?:%3D|=))/gi,
    isReal: (_, around) => /[?&;]s[vepr]=/.test(near(around)),
  },
  { rule: 'vault-token', expression: /(?<![\w.-])hv[sbr]\.[\w-]{24,}/g, isReal: isMixed },
  {
    rule: 'vault-token',
    expression: /token["']?[ \t]{0,8}[:=][ \t]{0,8}["']?([sb]\.[A-Za-z0-9]{24})(?![A-Za-z0-9.])/gi,
    isReal: isMixed,
  },
  {
    rule: 'github-token',
    expression: /(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36,255}(?![A-Za-z0-9])/g,
    isReal: hasChecksum,
  },
  { rule: 'github-token', expression: /(?<![A-Za-z0-9])github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}(?![A-Za-z0-9])/g },
  { rule: 'gitlab-token', expression: /(?<![\w-])glpat-[\w-]{20,64}(?![\w-])/g },
  { rule: 'slack-token', expression: /(?<![\w-])xox[bpare]-(?:[0-9]{1,14}-){1,4}[A-Za-z0-9]{16,64}(?![\w-])/g },
  { rule: 'slack-token', expression: /(?<![\w-])xapp-[0-9]-[A-Z0-9]{8,14}-[0-9]{8,14}-[a-z0-9]{32,80}(?![\w-])/g },
  {
    rule: 'slack-webhook',
    expression: /hooks\.slack\.com\/services\/(T[A-Z0-9]{7,12}\/B[A-Z0-9]{7,12}\/[A-Za-z0-9]{24})(?![A-Za-z0-9])/g,
  },
  { rule: 'npm-token', expression: /(?<![A-Za-z0-9_])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9_])/g },
  { rule: 'stripe-key', expression: /(?<![A-Za-z0-9_])[sr]k_live_[A-Za-z0-9]{24,99}(?![A-Za-z0-9_])/g },
  { rule: 'sendgrid-key', expression: /(?<![\w.-])SG\.[\w-]{22}\.[\w-]{43}(?![\w.-])/g },
  {
    rule: 'jwt',
    expression: /(?<![\w.-])eyJ[\w-]{10,4096}\.eyJ[\w-]{10,8192}\.[\w-]{16,2048}/g,
    isReal: hasAlgorithm,
  },
  {
    rule: 'dotenvx-key',
    expression: /DOTENV_PRIVATE_KEY[A-Z0-9_]{0,64}[ \t]{0,8}[:=][ \t]{0,8}["']?([0-9a-f]{64})(?![0-9a-f])/g,
  },
  {
    rule: 'password-in-url',
    expression:
      /(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,20}:\/\/[^\s:@/'"`<>{}$()]{0,64}:([^\s@/'"`<>]{1,256})@[A-Za-z0-9.[-]{1,253}/g,
    isReal: isPassword,
  },
];

/** Hosts that are nobody's (RFC 2606, RFC 6761), and one's own machine. */
const NO_HOST =
  /@(?:localhost|127\.|0\.0\.0\.0|\[::1|(?:[\w-]{1,63}\.){0,8}(?:example|test|invalid|localhost|local)\b)/i;
/** What stands for a password where none is meant. */
const PLACEHOLDER =
  /[${}*%<>[\]|\\]|^(?:pass(?:word|wd|phrase)?|pwd|secret|token|user(?:name)?|admin|root|postgres|mysql|guest|test(?:ing)?|change.?me|foo|bar|baz|x+|\.+|my.?\w*|your.?\w*|example\w*|api.?key|s3cret)$/i;

function isPassword(password: string, { match }: MatchPlace): boolean {
  return password.length >= 6 && !PLACEHOLDER.test(password) && !NO_HOST.test(match[0]) && !isFiller(password);
}
