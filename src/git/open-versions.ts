/** The versions of a merge, opened, in one format, with what their metadata say. */
import { SopsError } from '../errors.js';
import type { FormatRow } from '../formats/registry.js';
import type { FormatStore } from '../formats/store.js';
import type { Branch } from '../tree/tree.js';
import { decodeText, encodeText } from '../util/text/text.js';
import { markedSides } from './conflict/markers.js';
import { documentsInDoubt, metadataInDoubt } from './doubtful-base.js';
import type { KeyedMetadata } from './merge/metadata-merge.js';
import { readMerged } from './merge/plain-merge.js';
import { type OpenSide, type ReadSide, readSide, SIDE_NAMES, type SideOpener } from './side.js';

/** The versions that are merged. */
export interface ReadVersions {
  /** Null when there is none, or none that can be read. */
  readonly base: ReadSide | null;
  readonly ours: ReadSide;
  readonly theirs: ReadSide;
}

/** The versions with their plaintexts. */
export interface OpenVersions {
  readonly base: OpenSide | null;
  /** What the base holds, where that is not what its text says: of a base that is a conflict itself, what nobody doubts. */
  readonly baseDocuments?: readonly Branch[] | undefined;
  /** Whether the base is a conflict itself: what it does not tell is not to be guessed. */
  readonly isDoubtful?: boolean;
  readonly ours: OpenSide;
  readonly theirs: OpenSide;
  readonly store: FormatStore;
  readonly keyed: { readonly base: KeyedMetadata | null; readonly ours: KeyedMetadata; readonly theirs: KeyedMetadata };
  readonly notes: readonly string[];
}

/** The versions as they come. */
export interface VersionBytes {
  /** Null, or empty, when there is none. */
  readonly base: Uint8Array | null;
  readonly ours: Uint8Array;
  readonly theirs: Uint8Array;
}

/** Reads the versions in the format of their name. A base that cannot be read counts as absent. Throws what reading a side throws. */
export async function readVersions({ base, ours, theirs }: VersionBytes, row: FormatRow): Promise<ReadVersions> {
  const [own, other] = [await readSide('ours', ours, row), await readSide('theirs', theirs, row)];
  return { base: await readBase(base, row), ours: own, theirs: other };
}

async function readBase(bytes: Uint8Array | null, row: FormatRow): Promise<ReadSide | null> {
  if (bytes === null || bytes.length === 0) return null;
  try {
    return await readSide('base', bytes, row);
  } catch (error) {
    if (error instanceof SopsError) return null;
    throw error;
  }
}

/** Reads and opens the versions, of which the base may be a conflict itself. Throws as {@link openVersions} does. */
export async function openBytes(bytes: VersionBytes, row: FormatRow, opener: SideOpener): Promise<OpenVersions> {
  const marked = bytes.base && markedSides(decodeText(bytes.base));
  if (!marked) return openVersions(await readVersions(bytes, row), opener);
  const versions = await openVersions(await readVersions({ ...bytes, base: encodeText(marked.ours) }, row), opener);
  const { base, keyed } = versions;
  const read = await readBase(encodeText(marked.theirs), row);
  const other = base && read ? await openBase(read, { store: versions.store, opener, notes: [] }) : null;
  const [one, second] = [keyed.base, keyedOf(other)];
  const isDoubtful = true;
  if (!base || !other || !one || !second) {
    return { ...versions, isDoubtful, base: null, keyed: { ...keyed, base: null } };
  }
  const before = metadataInDoubt(one, second, [keyed.ours, keyed.theirs]);
  return {
    ...versions,
    isDoubtful,
    baseDocuments: documentsInDoubt(base, other, versions.store),
    keyed: { ...keyed, base: before },
  };
}

/** Opens the versions. Throws what opening a side throws, and `document-invalid` for sides of two formats. */
export async function openVersions(read: ReadVersions, opener: SideOpener): Promise<OpenVersions> {
  const { ours, theirs } = evenFormats(read);
  const { store } = ours;
  const [own, other] = [await opener.open(ours), await opener.open(theirs)];
  const notes: string[] = [];
  const base = await openBase(read.base, { store, opener, notes });
  const sealed = own.sealed ?? other.sealed;
  if (!sealed) throw new SopsError('metadata-invalid', 'neither side is encrypted');
  const one = keyedOf(own) ?? keyedOf(other);
  const second = keyedOf(other) ?? one;
  if (!one || !second) throw new SopsError('metadata-invalid', 'neither side is encrypted');
  if (!own.sealed || !other.sealed) {
    const plain = own.sealed ? 'theirs' : 'ours';
    notes.push(`${SIDE_NAMES[plain]} is not encrypted: the result is, as the other side has it`);
  }
  const before = keyedOf(base) ?? keyedUnread(read.base);
  return {
    base,
    ours: own,
    theirs: other,
    store,
    keyed: { base: before, ours: one, theirs: second },
    notes,
  };
}

function keyedOf(side: OpenSide | null): KeyedMetadata | null {
  const opened = side?.sealed?.opened;
  return opened ? { metadata: opened.metadata, dataKey: opened.dataKey } : null;
}

/** Recipients that were there before count even where the values of the base cannot be read. */
function keyedUnread(base: ReadSide | null): KeyedMetadata | null {
  return base?.metadata ? { metadata: base.metadata, dataKey: undefined } : null;
}

/** Both sides in one format: a side that is not encrypted is read in that of the other one. Throws `document-invalid`. */
function evenFormats({ ours, theirs }: ReadVersions): Pick<ReadVersions, 'ours' | 'theirs'> {
  const store = ours.metadata ? ours.store : theirs.store;
  const [own, other] = [ours, theirs].map((side) => (side.metadata ? side : plainIn(side, store)));
  if (own?.store !== store || other?.store !== store) {
    throw new SopsError('document-invalid', `one side is ${ours.store.name}, the other one ${theirs.store.name}`, {
      hint: 'Merge the plaintexts by hand, and encrypt the result.',
    });
  }
  return { ours: own, theirs: other };
}

function plainIn(side: ReadSide, store: FormatStore): ReadSide | undefined {
  const file = side.store === store && !store.parsePlain ? side.file : readMerged(store, side.file.text);
  return file && { ...side, store, file };
}

interface BaseTools {
  readonly store: FormatStore;
  readonly opener: SideOpener;
  readonly notes: string[];
}

/** The base, or null where its values are not known: then only what is the same on both sides is no conflict. */
async function openBase(base: ReadSide | null, { store, opener, notes }: BaseTools): Promise<OpenSide | null> {
  if (!base) return null;
  const read = base.metadata ? base : plainIn(base, store);
  if (read?.store !== store) return null;
  try {
    return await opener.open(read);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    notes.push(`the common base cannot be read, so every value that differs is a conflict: ${error.message}`);
    return null;
  }
}
