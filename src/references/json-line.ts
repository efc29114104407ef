/** A value on one line of JSON, as Go's encoder prints maps: keys in alphabetical order. */
import { printJson } from '../formats/json/write.js';
import { nodes } from '../tree/leaves.js';
import type { Branch, Comment, Item, List } from '../tree/tree.js';
import { compareBytes } from '../util/text/byte-order.js';
import { escapedUnit } from '../util/text/text.js';

const ONE_LINE = { newline: null, unit: '', colon: ':', comma: ',' };
/** What Go's encoder writes so; outside of strings JSON has none of these. */
const ESCAPED = /[<>&\u2028\u2029]/g;

/** The keys of the value itself are brought into that order. */
export function jsonLine(root: Branch | List): string {
  for (const { node } of nodes([root])) if (node.kind === 'branch') sortKeys(node);
  return printJson(root, ONE_LINE).replaceAll(ESCAPED, escapedUnit);
}

function sortKeys(of: Branch): void {
  of.items.sort((one, other) => compareBytes(keyOf(one), keyOf(other)));
}

/** The key of an entry; comments have none. */
export function keyOf(entry: Item | Comment): string {
  return entry.kind === 'item' ? entry.key : '';
}
