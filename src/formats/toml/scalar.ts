/** TOML scalars: their values, and how a value is written. */
import type { AST } from 'toml-eslint-parser';
import { SopsError } from '../../errors.js';
import { isTimestamp, type KeyPath, type LeafValue, type Timestamp } from '../../tree/tree.js';
import { isInt64 } from '../../tree/value.js';
import { instantOf } from '../../util/text/rfc3339.js';
import { withoutTrailing } from '../../util/text/trim.js';
import { documentError } from '../document-error.js';
import { timeText } from '../scalar.js';
import { isLong, longStringOf, quoteAt } from './long-strings.js';

/** How a scalar is written: `"…"`, `'…'`, `"""…"""`, `'''…'''`, and everything that is not a string. */
export type TomlStyle = 'double' | 'single' | 'triple' | 'triple-single' | 'bare';

const TIME =
  /^(?:(\d{4})-(\d\d)-(\d\d))?[Tt ]?(?:(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?(?:([Zz])|([+-])(\d\d):(\d\d))?$/;

/** The value of a scalar. Throws `document-invalid` for an integer beyond 64 bits. */
export function leafValueOf(node: AST.TOMLValue, text: string): LeafValue {
  switch (node.kind) {
    case 'string':
      return isLong(node.range) ? longStringOf(text, node.range) : node.value;
    case 'integer':
      if (isInt64(node.bigint)) return node.bigint;
      throw documentError(text, node.range[0], 'an integer beyond 64 bits');
    case 'float':
    case 'boolean':
      return node.value;
    default:
      return timeOf(node.datetime);
  }
}

/** The style of a scalar. */
export function styleOf({ kind, range: [start] }: AST.TOMLValue, text: string): TomlStyle {
  if (kind !== 'string') return 'bare';
  const quote = quoteAt(text, start);
  if (quote.startsWith('"')) return quote.length === 3 ? 'triple' : 'double';
  return quote.length === 3 ? 'triple-single' : 'single';
}

/**
 * A date-time with an offset is a timestamp. A date, a time or both without an offset name no instant: they are texts, as rops
 * has them all, in the form that rops gives them.
 */
function timeOf(written: string): Timestamp | string {
  const [, year, month, day, hour, minute, second = '00', digits = '', zulu, sign, offHour, offMinute] =
    TIME.exec(written) ?? [];
  const fraction = withoutTrailing(digits.slice(0, 9), '0');
  if (zulu === undefined && sign === undefined) {
    const date = year === undefined ? '' : `${year}-${month}-${day}`;
    const time = hour === undefined ? '' : `${hour}:${minute}:${second}${fraction && `.${fraction}`}`;
    return date && time ? `${date}T${time}` : date + time;
  }
  const numbers = [year, month, day, hour, minute, second].map(Number);
  const [years = 0, months = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = numbers;
  const offset = zulu === undefined ? (sign === '-' ? -1 : 1) * (Number(offHour) * 60 + Number(offMinute)) : 0;
  const at = { year: years, month: months, day: days, hour: hours, minute: minutes, second: seconds, fraction };
  return { kind: 'timestamp', ...instantOf(at, offset) };
}

/**
 * The text of a value: a string in the style given where that can hold it, else as rops writes it. Throws `output-format` for null
 * and for what is not UTF-8.
 */
export function scalarText(value: LeafValue, style: TomlStyle, lineEnd: string, path: KeyPath): string {
  if (typeof value === 'string') return stringText(value, style, lineEnd, path);
  if (typeof value === 'number') return floatText(value);
  if (value === null) {
    throw new SopsError('output-format', 'TOML has no null', {
      path,
      hint: 'Leave the key out, or choose another output format with --output-type.',
    });
  }
  return isTimestamp(value) ? timeText(value, 'nano', path) : String(value);
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** What must be escaped wherever escapes are read, and no string without them can hold. */
const CONTROL = /[\0-\x08\x0b-\x1f\x7f]/;

function stringText(value: string, style: TomlStyle, lineEnd: string, path: KeyPath): string {
  if (!value.isWellFormed()) {
    throw new SopsError('output-format', 'TOML cannot hold bytes that are not UTF-8', {
      path,
      hint: 'Encrypt the file as binary with --input-type binary.',
    });
  }
  if (style === 'single' && isLiteral(value)) return `'${value}'`;
  if (style === 'triple') return linesText(value, '"""', escaped(value, true), lineEnd);
  if (style === 'triple-single' && isLiteralLines(value)) return linesText(value, "'''", value, lineEnd);
  return usualText(value, lineEnd);
}

/** As rops writes it: the first form that needs no escape, else one with escapes. */
function usualText(value: string, lineEnd: string): string {
  const needsNone = !value.includes('\\') && !CONTROL.test(value);
  if (needsNone && !/["\n]/.test(value)) return `"${value}"`;
  if (isLiteral(value)) return `'${value}'`;
  if (needsNone && !value.includes('"""')) return linesText(value, '"""', value, lineEnd);
  if (isLiteralLines(value)) return linesText(value, "'''", value, lineEnd);
  if (value.includes('\n')) return linesText(value, '"""', escaped(value, true), lineEnd);
  return `"${escaped(value, false)}"`;
}

function isLiteral(value: string): boolean {
  return !/['\n]/.test(value) && !CONTROL.test(value);
}

function isLiteralLines(value: string): boolean {
  return !value.includes("'''") && !CONTROL.test(value);
}

/** A text of several lines begins on a line of its own. */
function linesText(value: string, quotes: string, body: string, lineEnd: string): string {
  if (!value.includes('\n')) return quotes + body + quotes;
  return quotes + lineEnd + body.replaceAll('\n', lineEnd) + quotes;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
};

/** With escapes, in several lines only of every third quote, as rops has it. */
function escaped(value: string, inLines: boolean): string {
  const special = inLines ? /[\0-\x09\x0b-\x1f\x7f\\]|"""/g : /[\0-\x1f\x7f\\"]/g;
  return value.replace(special, (unit) => {
    if (unit.length > 1) return '""\\"';
    return ESCAPES[unit] ?? `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** The text of a key. Throws `output-format` for one that is not UTF-8. */
export function tomlKeyText(key: string, path: KeyPath): string {
  if (/^[A-Za-z0-9_-]+$/.test(key)) return key;
  if (!key.isWellFormed()) throw new SopsError('output-format', 'TOML cannot hold bytes that are not UTF-8', { path });
  if (!/["\\\n]/.test(key) && !CONTROL.test(key)) return `"${key}"`;
  return isLiteral(key) ? `'${key}'` : `"${escaped(key, false)}"`;
}
