/** The sheet of conflicts in the user's editor: plaintext in a private folder, until every conflict is decided. */
import { basename, dirname, join } from 'node:path';
import { SopsError } from '../../errors.js';
import { conflictLines } from '../../formats/merge-conflict.js';
import type { FormatStore } from '../../formats/store.js';
import { type EditProblem, type EditTools, type EditWork, editUntilTaken } from '../../operations/write/edit-rounds.js';
import { type RescueKeys, rescued } from '../../operations/write/unsaved-edit.js';
import { leaf, type Value } from '../../tree/tree.js';
import type { Host } from '../../util/host/host.js';
import { oneLine } from '../../util/text/one-line.js';
import type { Side, TreeConflict } from '../merge/merge-contract.js';
import { ConflictSheet } from './conflict-sheet.js';
import { markedDifference, mergedLines } from './hunks.js';

export interface SheetWork {
  readonly conflicts: readonly TreeConflict[];
  readonly store: FormatStore;
  /** Whether the file is one text, which is then shown as it is. */
  readonly whole: boolean;
  readonly file: string;
  /** Who changed the file last on a side. */
  readonly authors: Partial<Record<Side, string>>;
  readonly labels: Readonly<Record<Side, string>>;
  /** What is decided and does not get into the file is kept with them; undefined where there are none. */
  readonly keys: RescueKeys | undefined;
}

const MARK_SIZE = 7;

/**
 * What `finish` makes of what the user decides for each conflict. Decisions that it does not take are kept, encrypted, beside the file.
 * Throws `edit-unchanged` when nothing was decided, what `finish` throws, and as the editor does.
 */
export async function decidedOnSheet<Result>(
  work: SheetWork,
  tools: EditTools,
  host: Host,
  finish: (decided: readonly (readonly Value[])[]) => Promise<Result>,
): Promise<Result> {
  const editor = await tools.findEditor();
  const { shown, read } = work.whole ? wholeText(work) : await sheetOf(work);
  const { keys, file } = work;
  const name = work.whole ? basename(file) : `${basename(file)}.conflicts.yaml`;
  const rounds: EditWork<Result> = {
    editor,
    name,
    noticeMark: '# sops-ts: ',
    shown,
    unchanged: 'Nothing was decided, exiting.',
    async take(text) {
      const decided = decidedOr(() => read(text));
      return 'taken' in decided ? { taken: await finish(decided.taken) } : decided;
    },
    failed: async (error, text, copies) =>
      keys && rescued(error, { text, shown, copies, path: join(dirname(file), name) }, keys, host),
  };
  return editUntilTaken(rounds, tools, host);
}

interface Shown {
  readonly shown: string;
  /** The decisions of an edited text. Throws SopsError that the user can mend. */
  read(text: string): (readonly Value[])[];
}

async function sheetOf({ conflicts, store, file, authors, labels }: SheetWork): Promise<Shown> {
  const sheet = await ConflictSheet.of(conflicts, store);
  const heading = [
    `${oneLine(basename(file))}: values in conflict. Leave what is to stand there, take out the marks, save.`,
    'A value that does not stand here any more is taken out of the file.',
    ...(['ours', 'theirs'] as const).flatMap((side) =>
      authors[side] ? [`${side}: ${oneLine(authors[side] ?? '')}`] : [],
    ),
  ];
  const shown = sheet.text(heading, { size: MARK_SIZE, labels, showsBase: true });
  return { shown, read: (text) => sheet.read(text) };
}

/** Of a file that is one text: the lines, with marks where both sides changed them. */
function wholeText({ conflicts, labels }: SheetWork): Shown {
  const textOf = (values: readonly Value[] | undefined): string => {
    const [value] = values ?? [];
    return value?.kind === 'leaf' && typeof value.value === 'string' ? value.value : '';
  };
  const [conflict] = conflicts;
  const texts = { base: textOf(conflict?.base), ours: textOf(conflict?.ours), theirs: textOf(conflict?.theirs) };
  if (Object.values(texts).some((text) => text.includes('\0'))) {
    throw new SopsError('conflict', 'the file is not text, so an editor is no help', {
      hint: 'Use --ours or --theirs.',
    });
  }
  const marking = { size: MARK_SIZE, labels, showsBase: true };
  const isKnown = (conflict?.base.length ?? 0) > 0;
  const { ours, theirs } = texts;
  const shown = (isKnown ? mergedLines(texts, marking) : markedDifference({ ours, theirs }, marking)).text;
  const read = (text: string): (readonly Value[])[] => {
    const [line] = conflictLines(text);
    if (line === undefined) return [[leaf(text)]];
    throw new SopsError('document-invalid', `a mark of a conflict is left in line ${line}`);
  };
  return { shown, read };
}

function decidedOr<T>(decide: () => T): { readonly taken: T } | EditProblem {
  try {
    return { taken: decide() };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const { message: reason, hint } = error;
    return { reason, notice: [reason, ...(hint?.split('\n') ?? [])], abandoned: error };
  }
}
