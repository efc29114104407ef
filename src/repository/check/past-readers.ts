/** Those who were taken out of a file and still have its data key, told from git's history of the file. */
import { createHash } from 'node:crypto';
import { namesRecipient } from '../../config/recipient.js';
import { withName } from '../../config/recipient-names.js';
import { pastVersionsOf } from '../../exec/git/history.js';
import { keyStringOf } from '../../keyservice/keyservice.js';
import type { Metadata } from '../../metadata/metadata.js';
import type { Session } from '../../util/host/host.js';
import { contentBehind } from '../contents.js';
import { byWorkTree, historyCall, type KeyTrace, traceOf, tracesOf, underSameKey } from '../data-key-history.js';
import type { Discovery } from './check-finding.js';
import { shellWord } from './examined-file.js';
import type { BookOf } from './rule-books.js';
import type { FileSubject } from './subject.js';

/** An encrypted file that was looked at. */
export type SealedPlace = Omit<FileSubject, 'bytes' | 'kind'>;

/** So many versions are held in memory at a time, unless one file has more. */
const MOST_VERSIONS = 500;

/**
 * Finds files whose data key somebody had who is not a recipient any more: what is encrypted under it is readable to them. Goes as far as
 * history does: a shallow clone tells less, a folder without git nothing.
 */
export async function* pastReaders(
  files: readonly SealedPlace[],
  bookOf: BookOf,
  host: Session,
): AsyncGenerator<readonly [SealedPlace, Discovery]> {
  for (const [top, within] of await byWorkTree(files, host)) {
    if (top === null) continue;
    const call = historyCall(top);
    const paths = within.map(({ absolute }) => absolute);
    const versions = await pastVersionsOf(paths, host, call);
    for (const part of inParts(within, versions)) {
      const blobs = part.flatMap(({ blobs: some }) => some);
      const traces = await tracesOf(blobs, host, call);
      for (const versioned of part) {
        const past = await readersBefore(versioned, traces);
        if (past.length > 0) yield [versioned.file, await discoveryOf(versioned.file, past, bookOf)];
      }
    }
  }
}

async function readersBefore({ file, blobs }: Versioned, traces: ReadonlyMap<string, KeyTrace>): Promise<string[]> {
  const content = contentBehind(file.absolute);
  const now = content.kind === 'file' ? await traceOf(content.bytes) : null;
  return now
    ? goneFrom(
        underSameKey(
          now,
          blobs.flatMap((blob) => traces.get(blob) ?? []),
        ),
      )
    : [];
}

interface Versioned {
  readonly file: SealedPlace;
  readonly blobs: readonly string[];
}

function* inParts(
  files: readonly SealedPlace[],
  versions: ReadonlyMap<string, readonly string[]>,
): Generator<Versioned[]> {
  let part: Versioned[] = [];
  let count = 0;
  for (const file of files) {
    const blobs = versions.get(file.absolute) ?? [];
    // Most files have one version, which is the one that stands there.
    if (blobs.length === 0 || isOnly(file, blobs)) continue;
    part.push({ file, blobs });
    count += blobs.length;
    if (count < MOST_VERSIONS) continue;
    yield part;
    part = [];
    count = 0;
  }
  if (part.length > 0) yield part;
}

/** Whether git has no other content of a file than the one that it has now, told by how git names contents. */
function isOnly({ absolute }: SealedPlace, [first = '', ...others]: readonly string[]): boolean {
  if (others.some((one) => one !== first)) return false;
  const content = contentBehind(absolute);
  if (content.kind !== 'file') return false;
  const hash = createHash(first.length === 64 ? 'sha256' : 'sha1');
  return hash.update(`blob ${content.bytes.length}\0`).update(content.bytes).digest('hex') === first;
}

/** Recipients of older versions who are not among those of the newest. */
async function goneFrom([now, ...older]: readonly Metadata[]): Promise<string[]> {
  const present = await recipientsOf(now);
  const gone = new Set<string>();
  for (const metadata of older) {
    for (const key of await recipientsOf(metadata)) {
      if (!present.some((one) => one === key || namesRecipient(one, key))) gone.add(key);
    }
  }
  return [...gone];
}

function recipientsOf(metadata: Metadata | undefined): Promise<string[]> {
  return Promise.all((metadata?.keyGroups ?? []).flat().map(keyStringOf));
}

async function discoveryOf(
  { absolute, shown }: SealedPlace,
  past: readonly string[],
  bookOf: BookOf,
): Promise<Discovery> {
  const book = await bookOf(absolute);
  const named = past.map((key) => (book ? withName(key, book.nameOf) : key)).join(', ');
  const message = `its data key is older than the last removal of a recipient: ${named} had it, and can read what is encrypted under it`;
  const next = `sops-ts rotate -i ${shellWord(shown)}; what they could read is known to them, so choose it anew.`;
  return { rule: 'data-key-outlived', message, next };
}
