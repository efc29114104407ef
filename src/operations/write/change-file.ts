/** Changing single entries of an encrypted file in place: what `set` and `unset` have in common. */

import { SopsError } from '../../errors.js';
import { holdsTextsAlone } from '../../formats/registry.js';
import { openRun, type Run } from '../../run/run.js';
import { doubledKeyWarning } from '../../tree/doubled-key.js';
import type { TreePath } from '../../tree/path.js';
import type { Branch } from '../../tree/tree.js';
import type { Host } from '../../util/host/host.js';
import { oneLine } from '../../util/text/one-line.js';
import { writeOutput } from '../output.js';
import { nameOf, readSealed } from '../read/input.js';
import { type OpenedFile, openFile, renderPlain } from '../read/open-file.js';
import type { FileRequest } from '../requests.js';
import { redoing } from '../retry-on-change.js';
import { changedText } from './edited-text.js';
import { asMarshalling } from './seal-file.js';
import { sealText } from './seal-text.js';

export interface ChangeRequest extends FileRequest {
  readonly ignoreMac: boolean;
  /** Type identifiers separated by commas. */
  readonly decryptionOrder?: string | undefined;
  /** Leaves the file alone when the change changes nothing (and, for `unset`, when there is nothing to remove). */
  readonly idempotent: boolean;
  /** The entry that is changed. */
  readonly path: TreePath;
}

export interface ChangeOutcome {
  readonly warnings: string[];
  /** Whether the file was written. */
  readonly written: boolean;
}

/**
 * Opens a file, lets `change` alter its first document, and writes it with that change alone: its text, and the
 * ciphertext of what is untouched, stay. `change` returns whether anything is different now.
 * Throws SopsError, in the order of docs/command-line.md#set and docs/command-line.md#unset.
 */
export async function changeFile(
  request: ChangeRequest,
  change: (document: Branch) => boolean,
  host: Host,
): Promise<ChangeOutcome> {
  const run = await openRun({ ...request, filePath: nameOf(request) }, host);
  return redoing(() => changeOnce(request, change, run));
}

async function changeOnce(
  request: ChangeRequest,
  change: (document: Branch) => boolean,
  run: Run,
): Promise<ChangeOutcome> {
  const { keyServices, decryptionOrder } = run;
  const found = await readSealed(request, run, 'ciphertext');
  const opened = await openFile(found, {
    ignoreMac: request.ignoreMac,
    rewrites: true,
    decryptionOrder,
    keyServices,
    trail: run.trail(request.input),
  });
  const { printer, read } = found;
  const indent = run.indent(request.indent, found);
  const before = renderPlain(opened, indent.width);
  const [document] = opened.file.documents;
  const doubled = document && doubledKeyWarning(document, request.path);
  if (doubled !== undefined) opened.warnings.push(doubled);
  const changing = opened.store.contentKey !== undefined ? keepingContent(change, request, run) : change;
  // There plaintext does not show all that values are.
  const exact = holdsTextsAlone(opened.store.name) ? exactChange(opened, change) : undefined;
  const edited = await marshalled(() => changedText(opened, before.text, changing, indent.width));
  const { text: after } = edited;
  const changed = exact?.changed ?? edited.changed;
  const { warnings } = opened;
  if (!changed && request.idempotent) {
    run.log?.({ component: 'CMD', level: 'info', message: 'File not written due to no change' });
    return { warnings, written: false };
  }
  const exactly = exact?.documents;
  const sealed = await sealText({ opened, before, after, printer, indent, exactly, letsGo: true });
  await writeOutput(sealed.bytes, 'ciphertext', { ...request, read }, run);
  return { warnings, written: true };
}

/**
 * The same change in what was decrypted: `a\nb` may be four characters there, and three in the plaintext. The plaintext must have been made
 * of it before.
 */
function exactChange({ file: { documents } }: OpenedFile, change: (document: Branch) => boolean): ExactChange {
  const [document] = documents;
  return { documents, changed: document !== undefined && change(document) };
}

interface ExactChange {
  readonly documents: readonly Branch[];
  readonly changed: boolean;
}

/** A binary file is one text, which is all that decrypting shows: what else is put beside it in its container is seen by nobody. */
function keepingContent(
  change: (document: Branch) => boolean,
  { input }: ChangeRequest,
  run: Run,
): (document: Branch) => boolean {
  return (document) => {
    const changed = change(document);
    const [data, ...others] = document.items;
    const isContent = data?.kind === 'item' && data.value.kind === 'leaf' && typeof data.value.value === 'string';
    if (isContent && others.length === 0) return changed;
    const name = oneLine(input.kind === 'file' ? input.path : 'it');
    const message = 'it is encrypted as binary, which is one text without keys: decrypt would not show what is changed';
    if (!run.calledAsSops) {
      const again = `sops-ts decrypt -i ${name} && sops-ts encrypt -i --input-type dotenv ${name}`;
      const hint = `Change the text itself: sops-ts edit ${name}. If it is a dotenv file inside: ${again}`;
      throw new SopsError('set-syntax', message, { hint });
    }
    run.warn(`${name}: ${message}`);
    return changed;
  };
}

async function marshalled<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw asMarshalling(error);
  }
}
