/** `ref+echo://…`: the path itself, for tests and templates. */
import { SopsError } from '../../errors.js';
import { type Branch, branch, item, leaf, type Value } from '../../tree/tree.js';
import { withoutTrailing } from '../../util/text/trim.js';
import type { BackendKind } from '../backend.js';

export const echo: BackendKind = {
  open: () => ({
    text: async (path) => withoutTrailing(path, '/'),
    values: async (path) => nested(path.split('/')),
  }),
};

/** `a/b/c` is the map a with the map b with the text c. */
function nested(steps: readonly string[]): Branch {
  const last = steps.at(-1);
  if (last === undefined || steps.length < 2) {
    throw new SopsError('reference-not-found', 'a path of two or more steps is needed for a key to lead into it');
  }
  const value = steps.slice(0, -1).reduceRight<Value>((inner, key) => branch([item(key, inner)]), leaf(last));
  return value as Branch;
}
