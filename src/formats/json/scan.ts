/** The parts of JSON text that are not made of others: white space, strings, numbers and words (RFC 8259). */
import type { SopsError } from '../../errors.js';
import type { LeafValue } from '../../tree/tree.js';
import { isInt64 } from '../../tree/value.js';
import { documentError } from '../document-error.js';

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const WORDS: readonly (readonly [string, boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];
const ESCAPES: ReadonlyMap<string, string> = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }),
);
export const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPECIAL = /[\\\u0000-\u001f]/g;

/** A place in a text, and what moves it on. What is read throws `document-invalid` when something else stands there. */
export class JsonScanner {
  protected at = 0;
  /** Asking an array for units is faster than asking the text, above all before this is compiled. */
  private readonly units: Uint8Array | Uint16Array;
  /** Whether strings may hold bytes that are not UTF-8 and so need a second look. */
  private readonly wellFormed: boolean;
  /** What {@link specialFrom} found last: strings on one line share it. */
  private special = -1;

  /** @param ascii the bytes of a text that is ASCII, when the caller has them. */
  constructor(
    protected readonly text: string,
    ascii?: Uint8Array,
  ) {
    this.units = ascii ?? unitsOf(text);
    this.wellFormed = text.isWellFormed();
  }

  /** Goes to the next unit that is not white space; undefined at the end. */
  skipBlank(): number | undefined {
    const { units } = this;
    let { at } = this;
    let unit = units[at];
    while (unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09) {
      at += 1;
      unit = units[at];
    }
    this.at = at;
    return unit;
  }

  /** Goes after a string that is what stands between its quotes. False for any other, where it stays. */
  passString(): boolean {
    if (!this.wellFormed) return false;
    const from = this.at + 1;
    const end = this.text.indexOf('"', from);
    const special = this.specialFrom(from);
    if (end >= 0 && end < special) {
      this.at = end + 1;
      return true;
    }
    if (this.units[special] === BACKSLASH) return false;
    throw this.error('a string without end, or with a control character in it', special);
  }

  /** Where the next unit stands that no string holds as it is, quotes aside; the end of the text if there is none. */
  private specialFrom(at: number): number {
    if (this.special < at) {
      SPECIAL.lastIndex = at;
      this.special = SPECIAL.test(this.text) ? SPECIAL.lastIndex - 1 : this.text.length;
    }
    return this.special;
  }

  /** Reads a string from its opening quote on. */
  readString(): string {
    const start = this.at + 1;
    return this.passString() ? this.text.slice(start, this.at - 1) : this.readEscaped(start);
  }

  /** Reads a number or a word. */
  readBare(): LeafValue {
    return this.readNumber() ?? this.readWord();
  }

  protected error(problem: string, at = this.at): SopsError {
    return documentError(this.text, at, problem);
  }

  private readWord(): LeafValue {
    const found = WORDS.find(([word]) => this.text.startsWith(word, this.at));
    if (!found) throw this.error('expected a value');
    this.at += found[0].length;
    return found[1];
  }

  private readNumber(): bigint | number | undefined {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    if (!found) return undefined;
    const [literal, fraction, exponent] = found;
    const value = (fraction ?? exponent) === undefined ? integerOf(literal) : Number(literal);
    if (!Number.isFinite(Number(value))) throw this.error('a number beyond the range of a double');
    this.at += literal.length;
    return value;
  }

  /** Reads what stands after an opening quote, with its escapes. */
  private readEscaped(start: number): string {
    const { text } = this;
    const parts: string[] = [];
    let at = start;
    while (text.charCodeAt(at) !== QUOTE) {
      if (text.charCodeAt(at) === BACKSLASH) {
        parts.push(this.escapeAt(at));
        at += text.charAt(at + 1) === 'u' ? 6 : 2;
        continue;
      }
      const from = at;
      while (text.charCodeAt(at) >= 0x20 && text.charCodeAt(at) !== QUOTE && text.charCodeAt(at) !== BACKSLASH) at++;
      if (at === from) throw this.error('a string without end, or with a control character in it', at);
      // Bytes that are not UTF-8 read as U+FFFD, one each; done before escapes join in, lest the two make a pair.
      parts.push(text.slice(from, at).toWellFormed());
    }
    this.at = at + 1;
    return parts.join('').toWellFormed();
  }

  private escapeAt(at: number): string {
    const letter = this.text.charAt(at + 1);
    const simple = ESCAPES.get(letter);
    if (simple !== undefined) return simple;
    const digits = this.text.slice(at + 2, at + 6);
    if (letter !== 'u' || !/^[0-9a-fA-F]{4}$/.test(digits)) throw this.error('an unknown escape in a string', at);
    return String.fromCharCode(Number.parseInt(digits, 16));
  }
}

/** The UTF-16 units of a text. */
function unitsOf(text: string): Uint16Array {
  const units = new Uint16Array(text.length);
  for (let at = 0; at < units.length; at++) units[at] = text.charCodeAt(at);
  return units;
}

/** An integer within int64 as an int, any other as a float. More than 20 characters cannot be within (and would cost). */
function integerOf(literal: string): bigint | number {
  if (literal.length > 20) return Number(literal);
  const value = BigInt(literal);
  return isInt64(value) ? value : Number(literal);
}
