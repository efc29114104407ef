/** What differs between two trees: keys and comments by their paths, values by plaintext where both sides have one. */

import { createHash } from 'node:crypto';
import { sameForMac } from '../../operations/read/leaves.js';
import { folded } from '../../tree/fold.js';
import type { TreePath } from '../../tree/path.js';
import type { Branch, Comment, Item, Leaf, LeafValue, List, Value } from '../../tree/tree.js';
import { textOf, typeWordOf } from '../../tree/value.js';
import { append } from '../../util/lists.js';
import { pairEntries } from './list-pairs.js';
import type { ComparedVersion } from './open-version.js';

/** What became of a value or comment. `ciphertext`: it is encrypted anew, and without a key nobody can tell whether it changed. */
export type ChangeKind = 'added' | 'removed' | 'changed' | 'ciphertext';

/** One side of a change. */
export interface ChangedSide {
  /** The type of a value, `map` or `list` for an empty or replaced one. */
  readonly type: string;
  /** Whether it stands encrypted in the file. */
  readonly sealed: boolean;
  /** The plaintext; absent where it is not known, and for what is not a leaf. */
  readonly value?: LeafValue;
}

export interface TreeChange {
  readonly of: 'value' | 'comment';
  readonly kind: ChangeKind;
  /** Of a comment: what it stands in. */
  readonly path: TreePath;
  /** From 0. */
  readonly document: number;
  readonly before?: ChangedSide;
  readonly after?: ChangedSide;
}

interface Task {
  readonly before?: Value | undefined;
  readonly after?: Value | undefined;
  readonly path: TreePath;
  readonly document: number;
}

/** Compares the trees of two versions; in the order of the new one. Depth takes no stack. */
export function compareTrees(before: ComparedVersion, after: ComparedVersion): TreeChange[] {
  return new TreeComparison(before, after).changes;
}

class TreeComparison {
  readonly changes: TreeChange[] = [];
  private readonly marks = new WeakMap<Value, string>();
  /** Whether ciphertexts count where there are any, since one side has nothing else. */
  private readonly bySealed: boolean;

  constructor(
    private readonly before: ComparedVersion,
    private readonly after: ComparedVersion,
  ) {
    this.bySealed = !isOpen(before) || !isOpen(after);
    const count = Math.max(before.documents.length, after.documents.length);
    for (let document = 0; document < count; document++) {
      const root = { before: before.documents[document], after: after.documents[document], path: [], document };
      const pending: Task[] = [root];
      for (let task = pending.pop(); task; task = pending.pop()) append(pending, this.step(task).reverse());
    }
  }

  /** Compares two values, and returns the comparisons of what is in them. */
  private step(task: Task): Task[] {
    const { before, after } = task;
    if (before?.kind === 'branch' && after?.kind === 'branch') return this.branches(before, after, task);
    if (before?.kind === 'list' && after?.kind === 'list') return this.lists(before, after, task);
    if (before && after) {
      const inClear = before.kind !== 'leaf' || after.kind !== 'leaf';
      if (inClear) this.add('changed', task);
      else this.leaves(before, after, task);
      return [];
    }
    return this.alone(task);
  }

  private branches(before: Branch, after: Branch, { path, document }: Task): Task[] {
    const old = byKey(before);
    const tasks: Task[] = [];
    for (const [key, { value, key: name }] of byKey(after)) {
      tasks.push({ before: old.get(key)?.value, after: value, path: [...path, name], document });
      old.delete(key);
    }
    for (const { value, key } of old.values()) tasks.push({ before: value, path: [...path, key], document });
    this.comments(before.items, after.items, { path, document });
    return tasks;
  }

  private lists(before: List, after: List, { path, document }: Task): Task[] {
    this.comments(before.items, after.items, { path, document });
    const pairs = pairEntries(valuesOf(before), valuesOf(after), (entry) => this.mark(entry));
    return pairs.map((pair) => ({ ...pair, path: [...path, pair.at], document }));
  }

  private leaves(before: Leaf, after: Leaf, task: Task): void {
    const [old, now] = [this.before.sealed.get(before), this.after.sealed.get(after)];
    const isKnown = (isOpen(this.before) || old === undefined) && (isOpen(this.after) || now === undefined);
    const bothEncrypted = this.before.metadata !== null && this.after.metadata !== null;
    const isUncovered = bothEncrypted && (old === undefined) !== (now === undefined) && holdsText(before, after);
    if (isKnown) {
      if (!sameForMac(before.value, after.value) || isUncovered) this.add('changed', task);
    } else if (isUncovered) this.add('changed', task);
    else if (old !== now) this.add('ciphertext', task);
  }

