/** The order in which go-yaml v2, and so ksops, prints the keys of a map: numbers in keys by their value, letters after the rest. */

const LETTER = /^\p{L}$/u;
const DIGITS = /^[0-9]*/;

/** Compares two keys: negative when the first one goes first. */
export function compareKeys(one: string, other: string): number {
  const ones = [...one];
  const others = [...other];
  const at = ones.findIndex((character, index) => character !== others[index]);
  const [left, right] = [ones[at], others[at]];
  if (at < 0 || left === undefined || right === undefined) return ones.length - others.length;
  const letters = [LETTER.test(left), LETTER.test(right)];
  if (letters[0] !== letters[1]) return letters[0] ? 1 : -1;
  if (!letters[0]) {
    const lead = left === '0' || right === '0' ? leadOf(ones.slice(0, at)) : '';
    const runs = [ones, others].map((all) => DIGITS.exec(all.slice(at).join(''))?.[0] ?? '');
    const [first = 0n, second = 0n] = runs.map((run) => BigInt(`0${lead}${run}`));
    if (first !== second) return first < second ? -1 : 1;
    const lengths = (runs[0]?.length ?? 0) - (runs[1]?.length ?? 0);
    if (lengths !== 0) return lengths;
  }
  return (left.codePointAt(0) ?? 0) - (right.codePointAt(0) ?? 0);
}

/** A zero within a number counts by its place: what stands before it is not zero. */
function leadOf(before: readonly string[]): string {
  const end = before.findLastIndex((character) => !/[0-9]/.test(character));
  return before.slice(end + 1).some((character) => character !== '0') ? '1' : '';
}
