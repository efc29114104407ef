/** What `git diff` and its kin show of a file: its plaintext where that is to be had without asking anybody, else the bytes as they are. */
import { endingPrograms } from '../exec/started-programs.js';
import { conflictLines } from '../formats/merge-conflict.js';
import { holdsMarks } from '../formats/recognise.js';
import { decryptFile } from '../operations/read/decrypt.js';
import { readInput } from '../operations/read/input.js';
import type { Session } from '../util/host/host.js';
import { isError } from '../util/realms.js';
import { oneLine } from '../util/text/one-line.js';
import { decodeText } from '../util/text/text.js';
import { withDeadline } from '../util/waiting/deadline.js';
import { keyTimeout } from '../util/waiting/timeout.js';

/** What is shown. */
export interface ShownText {
  readonly bytes: Uint8Array;
  /** Why an encrypted file is shown as it is; undefined where it is not, and for files that are not encrypted. */
  readonly reason?: string;
}

/**
 * The text of a file for git, which ends the whole command (`git log -p`) when this fails. So whatever keeps an encrypted file closed (no
 * key, an unfinished merge, broken metadata, a service that does not answer) is a reason and no error. Nobody is asked for anything.
 * Throws `input-unreadable` alone: where there are no bytes there is nothing to show.
 */
export async function textForGit(path: string, host: Session): Promise<ShownText> {
  const bytes = await readInput({ kind: 'file', path }, host);
  if (!holdsMarks(bytes)) return { bytes };
  if (conflictLines(decodeText(bytes)).length > 0) return { bytes, reason: 'it holds the marks of a merge' };
  try {
    return { bytes: await decrypted(path, unattended(host)) };
  } catch (error) {
    return { bytes, reason: oneLine(isError(error) ? error.message : 'unknown error') };
  }
}

/** git is not to be kept waiting longer than one answer of a service may take, however many keys a file has. */
function decrypted(path: string, host: Session): Promise<Uint8Array> {
  return withDeadline(keyTimeout(host), undefined, (signal) =>
    endingPrograms(signal, async () => {
      let text: Uint8Array = new Uint8Array();
      const write = async (bytes: Uint8Array): Promise<void> => {
        text = bytes;
      };
      const input = { kind: 'file', path } as const;
      await decryptFile({ input, output: { kind: 'stdout', write }, ignoreMac: false }, host);
      return text;
    }),
  );
}

/** The same surroundings with nobody there: no questions, no notes between the lines of a pager. */
function unattended(host: Session): Session {
  return host.fork({
    isUnattended: true,
    askSecret: () => Promise.reject(new Error('nobody can be asked while git shows a file')),
    confirm: undefined,
    begin: undefined,
    warn: () => undefined,
  });
}
