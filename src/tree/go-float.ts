/** Go's syntax of floating point numbers, in which the plaintext of `type:float` is read. */

const SPECIAL = /^(?:([+-]?)(?:inf|infinity)|nan)$/i;
const DECIMAL = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i;
const HEXADECIMAL = /^([+-]?)0x([0-9a-f]*)(?:\.([0-9a-f]*))?p([+-]?[0-9]+)$/i;
/** Underscores stand alone between two digits, hexadecimal ones also after the prefix `0x`. */
const STRAY_UNDERSCORE = /__|^_|_$|[^0-9_]_|_[^0-9_]/;
const STRAY_UNDERSCORE_HEXADECIMAL = /__|^_|_$|[^0-9a-fx_]_|_[^0-9a-f_]/i;
/** More hexadecimal digits than this are not a number anyone wrote; conversion of longer ones is not linear. */
const DIGIT_LIMIT = 1100;

/**
 * The number a text names: decimal with optional exponent, hexadecimal with binary exponent, single underscores
 * between digits, `inf`, `infinity`, `nan` in any case. Undefined for any other text, and beyond the double range.
 */
export function parseGoFloat(text: string): number | undefined {
  const special = SPECIAL.exec(text);
  if (special) return special[1] === undefined ? Number.NaN : special[1] === '-' ? -Infinity : Infinity;
  const plain = withoutUnderscores(text);
  if (plain === undefined) return undefined;
  const value = DECIMAL.test(plain) ? Number(plain) : parseHexadecimal(plain);
  return value === undefined || Number.isFinite(value) ? value : undefined;
}

function withoutUnderscores(text: string): string | undefined {
  if (!text.includes('_')) return text;
  const stray = /^[+-]?0x/i.test(text) ? STRAY_UNDERSCORE_HEXADECIMAL : STRAY_UNDERSCORE;
  return stray.test(text) ? undefined : text.replaceAll('_', '');
}

function parseHexadecimal(text: string): number | undefined {
  const found = HEXADECIMAL.exec(text);
  if (!found) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = found;
  const digits = whole + fraction;
  if (digits === '' || digits.length > DIGIT_LIMIT) return undefined;
  const power = Number(exponent) - 4 * fraction.length;
  // Two factors, since a subnormal result may need a power that is itself below the double range.
  const half = Math.trunc(power / 2);
  const value = Number(BigInt(`0x${digits}`)) * 2 ** half * 2 ** (power - half);
  return sign === '-' ? -value : value;
}
