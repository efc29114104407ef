/** The character classes of YAML as go-yaml v3 has them (YAML 1.1: U+0085, U+2028 and U+2029 are line breaks). */

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const BOM = 0xfeff;

/** Whether a UTF-16 unit is a line break. */
export function isBreak(unit: number): boolean {
  return unit === LF || unit === CR || unit === 0x85 || unit === 0x2028 || unit === 0x2029;
}

/** Whether a unit is a space or a tab. */
export function isBlank(unit: number): boolean {
  return unit === SPACE || unit === TAB;
}

/** Whether a unit ends a token: a blank, a break, or (NaN) the end of the text. */
export function isBlankOrEnd(unit: number): boolean {
  return unit === SPACE || unit === LF || unit === TAB || Number.isNaN(unit) || isBreak(unit);
}

/** Letters, digits, `_` and `-`: what anchors and tag handles are made of. */
export function isWord(unit: number): boolean {
  return (
    (unit >= 0x30 && unit <= 0x39) ||
    (unit >= 0x41 && unit <= 0x5a) ||
    (unit >= 0x61 && unit <= 0x7a) ||
    unit === 0x5f ||
    unit === 0x2d
  );
}

/** Whether a unit ends a plain scalar inside a flow collection: `, ? [ ] { }`. */
export function isFlowEnd(unit: number): boolean {
  return unit === 0x2c || unit === 0x3f || unit === 0x5b || unit === 0x5d || unit === 0x7b || unit === 0x7d;
}

/** Characters that no YAML text may hold: controls but tab, line ends and U+0085; U+FFFE, U+FFFF; lone surrogates. */
export const FORBIDDEN = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;

/** What a break stands for in a text: a line feed, but for the two separators of Unicode, which stay. */
export function breakText(unit: number): string {
  return unit === 0x2028 || unit === 0x2029 ? String.fromCharCode(unit) : '\n';
}
