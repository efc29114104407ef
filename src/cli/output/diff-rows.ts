/** What `diff` shows of a file, before it is laid out as text or Markdown: words and texts, masked or not. */

import { valuePathText } from '../../operations/read/value-path.js';
import type { FileDifference, NamedReader } from '../../repository/diff/difference.js';
import type { ChangedSide, TreeChange } from '../../repository/diff/tree-diff.js';
import type { LeafValue } from '../../tree/tree.js';
import { textOf } from '../../tree/value.js';

/** The same for every value: it tells neither a length nor whether two are equal. */
export const MASK = '***';

/** One line of what changed in a file. */
export interface DiffRow {
  readonly sign: '+' | '-' | '~' | '?';
  /** A key by its place, or what else there is. */
  readonly what: string;
  /** Whether `what` is a name from the file, to be shown as code. */
  readonly isPlace: boolean;
  /** In words. */
  readonly note: string;
  /** Values that are shown, or masks; absent where there is nothing to show. */
  readonly before?: string;
  readonly after?: string;
}

const SIGNS = { added: '+', removed: '-', changed: '~', ciphertext: '?' } as const;

/** The rows of a file: values and comments in their order, then readers, then settings. */
export function rowsOf(difference: FileDifference, showsValues: boolean): DiffRow[] {
  const { changes, gained, lost, settings, dataKey } = difference;
  const isMixed = isOneSided(difference);
  const values = isRekeyedBlindly(difference) ? [] : changes.map((change) => changeRow(change, showsValues, isMixed));
  const left = dataKey === 'same' ? 'can no longer read it, but still knows its data key' : 'can no longer read it';
  return [
    ...values,
    ...gained.map(
      (reader): DiffRow => ({ sign: '+', what: readerText(reader), isPlace: true, note: 'can read it now' }),
    ),
    ...lost.map((reader): DiffRow => ({ sign: '-', what: readerText(reader), isPlace: true, note: left })),
    ...settings.map(
      ({ setting, before, after }): DiffRow => ({
        sign: '~',
        what: SETTINGS[setting],
        isPlace: false,
        note: 'changed',
        before,
        after,
      }),
    ),
  ];
}

const SETTINGS = {
  encryption: 'the file',
  threshold: 'key groups needed',
  groups: 'key groups',
  selection: 'selection',
  mac_only_encrypted: 'mac_only_encrypted',
} as const;

/** What is to be said of a file beside its rows, a sentence each. */
export function notesOf(difference: FileDifference): string[] {
  const { byCiphertext, changes, dataKey } = difference;
  if (!byCiphertext) return [];
  const open = changes.filter(({ kind }) => kind === 'ciphertext').length;
  if (open === 0) return [];
  if (isRekeyedBlindly(difference)) {
    return [
      `${open} ciphertexts differ, all of them: probably a new data key. Without a key nobody can tell which values changed.`,
    ];
  }
  const guess = dataKey === 'same' ? ' The data key is the same, so they probably changed.' : '';
  return [`${open} ciphertext(s) differ; without a key nobody can tell whether the values do.${guess}`];
}

/** Whether one side is not encrypted at all. */
function isOneSided({ settings }: FileDifference): boolean {
  return settings.some(({ setting }) => setting === 'encryption');
}

/** Whether nothing but fresh ciphertexts is known of many values: a list of all of them would say no more. */
function isRekeyedBlindly(difference: FileDifference): boolean {
  const { byCiphertext, dataKey, changes } = difference;
  if (isOneSided(difference)) return false;
  return (
    byCiphertext && dataKey === 'unknown' && changes.length > 1 && changes.every(({ kind }) => kind === 'ciphertext')
  );
}

/** `isMixed`: one side is not encrypted at all, which is reported once. */
function changeRow(change: TreeChange, showsValues: boolean, isMixed: boolean): DiffRow {
  const { kind, before, after } = change;
  const shown = (side: ChangedSide | undefined): string | undefined =>
    side ? valueText(side, showsValues) : undefined;
  const [old, now] = [shown(before), shown(after)];
  const hasValues = kind !== 'ciphertext';
  return {
    sign: SIGNS[kind],
    what: placeText(change),
    isPlace: true,
    note: noteOf(change, isMixed),
    ...(hasValues && old !== undefined ? { before: old } : {}),
    ...(hasValues && now !== undefined ? { after: now } : {}),
  };
}

function noteOf({ kind, of, before, after }: TreeChange, isMixed: boolean): string {
  const what = of === 'comment' ? 'comment ' : '';
  if (kind === 'ciphertext') return `${what}ciphertext differs`;
  const notes = [`${what}${kind}`];
  if (kind === 'changed' && before && after) {
    if (before.type !== after.type) notes.push(`${before.type} → ${after.type}`);
    if (!isMixed && before.sealed && !after.sealed) notes.push('stands in clear now');
    if (!isMixed && !before.sealed && after.sealed) notes.push('is encrypted now');
  } else if (kind === 'added' && after && after.type !== 'comment') notes.push(after.type);
  return notes.join(', ');
}

/** The place of a change; of a comment, what it stands in. */
export function placeText({ of, path, document }: Pick<TreeChange, 'of' | 'path' | 'document'>): string {
  const place = valuePathText(path);
  const within = of === 'comment' ? (place === '' ? '#' : `# in ${place}`) : place;
  return document === 0 ? within : `document ${document + 1}: ${within}`;
}

/** A value for people: as JSON has it, so that blanks and line breaks are seen. */
function valueText({ value, type }: ChangedSide, showsValues: boolean): string {
  if (value === undefined) return type === 'map' || type === 'list' ? `(${type})` : MASK;
  if (!showsValues) return MASK;
  if (value === null) return 'null';
  return typeof value === 'string' ? JSON.stringify(value) : (textOf(value) ?? '');
}

/** A name with the recipient after it. */
export function readerText({ name, recipient }: NamedReader): string {
  return name === undefined ? recipient : `${name} (${recipient})`;
}

/** The names of both sides, or the one that they share. */
export function diffTitle({ before, after, file }: FileDifference): string {
  if (file === 'added') return `${after.name} (new)`;
  if (file === 'removed') return `${before.name} (gone)`;
  return before.name === after.name ? after.name : `${before.name} → ${after.name}`;
}

/** A value for programs. */
export function valueData(value: LeafValue): string | number | boolean | null {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
  return textOf(value) ?? '';
}
