/** How Sprig makes one type of another. */
import { decodeText, encodeText } from '../../util/text/text.js';
import { integerOf } from './constants.js';
import { goText } from './print.js';
import { elementsOf, GoInteger, GoList, type GoValue, refusal } from './values.js';

/** Part of a string, counted in bytes. Throws where Go's slicing would. */
export function sliceText(text: string, start: number, end: number): string {
  const bytes = encodeText(text);
  if (start < 0 || end < start || end > bytes.length) throw refusal('a bound is out of range');
  return decodeText(bytes.subarray(start, end));
}

/** A value as a list of strings: nil is left out, and what is not a list is a list of one. */
export function texts(value: GoValue): string[] {
  if (value === null) return [];
  if (!(value instanceof GoList)) return [goText(value)];
  return elementsOf(value)
    .filter((item) => item !== null)
    .map(goText);
}

/** A value as an `int64`: strings as Go writes numbers, and 0 for anything else. */
export function int64Of(value: GoValue): bigint {
  if (value instanceof GoInteger) return value.value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number') return wholeOf(value);
  if (typeof value !== 'string') return 0n;
  const [, sign = '', digits = ''] = /^([+-]?)([0-9][0-9a-zA-Z_]*)(?:\.0*)?$/.exec(value) ?? [];
  if (digits === '') return 0n;
  const found = integerOf(sign, digits);
  return found !== undefined && BigInt.asIntN(64, found) === found ? found : 0n;
}

/** What is beyond an `int64` becomes one number on some processors and another on others. */
function wholeOf(value: number): bigint {
  if (Math.abs(value) < 2 ** 63) return BigInt(Math.trunc(value));
  throw refusal('a number is too large for an int64');
}

/** A value as a float64: strings in decimal, and 0 for anything else. */
export function floatOf(value: GoValue): number {
  if (typeof value === 'number') return value;
  if (value instanceof GoInteger) return Number(value.value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'string' && /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(value)
    ? Number(value)
    : 0;
}
