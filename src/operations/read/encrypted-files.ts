/** Finding the encrypted files below a folder, whatever they are called. */

import { constants } from 'node:buffer';
import { join } from 'node:path';
import { looksEncrypted } from '../../cipher/encrypted-value.js';
import { SopsError } from '../../errors.js';
import { tellsPlain } from '../../formats/document-error.js';
import { holdsMarks, type RecognisedFile, recognise } from '../../formats/recognise.js';
import { formatMeantBy, formatNamed } from '../../formats/registry.js';
import { nodes, type Place } from '../../tree/leaves.js';
import type { Branch, Comment, Leaf } from '../../tree/tree.js';
import { systemReason } from '../../util/files/files.js';
import { readdir, readFile, stat } from '../../util/files/fs-promises.js';
import { isPassing, tellSwept } from '../../util/files/leftovers.js';
import type { Host } from '../../util/host/host.js';
import { oneLine } from '../../util/text/one-line.js';

/** Folders that hold other versions, or other people's files. */
const PASSED_OVER: ReadonlySet<string> = new Set(['.git', '.hg', '.jj', '.svn', 'node_modules']);

export interface WalkOptions {
  /** Whether hidden files and folders are passed over. */
  readonly skipsHidden?: boolean;
  /** Whether symbolic links are among the files, whatever they lead to: reading tells. They are never followed here. */
  readonly takesLinks?: boolean;
  /** Whom to tell of what killed runs left behind there, which then goes; absent where it is to stay. */
  readonly sweepsFor?: Pick<Host, 'warn'>;
  /** The code of a folder that cannot be read; that of SOPS's own walks without it. */
  readonly errorCode?: 'failed' | 'input-unreadable';
}

/** The paths of all files below a folder, in order of their names. Throws `failed`, or what the options say. */
export async function* filesBelow(folder: string, options: WalkOptions = {}): AsyncGenerator<string> {
  const { sweepsFor, errorCode = 'failed' } = options;
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new SopsError(errorCode, `open ${oneLine(folder)}: ${systemReason(cause)}`, { file: folder, cause });
  });
  if (sweepsFor && entries.some(({ name }) => isPassing(name))) tellSwept(folder, sweepsFor);
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    if (isPassing(entry.name) || (options.skipsHidden && entry.name.startsWith('.'))) continue;
    const path = join(folder, entry.name);
    if (entry.isFile() || (options.takesLinks && entry.isSymbolicLink())) yield path;
    else if (entry.isDirectory() && !PASSED_OVER.has(entry.name)) yield* filesBelow(path, options);
  }
}

/** So many folders are looked through for what needs no certainty: a home folder has a million. */
const MOST_FOLDERS = 5000;

/** A folder and those below it, as {@link filesBelow} goes through them; those that cannot be read are passed over, and so is what is too much. */
export async function* foldersBelow(folder: string): AsyncGenerator<string> {
  const pending = [folder];
  for (let count = 0; count < MOST_FOLDERS; count++) {
    const next = pending.shift();
    if (next === undefined) return;
    yield next;
    const entries = await readdir(next, { withFileTypes: true }).catch(() => []);
    for (const entry of entries)
      if (entry.isDirectory() && !PASSED_OVER.has(entry.name)) pending.push(join(next, entry.name));
  }
}

export interface EncryptedFile extends RecognisedFile {
  readonly bytes: Uint8Array;
}

/**
 * Reads a file if it is encrypted; null when it is not. A file whose name tells no format, or another one than it has, is
 * tried in all formats. Throws `input-unreadable`, and what parsing throws for a file that may be encrypted but is broken.
 */
export async function readEncrypted(path: string): Promise<EncryptedFile | null> {
  const bytes = await readSmall(path).catch((cause: unknown) => {
    throw unreadableFile(path, cause);
  });
  return parseEncrypted(bytes, path);
}

/** The error of a file whose content is not to be had. */
export function unreadableFile(path: string, cause: unknown): SopsError {
  const message = `Error reading file: ${oneLine(path)}: ${systemReason(cause)}`;
  return new SopsError('input-unreadable', message, { file: path, cause });
}

/** The same of bytes that were read already. */
export async function parseEncrypted(bytes: Buffer, path: string): Promise<EncryptedFile | null> {
  if (!holdsMarks(bytes)) return null;
  const found = await recognise(bytes, formatMeantBy(path)).catch((error: unknown) => {
    if (tellsPlain(error)) return null;
    throw error instanceof SopsError ? error.with(error.code, { file: path }) : error;
  });
  return found?.file.metadata ? { bytes, ...found } : null;
}

/** What users must know of an encrypted file whose name tells SOPS another format. */
export function formatNote(name: string): string {
  if (formatNamed(name).unknownToSops) return `it is encrypted as ${name}, which sops cannot read`;
  return `it is encrypted as ${name}, which its name does not tell sops: that needs --input-type ${name} --output-type ${name}`;
}

/** The bytes of a file; none of one that is too large to be a text, such as the image of a disk. */
async function readSmall(path: string): Promise<Buffer> {
  const { size } = await stat(path);
  return size > constants.MAX_STRING_LENGTH ? Buffer.alloc(0) : readFile(path);
}

/** What stands encrypted in a file. */
export interface EncryptedValues {
  /** Index paths, as `set` and `--extract` take them; those of further documents begin with the document's number. */
  readonly paths: readonly string[];
  readonly comments: number;
}

/** Lists the ciphertexts of a file that is read but not open; no key is needed for that. */
export function encryptedValues({ store, file }: Pick<EncryptedFile, 'store' | 'file'>): EncryptedValues {
  if (formatNamed(store.name).whole) return { paths: [WHOLE_CONTENT], comments: 0 };
  const paths: string[] = [];
  let comments = 0;
  for (const place of nodes(file.documents)) {
    const { node } = place;
    if (node.kind === 'comment' && looksEncrypted(node.text)) comments += 1;
    if (node.kind === 'leaf' && typeof node.value === 'string' && looksEncrypted(node.value))
      paths.push(indexText(place));
  }
  return { paths, comments };
}

/** How the one value of a binary file is called. */
export const WHOLE_CONTENT = 'the whole content';

/** A place as `set` and `--extract` take it; one in a further document begins with the document's number. */
export function indexText({ treePath, root }: Pick<Place, 'treePath' | 'root'>): string {
  const indexes = treePath.map((step) => (typeof step === 'string' ? `["${step}"]` : `[${step}]`));
  return `${root === 0 ? '' : `document ${root + 1}: `}${indexes.join('')}`;
}

/** The leaves and comments that stand encrypted in documents that were read, with their ciphertext. */
export function sealedTexts(documents: readonly Branch[]): Map<Leaf | Comment, string> {
  const sealed = new Map<Leaf | Comment, string>();
  for (const { node } of nodes(documents)) {
    if (node.kind !== 'comment' && node.kind !== 'leaf') continue;
    const text = node.kind === 'comment' ? node.text : node.value;
    if (typeof text === 'string' && looksEncrypted(text)) sealed.set(node, text);
  }
  return sealed;
}
