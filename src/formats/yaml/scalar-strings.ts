/** Which styles of YAML can hold a string, and the string written in each (docs/format.md#writing-yaml). */
import { encodeText } from '../../util/text/text.js';

/** What go-yaml takes as not printable, tab and line feed left out: controls, U+FEFF, and all beyond the BMP. */
const UNPRINTABLE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]/;
/** What would begin or end a token, or a comment, inside plain text. */
const INDICATOR = /^(?:---|\.\.\.|[#,[\]{}&*!|>'"%@`]|[?:-](?: |$))|:(?: |$)| #/;
const FLOW_INDICATOR = /^:|[,?[\]{}]/;
/** A space before a line break is cut off, or taken for one that was folded, by many readers. */
const SPACE_AT_LINE_END = / (?:\n|$)/;
/** Breaks in YAML 1.1, ordinary characters in 1.2: only escapes mean the same to both (docs/format.md#d11-unicode-line-separators). */
const SEPARATORS = /[\u2028\u2029]/;

/** Whether a string can stand without quotes on one line; says nothing on what type it would be read as. */
export function isPlainable(text: string, inFlow = false): boolean {
  if (text === '' || text.startsWith(' ') || text.endsWith(' ')) return false;
  return isSingleable(text) && !INDICATOR.test(text) && !(inFlow && FLOW_INDICATOR.test(text));
}

/** Whether a string can stand in single quotes on one line. */
export function isSingleable(text: string): boolean {
  return !UNPRINTABLE.test(text) && !/[\t\n]/.test(text) && !SEPARATORS.test(text);
}

/**
 * Whether a string can stand in a literal block. A tab as first character cannot: readers see it in the place of
 * indentation (docs/format.md#d2-texts-that-begin-with-a-tab).
 */
export function isBlockable(text: string): boolean {
  if (text === '' || text.startsWith('\t')) return false;
  return !UNPRINTABLE.test(text) && !SPACE_AT_LINE_END.test(text) && !SEPARATORS.test(text);
}

/** Whether a string can stand in a folded block: as a literal one, and something must be there to fold. */
export function isFoldable(text: string): boolean {
  return isBlockable(text) && /[^\n]/.test(text);
}

/** A string in single quotes; it must be singleable. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\0', '\\0'],
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\v', '\\v'],
  ['\f', '\\f'],
  ['\r', '\\r'],
  ['\x1b', '\\e'],
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\u0085', '\\N'],
  ['\u00a0', '\\_'],
  ['\u2028', '\\L'],
  ['\u2029', '\\P'],
]);
const TO_ESCAPE = /["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\u{10000}-\u{10ffff}]/gu;

/** A well-formed string in double quotes. After a byte order mark go-yaml escapes every character, and so do we. */
export function doubleQuoted(text: string): string {
  return `"${text.replace(text.startsWith('\ufeff') ? /./gsu : TO_ESCAPE, escapeOf)}"`;
}

function escapeOf(character: string): string {
  const short = ESCAPES.get(character);
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  const [letter, width] = code <= 0xff ? ['x', 2] : code <= 0xffff ? ['u', 4] : ['U', 8];
  return `\\${letter}${code.toString(16).toUpperCase().padStart(Number(width), '0')}`;
}

/** A block scalar: its header, and its lines without indentation. The last line's break belongs to it. */
export interface BlockText {
  readonly header: string;
  readonly lines: readonly string[];
}

/**
 * A blockable string as a literal block. `distance` is the number of columns from the parent to the content; it is
 * written where the content's indentation cannot be seen from its first line.
 */
export function literalBlock(text: string, distance: number): BlockText {
  return { header: `|${blockHints(text, distance)}`, lines: blockLines(text) };
}

/**
 * A foldable string as a folded block, one line for each line of the string. Between two lines that begin with no
 * blank, reading takes one line break away, so one more is written; around others all breaks stay (YAML 1.2.2, 8.1.3).
 */
export function foldedBlock(text: string, distance: number): BlockText {
  const lines: string[] = [];
  let folds = false;
  for (const line of blockLines(text)) {
    if (line !== '') {
      const blank = isBlankAt(line, 0);
      if (folds && !blank) lines.push('');
      folds = !blank;
    }
    lines.push(line);
  }
  return { header: `>${blockHints(text, distance)}`, lines };
}

function blockHints(text: string, distance: number): string {
  const digit = text.startsWith(' ') || text.startsWith('\n') ? String(distance) : '';
  if (!text.endsWith('\n')) return `${digit}-`;
  return text === '\n' || text.endsWith('\n\n') ? `${digit}+` : digit;
}

function blockLines(text: string): string[] {
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

function isBlankAt(line: string, at: number): boolean {
  const unit = line.charCodeAt(at);
  return unit === 0x20 || unit === 0x09;
}

const BINARY_LINE = 70;

/** The base64 of a string's bytes in lines of 70 characters; a single line is shorter. */
export function binaryLines(text: string): string[] {
  const whole = encodeText(text).toString('base64');
  return whole.match(new RegExp(`.{1,${BINARY_LINE}}`, 'g')) ?? [];
}
