/** Values as text: what `fmt.Sprint` and `%v` print, and Go's quoting. */
import { compareBytes } from '../../util/text/byte-order.js';
import { elementsOf, GoInteger, GoList, GoMap, type GoValue } from './values.js';

/** A value as `%v` prints it. */
export function goText(value: GoValue): string {
  if (value === null) return '<nil>';
  if (value instanceof GoInteger) return String(value.value);
  if (value instanceof GoList) return `[${elementsOf(value).map(goText).join(' ')}]`;
  if (value instanceof GoMap) {
    const entries = value.sortedKeys().map((key) => `${key}:${goText(value.entries.get(key) ?? null)}`);
    return `map[${entries.join(' ')}]`;
  }
  return typeof value === 'number' ? shortestFloatText(value) : String(value);
}

/** What an action prints: nothing that is there is not nil. */
export function actionText(value: GoValue): string {
  return value === null ? '<no value>' : goText(value);
}

/** Values side by side, as `fmt.Sprint` prints them: blanks stand between two that are not strings. */
export function sprint(values: readonly GoValue[]): string {
  return values
    .map((value, at) => {
      const before = values[at - 1];
      const isApart = at > 0 && typeof value !== 'string' && typeof before !== 'string';
      return (isApart ? ' ' : '') + goText(value);
    })
    .join('');
}

/** The powers of ten between which `%g` prints no exponent. */
const [LEAST_POWER, END_POWER] = [-4, 6];

/** The shortest text of a float, as `%v` and `%g` print it. */
export function shortestFloatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power < LEAST_POWER || power >= END_POWER) return `${digits}e${exponentText(power)}`;
  return String(value);
}

/** An exponent with its sign and at least two digits. */
export function exponentText(power: number): string {
  return `${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

const ESCAPED: ReadonlyMap<string, string> = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
  ['"', '\\"'],
]);
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Whether a character is one that Go prints as it is. */
export function isPrintable(character: string): boolean {
  return PRINTABLE.test(character);
}

/** A string in double quotes as `strconv.Quote` has it. */
export function quote(text: string): string {
  let quoted = '"';
  for (const character of text) {
    const escaped = ESCAPED.get(character);
    quoted += escaped ?? (isPrintable(character) ? character : escapeOf(character.codePointAt(0) ?? 0));
  }
  return `${quoted}"`;
}

function escapeOf(point: number): string {
  const hex = point.toString(16);
  if (point < 0x80) return `\\x${hex.padStart(2, '0')}`;
  // A lone surrogate stands for a byte that is not UTF-8 (util/text/text.ts).
  if (point >= 0xdc80 && point <= 0xdcff) return `\\x${(point - 0xdc00).toString(16)}`;
  return point < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** Strings in the order of their bytes. */
export function sortedTexts(texts: readonly string[]): string[] {
  return [...texts].sort(compareBytes);
}
