/** Copies of values: what aliases stand for. */
import { branch, type Comment, comment, item, leaf, list, type Value } from '../../tree/tree.js';

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
