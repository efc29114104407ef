/** Since when a file has its data key: told from what the file says of itself, and from the versions of it that git has. */
import { dirname } from 'node:path';
import { SopsError } from '../../errors.js';
import { readBlobs } from '../../exec/git/blobs.js';
import { pastVersionsOf } from '../../exec/git/history.js';
import { workTreeOf } from '../../exec/git/places.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import type { Metadata } from '../../metadata/metadata.js';
import { type EncryptedFile, parseEncrypted, sealedTexts } from '../../operations/read/encrypted-files.js';
import type { Session } from '../../util/host.js';
import type { DataKeyAge, ReadableFile } from './access-table.js';

/**
 * Sets the ages of data keys. Two versions of a file have one data key if they share a ciphertext or a wrapped key, since each is made with
 * random bytes; a rotation leaves none of them.
 */
export async function addAges(contents: ReadonlyMap<ReadableFile, EncryptedFile>, host: Session): Promise<void> {
  const byTree = new Map<string, [ReadableFile, EncryptedFile][]>();
  const folders = new Map<string, string | null>();
  for (const entry of contents) {
    const folder = dirname(entry[0].absolute);
    let top = folders.get(folder);
    if (top === undefined) {
      top = (await workTreeOf(folder, host, true))?.top ?? null;
      folders.set(folder, top);
    }
    const [file, { file: source }] = entry;
    if (top === null) file.dataKey = { since: oldestIn([metadataFromBranch(source.metadata)]), source: 'file' };
    else byTree.set(top, [...(byTree.get(top) ?? []), entry]);
  }
  for (const [top, entries] of byTree) await addFromHistory(top, entries, host);
}

async function addFromHistory(
  top: string,
  entries: readonly (readonly [ReadableFile, EncryptedFile])[],
  host: Session,
): Promise<void> {
  const call = { cwd: top, elsewhere: true };
  const versions = await pastVersionsOf(
    entries.map(([{ absolute }]) => absolute),
    host,
    call,
  );
  const blobs = [...new Set([...versions.values()].flat())];
  const traces = new Map<string, Trace>();
  for await (const [name, bytes] of readBlobs(blobs, host, call)) {
    const trace = bytes ? await traceOf(bytes) : null;
    if (trace) traces.set(name, trace);
  }
  for (const [file, { file: source, bytes }] of entries) {
    const now = await traceOf(Buffer.from(bytes));
    const metadata = metadataFromBranch(source.metadata);
    const older = (versions.get(file.absolute) ?? []).flatMap((blob) => traces.get(blob) ?? []);
    file.dataKey = now ? ageAmong(now, older) : { since: oldestIn([metadata]), source: 'file' };
  }
}

/** What a version of a file tells of its data key. */
interface Trace {
  readonly metadata: Metadata;
  /** Texts that no other data key gives. */
  readonly marks: ReadonlySet<string>;
}

/** The versions from the newest to the oldest. Whatever shares a mark with one that has the key has it, too. */
function ageAmong(now: Trace, older: readonly Trace[]): DataKeyAge {
  const marks = new Set(now.marks);
  const same = [now.metadata];
  for (const trace of older) {
    if (![...trace.marks].some((mark) => marks.has(mark))) continue;
    same.push(trace.metadata);
    for (const mark of trace.marks) marks.add(mark);
  }
  return { since: oldestIn(same), source: older.length > 0 ? 'git' : 'file' };
}

async function traceOf(bytes: Buffer): Promise<Trace | null> {
  try {
    const found = await parseEncrypted(bytes, '');
    if (!found) return null;
    const metadata = metadataFromBranch(found.file.metadata);
    const sealed = sealedTexts(found.file.documents).values();
    const wrapped = metadata.keyGroups.flat().map(({ enc }) => enc.trim());
    return { metadata, marks: new Set([...sealed, ...wrapped].filter((mark) => mark !== '')) };
  } catch (error) {
    // A version that cannot be read tells nothing: one with marks of a conflict, say.
    if (!(error instanceof SopsError)) throw error;
    return null;
  }
}

/** The first time that is told by anything: a key is at least as old as what was made with it. */
function oldestIn(versions: readonly Metadata[]): string {
  const times = versions.flatMap(({ lastModified, keyGroups }) => [
    lastModified,
    ...keyGroups.flat().flatMap(({ createdAt }) => createdAt ?? []),
  ]);
  const known = times.filter((time) => !Number.isNaN(Date.parse(time)));
  return known.reduce(
    (first, time) => (Date.parse(time) < Date.parse(first) ? time : first),
    known[0] ?? times[0] ?? '',
  );
}
