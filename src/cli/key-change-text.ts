/** A change of recipients as SOPS shows it (spec keys-and-config.md section 7, updatekeys, 5). */
import type { GroupChange, KeyChange } from '../operations/key-changes.js';
import type { Painter } from './colours.js';
import { printable } from './report.js';

/** The lines, with their ends; `what` is what changes. */
export function changeText({ groups, threshold }: KeyChange, paint: Painter, what = "the file's groups"): string {
  return [
    `The following changes will be made to ${what}:`,
    ...thresholdLines(threshold, paint),
    ...groups.flatMap((group, at) => [paint('underlined', `Group ${at + 1}`), ...groupLines(group, paint)]),
    '',
  ].join('\n');
}

function thresholdLines({ before, after }: KeyChange['threshold'], paint: Painter): string[] {
  if (before === after) return after > 0 ? [`shamir_threshold: ${after}`] : [];
  return [
    ...(after > 0 ? [paint('green', `+++ shamir_threshold: ${after}`)] : []),
    ...(before > 0 ? [paint('red', `--- shamir_threshold: ${before}`)] : []),
  ];
}

function groupLines({ kept, added, removed }: GroupChange, paint: Painter): string[] {
  return [
    ...kept.map((key) => `    ${printable(key)}`),
    ...added.map((key) => paint('green', `+++ ${printable(key)}`)),
    ...removed.map((key) => paint('red', `--- ${printable(key)}`)),
  ];
}
