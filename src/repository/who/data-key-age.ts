/** Since when a file has its data key: told from what the file says of itself, and from the versions of it that git has. */
import { pastVersionsOf } from '../../exec/git/history.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import type { Metadata } from '../../metadata/metadata.js';
import type { EncryptedFile } from '../../operations/read/encrypted-files.js';
import type { Session } from '../../util/host/host.js';
import { byWorkTree, historyCall, type KeyTrace, traceOf, tracesOf, underSameKey } from '../data-key-history.js';
import type { DataKeyAge, ReadableFile } from './access-table.js';

/** Sets the ages of data keys. */
export async function addAges(contents: ReadonlyMap<ReadableFile, EncryptedFile>, host: Session): Promise<void> {
  for (const [top, files] of await byWorkTree(contents.keys(), host)) {
    const entries = files.flatMap((file) => {
      const content = contents.get(file);
      return content ? [[file, content] as const] : [];
    });
    if (top !== null) await addFromHistory(top, entries, host);
    else for (const [file, { file: source }] of entries) file.dataKey = ageOf([metadataFromBranch(source.metadata)]);
  }
}

async function addFromHistory(
  top: string,
  entries: readonly (readonly [ReadableFile, EncryptedFile])[],
  host: Session,
): Promise<void> {
  const call = historyCall(top);
  const versions = await pastVersionsOf(
    entries.map(([{ absolute }]) => absolute),
    host,
    call,
  );
  const traces = await tracesOf([...versions.values()].flat(), host, call);
  for (const [file, { file: source, bytes }] of entries) {
    const now = await traceOf(Buffer.from(bytes));
    const older = (versions.get(file.absolute) ?? []).flatMap((blob) => traces.get(blob) ?? []);
    file.dataKey = now ? ageAmong(now, older) : ageOf([metadataFromBranch(source.metadata)]);
  }
}

function ageAmong(now: KeyTrace, older: readonly KeyTrace[]): DataKeyAge {
  return { since: oldestIn(underSameKey(now, older)), source: older.length > 0 ? 'git' : 'file' };
}

function ageOf(versions: readonly Metadata[]): DataKeyAge {
  return { since: oldestIn(versions), source: 'file' };
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
