/** How many blanks a level of YAML is indented by, from what was asked for. */
import { SopsError } from '../../errors.js';

const DEFAULT_INDENT = 4;
/** go-yaml takes indentations outside 2…9 for 2. */
const FALLBACK_INDENT = 2;
const MAX_INDENT = 9;

/** The blanks per level for an indentation as in `EmitOptions`. Throws `output-format` for a negative one. */
export function indentStep(wanted: number | undefined): number {
  if (wanted === undefined || wanted === 0) return DEFAULT_INDENT;
  if (wanted < 0) {
    throw new SopsError('output-format', 'YAML cannot be indented by a negative number of blanks', {
      hint: 'Write a number from 2 to 9, or 0 for 4.',
    });
  }
  return wanted < FALLBACK_INDENT || wanted > MAX_INDENT ? FALLBACK_INDENT : wanted;
}
