/** Copies of values: what aliases stand for. */
import { rebuilt } from '../../tree/rebuild.js';
import { comment, leaf, type Value } from '../../tree/tree.js';
import { MAX_ALIAS_COPIES, MAX_ALIAS_TEXT, YAML_MAX_DEPTH } from './node.js';

/** What aliases may stand for in one file, all its documents together: an alias bomb ends here. */
export class CopyBudget {
  private copies = 0;
  private text = 0;

  /** Counts a value that is about to be copied into so many collections; returns what is too much, or undefined. */
  spend(value: Value, depth: number): string | undefined {
    this.copies += 1;
    if (value.kind === 'leaf' && typeof value.value === 'string') this.text += value.value.length;
    if (value.kind !== 'leaf' && depth >= YAML_MAX_DEPTH)
      return `values are nested deeper than ${YAML_MAX_DEPTH} levels`;
    if (this.copies > MAX_ALIAS_COPIES) return `aliases stand for more than ${MAX_ALIAS_COPIES} values`;
    if (this.text > MAX_ALIAS_TEXT) return `aliases stand for more than ${MAX_ALIAS_TEXT} characters`;
    return undefined;
  }
}

/**
 * A deep copy without places in the text. `count` is called with every value before it is copied, and with how many collections are
 * around it, of which `depth` hold the whole.
 */
export function copyOf(value: Value, depth: number, count: (value: Value, depth: number) => void): Value {
  return rebuilt(value, {
    leaf(of, path) {
      count(of, depth + path.length);
      return leaf(of.value);
    },
    comment: (of) => comment(of.text, of.inline),
    enter: (of, path) => count(of, depth + path.length),
  });
}

/** A copy of keys and leaves alone. */
export function withoutComments(value: Value): Value {
  return rebuilt(value, { leaf: (of) => of });
}
