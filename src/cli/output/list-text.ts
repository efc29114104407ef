/** What `list` shows of a file. */

import type { ListedEntry, Listing } from '../../operations/read/list.js';
import { greatest } from '../../util/lists.js';
import { quantity } from './quantity.js';
import { printable } from './report.js';

/** One line for each value and comment, the selection before them and a count behind; nothing encrypted is shown. */
export function listingText({ format, version, selection, macOnlyEncrypted, entries }: Listing): string {
  const values = entries.filter((entry) => entry.kind === 'value');
  const width = Math.min(MOST_COLUMNS, greatest(values.map((entry) => shownPlace(entry).length)));
  const rule = `${selection.option} ${printable(selection.text)}${selection.isDefault ? ' (the default)' : ''}`;
  const sealed = values.filter(({ encrypted }) => encrypted).length;
  return [
    `${format}, written by version ${printable(version)}`,
    `selection: ${rule}${macOnlyEncrypted ? '; the MAC covers encrypted values only' : ''}`,
    '',
    ...entries.map((entry) => lineOf(entry, width)),
    '',
    `${quantity(values.length, 'value')}, ${sealed} encrypted`,
    '',
  ].join('\n');
}

/** A longer place pushes its own line alone. */
const MOST_COLUMNS = 60;

function lineOf(entry: ListedEntry, width: number): string {
  if (entry.kind === 'comment') return `# ${entry.text === undefined ? '(encrypted)' : printable(entry.text.trim())}`;
  const { type, encrypted } = entry;
  return `${shownPlace(entry).padEnd(width)}  ${type.padEnd(5)}  ${encrypted ? 'encrypted' : 'in clear'}`;
}

function shownPlace({ place, document }: ListedEntry): string {
  return `${document === undefined ? '' : `document ${document + 1}: `}${printable(place)}`;
}
