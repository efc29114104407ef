/** Copies of values: what aliases stand for. */
import { branch, type Comment, comment, item, leaf, list, type Value } from '../../tree/tree.js';
import { MAX_ALIAS_COPIES, MAX_ALIAS_TEXT, MAX_DEPTH } from './node.js';

/** What aliases may stand for in one file, all its documents together: an alias bomb ends here. */
export class CopyBudget {
  private copies = 0;
  private text = 0;

  /** Counts a value that is about to be copied to some depth; returns what is too much, or undefined. */
  spend(value: Value, depth: number): string | undefined {
    this.copies += 1;
    if (value.kind === 'leaf' && typeof value.value === 'string') this.text += value.value.length;
    if (depth > MAX_DEPTH) return `values are nested deeper than ${MAX_DEPTH} levels`;
    if (this.copies > MAX_ALIAS_COPIES) return `aliases stand for more than ${MAX_ALIAS_COPIES} values`;
    if (this.text > MAX_ALIAS_TEXT) return `aliases stand for more than ${MAX_ALIAS_TEXT} characters`;
    return undefined;
  }
}

/** A deep copy without places in the text. `count` is called with every value before it is copied, and its depth. */
export function copyOf(value: Value, depth: number, count: (value: Value, depth: number) => void): Value {
  count(value, depth);
  if (value.kind === 'leaf') return leaf(value.value);
  if (value.kind === 'list') {
    return list(
      value.items.map((entry) => (entry.kind === 'comment' ? copyOfComment(entry) : copyOf(entry, depth + 1, count))),
    );
  }
  return branch(
    value.items.map((entry) =>
      entry.kind === 'comment' ? copyOfComment(entry) : item(entry.key, copyOf(entry.value, depth + 1, count)),
    ),
  );
}

function copyOfComment(of: Comment): Comment {
  return comment(of.text, of.inline);
}

/** A copy of keys and leaves alone. */
export function withoutComments(value: Value): Value {
  if (value.kind === 'leaf') return value;
  if (value.kind === 'list') {
    return list(value.items.flatMap((entry) => (entry.kind === 'comment' ? [] : [withoutComments(entry)])));
  }
  return branch(
    value.items.flatMap((entry) => (entry.kind === 'comment' ? [] : [item(entry.key, withoutComments(entry.value))])),
  );
}
