/** A change of recipients as SOPS shows it (docs/command-line.md#updatekeys). */
import { type NameOf, withName } from '../../config/recipient-names.js';
import type { GroupChange, KeyChange } from '../../operations/key-changes.js';
import type { SelectionState } from '../../operations/recipients/reselection.js';
import type { FileChange } from '../../operations/recipients/update-questions.js';
import type { Painter } from '../terminal/colours.js';
import { printable } from './report.js';

export interface ChangeWords {
  /** What changes. */
  readonly what?: string;
  /** What recipients are called, shown after them. */
  readonly nameOf?: NameOf;
}

/** The lines, with their ends. */
export function changeText(change: KeyChange & FileChange, paint: Painter, words: ChangeWords = {}): string {
  const { groups, threshold } = change;
  const { what = "the file's groups", nameOf = () => undefined } = words;
  return [
    `The following changes will be made to ${what}:`,
    ...selectionLines(change, paint),
    ...thresholdLines(threshold, paint),
    ...groups.flatMap((group, at) => [paint('underlined', `Group ${at + 1}`), ...groupLines(group, paint, nameOf)]),
    '',
  ].join('\n');
}

function selectionLines({ selection, reordered }: FileChange, paint: Painter): string[] {
  const told = ({ selection: { option, text }, macOnlyEncrypted }: SelectionState): string =>
    printable(`${option}: ${text}${macOnlyEncrypted ? ', mac_only_encrypted' : ''}`);
  return [
    ...(selection
      ? [paint('green', `+++ ${told(selection.after)}`), paint('red', `--- ${told(selection.before)}`)]
      : []),
    ...(reordered ? ["recipients in the rule's order"] : []),
  ];
}

function thresholdLines({ before, after }: KeyChange['threshold'], paint: Painter): string[] {
  if (before === after) return after > 0 ? [`shamir_threshold: ${after}`] : [];
  return [
    ...(after > 0 ? [paint('green', `+++ shamir_threshold: ${after}`)] : []),
    ...(before > 0 ? [paint('red', `--- shamir_threshold: ${before}`)] : []),
  ];
}

function groupLines({ kept, added, removed }: GroupChange, paint: Painter, nameOf: NameOf): string[] {
  const shown = (key: string): string => printable(withName(key, nameOf));
  return [
    ...kept.map((key) => `    ${shown(key)}`),
    ...added.map((key) => paint('green', `+++ ${shown(key)}`)),
    ...removed.map((key) => paint('red', `--- ${shown(key)}`)),
  ];
}
