/** Literals of Go: strings, characters and numbers. */
import { parseGoFloat } from '../../tree/go-float.js';
import { GoInteger, refusal } from './values.js';

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([^\n]))/g;
const INTEGER = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]*|[1-9][0-9_]*)$/;
const MOST = 2n ** 63n;

/** The value of a string or character between its quotes. Throws for escapes that Go does not know in it. */
export function unquote(literal: string): string {
  const quote = literal[0] ?? '';
  if (quote === '`') return literal.slice(1, -1).replaceAll('\r', '');
  return literal.slice(1, -1).replaceAll(ESCAPE, (_, byte, short, long, octal, simple) => {
    if (byte !== undefined || octal !== undefined)
      return byteText(byte ? Number.parseInt(byte, 16) : Number.parseInt(octal, 8));
    if (short !== undefined || long !== undefined) return pointText(Number.parseInt(short ?? long, 16));
    const text = SIMPLE[simple];
    const isOtherQuote = (simple === '"' || simple === "'") && simple !== quote;
    if (text === undefined || isOtherQuote) throw refusal('a string holds an escape that Go does not know');
    return text;
  });
}

/** A byte of a string; those beyond ASCII would have to be joined to characters. */
function byteText(byte: number): string {
  if (byte < 0x80) return String.fromCharCode(byte);
  throw refusal('a string names single bytes beyond ASCII, which sops-ts does not render');
}

function pointText(point: number): string {
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw refusal('a string names no character');
  return String.fromCodePoint(point);
}

/** A character constant: its number, an `int` as any other constant that says no type. */
export function characterOf(literal: string): GoInteger {
  const [point, ...others] = unquote(literal);
  if (point === undefined || others.length > 0) throw refusal('a character constant holds no single character');
  return new GoInteger(BigInt(point.codePointAt(0) ?? 0));
}

/** A number: an integer unless it is written with a point or an exponent. Throws for what Go takes for no number. */
export function numberOf(text: string): GoInteger | number {
  const found = INTEGER.exec(text);
  if (found) {
    const value = integerOf(found[1] ?? '', found[2] ?? '');
    if (value === undefined || value >= MOST || value < -MOST)
      throw refusal(`${text} is not a number that fits into an int`);
    return new GoInteger(value);
  }
  const float = parseGoFloat(text);
  if (float === undefined || !/^[+-]?(?:[1-9.]|0(?![0-9_]+$))/.test(text))
    throw refusal(`${text} is not a number of Go`);
  return float;
}

/** An integer with its prefix, as `strconv.ParseInt` reads it with base 0; undefined when it is not one. */
export function integerOf(sign: string, digits: string): bigint | undefined {
  if (/__|_$|^0[0-7]*_?[89]/.test(digits)) return undefined;
  const plain = digits.replaceAll('_', '').replace(/^0[oO]?(?=[0-7])/, '0o');
  try {
    const value = BigInt(plain);
    return sign === '-' ? -value : value;
  } catch {
    return undefined;
  }
}
