/** The file that an editor works on: plaintext in a private folder, with the reason on top why it could not be taken. */
import { basename, dirname, join } from 'node:path';
import { SopsError } from '../../errors.js';
import { makePrivateFolder, type PrivateFolder, removeLeftovers } from '../../exec/private-folder.js';
import type { OwnProcess } from '../../exec/process-access.js';
import { listQuietly, systemCode, systemReason } from '../../util/files/files.js';
import { lstatSync, readFileSync, statSync, writeFileSync } from '../../util/files/fs.js';
import type { Host } from '../../util/host/host.js';
import { decodeText, encodeText } from '../../util/text/text.js';

/** What an editor that is ended puts beside the file: text that was typed and not saved. */
export interface EmergencyCopy {
  /** What the name of the file gets at its end, for a copy of it. */
  readonly ending: string;
  readonly text: string;
}

/** In a swap file of Vim, whether it holds more than the file: `b0_dirty` of its memline.c. */
const [DIRTY_AT, DIRTY] = [1007, 0x55];

export class EditFile {
  /** Absolute; it has the name of the real file, by which editors choose what they do. */
  readonly path: string;
  private readonly folder: PrivateFolder;
  private readonly mark: string;

  /** Makes the folder. Throws `output-unwritable`. Folders that killed runs left behind are removed. */
  constructor(name: string, noticeMark: string, own: OwnProcess, host: Host) {
    removeLeftovers(own, host);
    // The lines of a notice are taken out again by how they begin.
    this.mark = `${noticeMark}sops-ts: `;
    try {
      this.folder = makePrivateFolder(own, host);
    } catch (cause) {
      if (cause instanceof SopsError) throw cause;
      const message = `Could not create a temporary folder: ${systemReason(cause)}`;
      throw new SopsError('output-unwritable', message, { hint: 'Set TMPDIR to a folder of yours.', cause });
    }
    this.path = join(this.folder.path, basename(name) || 'file');
  }

  /** Puts a text into the file. Throws `output-unwritable`. */
  write(text: string): void {
    try {
      writeFileSync(this.path, encodeText(text), { mode: 0o600 });
    } catch (cause) {
      throw new SopsError('output-unwritable', `Could not write temporary file: ${systemReason(cause)}`, { cause });
    }
  }

  /** Puts a text into the file, below a notice of what is wrong with it. */
  writeWithNotice(text: string, notice: readonly string[]): void {
    this.write(notice.map((line) => `${this.mark}${line}\n`).join('') + text);
  }

  /** The text without notice. Throws `input-unreadable` when the file is gone, or is none any more: a pipe would be waited for for ever. */
  read(): string {
    let text: string;
    try {
      if (statSync(this.path).isFIFO()) {
        throw new SopsError('input-unreadable', 'Error reading temporary file: the editor left a pipe there');
      }
      text = decodeText(readFileSync(this.path));
    } catch (cause) {
      if (cause instanceof SopsError) throw cause;
      // The advice for files that are not there is about names that users write.
      if (systemCode(cause) === 'ENOENT')
        throw new SopsError('input-unreadable', 'Error reading temporary file: the editor left none');
      throw new SopsError('input-unreadable', `Error reading temporary file: ${systemReason(cause)}`, { cause });
    }
    while (text.startsWith(this.mark)) {
      const end = text.indexOf('\n');
      text = end < 0 ? '' : text.slice(end + 1);
    }
    return text;
  }

  /** The copies that Vim, nano and Emacs make when a signal ends them, as when the terminal is closed. Never throws. */
  emergencyCopies(): EmergencyCopy[] {
    const name = basename(this.path);
    const swap = name.startsWith('.') ? `${name}.sw` : `.${name}.sw`;
    const endingOf = (other: string): string | undefined => {
      if (other.startsWith(swap) && other.length === swap.length + 1) return other.slice(swap.length - 3);
      if (other.startsWith(`${name}.save`)) return other.slice(name.length);
      return other === `#${name}#` ? '.autosave' : undefined;
    };
    return listQuietly(dirname(this.path)).flatMap((other) => {
      const ending = endingOf(other);
      const bytes = ending === undefined ? undefined : bytesOf(join(dirname(this.path), other));
      if (ending === undefined || !bytes || (ending.startsWith('.sw') && bytes[DIRTY_AT] !== DIRTY)) return [];
      return [{ ending, text: decodeText(bytes) }];
    });
  }

  /** Removes file and folder. Throws `write-failed` when they stay, plaintext and all. */
  remove(): void {
    this.folder.remove();
  }
}

/** Undefined for what is no regular file, or cannot be read. */
function bytesOf(path: string): Uint8Array | undefined {
  try {
    return lstatSync(path).isFile() ? readFileSync(path) : undefined;
  } catch {
    return undefined;
  }
}
