/** The table of the metadata, as rops prints it. */
import { type Branch, branch, type Item, item, leaf, type Value } from '../../tree/tree.js';
import type { TomlPrint } from './value-text.js';
import { isTable, printTables } from './write.js';

/** The fields that rops has, in its order; those that it does not know follow. */
const FIRST = ['lastmodified', 'mac', 'encrypted_suffix', 'encrypted_regex', 'unencrypted_suffix', 'unencrypted_regex'];
const KEYS = ['mac_only_encrypted', 'kms', 'age'];
/** In the entries of keys, what rops has last. */
const LAST = ['created_at', 'enc'];

/** The text of the metadata. Throws `output-format`. */
export function tomlMetadataText(metadata: Branch, print: TomlPrint): string {
  return printTables(['sops'], inOrder(metadata), print);
}

/** Values first, then tables, each as rops orders them. */
function inOrder(of: Branch): Branch {
  const items = of.items.filter((entry) => entry.kind === 'item');
  const rank = ({ key, value }: Item): number => {
    const names = [...FIRST, ...KEYS];
    const at = names.indexOf(key);
    const known = at >= 0 ? at : names.length + Math.max(LAST.indexOf(key) + 1, 0);
    return known + (isTable(value) ? 100 : 0);
  };
  const sorted = items.toSorted((one, other) => rank(one) - rank(other));
  return branch(sorted.map(({ key, value }) => item(key, valueInOrder(value))));
}

function valueInOrder(value: Value): Value {
  if (value.kind === 'branch') return inOrder(value);
  if (value.kind === 'leaf') return value;
  return { ...value, items: value.items.map((entry) => (entry.kind === 'comment' ? entry : valueInOrder(entry))) };
}

/** SOPS's release whose metadata is the most like that of rops, which writes no version. */
const VERSION_OF_ROPS = '3.9.0';

/** Metadata as it is read: rops writes none of a version, which nothing can do without. */
export function withVersion(metadata: Branch): Branch {
  const isNamed = metadata.items.some((entry) => entry.kind === 'item' && entry.key.toLowerCase() === 'version');
  if (isNamed || metadata.items.length === 0) return metadata;
  return branch([...metadata.items, item('version', leaf(VERSION_OF_ROPS))]);
}
