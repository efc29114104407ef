/** The encrypted files among many: told by their metadata, whatever they are called. */
import { isAbsolute, relative } from 'node:path';
import { SopsError } from '../errors.js';
import { type EncryptedFile, parseEncrypted, unreadableFile } from '../operations/read/encrypted-files.js';
import { isWithin } from '../util/files/files.js';
import { nextTurn } from '../util/waiting/task-queue.js';
import { type Content, contentOf } from './contents.js';
import type { FoundFile } from './operands.js';

/** A file that was looked at. */
export interface LookedAt {
  readonly file: FoundFile;
  /** What it is, if it is encrypted; an error where that cannot be told; null for anything else. */
  readonly encrypted: EncryptedFile | SopsError | null;
}

/** Marks of which every encrypted file has at least one: when the metadata was cut off, the values are still there. */
const MARKS = ['ENC[AES256_GCM,', 'sops'] as const;
/** After this many files that were looked at without waiting, other work gets its turn. */
const TURN = 256;

/**
 * Looks at files, and yields those that are encrypted or may be, in the order given. A link is looked at where it leads, and what stands
 * there is reported once and by its own path, if that is within `top`; of files that were named themselves wherever it leads.
 */
export async function* encryptedAmong(files: readonly FoundFile[], top: string): AsyncGenerator<LookedAt> {
  const sight = new FileSight(files, top);
  let count = 0;
  for (const one of files) {
    if (++count % TURN === 0) await nextTurn();
    const look = sight.at(one);
    if (look === null) continue;
    const encrypted = await encryptedIn(look.file, look.content);
    if (encrypted !== null) yield { file: look.file, encrypted };
  }
}

/** A file and what stands in it. */
export interface SightedFile {
  /** Of a link the file that it leads to. */
  readonly file: FoundFile;
  readonly content: Content;
}

/** Looks at files of a list, at each once however many links lead to it. */
export class FileSight {
  readonly #listed: ReadonlySet<string>;
  readonly #top: string;
  readonly #seen = new Set<string>();

  /** Given the whole list, it leaves a link to a file that is in the list as well to that file's turn. Links are followed within `top`. */
  constructor(files: readonly FoundFile[], top: string) {
    this.#listed = new Set(files.map(({ absolute }) => absolute));
    this.#top = top;
  }

  /** The next one; null for a file that is not to be looked at, or was already. */
  at(file: FoundFile): SightedFile | null {
    const content = contentOf(file.absolute);
    if (content.kind !== 'link') return this.#once(file, content);
    const { target } = content;
    if (target === undefined) return file.isNamed ? { file, content } : null;
    const isWithinTop = isWithin(target, this.#top);
    if (this.#listed.has(target) || !(isWithinTop || file.isNamed)) return null;
    const path = isAbsolute(file.path) ? target : relative(this.#top, target);
    return this.#once(isWithinTop ? { ...file, path, absolute: target } : file, contentOf(target), target);
  }

  #once(file: FoundFile, content: Content, absolute = file.absolute): SightedFile | null {
    if (this.#seen.has(absolute)) return null;
    this.#seen.add(absolute);
    return { file, content };
  }
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
