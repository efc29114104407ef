/** What is said when a data key cannot be recovered: each group and key with its reason, short and in full. */
import { SopsError } from '../errors.js';
import { joinHints, type KeyFailure } from './key-failure.js';

/** What came of one group: null when it was opened. */
export type GroupFailures = readonly KeyFailure[] | null;

/** Shown in the short form; the full one has everything. */
const SHORT_REASON = 240;
/** With more groups than this, they share a line, so that a message stays within five. */
const MOST_GROUP_LINES = 2;
const REASON_COLUMNS = 60;
const TRAILER_COLUMNS = 75;

/**
 * The error for a file whose data key was not recovered. Its message is a few lines that hold what scripts
 * match in SOPS's report (docs/command-line.md#messages-that-scripts-match); its detail is that report.
 */
export function notRecovered(groups: readonly GroupFailures[], threshold: number): SopsError {
  const shown = groups.map((group, index) => `Group ${index}: ${group ? shortGroup(group) : 'SUCCESS'}`);
  const trailer = trailerOf(groups, threshold);
  const message = [
    'Failed to get the data key required to decrypt the SOPS file.',
    ...(shown.length > MOST_GROUP_LINES ? [shown.join(' | ')] : shown),
    `${trailer[0]} Use or ask for one of these keys; --verbose shows all reasons.`,
  ].join('\n');
  const blocks = groups.map((group, index) => fullGroup(group, index));
  const detail = `${blocks.join('\n\n')}\n\n${wrap(trailer.join(' '), TRAILER_COLUMNS).join('\n')}`;
  const hint = joinHints(groups.flatMap((group) => group ?? []).flatMap((failure) => failure.hints ?? []));
  return new SopsError('data-key-not-recovered', message, { detail, ...(hint === undefined ? {} : { hint }) });
}

/** Keys that failed for the same reason share it. */
function shortGroup(failures: readonly KeyFailure[]): string {
  const byReason = new Map<string, string[]>();
  for (const { keyString, reasons } of failures) {
    const reason = [...new Set(reasons.map((one) => shortReason(one, keyString)))].join('; ');
    byReason.set(reason, [...(byReason.get(reason) ?? []), `${keyString}: FAILED`]);
  }
  const shown = [...byReason].map(([reason, keys]) => `${keys.join(', ')}${reason && ` - ${reason}`}`);
  return shown.length === 0 ? 'FAILED' : `FAILED  ${shown.join('; ')}`;
}

/** The first sentence of a reason, without naming the key once more. */
function shortReason(reason: string, keyString: string): string {
  const sentence =
    reason
      .replaceAll(` key '${keyString}'`, ' key')
      .trim()
      .split(/\.\s|\n/, 1)[0] ?? '';
  return sentence.length > SHORT_REASON ? `${sentence.slice(0, SHORT_REASON)}…` : sentence;
}

/** Why that is not enough, in sentences; the first one says it all. */
function trailerOf(groups: readonly GroupFailures[], threshold: number): readonly [string, string] {
  if (threshold === 0) {
    return [
      'Recovery failed because no master key was able to decrypt the file.',
      'In order for SOPS to recover the file, at least one key has to be successful, but none were.',
    ];
  }
  const opened = groups.filter((group) => group === null).length;
  return [
    `Recovery failed because the file was encrypted with a Shamir threshold of ${threshold}, but only ${opened} part(s) were successfully recovered, one for each successful key group.`,
    `In order for SOPS to recover the file, at least ${threshold} groups have to be successful. In order for a group to be successful, decryption has to succeed with any of the keys in that key group.`,
  ];
}

function fullGroup(group: GroupFailures, index: number): string {
  if (!group) return `Group ${index}: SUCCESS`;
  return [`Group ${index}: FAILED`, group.map(fullKey).join('\n  \n')].join('\n');
}

function fullKey({ keyString, reasons }: KeyFailure): string {
  const blocks = reasons.map((reason) => `    - | ${wrap(reason, REASON_COLUMNS).join('\n      | ')}`);
  return [`  ${keyString}: FAILED`, blocks.join('\n    \n')].join('\n');
}

/** The lines of a text, broken at white space where they are longer than some columns; its own line breaks stay. */
function wrap(text: string, columns: number): string[] {
  return text.split('\n').flatMap((line) => {
    const lines: string[] = [];
    let current = '';
    for (const word of line.split(/\s+/)) {
      if (current !== '' && current.length + 1 + word.length > columns) {
        lines.push(current);
        current = word;
      } else {
        current = current === '' ? word : `${current} ${word}`;
      }
    }
    return [...lines, current];
  });
}
