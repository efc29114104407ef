/** Plain scalars that begin with a digit, a sign or a point: integers and floats as go-yaml v3 reads them. */

/** An integer from 2^63 to 2^64-1: go-yaml reads it as an unsigned one, which SOPS can neither encrypt nor hash. */
export const UNSIGNED = Symbol('integer from 2^63 to 2^64-1');

const INTEGER = /^([-+]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
/** Go allows one underscore between two digits. */
const POINT_FLOAT = /^\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?$/;
/** go-yaml cuts off a lower-case prefix and reads the rest with its own sign. */
const SIGN_BEHIND_PREFIX = /^0(?:b([-+])([01]+)|o([-+])([0-7]+))$/;

const INT_LIMIT = 1n << 63n;
const UNSIGNED_LIMIT = 1n << 64n;

/** The number a text beginning with a digit or sign stands for; undefined when it is not one. */
export function readNumber(text: string): bigint | number | typeof UNSIGNED | undefined {
  const digits = text.includes('_') ? text.replaceAll('_', '') : text;
  const integer = readInteger(digits);
  if (integer !== undefined) return integer;
  return FLOAT.test(digits) ? finite(digits) : readSignBehindPrefix(digits);
}

/** The integer that {@link readNumber} gives {@link UNSIGNED} for. */
export function readUnsigned(text: string): bigint {
  return readMagnitude(text.replaceAll('_', '').replace(/^\+/, '')) ?? 0n;
}

/** The float a text beginning with a point stands for; undefined when it is not one. */
export function readPointFloat(text: string): number | undefined {
  return POINT_FLOAT.test(text) ? finite(text.replaceAll('_', '')) : undefined;
}

function readInteger(digits: string): bigint | typeof UNSIGNED | undefined {
  const found = INTEGER.exec(digits);
  if (!found) return undefined;
  const [, sign = '', body = ''] = found;
  const magnitude = readMagnitude(body);
  if (magnitude === undefined) return undefined;
  if (sign === '-') return magnitude <= INT_LIMIT ? -magnitude : undefined;
  if (magnitude < INT_LIMIT) return magnitude;
  return sign === '' && magnitude < UNSIGNED_LIMIT ? UNSIGNED : undefined;
}

/** The digits with their base, undefined when beyond 64 bit: `BigInt` takes more than linear time on long texts. */
function readMagnitude(body: string): bigint | undefined {
  const hasPrefix = /^0[xXoObB]/.test(body);
  const octal = !hasPrefix && body.length > 1 && body.startsWith('0');
  const prefix = hasPrefix ? body.slice(0, 2) : octal ? '0o' : '';
  const significant = body.slice(hasPrefix ? 2 : 0).replace(/^0+/, '');
  if (significant.length > 64) return undefined;
  return significant === '' ? 0n : BigInt(prefix + significant);
}

function readSignBehindPrefix(digits: string): bigint | undefined {
  const found = SIGN_BEHIND_PREFIX.exec(digits);
  if (!found) return undefined;
  const negative = (found[1] ?? found[3]) === '-';
  const magnitude = readMagnitude(`${digits.slice(0, 2)}${found[2] ?? found[4] ?? ''}`);
  if (magnitude === undefined || magnitude > (negative ? INT_LIMIT : INT_LIMIT - 1n)) return undefined;
  return negative ? -magnitude : magnitude;
}

/** The double of a decimal text; what overflows is not a float for Go. */
function finite(text: string): number | undefined {
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}
