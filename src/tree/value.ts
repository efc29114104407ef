/** The exact text of a value for cipher and MAC, and the way back from text and type word (docs/format.md#values). */
import { formatRfc3339, parseRfc3339 } from '../util/text/rfc3339.js';
import { parseGoFloat } from './go-float.js';
import type { LeafValue, Timestamp } from './tree.js';

/** The type words of `ENC[…]` that a leaf is written with. */
export type TypeWord = 'str' | 'int' | 'float' | 'bool' | 'time';

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
/** Integers of that many characters are within int64. */
const SURE_LENGTH = 18;
const INTEGER = /^[+-]?[0-9]+$/;
const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** The type word of a value, which must not be null: null is never encrypted. */
export function typeWordOf(value: Exclude<LeafValue, null>): TypeWord {
  switch (typeof value) {
    case 'string':
      return 'str';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float';
    case 'boolean':
      return 'bool';
    default:
      return 'time';
  }
}

/**
 * The text that is hashed and encrypted for a value. Null when SOPS has none and refuses the tree (exit 23):
 * an int outside int64, a time outside the years 0…9999 or with an offset of a day or more.
 */
export function textOf(value: Exclude<LeafValue, null>): string | null {
  switch (typeof value) {
    case 'string':
      return value;
    case 'bigint':
      return isInt64(value) ? value.toString() : null;
    case 'number':
      return floatText(value);
    case 'boolean':
      return value ? 'True' : 'False';
    default:
      return formatRfc3339(value);
  }
}

/**
 * The value of a decrypted text by its type word; undefined when no value of that type has the text, or the word is
 * unknown. `bytes`, which no release writes, counts as `str` (docs/format.md#d5-types-and-places-that-crash); comments are the caller's business.
 */
export function readValue(text: string, word: string): Exclude<LeafValue, null> | undefined {
  switch (word) {
    case 'str':
    case 'bytes':
      return text;
    case 'int':
      return parseInt64(text);
    case 'float':
      return parseGoFloat(text);
    case 'bool':
      return TRUE.has(text) ? true : FALSE.has(text) ? false : undefined;
    case 'time':
      return parseTimestamp(text);
    default:
      return undefined;
  }
}

/** Whether an integer fits the model's ints. */
export function isInt64(value: bigint): boolean {
  return value >= INT64_MIN && value <= INT64_MAX;
}

/**
 * A double in decimal digits, the shortest that read back as the same double, never with an exponent:
 * `1`, `0.000000001`, `1000000000000000000000`, `-0`, `NaN`, `+Inf`, `-Inf`.
 */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  return text.includes('e') ? withoutExponent(text) : text;
}

/** `-1.5e-7` → `-0.00000015`. JavaScript's digits are the shortest ones, as Go's are; only the layout differs. */
function withoutExponent(text: string): string {
  const [mantissa = '', exponent = '0'] = text.split('e');
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.slice(sign.length).split('.');
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return `${sign}${digits}${'0'.repeat(point - digits.length)}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

function parseInt64(text: string): bigint | undefined {
  if (!INTEGER.test(text)) return undefined;
  if (text.length <= SURE_LENGTH) return BigInt(text);
  // Leading zeros aside, 19 digits are the most int64 has; the bound keeps the conversion linear on hostile texts.
  if (text.replace(/^[+-]?0*/, '').length > 19) return undefined;
  const value = BigInt(text);
  return isInt64(value) ? value : undefined;
}

function parseTimestamp(text: string): Timestamp | undefined {
  const instant = parseRfc3339(text);
  return instant ? { kind: 'timestamp', ...instant } : undefined;
}
