/** Changing single entries of an encrypted file in place: what `set` and `unset` have in common. */

import { formatNamed } from '../../formats/registry.js';
import { applyEdits, encodedBytes, type SourceFile } from '../../formats/store.js';
import { openRun, type Run } from '../../run/run.js';
import { sameLeafValue } from '../../tree/equality.js';
import { type Branch, branch } from '../../tree/tree.js';
import type { Host } from '../../util/host.js';
import { writeOutput } from '../output.js';
import { nameOf, readSealed } from '../read/input.js';
import { leavesOf } from '../read/leaves.js';
import { type OpenedFile, openFile, renderPlain } from '../read/open-file.js';
import type { FileRequest } from '../requests.js';
import { redoing } from '../retry-on-change.js';
import { asMarshalling } from './seal-file.js';
import { reservedKey, sealText } from './seal-text.js';

export interface ChangeRequest extends FileRequest {
  readonly ignoreMac: boolean;
  /** Type identifiers separated by commas. */
  readonly decryptionOrder?: string | undefined;
  /** Leaves the file alone when the change changes nothing (and, for `unset`, when there is nothing to remove). */
  readonly idempotent: boolean;
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
  const { text: after, changed } = marshalled(() => changedText(opened, before.text, change, indent.width));
  const { warnings } = opened;
  if (!changed && request.idempotent) {
    run.log?.({ component: 'CMD', level: 'info', message: 'File not written due to no change' });
    return { warnings, written: false };
  }
  const sealed = await sealText({ opened, before, after, printer, indent, letsGo: true });
  await writeOutput(sealed.bytes, 'ciphertext', { ...request, read }, run);
  return { warnings, written: true };
}

function marshalled<T>(task: () => T): T {
  try {
    return task();
  } catch (error) {
    throw asMarshalling(error);
  }
}

interface ChangedText {
  readonly text: string;
  readonly changed: boolean;
}

/** The plaintext with the change in it, and nothing else. What cannot be put into the text is printed anew. */
function changedText(
  opened: OpenedFile,
  before: string,
  change: (document: Branch) => boolean,
  indent: number | undefined,
): ChangedText {
  const { store } = opened;
  const parse = store.parseEditable ?? store.parsePlain ?? store.parse;
  const file = parse(encodedBytes(opened.file, before));
  const document = file.documents[0] ?? branch();
  const changed = change(document);
  checkReserved(document, store.name);
  if (!changed) return { text: before, changed };
  const spliced = applyEdits(before, file.edits(null, { indent }));
  if (readsAs(opened, spliced, file)) return { text: spliced, changed };
  opened.warnings.push('the change does not fit into the layout of this file, so the file is printed anew');
  return { text: store.emit(file.documents, null, { indent }), changed };
}

/** Whether a text reads as a tree, comments aside. Formats that have no types of their own are not asked. */
function readsAs({ store, file }: OpenedFile, text: string, { documents }: SourceFile): boolean {
  if (!store.parseEditable) return true;
  try {
    const read = leavesOf(store.parse(encodedBytes(file, text)).documents);
    const wanted = leavesOf(documents);
    return read.length === wanted.length && wanted.every((leaf, at) => isSameLeaf(leaf, read[at]));
  } catch {
    return false;
  }
}

type PlacedLeaf = ReturnType<typeof leavesOf>[number];

/** A float such as 1.0 is written `1`. */
function isSameLeaf([path, value]: PlacedLeaf, [otherPath, other]: PlacedLeaf = ['', null]): boolean {
  if (path !== otherPath) return false;
  return (
    sameLeafValue(value, other) || (typeof value === 'number' && typeof other === 'bigint' && value === Number(other))
  );
}

function checkReserved(document: Branch, format: string): void {
  const { reservedKeys } = formatNamed(format);
  for (const entry of document.items) {
    if (entry.kind !== 'item') continue;
    if (reservedKeys.test(entry.key)) throw reservedKey();
  }
}
