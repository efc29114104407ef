/** What `who` shows: a table of files against recipients, with a letter for each of them. */

import type { AccessTable, ReadableFile } from '../../repository/who/access-table.js';
import { greatest } from '../../util/lists.js';
import { printable } from './report.js';

/** A legend of the readers, then a line for each file. */
export function accessText({ readers, files }: AccessTable): string {
  if (files.length === 0) return 'No encrypted files.\n';
  const letters = readers.map((_, at) => lettersOf(at));
  const lettersWidth = letters.at(-1)?.length ?? 1;
  const names = readers.map(({ name }) => printable(name ?? ''));
  const nameWidth = Math.min(MOST_NAME, greatest(names.map((name) => name.length)));
  const legend = readers.map(({ recipient }, at) =>
    `${(letters[at] ?? '').padEnd(lettersWidth)}  ${(names[at] ?? '').padEnd(nameWidth)}  ${printable(recipient)}`.trimEnd(),
  );
  const cells = files.map((file) => readers.map((_, at) => cellOf(file, at)));
  const widths = letters.map((letter, at) =>
    Math.max(letter.length, greatest(cells.map((row) => row[at]?.length ?? 0))),
  );
  const inColumns = (row: readonly string[]): string => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' ');
  const ages = files.map(ageOf);
  const ageWidth = greatest(ages.map((age) => age.length));
  const head = `${inColumns(letters)}  ${ageWidth > 0 ? `${AGE_TITLE.padEnd(ageWidth)}  ` : ''}file`;
  const rows = files.map((file, at) => {
    const age = ageWidth > 0 ? `${(ages[at] ?? '').padEnd(Math.max(ageWidth, AGE_TITLE.length))}  ` : '';
    return `${inColumns(cells[at] ?? [])}  ${age}${printable(file.path)}${thresholdNote(file)}`;
  });
  return `${[...legend, '', head, ...rows].join('\n')}\n`;
}

const AGE_TITLE = 'data key since';
/** A longer name pushes its own line alone. */
const MOST_NAME = 40;

/** The files that some readers can open, a line each. Whoever needs others for it is told. */
export function readableText({ files }: AccessTable, of: readonly number[]): string {
  const lines = files.flatMap((file) => {
    const groups = file.groups.filter((group) => of.some((at) => group.includes(at))).length;
    if (groups === 0) return [];
    const missing = file.threshold - groups;
    const age = file.dataKey ? `  (data key since ${ageOf(file)})` : '';
    const others = missing > 0 ? `  (together with ${missing} more of the key groups)` : '';
    return [`${printable(file.path)}${others}${age}\n`];
  });
  return lines.join('');
}

/** `x`, or the numbers of the groups of a file that has several. */
function cellOf({ groups }: ReadableFile, reader: number): string {
  const numbers = groups.flatMap((group, at) => (group.includes(reader) ? [at + 1] : []));
  if (numbers.length === 0) return '.';
  return groups.length > 1 ? numbers.join('+') : 'x';
}

function thresholdNote({ groups, threshold }: ReadableFile): string {
  return groups.length > 1 ? `  (${threshold} of ${groups.length} key groups are needed)` : '';
}

function ageOf({ dataKey }: ReadableFile): string {
  if (!dataKey) return '';
  return `${printable(dataKey.since.slice(0, 10))}${dataKey.source === 'git' ? '' : ' or before'}`;
}

/** A to Z, then AA and so on. */
function lettersOf(at: number): string {
  const last = String.fromCharCode(0x41 + (at % 26));
  return at < 26 ? last : lettersOf(Math.floor(at / 26) - 1) + last;
}
