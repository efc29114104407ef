/** Texts of the right shape that are nobody's secret: fillers and examples. */

const EXAMPLE = /EXAMPLE|CHANGE.?ME|PLACEHOLDER|REDACTED|DUMMY|FAKE|YOUR|XXXX|\.\.\.|0123456789|1234567890|abcdefghij/i;

/** Whether a text has been made up: it says so, or has hardly any different characters. */
export function isFiller(text: string): boolean {
  if (EXAMPLE.test(text)) return true;
  const different = new Set(text).size;
  return different < Math.min(8, text.length / 3);
}
