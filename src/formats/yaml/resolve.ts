/** From the text of a YAML scalar to its typed value, as go-yaml v3 resolves it (docs/format.md#reading-yaml). */
import { SopsError } from '../../errors.js';
import { isTimestamp, type LeafValue } from '../../tree/tree.js';
import { decodeBase64 } from '../../util/text/base64.js';
import { decodeText } from '../../util/text/text.js';
import { readNumber, readPointFloat, readUnsigned, UNSIGNED } from './resolve-number.js';
import { readTimestamp } from './resolve-timestamp.js';

/** Every spelling that is a value as a whole. Empty text is null, too. */
const WORDS: ReadonlyMap<string, LeafValue> = new Map<string, LeafValue>([
  ...['true', 'True', 'TRUE'].map((word): [string, LeafValue] => [word, true]),
  ...['false', 'False', 'FALSE'].map((word): [string, LeafValue] => [word, false]),
  ...['', '~', 'null', 'Null', 'NULL'].map((word): [string, LeafValue] => [word, null]),
  ...['.nan', '.NaN', '.NAN'].map((word): [string, LeafValue] => [word, Number.NaN]),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word): [string, LeafValue] => [word, Infinity]),
  ...['-.inf', '-.Inf', '-.INF'].map((word): [string, LeafValue] => [word, -Infinity]),
]);
const LONGEST_WORD = 5;
const MINUTES_PER_DAY = 24 * 60;
const STANDARD_PREFIX = 'tag:yaml.org,2002:';

/** By first character: what a text may be beside a string. Read for every plain scalar, so a table. */
const HINTS = new Uint8Array(128);
const WORD = 1;
const POINT = 2;
const NUMBER = 3;
for (const character of 'nNtTfF~') HINTS[character.charCodeAt(0)] = WORD;
for (const character of '+-0123456789') HINTS[character.charCodeAt(0)] = NUMBER;
HINTS['.'.charCodeAt(0)] = POINT;

/** What values are for: `encryptable`, what SOPS can encrypt and hash; `any`, what go-yaml reads. */
export type Taken = 'encryptable' | 'any';

/**
 * The value of a plain scalar without tag.
 * Throws `leaf-not-encryptable` for what SOPS reads but cannot encrypt or hash: an integer from 2^63 to 2^64-1, a
 * time with an offset of 24 hours or more.
 */
export function resolvePlain(text: string, taken: Taken = 'encryptable'): LeafValue {
  return taking(taken, resolve(text), text);
}

/** Whether a text written plain would be read back as a string. */
export function resolvesToString(text: string): boolean {
  return typeof resolve(text) === 'string';
}

/**
 * The value of a scalar with a tag, given as `!!int`, `tag:yaml.org,2002:int`, `!` or a tag of the author; `isPlain`
 * tells whether the scalar stood without quotes and not as a block.
 * Throws `document-invalid` when the text is not of the tag's type; else as {@link resolvePlain}.
 */
export function resolveTagged(tag: string, text: string, isPlain: boolean, taken: Taken = 'encryptable'): LeafValue {
  const name = tag.startsWith(STANDARD_PREFIX) ? `!!${tag.slice(STANDARD_PREFIX.length)}` : tag;
  const tagged = { name, text, taken };
  switch (name) {
    case '!':
      return isPlain ? resolvePlain(text, taken) : text;
    case '!!binary':
      return readBinary(text);
    case '!!int':
      return typed(tagged, resolve(text), (value) => typeof value === 'bigint');
    case '!!float': {
      const value = resolve(text);
      return typed(tagged, typeof value === 'bigint' ? Number(value) : value, (made) => typeof made === 'number');
    }
    case '!!bool':
      return typed(tagged, resolve(text), (value) => typeof value === 'boolean');
    case '!!null':
      return typed(tagged, resolve(text), (value) => value === null);
    case '!!timestamp':
      return typed(tagged, resolve(text), isTimestamp);
    default:
      return text;
  }
}

function resolve(text: string): LeafValue | typeof UNSIGNED {
  if (text === '') return null;
  const hint = HINTS[text.charCodeAt(0)] ?? 0;
  if (hint === 0) return text;
  if (text.length <= LONGEST_WORD) {
    const word = WORDS.get(text);
    if (word !== undefined) return word;
  }
  if (hint === WORD) return text;
  if (hint === POINT) return readPointFloat(text) ?? text;
  return readTimestamp(text) ?? readNumber(text) ?? text;
}

function taking(taken: Taken, value: LeafValue | typeof UNSIGNED, text: string): LeafValue {
  if (taken === 'any') return value === UNSIGNED ? readUnsigned(text) : value;
  if (value === UNSIGNED) {
    throw new SopsError('leaf-not-encryptable', 'SOPS cannot encrypt integers from 2^63 to 2^64-1', {
      hint: 'Put the number in quotes, or make it smaller.',
    });
  }
  if (isTimestamp(value) && Math.abs(value.offset) >= MINUTES_PER_DAY) {
    throw new SopsError('leaf-not-encryptable', 'SOPS cannot encrypt times whose offset is 24 hours or more', {
      hint: 'Put the time in quotes, or correct its offset.',
    });
  }
  return value;
}

interface Tagged {
  readonly name: string;
  readonly text: string;
  readonly taken: Taken;
}

function typed(
  { name, text, taken }: Tagged,
  value: LeafValue | typeof UNSIGNED,
  fits: (value: LeafValue) => boolean,
): LeafValue {
  if (value === UNSIGNED && name === '!!int') return taking(taken, value, text);
  if (value === UNSIGNED || !fits(value))
    throw new SopsError('document-invalid', `a value does not fit its tag ${name}`);
  return taking(taken, value, text);
}

/** Go's base64 reader skips line ends and nothing else. */
function readBinary(text: string): string {
  const bytes = decodeBase64(text.replace(/[\r\n]/g, ''));
  if (!bytes) throw new SopsError('document-invalid', 'a value with the tag !!binary is not valid base64');
  return decodeText(bytes);
}
