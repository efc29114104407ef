/** From metadata to the `sops` branch that a store writes (docs/format.md#metadata-fields). */
import type { KeyGroup, MasterKey } from '../keys/provider.js';
import { type KeyTypeRow, keyTypes } from '../keys/registry.js';
import { type Branch, branch, type Item, item, leaf, list, type Value } from '../tree/tree.js';
import { compareBytes } from '../util/text/byte-order.js';
import { LAYOUT_FIELD, type Metadata } from './metadata.js';

/** The branch of some metadata: fields in bytewise order at every level, those that say nothing left out. */
export function metadataToBranch(metadata: Metadata): Branch {
  const { keyGroups, selection } = metadata;
  const [only] = keyGroups;
  const fields = keyGroups.length === 1 && only ? groupFields(only, false) : [groupsField(keyGroups)];
  fields.push(item('lastmodified', leaf(metadata.lastModified)), item('mac', leaf(metadata.mac)));
  if (metadata.macOnlyEncrypted) fields.push(item('mac_only_encrypted', leaf(true)));
  if (metadata.shamirThreshold !== 0) {
    fields.push(item('shamir_threshold', leaf(BigInt(metadata.shamirThreshold))));
  }
  if (selection) fields.push(item(selection.option, leaf(selection.text)));
  if (metadata.layout) fields.push(item(LAYOUT_FIELD, leaf(metadata.layout)));
  fields.push(item('version', leaf(metadata.version)));
  return sorted(fields);
}

function groupsField(groups: readonly KeyGroup[]): Item {
  return item('key_groups', list(groups.map((group) => sorted(groupFields(group, true)))));
}

/** The lists of a group by type. Inside `key_groups` some types are listed even when the group has no such key. */
function groupFields(group: KeyGroup, inGroups: boolean): Item[] {
  return keyTypes().flatMap((row) => {
    const entries = group.filter((key) => key.type === row.type).map((key) => entryOf(row, key));
    return entries.length > 0 || (inGroups && row.alwaysInGroup) ? [item(row.type, list(entries))] : [];
  });
}

function entryOf(row: KeyTypeRow, key: MasterKey): Branch {
  const fields = [item('enc', leaf(key.enc))];
  if (row.dated) fields.push(item('created_at', leaf(key.createdAt ?? '')));
  for (const { name, shape } of row.fields) {
    const value = key.fields.get(name) ?? '';
    const isEmpty = typeof value === 'string' ? value === '' : value.size === 0;
    if (shape === 'text' || !isEmpty) fields.push(item(name, valueOfField(value)));
  }
  return sorted(fields);
}

function valueOfField(value: string | ReadonlyMap<string, string>): Value {
  if (typeof value === 'string') return leaf(value);
  return sorted([...value].map(([name, text]) => item(name, leaf(text))));
}

/** Bytewise, so names of a `context` that hold more than ASCII are compared as UTF-8, as SOPS does. */
function sorted(fields: Item[]): Branch {
  return branch(fields.sort((one, other) => compareBytes(one.key, other.key)));
}
