/** Writing a new value into a block scalar of the author: the header stays where it fits the value. */
import { looksEncrypted } from '../../cipher/encrypted-value.js';
import { SopsError } from '../../errors.js';
import type { LeafValue, Source } from '../../tree/tree.js';
import { withoutTrailing } from '../../util/text/trim.js';
import type { Edit } from '../store.js';
import { readBlock } from './block-scalar.js';
import { isBreak } from './characters.js';
import { Cursor } from './cursor.js';
import { writeScalar } from './scalar-text.js';

/**
 * The edits that write a string into the block scalar at `source`; undefined when no block scalar can hold it.
 * A comment on the header line lies between the two edits and stays. Ciphertext is never followed by a line break that counts:
 * SOPS does not mind one, other readers of the format and policies that look at values do.
 */
export function blockEdits(text: string, source: Source, value: LeafValue, lineBreak: string): Edit[] | undefined {
  if (typeof value !== 'string') return undefined;
  const shape = blockShape(text, source);
  const indent = ' '.repeat(shape.indent);
  const folded = text.charAt(source.start) === '>';
  const body = withoutTrailing(value, '\n');
  const lines = folded ? foldedLines(body) : body.split('\n');
  const content = lines.map((line) => lineBreak + (line === '' ? '' : indent + line)).join('');
  const trailing = value.length - body.length;
  const chomps = [looksEncrypted(value) ? '-' : shape.chomp, trailing === 0 ? '-' : trailing === 1 ? '' : '+'];
  for (const digit of [shape.digit, String(shape.indent - Math.max(source.column ?? 0, 0))]) {
    for (const chomp of chomps) {
      const header = text.charAt(source.start) + digit + chomp;
      const kept = digit === shape.digit && chomp === shape.chomp;
      const whole = header + content + shape.after;
      if (!readsAs(whole, source.column ?? -1, value)) continue;
      const edits: Edit[] = [{ start: shape.headerEnd, end: source.end, text: content }];
      return kept ? edits : [{ start: source.start, end: shape.indicatorEnd, text: header }, ...edits];
    }
  }
  return undefined;
}

/**
 * The edit of the header that keeps the value of a block scalar when `following`, a line break, is put after a text that
 * ends in it without one; undefined when no header does.
 */
export function headerEdits(text: string, source: Source, value: LeafValue, following: string): Edit[] | undefined {
  if (typeof value !== 'string') return undefined;
  const { indicatorEnd, digit, chomp } = blockShape(text, source);
  for (const candidate of [chomp, '-', '', '+']) {
    const header = text.charAt(source.start) + digit + candidate;
    if (!readsAs(header + text.slice(indicatorEnd) + following, source.column ?? -1, value)) continue;
    return candidate === chomp ? [] : [{ start: source.start, end: indicatorEnd, text: header }];
  }
  return undefined;
}

/** The edits that turn a block scalar into a quoted text on its header line. */
export function unblockEdits(text: string, source: Source, value: LeafValue): Edit[] {
  const shape = blockShape(text, source);
  const { text: written } = writeScalar(value, { style: 'double', inFlow: false, contentIndent: 0, parentIndent: 0 });
  return [
    { start: source.start, end: shape.indicatorEnd, text: written },
    { start: shape.headerEnd, end: source.end, text: '' },
  ].filter((edit) => edit.start < edit.end || edit.text !== '');
}

/** What can be read off a block scalar's text. */
interface BlockShape {
  /** After the indicators of the header. */
  readonly indicatorEnd: number;
  /** At the line break that ends the header, after its comment. */
  readonly headerEnd: number;
  readonly digit: string;
  readonly chomp: string;
  /** Column of the content. */
  readonly indent: number;
  /** The line breaks and blanks after the content, which a `+` header counts. */
  readonly after: string;
}

function blockShape(text: string, source: Source): BlockShape {
  const [indicators = '|'] = /^[|>][-+0-9]*/.exec(text.slice(source.start, source.start + 4)) ?? [];
  const indicatorEnd = source.start + indicators.length;
  let headerEnd = indicatorEnd;
  while (headerEnd < text.length && !isBreak(text.charCodeAt(headerEnd))) headerEnd += 1;
  const digit = /[0-9]/.exec(indicators)?.[0] ?? '';
  const chomp = /[-+]/.exec(indicators)?.[0] ?? '';
  const base = Math.max(source.column ?? 0, 0);
  const found = /[\r\n]( *)[^ \r\n]/.exec(text.slice(headerEnd, source.end))?.[1]?.length;
  const indent = digit !== '' ? base + Number(digit) : (found ?? base + 2);
  const after = /^[ \r\n]*/.exec(text.slice(source.end, source.end + 4096))?.[0] ?? '';
  return { indicatorEnd, headerEnd: Math.min(headerEnd, source.end), digit, chomp, indent, after };
}

/** The lines of a folded scalar: single line breaks are doubled, except around lines that begin with a blank. */
function foldedLines(body: string): string[] {
  const lines = body.split('\n');
  const written: string[] = [];
  let last = '';
  for (const [index, line] of lines.entries()) {
    const folds = index > 0 && line !== '' && last !== '' && !/^[ \t]/.test(line) && !/^[ \t]/.test(last);
    if (folds) written.push('');
    else if (index > 0 && line !== '' && last === '' && needsBreak(lines, index)) written.push('');
    written.push(line);
    last = line;
  }
  return written;
}

/** Whether the run of empty lines before a line must grow by one, since folding takes one break of it. */
function needsBreak(lines: string[], index: number): boolean {
  let before = index - 1;
  while (before >= 0 && lines[before] === '') before -= 1;
  const first = lines[before];
  return first !== undefined && !/^[ \t]/.test(first) && !/^[ \t]/.test(lines[index] ?? '');
}

/** Whether a block scalar reads as a value; one that is refused, as with a tab where the header leaves the indentation open, does not. */
function readsAs(whole: string, parent: number, value: string): boolean {
  try {
    return readBlock(new Cursor(whole), parent).text === value;
  } catch (error) {
    if (error instanceof SopsError) return false;
    throw error;
  }
}
