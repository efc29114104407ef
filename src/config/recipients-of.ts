/** A `.sops.yaml` opened for edits: its tree with the place of every entry, its anchors, and whom its values name. */

import type { EntryPlace } from '../formats/yaml/entry-places.js';
import { KEY_TYPES, type KeyTypeRow } from '../keys/registry.js';
import { keyStringOf } from '../keyservice/keyservice.js';
import { type NodePlace, nodes } from '../tree/leaves.js';
import { type Branch, branch, type Item, type Leaf, type Value } from '../tree/tree.js';
import { append } from '../util/lists.js';
import { type ConfigDocument, readConfigDocument } from './document.js';
import { FIELDS_WITHOUT_KEYS } from './parse.js';

export interface ConfigTree {
  /** The whole text of the file. */
  readonly text: string;
  /** The part that SOPS reads: the first document. */
  readonly used: string;
  readonly document: Branch;
  /** As `parseConfig` takes it. */
  readonly read: ConfigDocument;
  readonly places: ReadonlyMap<Item | Value, EntryPlace>;
  /** By name; the same name may be given again. */
  readonly anchors: ReadonlyMap<string, readonly Value[]>;
  /** Key strings of the maps that are one key each, such as the entries of `kms` in a group. */
  readonly keyMaps: ReadonlyMap<Branch, string>;
}

/** Reads the text of a configuration. Throws `document-invalid` and what else reading YAML throws. */
export async function readConfigTree(text: string): Promise<ConfigTree> {
  const places = new Map<Item | Value, EntryPlace>();
  const anchors = new Map<string, Value[]>();
  const watcher = {
    entry: (of: Item | Value, start: number, end: number, inFlow: boolean) =>
      void places.set(of, { start, end, inFlow }),
    anchor: (name: string, of: Value) => void anchors.set(name, [...(anchors.get(name) ?? []), of]),
  };
  const read = readConfigDocument(text, watcher);
  const document = read.root.kind === 'branch' ? read.root : branch();
  const keyMaps = new Map<Branch, string>();
  for (const { value, row } of keyMapsIn(document)) keyMaps.set(value, await keyStringOfMap(value, row));
  return { text, used: read.text, document, read, places, anchors, keyMaps };
}

/** The recipients that a value names: the items of its texts, and the keys that are maps. */
export function recipientsOf(value: Value, tree: ConfigTree): string[] {
  const found: string[] = [];
  for (const { place, node } of valuesWithKeys(value)) {
    const keyString = node.kind === 'branch' ? tree.keyMaps.get(node) : undefined;
    if (keyString !== undefined) {
      place.passOver();
      found.push(keyString);
    } else if (node.kind === 'leaf') append(found, keyTextsIn(writtenText(node, tree.used)));
  }
  return found;
}

/** Whether a value is one key, or a list of keys; a whole rule or group is somebody only by mistake. */
export function isKeyOrKeys(value: Value, tree: ConfigTree): boolean {
  if (value.kind === 'leaf') return recipientsOf(value, tree).length > 0;
  if (value.kind === 'branch') return tree.keyMaps.has(value);
  return value.items.every((entry) => entry.kind === 'comment' || (entry.kind !== 'list' && isKeyOrKeys(entry, tree)));
}

/** The text of a leaf; a number, as a fingerprint of digits alone reads, counts as what is written. */
export function writtenText({ value, source, alias }: Leaf, text: string): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'bigint' && typeof value !== 'number') return '';
  const place = source ?? (alias?.of.kind === 'leaf' ? alias.of.source : undefined);
  return place ? text.slice(place.start, place.end) : String(value);
}

/** The items of a text that may name several keys. */
export function keyTextsIn(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** A value and those below it that may name recipients. */
function* valuesWithKeys(value: Value): Generator<{ place: NodePlace; node: Value }> {
  for (const place of nodes([value])) {
    const { node, item } = place;
    if (node.kind === 'comment') continue;
    if (item && FIELDS_WITHOUT_KEYS.has(item.key)) place.passOver();
    else yield { place, node };
  }
}

/** The maps that are one key each: they have the first field of such a type, and no field that it does not have. */
function* keyMapsIn(value: Value): Generator<{ value: Branch; row: KeyTypeRow }> {
  for (const { node } of valuesWithKeys(value)) {
    if (node.kind !== 'branch') continue;
    const keys = node.items.flatMap((entry) => (entry.kind === 'item' ? [entry.key] : []));
    const row = KEY_TYPES.find(({ groupFields }) => {
      const names = groupFields?.map((field) => field.name);
      return names?.[0] !== undefined && keys.includes(names[0]) && keys.every((key) => names.includes(key));
    });
    if (row) yield { value: node, row };
  }
}

/** The key string of a map, by the names that its fields have in encrypted files. */
async function keyStringOfMap(value: Branch, row: KeyTypeRow): Promise<string> {
  const fields = new Map<string, string | ReadonlyMap<string, string>>();
  for (const { name, field } of row.groupFields ?? []) {
    const entry = value.items.find((one) => one.kind === 'item' && one.key === name);
    const found = entry?.kind === 'item' ? entry.value : undefined;
    const isMap = row.fields.some((of) => of.name === field && of.shape === 'map?');
    fields.set(field, isMap ? textsOf(found) : textOf(found));
  }
  return keyStringOf({ type: row.type, fields, enc: '' });
}

function textOf(value: Value | undefined): string {
  return value?.kind === 'leaf' && value.value !== null ? String(value.value) : '';
}

function textsOf(value: Value | undefined): ReadonlyMap<string, string> {
  if (value?.kind !== 'branch') return new Map();
  return new Map(
    value.items.flatMap((entry) => (entry.kind === 'item' ? [[entry.key, textOf(entry.value)] as const] : [])),
  );
}
