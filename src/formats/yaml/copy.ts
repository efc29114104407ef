/** Copies of values: what aliases stand for. */
import { branch, type Comment, comment, item, leaf, list, type Value } from '../../tree/tree.js';

/** A deep copy without places in the text. `count` is called for every value copied. */
export function copyOf(value: Value, count: () => void): Value {
  count();
  if (value.kind === 'leaf') return leaf(value.value);
  if (value.kind === 'list') {
    return list(value.items.map((entry) => (entry.kind === 'comment' ? copyOfComment(entry) : copyOf(entry, count))));
  }
  return branch(
    value.items.map((entry) =>
      entry.kind === 'comment' ? copyOfComment(entry) : item(entry.key, copyOf(entry.value, count)),
    ),
  );
}

function copyOfComment(of: Comment): Comment {
  return comment(of.text, of.inline);
}
