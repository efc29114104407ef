/** The sheet of conflicts in the user's editor: plaintext in a private folder, until every conflict is decided. */
import { basename } from 'node:path';
import { SopsError } from '../../errors.js';
import type { Editor } from '../../exec/editor.js';
import { runEditor } from '../../exec/editor.js';
import { ENDING_SIGNALS, type OwnProcess } from '../../exec/process-access.js';
import { conflictLines } from '../../formats/merge-conflict.js';
import type { FormatStore } from '../../formats/store.js';
import { EditFile } from '../../operations/write/edit-file.js';
import { leaf, type Value } from '../../tree/tree.js';
import { cleanUpAfter } from '../../util/cleanup.js';
import type { Host } from '../../util/host.js';
import { oneLine } from '../../util/one-line.js';
import type { Side, TreeConflict } from '../merge/tree-merge.js';
import { ConflictSheet } from './conflict-sheet.js';
import { markedDifference, mergedLines } from './hunks.js';

/** What deciding in an editor needs of the process. */
export interface SheetTools {
  readonly own: OwnProcess;
  findEditor(): Promise<Editor>;
  /** Tells why the text was not taken and waits for a line; false when nobody is there any more. */
  pause(reason: string): Promise<boolean>;
}

export interface SheetWork {
  readonly conflicts: readonly TreeConflict[];
  readonly store: FormatStore;
  /** Whether the file is one text, which is then shown as it is. */
  readonly whole: boolean;
  readonly file: string;
  /** Who changed the file last on a side. */
  readonly authors: Partial<Record<Side, string>>;
  readonly labels: Readonly<Record<Side, string>>;
}

const MARK_SIZE = 7;

/** What the user decides for each conflict. Throws `edit-unchanged` when nothing was decided, and as the editor does. */
export async function decidedOnSheet(work: SheetWork, tools: SheetTools, host: Host): Promise<(readonly Value[])[]> {
  const editor = await tools.findEditor();
  const { shown, read } = work.whole ? wholeText(work) : await sheetOf(work);
  const name = work.whole ? basename(work.file) : `${basename(work.file)}.conflicts.yaml`;
  const file = new EditFile(name, '# sops-ts: ', tools.own, host);
  return cleanUpAfter(
    () => untilDecided({ file, shown, read, editor }, tools, host),
    () => file.remove(),
  );
}

interface Shown {
  readonly shown: string;
  /** The decisions of an edited text. Throws SopsError that the user can mend. */
  read(text: string): (readonly Value[])[];
}

async function sheetOf({ conflicts, store, file, authors, labels }: SheetWork): Promise<Shown> {
  const sheet = await ConflictSheet.of(conflicts, store);
  const heading = [
    `${oneLine(basename(file))}: values that both sides changed. Leave what is to stand there, take out the marks, save.`,
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
    throw new SopsError('conflict', 'the file is no text, so an editor is no help', {
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

interface Editing extends Shown {
  readonly file: EditFile;
  readonly editor: Editor;
}

async function untilDecided(
  { file, shown, read, editor }: Editing,
  { own, pause }: SheetTools,
  host: Host,
): Promise<(readonly Value[])[]> {
  let cancel = (): void => undefined;
  const cancelled = new Promise<never>((_, reject) => {
    cancel = () => reject(new SopsError('failed', 'User canceled operation'));
  });
  cancelled.catch(() => undefined);
  let running: ReturnType<typeof runEditor> | undefined;
  const stopListening = own.onSignals(ENDING_SIGNALS, (signal) => {
    void running?.stop(signal);
    cancel();
  });
  try {
    file.write(shown);
    for (;;) {
      running = runEditor(editor, file.path, host);
      await Promise.race([running.done, cancelled]);
      running = undefined;
      const text = file.read();
      if (text === shown) throw new SopsError('edit-unchanged', 'Nothing was decided, exiting.');
      const decided = mendable(() => read(text));
      if (!(decided instanceof SopsError)) return decided;
      file.writeWithNotice(text, [decided.message, ...(decided.hint?.split('\n') ?? [])]);
      const isThere = await Promise.race([pause(decided.message), cancelled]);
      if (!isThere) throw decided;
    }
  } finally {
    await running?.stop('SIGTERM');
    stopListening();
  }
}

function mendable<T>(task: () => T): T | SopsError {
  try {
    return task();
  } catch (error) {
    if (error instanceof SopsError) return error;
    throw error;
  }
}
