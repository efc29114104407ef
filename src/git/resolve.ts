/** `resolve`: decides the conflicts of an encrypted file, of which the user sees the values in conflict alone (docs/merging.md#conflicts). */

import { SopsError } from '../errors.js';
import { formatNamed } from '../formats/registry.js';
import { readInput } from '../operations/read/input.js';
import type { EditTools } from '../operations/write/edit-rounds.js';
import { openRun, type Run } from '../run/run.js';
import { sameValue } from '../tree/equality.js';
import type { Value } from '../tree/tree.js';
import { list } from '../tree/tree.js';
import { resolve } from '../util/files/paths.js';
import { replaceFile } from '../util/files/replace-file.js';
import type { Host, Session } from '../util/host/host.js';
import { sessionOf } from '../util/host/session.js';
import { oneLine } from '../util/text/one-line.js';
import { standingAt } from './conflict/blocks.js';
import { isInList } from './conflict/conflict-sheet.js';
import { decidedOnSheet } from './conflict/sheet-editing.js';
import { type ConflictVersions, givenVersions, versionsOf } from './conflict/versions.js';
import { authorsOf } from './git-answers.js';
import type { TreeConflict } from './merge/merge-contract.js';
import type { MetadataSide } from './merge/metadata-merge.js';
import { type FileMerge, mergeFile } from './merge-file.js';

/** How conflicts are decided without an editor. */
export type Decision = 'ours' | 'theirs' | 'union';

export interface ResolveRequest {
  /** The file in conflict, where the result goes. */
  readonly file: string;
  /** The versions, as a merge tool is given them; without them they are found. */
  readonly versions?: { readonly base: string | undefined; readonly ours: string; readonly theirs: string } | undefined;
  /** Absent: the user decides in the editor. */
  readonly decision?: Decision | undefined;
  readonly configPath?: string | undefined;
  readonly keyServices?: Parameters<typeof openRun>[0]['keyServices'];
  readonly decryptionOrder?: string | undefined;
}

export interface ResolveOutcome {
  /** The places that were decided now. */
  readonly decided: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Resolves a file. It is written only when no conflict is left, and what is written was read back under its MAC. Throws `no-file`, `conflict` when nothing is in
 * conflict or a decision does not fit, what opening the versions throws, and as the editor does.
 */
export async function resolveFile(request: ResolveRequest, tools: EditTools, given: Host): Promise<ResolveOutcome> {
  const host = sessionOf(given);
  const { file, decision } = request;
  const input = { kind: 'file', path: file } as const;
  const read = await readInput(input, host);
  const run = await openRun({ ...request, filePath: file }, host);
  const versions = request.versions
    ? await givenVersions({ ...request.versions, file, read }, run)
    : await versionsOf({ file, read }, run);
  const metadataOf = decision === 'union' ? undefined : decision;
  const first = await mergeOf(versions, { run, metadataOf, decided: [] });
  const open = first.all.filter((conflict) => decisionInFile(conflict, versions) === undefined);
  const finish = async (chosen: readonly (readonly Value[])[]): Promise<readonly string[]> => {
    const decided = decisions(first.all, open, chosen, versions);
    const { merge } = await mergeOf(versions, { run, metadataOf, decided });
    if (merge.conflicts.length > 0) throw new SopsError('conflict', 'a conflict is left', { file });
    await replaceFile(resolve(host.cwd, file), merge.ours, { read, warn: (message) => host.warn(message) });
    return merge.notes;
  };
  const chosen = decision ? open.map((conflict) => byRule(conflict, decision)) : [];
  const isOpen = chosen.length < open.length;
  const { store } = first.merge;
  const notes = await (isOpen ? bySheet(open, { versions, tools, file, run, store, finish }) : finish(chosen));
  return { decided: open.map(placeOf), notes: [...versions.notes, ...notes] };
}

interface Merging {
  readonly run: Run;
  readonly metadataOf: MetadataSide | undefined;
  /** What stands at each conflict, by its number; nothing for one that is open. */
  readonly decided: readonly (readonly Value[] | undefined)[];
}

/** The merge with what is decided, and all of its conflicts. */
async function mergeOf(
  { open, isGuessed }: ConflictVersions,
  { run, metadataOf, decided }: Merging,
): Promise<{ merge: FileMerge; all: TreeConflict[] }> {
  const all: TreeConflict[] = [];
  const merge = await mergeFile(open, {
    keyServices: run.keyServices,
    metadataOf,
    isGuessed,
    choose: (conflict, index) => {
      all[index] = conflict;
      return decided[index];
    },
  });
  return { merge, all };
}

/** What stands at the place of a conflict in the file itself if somebody decided it by hand; undefined when nobody did. */
function decisionInFile(conflict: TreeConflict, { inFile }: ConflictVersions): readonly Value[] | undefined {
  if (!inFile || conflict.path.some((step) => typeof step === 'number')) return undefined;
  const [ours, theirs] = [inFile.ours, inFile.theirs].map((documents) =>
    standingAt(documents[conflict.document], conflict.path),
  );
  if (ours === undefined || theirs === undefined) return ours === theirs && inFile.isDecided ? [] : undefined;
  return sameValue(ours, theirs) ? [ours] : undefined;
}

function byRule(conflict: TreeConflict, decision: Decision): readonly Value[] {
  if (decision !== 'union') return conflict[decision];
  const { ours, theirs } = conflict;
  if (isInList(conflict) || ours.length + theirs.length < 2) return [...ours, ...theirs];
  const [own, other] = [ours[0], theirs[0]];
  if (own?.kind === 'list' && other?.kind === 'list') return [list([...own.items, ...other.items])];
  throw new SopsError('conflict', `${placeOf(conflict)} holds one value, so those of both sides cannot stand there`, {
    hint: 'Decide it in the editor, or with --ours or --theirs.',
  });
}

interface SheetWork {
  readonly versions: ConflictVersions;
  readonly tools: EditTools;
  readonly file: string;
  readonly run: Session;
  readonly store: FileMerge['store'];
  /** Writes the file with what was decided, and returns what is to be said of it. */
  finish(chosen: readonly (readonly Value[])[]): Promise<readonly string[]>;
}

async function bySheet(open: readonly TreeConflict[], work: SheetWork): Promise<readonly string[]> {
  const { file, run, tools, store, versions, finish } = work;
  const authors = await authorsOf(file, run);
  const { whole } = formatNamed(store.name);
  const { ours, theirs } = versions.open;
  const keys = (ours.sealed ?? theirs.sealed)?.opened;
  const sheet = { conflicts: open, store, whole: whole ?? false, file, authors, labels: versions.labels, keys };
  return decidedOnSheet(sheet, tools, run, finish);
}

/** By the numbers of all conflicts: what was decided now, or stood in the file. */
function decisions(
  all: readonly TreeConflict[],
  open: readonly TreeConflict[],
  chosen: readonly (readonly Value[])[],
  versions: ConflictVersions,
): (readonly Value[] | undefined)[] {
  const now = new Map(open.map((conflict, at) => [conflict, chosen[at]]));
  return all.map((conflict) => now.get(conflict) ?? decisionInFile(conflict, versions));
}

/** The place of a conflict as messages name it. */
function placeOf({ path }: TreeConflict): string {
  return oneLine(path.join('.')) || 'the whole document';
}
