/** What `diff` prints: for a terminal, as Markdown for a pull request, for programs. */

import { differs, type FileDifference } from '../../repository/diff/difference.js';
import type { ChangedSide } from '../../repository/diff/tree-diff.js';
import { greatest } from '../../util/lists.js';
import type { Painter } from '../terminal/colours.js';
import { type DiffRow, diffTitle, notesOf, placeText, rowsOf, valueData } from './diff-rows.js';
import { printable } from './report.js';

export const DIFF_FORMATS = ['text', 'json', 'markdown'] as const;
export type DiffFormat = (typeof DIFF_FORMATS)[number];

/** A file's part of the text; empty where nothing differs. */
export function diffText(difference: FileDifference, showsValues: boolean, paint: Painter): string {
  if (differs(difference) === false) return '';
  const rows = rowsOf(difference, showsValues);
  const lines = rows.map((row) => {
    const line = `  ${row.sign} ${printable(row.what)}: ${row.note}${valuesText(row)}`;
    return row.sign === '+' ? paint('green', line) : row.sign === '-' ? paint('red', line) : line;
  });
  const notes = notesOf(difference).map((note) => `  ${note}`);
  return `${[paint('underlined', printable(diffTitle(difference))), ...lines, ...notes].join('\n')}\n`;
}

/** Only where both sides have a value the masks say anything; where values are shown, either. */
function valuesText({ before, after, sign }: DiffRow): string {
  if (before !== undefined && after !== undefined) return `: ${printable(before)} → ${printable(after)}`;
  const only = sign === '+' ? after : before;
  return only === undefined ? '' : `: ${printable(only)}`;
}

/** A file's part of the Markdown: a heading, a table, notes. Nothing that a file says is taken for Markdown or HTML. */
export function diffMarkdown(difference: FileDifference, showsValues: boolean): string {
  if (differs(difference) === false) return '';
  const rows = rowsOf(difference, showsValues).map(({ what, isPlace, note, before, after }) => {
    const cells = [isPlace ? code(what) : what, note, code(before ?? ''), code(after ?? '')];
    return `| ${cells.join(' | ')} |`;
  });
  const table = rows.length === 0 ? [] : ['| | | before | after |', '|---|---|---|---|', ...rows, ''];
  return `${[`### ${code(diffTitle(difference))}`, '', ...table, ...notesOf(difference).flatMap((note) => [note, ''])].join('\n')}\n`;
}

/**
 * A text as code: nothing in a code span is read as anything else, if its fence is longer than the backticks in it. GitHub's tables end a cell at
 * every bar that is not escaped, in code as well.
 */
function code(text: string): string {
  if (text === '') return '';
  const shown = printable(text).replaceAll('|', '\\|');
  const longest = greatest((shown.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  const gap = shown.startsWith('`') || shown.endsWith('`') ? ' ' : '';
  return `${fence}${gap}${shown}${gap}${fence}`;
}

/** What `--format json` prints (docs/repository.md#diff). */
export function diffData(differences: readonly FileDifference[], showsValues: boolean): unknown {
  return {
    version: 1,
    files: differences.map((difference) => {
      const { before, after, file, changes, gained, lost, settings, dataKey, problems } = difference;
      return {
        before: before.name,
        after: after.name,
        file,
        differs: differs(difference),
        changes: changes.map((change) => ({
          place: placeText(change),
          path: change.path,
          document: change.document,
          of: change.of,
          kind: change.kind,
          ...(change.before ? { before: sideData(change.before, showsValues) } : {}),
          ...(change.after ? { after: sideData(change.after, showsValues) } : {}),
        })),
        gained: gained.map(({ recipient, name }) => ({ recipient, name: name ?? null })),
        lost: lost.map(({ recipient, name }) => ({ recipient, name: name ?? null })),
        settings,
        dataKey,
        problems: problems.map(({ code: problem, message }) => ({ code: problem, message })),
      };
    }),
  };
}

function sideData({ type, sealed, value }: ChangedSide, showsValues: boolean): unknown {
  return { type, encrypted: sealed, ...(showsValues && value !== undefined ? { value: valueData(value) } : {}) };
}
