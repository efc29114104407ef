/** What stands among the metadata of a file but is not part of it: every reader passes over it, and the next who writes the file drops it. */
import { keyTypes } from '../keys/registry.js';
import type { Branch, Value } from '../tree/tree.js';
import { LAYOUT_FIELD, SELECTION_OPTIONS } from './metadata.js';

/** What stands among the metadata beside the keys. SOPS 1 wrote a word of warning. */
const OTHER_FIELDS = [
  'key_groups',
  'shamir_threshold',
  'lastmodified',
  'mac',
  'mac_only_encrypted',
  'version',
  LAYOUT_FIELD,
  'attention',
  ...SELECTION_OPTIONS,
];

/** An entry of the metadata, by its keys. */
export interface MetadataEntry {
  readonly path: readonly string[];
  readonly value: Value;
}

/** The entries of a `sops` branch, those of its keys included, that hold something and are not metadata that this release or an older one of SOPS has. */
export function unknownFields(branch: Branch): MetadataEntry[] {
  const types = new Map(keyTypes().map((row) => [row.type as string, row]));
  const inGroup = (group: Branch, others: readonly string[], path: readonly string[]): MetadataEntry[] =>
    namedIn(group).flatMap(([name, value]) => {
      const row = types.get(name);
      if (!row) return others.includes(name) ? [] : [{ path: [...path, name], value }];
      const known = [...row.fields.map((field) => field.name as string), 'enc', 'created_at'];
      const inEntry = (entry: Branch): MetadataEntry[] =>
        namedIn(entry).flatMap(([own, of]) => (known.includes(own) ? [] : [{ path: [...path, name, own], value: of }]));
      return branchesIn(value).flatMap(inEntry);
    });
  const groups = branch.items.flatMap((entry) =>
    entry.kind === 'item' && entry.key.toLowerCase() === 'key_groups' ? branchesIn(entry.value) : [],
  );
  return [...inGroup(branch, OTHER_FIELDS, []), ...groups.flatMap((group) => inGroup(group, [], ['key_groups']))];
}

/** What holds something in a map, by names in lower case. */
function namedIn({ items }: Branch): [name: string, value: Value][] {
  return items.flatMap((entry): [string, Value][] => {
    if (entry.kind !== 'item') return [];
    const { key, value } = entry;
    const isEmpty = value.kind === 'leaf' ? value.value === null || value.value === '' : value.items.length === 0;
    return isEmpty ? [] : [[key.toLowerCase(), value]];
  });
}

function branchesIn(value: Value): Branch[] {
  if (value.kind === 'branch') return [value];
  return value.kind === 'list' ? value.items.filter((one) => one.kind === 'branch') : [];
}
