/** Copies of a value with something changed on the way. */
import { type Steps, settle } from '../util/flat-recursion.js';
import { type Branch, branch, type Comment, type Item, item, type Leaf, type List, list, type Value } from './tree.js';

/** What becomes of the parts of a value. `path` are the keys and indexes that lead to one; it is to be read at once, not kept. */
export interface Rebuilding {
  leaf(of: Leaf, path: readonly string[]): Value;
  /** The copy of a comment. Without it comments are left out. */
  comment?(of: Comment): Comment;
  /** Asked before what a map or list holds is looked at; may throw. */
  enter?(of: Branch | List, path: readonly string[]): void;
  /** The items of a map in the order that they are to have; without it those that it has. */
  itemsOf?(of: Branch, path: readonly string[]): readonly (Item | Comment)[];
}

/** A copy of a value of any depth, without places in the text but those that `how` keeps. */
export function rebuilt(value: Value, how: Rebuilding): Value {
  return value.kind === 'leaf' ? how.leaf(value, []) : settle(rebuilding(value, how, []));
}

function* rebuilding(of: Branch | List, how: Rebuilding, path: string[]): Steps<Value> {
  how.enter?.(of, path);
  const made: (Item | Value | Comment)[] = [];
  let index = 0;
  for (const entry of of.kind === 'list' ? of.items : (how.itemsOf?.(of, path) ?? of.items)) {
    if (entry.kind === 'comment') {
      if (how.comment) made.push(how.comment(entry));
      continue;
    }
    const value = entry.kind === 'item' ? entry.value : entry;
    path.push(entry.kind === 'item' ? entry.key : String(index++));
    const copy = value.kind === 'leaf' ? how.leaf(value, path) : yield rebuilding(value, how, path);
    path.pop();
    made.push(entry.kind === 'item' ? item(entry.key, copy) : copy);
  }
  return of.kind === 'list' ? list(made as (Value | Comment)[]) : branch(made as (Item | Comment)[]);
}
