/** A Kubernetes object as a value: ordered, never changed in place, with the text it was read from for what types hide. */

import { rebuilt } from '../../tree/rebuild.js';
import type { Comment, Item, Value } from '../../tree/tree.js';
import { type Branch, branch, item, itemOf, leaf } from '../../tree/tree.js';
import { compareBytes } from '../../util/text/byte-order.js';

/** Where an object stands; for messages. */
export interface Origin {
  /** The file as the user named it; undefined for standard input and what was made here. */
  readonly file: string | undefined;
  /** Which document of the file, from 1. */
  readonly document: number;
}

/**
 * One object. Aliases and merge keys are resolved, keys are unique, and parts may be shared with other objects: nobody
 * changes a branch of it; {@link withEntry} and its like make new ones.
 */
export interface Manifest {
  /** The object without its `sops` branch. */
  readonly root: Branch;
  /** SOPS's metadata, when the object is encrypted. */
  readonly sops: Value | undefined;
  /** What the places of leaves (`source`) point into; empty for objects made here. */
  readonly text: string;
  readonly origin: Origin;
}

/** An object that was not read but made. */
export function madeManifest(root: Branch, origin: Origin = { file: undefined, document: 1 }): Manifest {
  return { root, sops: undefined, text: '', origin };
}

/** The value below a row of keys; undefined when there is none, or something on the way is not a map. */
export function valueAt(root: Value, ...keys: readonly string[]): Value | undefined {
  let at: Value | undefined = root;
  for (const key of keys) at = at?.kind === 'branch' ? itemOf(at, key)?.value : undefined;
  return at;
}

/** The string below a row of keys; undefined when there is none, or it is of another type. */
export function stringAt(root: Value, ...keys: readonly string[]): string | undefined {
  const found = valueAt(root, ...keys);
  return found?.kind === 'leaf' && typeof found.value === 'string' ? found.value : undefined;
}

/** The map below a row of keys. */
export function branchAt(root: Value, ...keys: readonly string[]): Branch | undefined {
  const found = valueAt(root, ...keys);
  return found?.kind === 'branch' ? found : undefined;
}

/** The items of a map, without its comments. */
export function itemsOf(of: Branch | undefined): Item[] {
  return of?.items.filter((entry): entry is Item => entry.kind === 'item') ?? [];
}

/** The values of a list, without its comments; none for anything else. */
export function valuesOf(of: Value | undefined): Value[] {
  return of?.kind === 'list' ? of.items.filter((entry): entry is Value => entry.kind !== 'comment') : [];
}

/** The map with one entry set: in its place if it is there, else after the others. */
export function withEntry(of: Branch, key: string, value: Value): Branch {
  if (!itemOf(of, key)) return branch([...of.items, item(key, value)]);
  return branch(of.items.map((entry) => (entry.kind === 'item' && entry.key === key ? item(key, value) : entry)));
}

/** The map without some entries. Comments stay. */
export function withoutEntries(of: Branch, ...keys: readonly string[]): Branch {
  return branch(of.items.filter((entry) => entry.kind !== 'item' || !keys.includes(entry.key)));
}

/** The map with an entry below a row of keys set; maps that are missing are made. */
export function withEntryAt(of: Branch, keys: readonly string[], value: Value): Branch {
  const [key, ...rest] = keys;
  if (key === undefined) return of;
  if (rest.length === 0) return withEntry(of, key, value);
  return withEntry(of, key, withEntryAt(branchAt(of, key) ?? branch(), rest, value));
}

/** A map of texts, in their order. */
export function textMap(entries: Iterable<readonly [string, string]>): Branch {
  return branch([...entries].map(([key, text]) => item(key, leaf(text))));
}

/** The map with its keys in an order, that of their bytes by default, at every level; a comment above an entry goes with it. */
export function sorted(value: Value, compare: (one: string, other: string) => number = compareBytes): Value {
  return rebuilt(value, { leaf: (of) => of, comment: (of) => of, itemsOf: (of) => sortedItems(of, compare) });
}

function sortedItems(of: Branch, compare: (one: string, other: string) => number): (Item | Comment)[] {
  const blocks: { readonly key: string; readonly entries: (Item | Comment)[] }[] = [];
  let above: (Item | Comment)[] = [];
  for (const entry of of.items) {
    above.push(entry);
    if (entry.kind === 'comment') continue;
    blocks.push({ key: entry.key, entries: above });
    above = [];
  }
  blocks.sort((one, other) => compare(one.key, other.key));
  return [...blocks.flatMap((block) => block.entries), ...above];
}

/** Kind and name for messages, e.g. `Secret prod/db`. */
export function describe({ root, origin }: Manifest): string {
  const kind = stringAt(root, 'kind') ?? 'object';
  const name = stringAt(root, 'metadata', 'name');
  const namespace = stringAt(root, 'metadata', 'namespace');
  if (name === undefined) return `${kind} without a name (document ${origin.document})`;
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}
