/** Capitals and small letters, one character for one as Go's package unicode has them, where JavaScript may give several. */

/** Greek letters with an iota below or behind: their capitals stand eight places further, or nine. */
const WITH_IOTA = /[\u1f80-\u1f87\u1f90-\u1f97\u1fa0-\u1fa7]/;
const WITH_IOTA_APART = /[\u1fb3\u1fc3\u1ff3]/;
/** Pairs of letters in one character, which have a form with a capital in front. */
const PAIRS = ['\u01c4\u01c5\u01c6', '\u01c7\u01c8\u01c9', '\u01ca\u01cb\u01cc', '\u01f1\u01f2\u01f3'];
/** Georgian has capitals, but no word begins with one. */
const GEORGIAN = /[\u10d0-\u10fa\u10fd-\u10ff]/;

/** The capital of a character, as `unicode.ToUpper`. */
export function upperOf(character: string): string {
  if (WITH_IOTA.test(character)) return moved(character, 8);
  if (WITH_IOTA_APART.test(character)) return moved(character, 9);
  return singleOr(character, character.toUpperCase());
}

/** The small letter of a character, as `unicode.ToLower`. */
export function lowerOf(character: string): string {
  return character === '\u0130' ? 'i' : singleOr(character, character.toLowerCase());
}

/** A character at the start of a word, as `unicode.ToTitle`. */
export function titleOf(character: string): string {
  if (GEORGIAN.test(character)) return character;
  return PAIRS.find((pair) => pair.includes(character))?.[1] ?? upperOf(character);
}

function singleOr(character: string, changed: string): string {
  return [...changed].length === 1 ? changed : character;
}

function moved(character: string, places: number): string {
  return String.fromCharCode(character.charCodeAt(0) + places);
}
