/** The error for a text that is not of its format: where it fails, and never what stands there. */
import { notDecryptable } from '../cipher/leaf-cipher.js';
import { type ErrorDetails, SopsError } from '../errors.js';
import { conflictLines } from './merge-conflict.js';

/** The `document-invalid` error for a problem at an offset of a text; with git's marks in it, that is the problem. */
export function documentError(text: string, at: number, problem: string, details?: ErrorDetails): SopsError {
  const merge = mergeError(text);
  if (merge) return merge;
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const column = at - before.lastIndexOf('\n');
  return new SopsError('document-invalid', `line ${line}, column ${column}: ${problem}`, details);
}

/** The error for a text that failed because git left its marks in it; undefined for one without. */
export function mergeError(text: string): SopsError | undefined {
  const marked = conflictLines(text);
  return marked.length > 0 ? unresolvedMerge(marked) : undefined;
}

/** The error of a file that holds what SOPS reads and can neither encrypt nor decrypt; of one with metadata the latter is told. */
export function unwalkable(error: SopsError, metadata: unknown): SopsError {
  return metadata ? notDecryptable(error.path ?? [], error.message) : error;
}

/** Whether an error tells that a file is surely not encrypted: it is empty, or was read to its end without metadata. */
export function tellsPlain(error: unknown): error is SopsError {
  return error instanceof SopsError && (error.code === 'empty-file' || error.code === 'leaf-not-encryptable');
}

/** More lines than these are counted only. */
const MOST_LINES = 9;

function unresolvedMerge(lines: readonly number[]): SopsError {
  const named = lines.slice(0, MOST_LINES);
  const others = lines.length - named.length;
  const [last = 0] = named.slice(-1);
  const listed = named.length > 1 ? `lines ${named.slice(0, -1).join(', ')} and ${last}` : `line ${last}`;
  const more = others > 0 ? `, and ${others} more` : '';
  return new SopsError(
    'document-invalid',
    `the file holds an unresolved merge: conflict markers of git in ${listed}${more}`,
    {
      hint: `Plaintext: mend it in an editor. Ciphertext: take one side whole (git checkout --ours FILE, or --theirs),
then bring in what the other side changed: values with sops-ts edit or set, recipients with sops-ts updatekeys.`,
    },
  );
}
