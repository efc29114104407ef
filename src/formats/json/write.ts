/** Prints values as JSON: as SOPS prints it, or in the manner of a given file. */
import { SopsError } from '../../errors.js';
import { type Comment, type Item, isTimestamp, type LeafValue, type Value } from '../../tree/tree.js';
import { isInt64 } from '../../tree/value.js';
import { escapedUnit } from '../../util/text/text.js';
import { timeText } from '../scalar.js';

/** How objects and arrays are laid out. */
export interface JsonStyle {
  /** The line end between entries; null puts everything on one line. */
  readonly newline: string | null;
  /** One step of indentation. */
  readonly unit: string;
  /** What stands between key and value, e.g. `: `. */
  readonly colon: string;
  /** What stands between entries on one line, e.g. `, `. */
  readonly comma: string;
}

/** How floats are printed that look like integers: as SOPS does, as SOPS does but for what breaks a MAC, or as floats. */
export type FloatForm = 'sops' | 'sealed' | 'float';

/** SOPS's own layout; `indent` as in `EmitOptions` (blanks; a tab when -1 or absent). Throws `output-format` for less. */
export function canonicalStyle(indent?: number): JsonStyle {
  if (indent !== undefined && indent < -1) {
    throw new SopsError('output-format', 'JSON cannot be indented by less than -1, which stands for tabs');
  }
  const unit = indent === undefined || indent < 0 ? '\t' : ' '.repeat(indent);
  return { newline: '\n', unit, colon: ': ', comma: ', ' };
}

/** A container being printed: its entries, the next one, what ends it, and the break before each entry. */
interface Frame {
  readonly entries: readonly (Item | Value)[];
  next: number;
  readonly close: string;
  readonly indent: string;
}

/**
 * The JSON text of a value, without a final line end; `indent` is what the line it begins on is indented by.
 * Comments are left out. Throws `output-format` for NaN and infinities.
 */
export function printJson(value: Value, style: JsonStyle, indent = '', floats: FloatForm = 'sops'): string {
  const parts: string[] = [];
  const stack: Frame[] = [];
  const begin = (of: Value, at: string): void => {
    if (of.kind === 'leaf') {
      parts.push(jsonScalar(of.value, floats));
      return;
    }
    const entries = (of.items as readonly (Item | Value | Comment)[]).filter((entry) => entry.kind !== 'comment');
    const [open = '', close = ''] = of.kind === 'branch' ? '{}' : '[]';
    parts.push(open);
    stack.push({ entries, next: 0, close, indent: at });
  };
  begin(value, indent);
  for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
    const entry = frame.entries[frame.next];
    if (entry) {
      parts.push(separator(frame.next > 0, style, frame.indent + style.unit));
      frame.next += 1;
      if (entry.kind === 'item') parts.push(jsonString(entry.key), style.colon);
      begin(entry.kind === 'item' ? entry.value : entry, frame.indent + style.unit);
    } else {
      if (frame.next > 0 && style.newline !== null) parts.push(style.newline, frame.indent);
      parts.push(frame.close);
      stack.pop();
    }
  }
  return parts.join('');
}

/** What stands before an entry: a comma unless it is the first, and the line break. */
function separator(follows: boolean, { newline, comma }: JsonStyle, indent: string): string {
  if (newline === null) return follows ? comma : '';
  return `${follows ? ',' : ''}${newline}${indent}`;
}

/** The JSON text of a scalar (docs/format.md#json). */
export function jsonScalar(value: LeafValue, floats: FloatForm): string {
  if (typeof value === 'string') return jsonString(value);
  if (isTimestamp(value)) return jsonString(timeText(value, 'nano', []));
  if (typeof value !== 'number') return String(value);
  if (!Number.isFinite(value)) {
    throw new SopsError('output-format', 'JSON has no numbers for NaN and infinity', {
      hint: 'Choose another output format with --output-type.',
    });
  }
  // SOPS prints -0, which reads back as the integer 0 and breaks the MAC of an encrypted file (docs/format.md#d4-negative-zero).
  if (Object.is(value, -0)) return floats === 'sops' ? '-0' : '-0.0';
  const text = String(value);
  return floats === 'float' && /^-?\d+$/.test(text) && isInt64(BigInt(text)) ? `${text}.0` : text;
}

const PLAIN_TEXT = /^[ !#-%'-;=?-[\]-~]*$/;
/** JSON.stringify escapes as Go does, but for these. */
const HTML = /[<>&\u2028\u2029]/g;

/** Whether a text needs no escape, as all ciphertext: printing it is most of the work in a large file. */
export function isPlainText(text: string): boolean {
  return PLAIN_TEXT.test(text);
}

/** A string in double quotes, escaped as Go's encoder does it. */
export function jsonString(text: string): string {
  if (isPlainText(text)) return `"${text}"`;
  const quoted = text.isWellFormed() ? JSON.stringify(text) : quoteInvalid(text);
  return quoted.replace(HTML, escapedUnit);
}

/** Bytes that are not UTF-8 are printed as an escaped U+FFFD each. */
function quoteInvalid(text: string): string {
  const parts = text.split(/[\ud800-\udfff]/u).map((part) => JSON.stringify(part).slice(1, -1));
  return `"${parts.join('\\ufffd')}"`;
}
