/**
 * Strings of TOML that are too long for the package, which gives all characters of one to a call at once. They are read here, and
 * it is shown empty ones of the same length in their place.
 */
import type { SopsError } from '../../errors.js';
import { documentError } from '../document-error.js';

/** From here on a string is long: a call takes about twice as many arguments. */
const LONG = 50_000;
/** What the package refuses in a string. */
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;
const ESCAPE = /\\(?:([ \t]*\n[ \t\n]*)|(?:u([\da-fA-F]{4})|U([\da-fA-F]{8})|x([\da-fA-F]{2}))|([\s\S]?))/g;
const LETTERS: ReadonlyMap<string, string> = new Map(
  Object.entries({ b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\x1b', '"': '"', '\\': '\\' }),
);

export function isLong([start, end]: readonly [number, number]): boolean {
  return end - start > LONG;
}

/** The text with long strings emptied, or undefined if there are none. All else stays in its place. */
export function withoutLongStrings(text: string): string | undefined {
  const parts: string[] = [];
  let done = 0;
  let at = 0;
  while (at < text.length && at >= 0) {
    const character = text.charAt(at);
    if (character === '#') at = text.indexOf('\n', at);
    else if (character === '"' || character === "'") {
      const end = endOf(text, at);
      if (isLong([at, end])) {
        parts.push(text.slice(done, at), `"""\\\n${' '.repeat(end - at - 8)}"""`);
        done = end;
      }
      at = end;
    } else at += 1;
  }
  return done === 0 ? undefined : parts.join('') + text.slice(done);
}

/** What the string at a place begins and ends with. */
export function quoteAt(text: string, start: number): string {
  const quote = text.charAt(start);
  return text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
}

/** The index after the string at a place; -1 where it has no end, of which the package tells. */
function endOf(text: string, start: number): number {
  const quote = quoteAt(text, start);
  for (let at = start + quote.length; at < text.length; at++) {
    if (text.charAt(at) === '\\' && quote.startsWith('"')) at += 1;
    else if (text.startsWith(quote, at)) {
      let end = at + quote.length;
      // Up to two quotes in front of the last three belong to the string.
      while (quote.length === 3 && end < at + 5 && text.startsWith(quote.charAt(0), end)) end += 1;
      return end;
    } else if (quote.length === 1 && text.charAt(at) === '\n') return -1;
  }
  return -1;
}

/** The value of the string in a range. Throws `document-invalid`. */
export function longStringOf(text: string, [start, end]: readonly [number, number]): string {
  const quote = quoteAt(text, start);
  const written = text.slice(start + quote.length, end - quote.length).replaceAll('\r\n', '\n');
  if (CONTROL.test(written)) throw refused(text, start);
  const content = quote.length === 3 ? written.replace(/^\n/, '') : written;
  if (quote.startsWith("'")) return content;
  return content.replaceAll(
    ESCAPE,
    (_, fold?: string, short?: string, long?: string, byte?: string, letter?: string) => {
      if (fold !== undefined) return '';
      const value = letter === undefined ? characterOf(short ?? long ?? byte ?? '') : LETTERS.get(letter);
      if (value === undefined) throw refused(text, start);
      return value;
    },
  );
}

function characterOf(digits: string): string | undefined {
  const code = Number.parseInt(digits, 16);
  return code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? undefined : String.fromCodePoint(code);
}

function refused(text: string, at: number): SopsError {
  return documentError(text, at, 'a string with a control character or an unknown escape');
}
