/** git's merge driver: what git calls for an encrypted file that both sides of a merge changed (docs/merging.md). */
import { relative } from 'node:path';
import { formatMeantUnder } from '../config/name-formats.js';
import { SopsError } from '../errors.js';
import { holdsMarks } from '../formats/recognise.js';
import type { FormatRow } from '../formats/registry.js';
import { openReadingRun, type Run } from '../run/run.js';
import { writeFileSafely } from '../util/files/atomic-write.js';
import { systemReason } from '../util/files/files.js';
import { readFileSync } from '../util/files/fs.js';
import { resolve } from '../util/files/paths.js';
import type { Host, Session } from '../util/host/host.js';
import { sessionOf } from '../util/host/session.js';
import { oneLine } from '../util/text/one-line.js';
import { decodeText, encodeText } from '../util/text/text.js';
import { blocksIn } from './conflict/blocks.js';
import { type Marking, markedDifference, mergedLines } from './conflict/hunks.js';
import { wantsBase } from './git-answers.js';
import { mergeWithoutKey } from './keyless-merge.js';
import type { Side } from './merge/merge-contract.js';
import { type FileMerge, mergeFile } from './merge-file.js';
import { openBytes, readVersions, type VersionBytes } from './open-versions.js';
import { SideOpener } from './side.js';

/** What git hands to its driver; paths are as seen from the working directory. */
export interface DriverRequest {
  readonly base: string;
  /** It is also where the result goes. */
  readonly ours: string;
  /** Where our side stands instead, when marks are in its file already. */
  readonly oursFrom?: string | undefined;
  readonly theirs: string;
  /** The number of signs of a mark. */
  readonly markerSize: number;
  /** The path of the file that is merged, for its format and for messages. */
  readonly path: string;
  readonly labels: Readonly<Record<Side, string>>;
}

/** Whether nothing is left to be done, and what the user should know. */
export interface DriverOutcome {
  readonly isClean: boolean;
  readonly messages: readonly string[];
}

/**
 * Merges a file for git. Whatever happens after the first moments, our file holds the result, or conflict marks around ciphertext alone,
 * since it becomes a blob of the repository. Throws only when the files cannot be read or the first marks not be written.
 */
export async function driveMerge(request: DriverRequest, given: Host): Promise<DriverOutcome> {
  const host = sessionOf(given);
  const bytes = readFiles(request, host);
  const isSealed = [bytes.ours, bytes.theirs].some(holdsMarks);
  const first = textMerge(bytes, { size: request.markerSize, labels: request.labels, showsBase: false }, isSealed);
  await put(first.text, request, host);
  if (!isSealed) return { isClean: first.conflicts === 0, messages: [] };
  try {
    return await mergeSealed(request, bytes, host);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return { isClean: false, messages: failureMessages(error, request) };
  }
}

type FileBytes = Readonly<Record<Side, Uint8Array>>;

function readFiles(request: DriverRequest, host: Host): FileBytes {
  const read = (path: string): Uint8Array => {
    try {
      return readFileSync(resolve(host.cwd, path));
    } catch (cause) {
      throw new SopsError('input-unreadable', `Error reading file: ${oneLine(path)}: ${systemReason(cause)}`, {
        cause,
      });
    }
  };
  return { base: read(request.base), ours: read(request.oursFrom ?? request.ours), theirs: read(request.theirs) };
}

/**
 * What git would leave: the merge of the lines. Of an encrypted file that is never the end, for the MAC is then that of neither side; so where
 * lines do not tell a conflict, all that differs is marked.
 */
function textMerge(bytes: FileBytes, marking: Marking, isSealed: boolean): { text: string; conflicts: number } {
  const texts = { base: decodeText(bytes.base), ours: decodeText(bytes.ours), theirs: decodeText(bytes.theirs) };
  if (!isSealed && Object.values(texts).some((text) => text.includes('\0'))) return { text: texts.ours, conflicts: 1 };
  const merged = mergedLines(texts, marking);
  return merged.conflicts > 0 || !isSealed ? merged : markedDifference(texts, marking);
}

async function put(text: string, request: DriverRequest, host: Host): Promise<void> {
  await putBytes(encodeText(text), request, host);
}

async function putBytes(bytes: Uint8Array, { ours }: DriverRequest, host: Host): Promise<void> {
  await writeFileSafely(resolve(host.cwd, ours), bytes);
}

async function mergeSealed(request: DriverRequest, bytes: FileBytes, host: Session): Promise<DriverOutcome> {
  const run = await openReadingRun({ filePath: request.path }, host);
  const row = formatMeantUnder(run.config ?? undefined, request.path);
  const trail = run.trail({ kind: 'file', path: request.path });
  const merged = await withKey(bytes, row, new SideOpener(run, trail), run).catch(async (error: unknown) => {
    if (!(error instanceof SopsError) || error.code !== 'data-key-not-recovered') throw error;
    return (await mergeWithoutKey(await readVersions(bytes, row))) ?? Promise.reject(error);
  });
  if ('bytes' in merged) {
    await putBytes(merged.bytes, request, host);
    return { isClean: true, messages: [`recipients merged, without a key: ${merged.recipients.join(', ')}`] };
  }
  const messages = [...merged.notes];
  if (merged.conflicts.length === 0) {
    await putBytes(merged.ours, request, host);
    messages.push(`merged; recipients: ${merged.recipients.join(', ')}`);
    return { isClean: true, messages };
  }
  await putConflict(merged, request, host);
  return { isClean: false, messages: [...messages, ...conflictMessages(merged, request, host)] };
}

async function withKey(bytes: VersionBytes, row: FormatRow, opener: SideOpener, run: Run): Promise<FileMerge> {
  return mergeFile(await openBytes(bytes, row, opener), run);
}

async function putConflict(merged: FileMerge, request: DriverRequest, host: Host): Promise<void> {
  const { markerSize: size, labels } = request;
  const texts = { ours: decodeText(merged.ours), theirs: decodeText(merged.theirs ?? merged.ours) };
  const base = merged.base && decodeText(merged.base);
  const marking = { size, labels, showsBase: await wantsBase(host) };
  const { conflicts, store } = merged;
  const blocks = {
    ours: blocksIn(merged.ours, store, conflicts),
    theirs: blocksIn(merged.theirs ?? merged.ours, store, conflicts),
  };
  await put(markedDifference({ ...texts, base }, marking, blocks).text, request, host);
}

function conflictMessages({ conflicts, store }: FileMerge, { path }: DriverRequest, host: Host): string[] {
  const placesOf = (isDrawn: boolean): string[] => {
    const some = conflicts.filter((one) => one.isDrawn === isDrawn);
    return [...new Set(some.map(({ path: at }) => oneLine(at.join('.')) || `the whole ${store.name} document`))];
  };
  const changed = placesOf(false);
  const drawn = placesOf(true).filter((place) => !changed.includes(place));
  const shown = oneLine(relative(host.cwd, resolve(host.cwd, path)));
  return [
    ...(changed.length > 0 ? [`both sides changed ${changed.join(', ')}`] : []),
    ...(drawn.length > 0 ? [`in conflict by a value that was moved out or in: ${drawn.join(', ')}`] : []),
    `the marks in the file hold ciphertext: sops-ts resolve ${shown} shows the values`,
  ];
}

function failureMessages(error: SopsError, { path }: DriverRequest): string[] {
  const hint = error.hint === undefined ? [] : error.hint.split('\n');
  const next = `the file has marks between the lines of its ciphertext: whoever can open both sides runs sops-ts resolve ${oneLine(path)}`;
  return [...error.message.split('\n'), ...hint, next];
}
