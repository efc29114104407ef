/** The versions that a file in conflict came from: those in git's index, those that a merge tool is given, or what stands between its marks. */

import { formatMeantUnder } from '../../config/name-formats.js';
import { SopsError } from '../../errors.js';
import type { RecognisedFile } from '../../formats/recognise.js';
import type { FormatRow } from '../../formats/registry.js';
import { readInput } from '../../operations/read/input.js';
import type { Run } from '../../run/run.js';
import type { Branch } from '../../tree/tree.js';
import { statOrThrow } from '../../util/files/files.js';
import { resolve } from '../../util/files/paths.js';
import { decodeText, encodeText } from '../../util/text/text.js';
import { stagesOf } from '../git-answers.js';
import type { Side } from '../merge/merge-contract.js';
import { type OpenVersions, openBytes, type VersionBytes } from '../open-versions.js';
import { type ReadSide, readSide, SideOpener } from '../side.js';
import { type LooseSide, openLoosely } from './marked-file.js';
import { type MarkedSides, markedSides } from './markers.js';

/** The versions of a file in conflict, opened. */
export interface ConflictVersions {
  readonly open: OpenVersions;
  /** Whether nothing tells what was there before. */
  readonly isGuessed: boolean;
  /** What the file itself holds with all of ours, and with all of theirs; null where that cannot be read. */
  readonly inFile: InFile | null;
  readonly labels: Readonly<Record<Side, string>>;
  readonly notes: readonly string[];
}

interface InFile {
  readonly ours: readonly Branch[];
  readonly theirs: readonly Branch[];
  /** Whether the file has no marks any more. */
  readonly isDecided: boolean;
}

export interface FileInConflict {
  readonly file: string;
  readonly read: Uint8Array;
}

const LABELS = { base: 'base', ours: 'ours', theirs: 'theirs' };

/** Finds the versions of a file. Throws `conflict` for a file without any conflict, and what opening them throws. */
export async function versionsOf({ file, read }: FileInConflict, run: Run): Promise<ConflictVersions> {
  const stages = await stagesOf(resolve(run.cwd, file), run);
  if (typeof stages === 'string') throw takenOut(stages, file);
  if (stages) return exactVersions(stages, { file, read }, run);
  const marked = markedSides(decodeText(read));
  if (!marked) {
    throw new SopsError('conflict', 'the file has no marks of a conflict, and git knows of none', {
      file,
      hint: 'If a merge left it with a MAC that does not fit, start the merge again: git checkout --merge FILE.',
    });
  }
  return versionsBetweenMarks(marked, file, run);
}

function takenOut(side: 'ours' | 'theirs', file: string): SopsError {
  const [taker, stage] = side === 'ours' ? ['ours', '3'] : ['theirs', '2'];
  return new SopsError('conflict', `${taker} took the file out, and the other side changed it`, {
    file,
    hint: `git add FILE keeps it, git rm FILE takes it out; what was changed: sops-ts diff :1:FILE :${stage}:FILE`,
  });
}

/** The versions that a merge tool is given, by their paths; a base that is not there is none. */
export async function givenVersions(
  given: FileInConflict & { readonly base: string | undefined; readonly ours: string; readonly theirs: string },
  run: Run,
): Promise<ConflictVersions> {
  const bytesOf = (path: string): Promise<Uint8Array> => readInput({ kind: 'file', path }, run);
  const isThere =
    given.base !== undefined && given.base !== '' && statOrThrow(resolve(run.cwd, given.base)) !== undefined;
  const stages = {
    base: isThere ? await bytesOf(given.base ?? '') : null,
    ours: await bytesOf(given.ours),
    theirs: await bytesOf(given.theirs),
  };
  return exactVersions(stages, given, run);
}

