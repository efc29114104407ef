/** A text in the user's editor, which is opened again until what was typed can be taken. */
import { SopsError } from '../../errors.js';
import { type Editor, type RunningEditor, runEditor } from '../../exec/editor.js';
import { ENDING_SIGNALS, type OwnProcess } from '../../exec/process-access.js';
import { cleanUpAfter } from '../../util/cleanup.js';
import type { Host } from '../../util/host/host.js';
import { EditFile, type EmergencyCopy } from './edit-file.js';

/** What only the caller can do. */
export interface EditTools {
  readonly own: OwnProcess;
  findEditor(): Promise<Editor>;
  /** Tells why the text was not taken and waits for a line; false when nobody is there any more. */
  pause(reason: string): Promise<boolean>;
}

/** Why a text cannot be taken as it is; the user can mend that. */
export interface EditProblem {
  /** Told while the editor is closed. */
  readonly reason: string;
  /** Lines put above the text. */
  readonly notice: readonly string[];
  /** What is thrown when nobody is there to mend it. */
  readonly abandoned: SopsError;
}

export interface EditWork<T> {
  readonly editor: Editor;
  /** The name by which the editor chooses what it does; of a path the last part. */
  readonly name: string;
  /** What lines of a notice begin with. */
  readonly noticeMark: string;
  /** What the editor shows first. */
  readonly shown: string;
  /** Said of a text that was not changed. */
  readonly unchanged: string;
  /** What an edited text comes to. Throws what nobody can mend in the editor. */
  take(text: string): Promise<{ readonly taken: T } | EditProblem>;
  /**
   * What is thrown in place of an error, for a text that was typed and is not taken; undefined where there is none to be read. `copies`
   * are what the editor kept of texts that were not even saved.
   */
  failed?(error: unknown, text: string | undefined, copies: readonly EmergencyCopy[]): Promise<unknown>;
}

/**
 * What the user's text comes to. It lies in a private folder, which is gone afterwards. A signal that ends the program ends the
 * editor first. Throws `edit-unchanged`, `failed` for an edit that was cancelled, and what the editor, `take` and `failed` do.
 */
export async function editUntilTaken<T>(
  work: EditWork<T>,
  tools: Pick<EditTools, 'own' | 'pause'>,
  host: Host,
): Promise<T> {
  const file = new EditFile(work.name, work.noticeMark, tools.own, host);
  return cleanUpAfter(
    () => new EditRounds(work, tools, file, host).run(),
    () => file.remove(),
  );
}

class EditRounds<T> {
  private running: RunningEditor | undefined;
  private cancel: () => void = () => undefined;
  private readonly cancelled: Promise<never>;

  constructor(
    private readonly work: EditWork<T>,
    private readonly tools: Pick<EditTools, 'own' | 'pause'>,
    private readonly file: EditFile,
    private readonly host: Host,
  ) {
    this.cancelled = new Promise((_, reject) => {
      this.cancel = () => reject(new SopsError('failed', 'User canceled operation'));
    });
    // It is raced with every wait; between waits nobody listens.
    this.cancelled.catch(() => undefined);
  }

  async run(): Promise<T> {
    let stopping: Promise<void> | undefined;
    const stopListening = this.tools.own.onSignals(ENDING_SIGNALS, (signal) => {
      stopping ??= this.running?.stop(signal);
      this.cancel();
    });
    try {
      this.file.write(this.work.shown);
      return await this.untilTaken();
    } catch (error) {
      await stopping;
      throw (await this.work.failed?.(error, this.typedText(), this.file.emergencyCopies())) ?? error;
    } finally {
      stopListening();
    }
  }

  private async untilTaken(): Promise<T> {
    for (;;) {
      await this.openEditor();
      const text = this.file.read();
      if (text === this.work.shown) throw new SopsError('edit-unchanged', this.work.unchanged);
      const result = await this.work.take(text);
      if ('taken' in result) return result.taken;
      this.file.writeWithNotice(text, result.notice);
      const isThere = await Promise.race([this.tools.pause(result.reason), this.cancelled]);
      if (!isThere) throw result.abandoned;
    }
  }

  private async openEditor(): Promise<void> {
    this.running = runEditor(this.work.editor, this.file.path, this.host);
    try {
      await Promise.race([this.running.done, this.cancelled]);
    } finally {
      this.running = undefined;
    }
  }

  private typedText(): string | undefined {
    try {
      return this.file.read();
    } catch {
      return undefined;
    }
  }
}