  /** What is on one side only: its leaves, or itself if it has none. */
  private alone(task: Task): Task[] {
    const { before, after, path, document } = task;
    const value = after ?? before;
    if (!value) return [];
    const at = (inner: Value, step: string | number): Task => ({
      ...(after ? { after: inner } : { before: inner }),
      path: [...path, step],
      document,
    });
    const inner: Task[] = [];
    if (value.kind === 'branch') for (const [, one] of byKey(value)) inner.push(at(one.value, one.key));
    else if (value.kind === 'list')
      append(
        inner,
        valuesOf(value).map((one, index) => at(one, index)),
      );
    if (value.kind !== 'leaf') {
      const items: readonly (Item | Value | Comment)[] = value.items;
      this.comments(after ? [] : items, after ? items : [], { path, document });
    }
    if (inner.length === 0 && path.length > 0) this.add(after ? 'added' : 'removed', task);
    return inner;
  }

  /** Comments have no names: those of one map or list are compared as texts, however often each stands there. */
  private comments(
    before: readonly (Item | Value | Comment)[],
    after: readonly (Item | Value | Comment)[],
    { path, document }: Pick<Task, 'path' | 'document'>,
  ): void {
    const isComment = (entry: Item | Value | Comment): entry is Comment => entry.kind === 'comment';
    const old = new Map<string, Comment[]>();
    for (const one of before.filter(isComment)) {
      const text = this.commentText(one, this.before);
      old.set(text, [...(old.get(text) ?? []), one]);
    }
    const added = after
      .filter(isComment)
      .filter((one) => old.get(this.commentText(one, this.after))?.pop() === undefined);
    const removed = [...old.values()].flat();
    // Without a key a comment that is encrypted anew cannot be told from another one.
    const pairs = this.bySealed ? Math.min(added.length, removed.length) : 0;
    const where = { of: 'comment', path, document } as const;
    for (const [at, one] of added.entries()) {
      const now = this.side(one, this.after);
      const was = removed[at];
      if (at < pairs && was)
        this.changes.push({ ...where, kind: 'ciphertext', before: this.side(was, this.before), after: now });
      else this.changes.push({ ...where, kind: 'added', after: now });
    }
    for (const one of removed.slice(pairs))
      this.changes.push({ ...where, kind: 'removed', before: this.side(one, this.before) });
  }

  private commentText(one: Comment, of: ComparedVersion): string {
    return this.bySealed ? (of.sealed.get(one) ?? one.text) : one.text;
  }

  private add(kind: ChangeKind, { before, after, path, document }: Task): void {
    const sides = {
      ...(before ? { before: this.side(before, this.before) } : {}),
      ...(after ? { after: this.side(after, this.after) } : {}),
    };
    this.changes.push({ of: 'value', kind, path, document, ...sides });
  }

  private side(of: Value | Comment, version: ComparedVersion): ChangedSide {
    if (of.kind === 'branch') return { type: 'map', sealed: false };
    if (of.kind === 'list') return { type: 'list', sealed: false };
    const ciphertext = version.sealed.get(of);
    const sealed = ciphertext !== undefined;
    if (sealed && !isOpen(version)) return { type: /,type:(\w+)\]/.exec(ciphertext)?.[1] ?? 'unknown', sealed };
    const value = of.kind === 'comment' ? of.text : of.value;
    const type = of.kind === 'comment' ? 'comment' : of.value === null ? 'null' : typeWordOf(of.value);
    return { type, sealed, value };
  }

  /** A text that equal values share. */
  private mark(value: Value): string {
    return folded(value, {
      leaf: (of) => createHash('sha256').update('leaf').update(this.leafMark(of)).digest('base64'),
      container: (of, marks) => this.containerMark(of, marks),
      known: (of) => this.marks.get(of),
    });
  }

  private containerMark(of: Branch | List, marks: readonly string[]): string {
    const keys = of.items.flatMap((entry) => (entry.kind === 'item' ? [JSON.stringify(entry.key)] : []));
    const hash = createHash('sha256').update(of.kind);
    for (const [at, mark] of marks.entries()) hash.update(`\0${keys[at] ?? ''}\0${mark}`);
    const made = hash.digest('base64');
    this.marks.set(of, made);
    return made;
  }

  private leafMark(one: Leaf): string {
    const ciphertext = this.bySealed ? (this.before.sealed.get(one) ?? this.after.sealed.get(one)) : undefined;
    if (ciphertext !== undefined) return `s${ciphertext}`;
    return one.value === null ? 'n' : `${typeof one.value}${textOf(one.value) ?? ''}`;
  }
}

/** Whether all plaintext of a version is known. */
export function isOpen({ metadata, dataKey }: ComparedVersion): boolean {
  return metadata === null || dataKey !== undefined;
}

/** Empty values are never encrypted, so that they stand in clear says nothing. */
function holdsText(...leaves: readonly Leaf[]): boolean {
  return leaves.every(({ value }) => value !== '' && value !== null);
}

/** The items by their keys; a key that stands there again counts as another. */
function byKey({ items }: Branch): Map<string, Item> {
  const found = new Map<string, Item>();
  const counts = new Map<string, number>();
  for (const entry of items) {
    if (entry.kind !== 'item') continue;
    const count = counts.get(entry.key) ?? 0;
    counts.set(entry.key, count + 1);
    found.set(`${count}\0${entry.key}`, entry);
  }
  return found;
}

function valuesOf({ items }: List): Value[] {
  return items.filter((entry): entry is Value => entry.kind !== 'comment');
}
