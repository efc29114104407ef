/** The encrypted files among many: told by their metadata, whatever they are called. */
import { SopsError } from '../errors.js';
import { type EncryptedFile, parseEncrypted, unreadableFile } from '../operations/read/encrypted-files.js';
import { isWithin } from '../util/files.js';
import { nextTurn } from '../util/task-queue.js';
import { type Content, contentBehind, contentOf } from './contents.js';
import type { FoundFile } from './operands.js';

/** A file that was looked at. */
export interface LookedAt {
  readonly file: FoundFile;
  /** What it is, if it is encrypted; an error where that cannot be told; null for anything else. */
  readonly encrypted: EncryptedFile | SopsError | null;
}

/** What every encrypted file holds one of: metadata that was cut off still leaves the values. */
const MARKS = ['ENC[AES256_GCM,', 'sops'] as const;
/** A prompt to look at files behind each other only for so long; then others get their turn. */
const TURN = 256;

/**
 * Looks at files, and yields those that are encrypted or may be, in the order given. A link is looked at where it leads, once, if that is
 * within `top`; of files that were named themselves wherever it leads.
 */
export async function* encryptedAmong(files: readonly FoundFile[], top: string): AsyncGenerator<LookedAt> {
  const seen = new Set<string>();
  let count = 0;
  for (const file of files) {
    if (++count % TURN === 0) await nextTurn();
    const content = contentFor(file, top, seen);
    if (content === null) continue;
    const encrypted = await encryptedIn(file, content);
    if (encrypted !== null) yield { file, encrypted };
  }
}

/** The content of a file that is to be looked at, null for one that is not, or was already. */
export function contentFor(file: FoundFile, top: string, seen: Set<string>): Content | null {
  const content = file.isNamed ? contentBehind(file.absolute) : contentOf(file.absolute);
  if (content.kind !== 'link') return once(file.absolute, content, seen);
  const { target } = content;
  if (target === undefined || !isWithin(target, top)) return null;
  return once(target, contentOf(target), seen);
}

function once(path: string, content: Content, seen: Set<string>): Content | null {
  if (seen.has(path)) return null;
  seen.add(path);
  return content;
}

/** What a file is, if it is encrypted; an error where that cannot be told; null for anything else. */
export async function encryptedIn(file: FoundFile, content: Content): Promise<EncryptedFile | SopsError | null> {
  if (content.kind === 'unreadable') return unreadableFile(file.path, content.cause);
  if (content.kind !== 'file' || !mayBeEncrypted(content.bytes)) return null;
  try {
    return await parseEncrypted(content.bytes, file.path);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return error;
  }
}

/** Whether bytes are worth a parser: neither mark is in most files of a repository. */
export function mayBeEncrypted(bytes: Buffer): boolean {
  return MARKS.some((mark) => bytes.includes(mark)) || bytes.includes(WIDE);
}

/** The second mark as UTF-16 holds it, in either order of bytes. */
const WIDE = 's\0o\0p\0s';
