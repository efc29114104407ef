/** Files that Git LFS keeps elsewhere: the repository holds a pointer, and a copy of the content may lie beside it. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { contentOf } from '../contents.js';

/** The pointer's text (specification of Git LFS, "The Pointer"): a few lines, the version first. */
const POINTER =
  /^version https:\/\/git-lfs\.github\.com\/spec\/v1\n(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\nsize \d+\n?$/;
const MOST_BYTES = 1024;

/** The id of the content that bytes point to; undefined for bytes that are no pointer. */
export function lfsObjectOf(bytes: Buffer): string | undefined {
  if (bytes.length > MOST_BYTES || !bytes.subarray(0, 8).equals(VERSION)) return undefined;
  return POINTER.exec(bytes.toString('latin1'))?.[1];
}

const VERSION = Buffer.from('version ');

/** The content behind an id, where this machine has it; what does not have the hash that the id is counts as absent. */
export function lfsContent(id: string, commonFolder: string): Buffer | null {
  const content = contentOf(join(commonFolder, 'lfs', 'objects', id.slice(0, 2), id.slice(2, 4), id));
  if (content.kind !== 'file') return null;
  return createHash('sha256').update(content.bytes).digest('hex') === id ? content.bytes : null;
}
