/** Which versions of an encrypted file had the data key that it has now: told from what git has of them, without any key. */
import { dirname } from 'node:path';
import { SopsError } from '../errors.js';
import { readBlobs } from '../exec/git/blobs.js';
import { workTreeOf } from '../exec/git/places.js';
import type { GitCall } from '../exec/git/run-git.js';
import { metadataFromBranch } from '../metadata/from-branch.js';
import type { Metadata } from '../metadata/metadata.js';
import { parseEncrypted, sealedTexts } from '../operations/read/encrypted-files.js';
import type { Session } from '../util/host/host.js';

/** What a version of a file tells of its data key. */
export interface KeyTrace {
  readonly metadata: Metadata;
  /** Texts that no other data key gives. */
  readonly marks: ReadonlySet<string>;
}

/** Null for what is not encrypted, and for a version that cannot be read, which tells nothing: one with marks of a conflict, say. */
export async function traceOf(bytes: Buffer): Promise<KeyTrace | null> {
  try {
    const found = await parseEncrypted(bytes, '');
    if (!found) return null;
    const metadata = metadataFromBranch(found.file.metadata);
    const sealed = sealedTexts(found.file.documents).values();
    const wrapped = metadata.keyGroups.flat().map(({ enc }) => enc.trim());
    return { metadata, marks: new Set([...sealed, ...wrapped].filter((mark) => mark !== '')) };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return null;
  }
}

/** The traces of contents that git has, by their ids. */
export async function tracesOf(blobs: Iterable<string>, host: Session, call: GitCall): Promise<Map<string, KeyTrace>> {
  const traces = new Map<string, KeyTrace>();
  for await (const [name, bytes] of readBlobs([...new Set(blobs)], host, call)) {
    const trace = bytes ? await traceOf(bytes) : null;
    if (trace) traces.set(name, trace);
  }
  return traces;
}

/**
 * What the versions with the data key of now said, that of now first; `older` from the newest to the oldest. Two versions have one
 * data key if they share a ciphertext or a wrapped key, since each is made with random bytes; a rotation leaves none of them. Whatever
 * shares one with a version that has the key has it, too.
 */
export function underSameKey(now: KeyTrace, older: readonly KeyTrace[]): Metadata[] {
  const marks = new Set(now.marks);
  const same = [now.metadata];
  for (const trace of older) {
    if (![...trace.marks].some((mark) => marks.has(mark))) continue;
    same.push(trace.metadata);
    for (const mark of trace.marks) marks.add(mark);
  }
  return same;
}

/** Files by the top of the work tree that they stand in; null for those that stand in none. */
export async function byWorkTree<File extends { readonly absolute: string }>(
  files: Iterable<File>,
  host: Session,
): Promise<Map<string | null, File[]>> {
  const byTop = new Map<string | null, File[]>();
  const tops = new Map<string, string | null>();
  for (const file of files) {
    const folder = dirname(file.absolute);
    let top = tops.get(folder);
    if (top === undefined) {
      top = (await workTreeOf(folder, host, true))?.top ?? null;
      tops.set(folder, top);
    }
    const within = byTop.get(top) ?? [];
    within.push(file);
    byTop.set(top, within);
  }
  return byTop;
}

/** How git is asked for versions: what a partial clone left out is not fetched. */
export function historyCall(top: string): GitCall & { readonly cwd: string } {
  return { cwd: top, elsewhere: true, env: { GIT_NO_LAZY_FETCH: '1' } };
}