async function exactVersions(bytes: VersionBytes, { file, read }: FileInConflict, run: Run): Promise<ConflictVersions> {
  const opener = new SideOpener(run, run.trail({ kind: 'file', path: file }));
  const row = formatOf(file, run);
  const open = await openBytes(bytes, row, opener);
  return { open, isGuessed: false, inFile: await inFileOf({ read, row }, open), labels: LABELS, notes: [] };
}

/** The format that a name tells, by the configuration as well. */
function formatOf(file: string, { config }: Run): FormatRow {
  return formatMeantUnder(config ?? undefined, file);
}

function unreadable(error: unknown): null {
  if (error instanceof SopsError) return null;
  throw error;
}

/** What the file holds by now: somebody may have decided a conflict by hand. */
async function inFileOf(
  { read, row }: { read: Uint8Array; row: FormatRow },
  open: OpenVersions,
): Promise<InFile | null> {
  const text = decodeText(read);
  const marked = markedSides(text);
  const dataKeys = [open.keyed.ours.dataKey, open.keyed.theirs.dataKey].filter((key) => key !== undefined);
  const [first, ...others] = dataKeys;
  if (!first) return null;
  const treeOf = async (side: 'ours' | 'theirs'): Promise<readonly Branch[]> => {
    const one = await readSide(side, marked ? encodeText(marked[side]) : read, row);
    return (await openLoosely(one, first, others)).plain.documents;
  };
  try {
    return { ours: await treeOf('ours'), theirs: await treeOf('theirs'), isDecided: !marked };
  } catch (error) {
    // Its data key may be one that none of the versions had, or its marks cut what they should not.
    if (error instanceof SopsError) return null;
    throw error;
  }
}

/** What stands between marks: the files that all of ours and all of theirs make, and that of the base where there is one. */
async function versionsBetweenMarks(marked: MarkedSides, file: string, run: Run): Promise<ConflictVersions> {
  const row = formatOf(file, run);
  const ours = await readSide('ours', encodeText(marked.ours), row);
  const theirs = await readSide('theirs', encodeText(marked.theirs), row);
  const opener = new SideOpener(run, run.trail({ kind: 'file', path: file }));
  const keys = { ours: await opener.dataKeyFor(ours), theirs: await opener.dataKeyFor(theirs) };
  const all = [keys.ours, keys.theirs];
  const [own, other] = [await openLoosely(ours, keys.ours, all), await openLoosely(theirs, keys.theirs, all)];
  const base = await baseBetweenMarks(marked.base, { row, opener, all });
  const keyed = {
    base: base ? keyedBy(base) : null,
    ours: keyedBy(own),
    theirs: keyedBy(other),
  };
  const isWhole = own.isWhole && other.isWhole;
  return {
    open: { base, ours: own, theirs: other, store: sameStore(ours, theirs), keyed, notes: [] },
    isGuessed: base === null,
    inFile: null,
    labels: LABELS,
    notes: isWhole
      ? []
      : ['the values between the marks were checked one by one; no MAC says that they belong together'],
  };
}

function keyedBy({ sealed }: LooseSide): OpenVersions['keyed']['ours'] {
  if (!sealed) throw new SopsError('metadata-invalid', 'sops metadata not found');
  return { metadata: sealed.opened.metadata, dataKey: sealed.opened.dataKey };
}

function sameStore(ours: ReadSide, theirs: ReadSide): RecognisedFile['store'] {
  if (ours.store === theirs.store) return ours.store;
  throw new SopsError('document-invalid', `one side is ${ours.store.name}, the other one ${theirs.store.name}`);
}

interface BaseWork {
  readonly row: FormatRow;
  readonly opener: SideOpener;
  readonly all: readonly Parameters<typeof openLoosely>[1][];
}

async function baseBetweenMarks(text: string | undefined, { row, opener, all }: BaseWork): Promise<LooseSide | null> {
  if (text === undefined) return null;
  try {
    const base = await readSide('base', encodeText(text), row);
    const dataKey = await opener.dataKeyFor(base);
    return await openLoosely(base, dataKey, all);
  } catch (error) {
    return unreadable(error);
  }
}
