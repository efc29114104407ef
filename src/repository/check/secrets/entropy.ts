/** Values as random as keys and tokens are, by their form and their name; asked for with `--secrets` only. */
import { isFiller } from './filler.js';

/**
 * Shannon entropy in bits per character that 95 of 100 random texts of a length reach: it grows with the length, as a short text
 * cannot have many different characters.
 */
const LEAST: readonly (readonly [length: number, bits: number])[] = [
  [32, 4.3],
  [24, 4],
  [16, 3.6],
];
/** Digits among letters under the name of a secret are no word: what chance left below {@link LEAST} is one all the same. */
const LEEWAY = 0.4;
/** Longer texts are documents, images, certificates. */
const MOST_CHARACTERS = 512;

/** Names of values that are secrets; not of what points to one (`secretName`, `tokenUrl`, `keyId`). */
const NAMED =
  /(?:pass(?:word|wd|phrase)?|pwd|secret|token|credential|api_?key|access_?key|private_?key|auth(?:_?key)?|signing_?key|encryption_?key|salt|dsn)s?$/i;

/** Forms that are as random and no secret, whole values. */
const HARMLESS: readonly RegExp[] = [
  /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i,
  /^(?:sha(?:1|224|256|384|512)|md5)[-:=]/i,
  /@sha256:[0-9a-f]{64}$/,
  /^ENC\[|^encrypted:|^\$ANSIBLE_VAULT|^vault:|^ref\+|^op:\/\/|^secretref[:+]|^arn:/i,
  /^age1|^ssh-(?:rsa|ed25519|dss) |^ecdsa-sha2-|^sk-ssh-|^sk-ecdsa-|^LS0tLS1CRUdJTiBDRVJUSUZJ|^LS0tLS1CRUdJTiBQVUJMSUM|^MII[A-Za-z0-9+/]/,
  /^iVBOR|^\/9j\/|^PHN2Zy|^R0lGOD|^UklGR|^data:/,
  /\$\{|\{\{|\}\}|^<|%\(|\$\(/,
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}|^[0-9.:+-]+$/,
  // A letter beyond ASCII makes a word of a language.
  /(?=\P{ASCII})\p{L}/u,
];

/** Names of values that are random and public: certificates, sealed values, keys of a JWKS. */
const PUBLIC_NAMES =
  /^(?:caBundle|certificate(?:-authority-data)?|ca|cert|crt|tls\.crt|ca\.crt|fingerprint|sha256|digest|checksum|hash|integrity|resolved|uid|resourceVersion|etag|kid|n|x|y|x5c|x5t|id|image|ref|rev|revision|commit|version|url|uri|href|path|file|name)$|public[_-]?key$/i;

/** Whether a value looks like a secret: of at least two classes of characters and random enough for its length, or named as one. */
export function looksSecret(name: string, value: string, path: readonly string[] = [name]): boolean {
  const text = value.trim();
  if (text.length < 16 || text.length > MOST_CHARACTERS || /\s/.test(text)) return false;
  if (PUBLIC_NAMES.test(name) || path.some((key) => key === 'encryptedData')) return false;
  if (HARMLESS.some((form) => form.test(text)) || isFiller(text) || isPlace(text) || isOrdered(text)) return false;
  const isNamed = NAMED.test(name);
  if (/^(?:0x)?[0-9a-f]+$/i.test(text)) return isNamed && text.length >= 32;
  const leeway = isNamed && /[0-9]/.test(text) && /[a-z]/i.test(text) ? LEEWAY : 0;
  return isRandom(text, leeway) && (isNamed || classesOf(text) >= 3);
}

/** An address without user, or a path of files; Base64 may begin with a slash, too. */
function isPlace(text: string): boolean {
  if (/^[a-z][a-z0-9+.-]{1,20}:\/\/[^@]*$/i.test(text)) return true;
  if (/^(?:\.{0,2}|~)\/|^[A-Za-z]:\\/.test(text)) {
    return !/^[A-Za-z0-9+/]+={0,2}$/.test(text) || !(text.endsWith('=') || longestRun(text) >= 16);
  }
  // Words with separators between them: host names, images, names of classes and of files.
  return /^[\w.@:/-]+$/.test(text) && longestRun(text) < 16;
}

function longestRun(text: string): number {
  return text.split(/[^A-Za-z0-9]+/).reduce((longest, run) => Math.max(longest, run.length), 0);
}

/** An alphabet, or a part of one. */
function isOrdered(text: string): boolean {
  let steps = 0;
  for (let at = 1; at < text.length; at++) if (text.charCodeAt(at) - text.charCodeAt(at - 1) === 1) steps += 1;
  return steps > text.length / 2;
}

function isRandom(text: string, leeway: number): boolean {
  const least = LEAST.find(([length]) => text.length >= length)?.[1];
  return least !== undefined && entropyOf(text) >= least - leeway;
}

/** Bits per character. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

function classesOf(text: string): number {
  return [/[a-z]/, /[A-Z]/, /[0-9]/].filter((one) => one.test(text)).length;
}
