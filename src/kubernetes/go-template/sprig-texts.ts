/** Sprig's functions for strings (Masterminds/sprig 3.3, as the controller of Sealed Secrets has them). */
import { createHash } from 'node:crypto';
import { decodeBase64 } from '../../util/text/base64.js';
import { decodeText, encodeText } from '../../util/text/text.js';
import { type FunctionTable, fixed, named, variadic } from './call.js';
import { sliceText, texts } from './coercion.js';
import { lowerOf, titleOf, upperOf } from './letter-case.js';
import { goText, quote, sortedTexts } from './print.js';
import { GoList, GoMap, type GoValue, refusal } from './values.js';

const MOST_REPEATED = 2 ** 22;
/** What Go's `unicode.IsSpace` takes for a blank. */
const BLANK = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const BLANKS = new RegExp(BLANK, 'g');
const LEADING_BLANKS = new RegExp(`^${BLANK}+`);
const isBlank = (character: string): boolean => character !== '' && character.replace(LEADING_BLANKS, '') === '';

export const TEXT_FUNCTIONS: FunctionTable = {
  upper: fixed(['string'], (text) => eachCharacter(text, upperOf)),
  lower: fixed(['string'], (text) => eachCharacter(text, lowerOf)),
  title: fixed(['string'], titled),
  untitle: fixed(['string'], untitled),
  trim: fixed(['string'], (text) => trimmed(text, isBlank)),
  ...named(
    'trimAll trimall',
    fixed(['string', 'string'], (set, text) => trimmed(text, (one) => set.includes(one))),
  ),
  trimPrefix: fixed(['string', 'string'], (part, text) => (text.startsWith(part) ? text.slice(part.length) : text)),
  trimSuffix: fixed(['string', 'string'], (part, text) =>
    text.endsWith(part) ? text.slice(0, text.length - part.length) : text,
  ),
  nospace: fixed(['string'], (text) => ascii(text).replaceAll(BLANKS, '')),
  repeat: fixed(['int', 'string'], repeated),
  replace: fixed(['string', 'string', 'string'], (old, by, text) => replaced(text, old, by)),
  contains: fixed(['string', 'string'], (part, text) => text.includes(part)),
  hasPrefix: fixed(['string', 'string'], (part, text) => text.startsWith(part)),
  hasSuffix: fixed(['string', 'string'], (part, text) => text.endsWith(part)),
  quote: variadic([], 'any', (_, values) =>
    present(values)
      .map((value) => quote(goText(value)))
      .join(' '),
  ),
  squote: variadic([], 'any', (_, values) =>
    present(values)
      .map((value) => `'${goText(value)}'`)
      .join(' '),
  ),
  cat: variadic([], 'any', (_, values) => present(values).map(goText).join(' ')),
  indent: fixed(['int', 'string'], indented),
  nindent: fixed(['int', 'string'], (width, text) => `\n${indented(width, text)}`),
  substr: fixed(['int', 'int', 'string'], substring),
  trunc: fixed(['int', 'string'], truncated),
  plural: fixed(['string', 'string', 'int'], (one, many, count) => (count === 1 ? one : many)),
  toString: fixed(['any'], (value) => goText(value)),
  toStrings: fixed(['any'], (value) => new GoList(texts(value), 'string')),
  join: fixed(['string', 'any'], (separator, value) => texts(value).join(separator)),
  sortAlpha: fixed(['any'], sortedList),
  splitList: fixed(['string', 'string'], (separator, text) => new GoList(split(text, separator), 'string')),
  split: fixed(['string', 'string'], (separator, text) => numbered(split(text, separator))),
  splitn: fixed(['string', 'int', 'string'], (separator, most, text) => numbered(splitMost(text, separator, most))),
  b64enc: fixed(['string'], (text) => encodeText(text).toString('base64')),
  b64dec: fixed(['string'], decodedBase64),
  ...hashes('sha1sum:sha1 sha256sum:sha256 sha512sum:sha512'),
  fail: fixed(['string'], () => {
    throw refusal('the template calls fail');
  }),
};

function eachCharacter(text: string, change: (character: string) => string): string {
  let changed = '';
  for (const character of text) changed += change(character);
  return changed;
}

/** A capital at the start of each word, as `strings.Title` sees words. */
function titled(text: string): string {
  let before = ' ';
  return eachCharacter(text, (character) => {
    const isStart = !/[\p{L}\p{Nd}_]/u.test(before) && (before.charCodeAt(0) < 0x80 || isBlank(before));
    before = character;
    return isStart ? titleOf(character) : character;
  });
}

function untitled(text: string): string {
  let before = ' ';
  return eachCharacter(text, (character) => {
    const isStart = isBlank(before);
    before = character;
    return isStart ? lowerOf(character) : character;
  });
}

function trimmed(text: string, isCut: (character: string) => boolean): string {
  const characters = [...text];
  let [start, end] = [0, characters.length];
  while (start < end && isCut(characters[start] ?? '')) start += 1;
  while (end > start && isCut(characters[end - 1] ?? '')) end -= 1;
  return characters.slice(start, end).join('');
}

/** A text for what Sprig does byte by byte, so that it breaks other characters. */
function ascii(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text;
  throw refusal('nospace is given characters beyond ASCII, which Sprig breaks');
}

function repeated(count: number, text: string): string {
  if (count < 0) throw refusal('repeat is given a negative number');
  if (count * text.length > MOST_REPEATED) throw refusal('repeat makes a text too large for a Secret');
  return text.repeat(count);
}

/** Between all characters where nothing is to be replaced, as Go has it. */
function replaced(text: string, old: string, by: string): string {
  if (old !== '') return text.split(old).join(by);
  return by + [...text].map((character) => character + by).join('');
}

function present(values: readonly GoValue[]): GoValue[] {
  return values.filter((value) => value !== null);
}

function indented(width: number, text: string): string {
  const pad = repeated(width, ' ');
  return pad + text.split('\n').join(`\n${pad}`);
}

function substring(start: number, end: number, text: string): string {
  const size = encodeText(text).length;
  if (start < 0) return sliceText(text, 0, end);
  return end < 0 || end > size ? sliceText(text, start, size) : sliceText(text, start, end);
}

function truncated(count: number, text: string): string {
  const size = encodeText(text).length;
  if (count < 0) return size + count > 0 ? sliceText(text, size + count, size) : text;
  return size > count ? sliceText(text, 0, count) : text;
}

function sortedList(value: GoValue): GoValue {
  if (value instanceof GoList) return new GoList(sortedTexts(texts(new GoList(value.items, value.element))), 'string');
  return new GoList([goText(value)], 'string');
}

function split(text: string, separator: string): string[] {
  return separator === '' ? [...text] : text.split(separator);
}

function splitMost(text: string, separator: string, most: number): string[] {
  const parts = most === 0 ? [] : split(text, separator);
  if (most < 0 || parts.length <= most) return parts;
  return [...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)];
}

function numbered(parts: readonly string[]): GoValue {
  return new GoMap(new Map(parts.map((part, at) => [`_${at}`, part])), 'string');
}

function decodedBase64(text: string): string {
  const bytes = decodeBase64(text.replaceAll(/[\r\n]/g, ''));
  if (!bytes) throw refusal('b64dec is given what is not base64');
  return decodeText(bytes);
}

function hashes(names: string): FunctionTable {
  const rows = names.split(' ').map((name) => {
    const [method = '', algorithm = ''] = name.split(':');
    return [method, fixed(['string'], (text) => createHash(algorithm).update(encodeText(text)).digest('hex'))] as const;
  });
  return Object.fromEntries(rows);
}
