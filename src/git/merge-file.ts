/** Merging three versions of an encrypted file into one, or into one for each side where both changed the same. */
import { Cipher } from '../cipher/cipher.js';
import { IvMemory } from '../cipher/iv-memory.js';
import { MergedIvs } from '../cipher/merged-ivs.js';
import { SopsError } from '../errors.js';
import { formatNamed } from '../formats/registry.js';
import type { FormatStore } from '../formats/store.js';
import type { Metadata } from '../metadata/metadata.js';
import { scopeOf } from '../metadata/scope-of.js';
import { metadataToBranch } from '../metadata/to-branch.js';
import { sealText } from '../operations/write/seal-text.js';
import type { AuditTrail } from '../run/audit-trail.js';
import type { Run } from '../run/run.js';
import { sameTree } from '../tree/equality.js';
import type { Branch } from '../tree/tree.js';
import { type EvenTexts, evenTexts } from './merge/form.js';
import { isReformatted } from './merge/formatting.js';
import { mergedWhole } from './merge/line-text.js';
import { type KeyedMetadata, type KeyPlan, mergeMetadata, planKey, wrappedGroups } from './merge/metadata-merge.js';
import { readMerged, readsAs, type TextMerge, textFor } from './merge/plain-merge.js';
import type { PlainSide } from './merge/text-pieces.js';
import { type Choice, mergeTrees, type Side, type TreeConflict, type TreeMerge } from './merge/tree-merge.js';
import { type OpenSide, type ReadSide, SIDE_NAMES, SideOpener } from './side.js';

/** The versions that are merged. */
export interface ReadVersions {
  /** Null when there is none, or none that can be read. */
  readonly base: ReadSide | null;
  readonly ours: ReadSide;
  readonly theirs: ReadSide;
}

export interface MergeTools {
  readonly run: Run;
  readonly trail: AuditTrail;
  /** What becomes of conflicts; absent: they stay. */
  readonly choose?: Choice;
}

/** What came of a merge. */
export interface FileMerge {
  /** The whole file; with conflicts, with ours in each of them. */
  readonly ours: Uint8Array;
  /** The same with theirs in each conflict, and with what was before; absent without conflicts. */
  readonly theirs?: Uint8Array;
  readonly base?: Uint8Array;
  /** Those that nobody decided. */
  readonly conflicts: readonly TreeConflict[];
  readonly store: FormatStore;
  readonly plan: KeyPlan;
  /** The recipients of the result, by their key strings. */
  readonly recipients: readonly string[];
  /** For the user, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Merges versions of one file of which at least one side is encrypted. Every byte that comes back was read back: it decrypts to the merged tree, and its MAC fits.
 * Throws SopsError when that cannot be had: a side that cannot be opened, recipients or a rule that both changed.
 */
export async function mergeFile(read: ReadVersions, tools: MergeTools): Promise<FileMerge> {
  const versions = await openVersions(read, tools);
  const metadata = await mergeMetadata(versions.keyed);
  if (typeof metadata === 'string') {
    throw new SopsError('conflict', metadata, {
      hint: 'Nothing is guessed about who may read a file, and what of it.',
    });
  }
  const plan = planKey(versions.keyed, metadata);
  if (!plan) throw new SopsError('data-key-not-recovered', 'the data keys of both sides are needed');
  const texts = mergedTexts(versions, tools.choose);
  const recipients = await wrappedGroups(metadata, plan, tools.run.keyServices);
  const { rosters: _, recipients: merged, ...kept } = metadata;
  const sealer = await FileSealer.make(versions, plan, { ...kept, ...recipients, mac: '' });
  const ours = await sealer.seal(texts.ours);
  const isOpen = texts.conflicts.length > 0;
  return {
    ours,
    ...(isOpen && texts.theirs !== undefined && { theirs: await sealer.seal(texts.theirs) }),
    ...(isOpen && texts.base !== undefined && { base: await sealer.seal(texts.base) }),
    conflicts: texts.conflicts,
    store: versions.ours.store,
    plan,
    recipients: merged.groups.flatMap((group) => group.map(({ id }) => id)),
    notes: [...versions.notes, ...texts.notes, ...keyNotes(plan)],
  };
}

interface Versions {
  readonly base: (OpenSide & { readonly store: FormatStore }) | null;
  readonly ours: OpenSide & { readonly store: FormatStore };
  readonly theirs: OpenSide & { readonly store: FormatStore };
  readonly keyed: { readonly base: KeyedMetadata | null; readonly ours: KeyedMetadata; readonly theirs: KeyedMetadata };
  readonly notes: readonly string[];
}

async function openVersions(read: ReadVersions, { run, trail }: MergeTools): Promise<Versions> {
  const { ours, theirs } = evenFormats(read);
  const { store } = ours;
  const opener = new SideOpener(run, trail);
  const [own, other] = [await opener.open(ours), await opener.open(theirs)];
  const notes: string[] = [];
  const base = await openBase(read.base, { store, opener, notes });
  const sealed = own.sealed ?? other.sealed;
  if (!sealed) throw new SopsError('metadata-invalid', 'neither side is encrypted');
  const keyedOf = (side: OpenSide | null): KeyedMetadata | null => {
    const opened = side?.sealed?.opened;
    return opened ? { metadata: opened.metadata, dataKey: opened.dataKey } : null;
  };
  const one = keyedOf(own) ?? keyedOf(other);
  const second = keyedOf(other) ?? one;
  if (!one || !second) throw new SopsError('metadata-invalid', 'neither side is encrypted');
  if (!own.sealed || !other.sealed) {
    const plain = own.sealed ? 'theirs' : 'ours';
    notes.push(`${SIDE_NAMES[plain]} is not encrypted: the result is, as the other side has it`);
  }
  const before = keyedOf(base) ?? keyedUnread(read.base);
  return {
    base: base && { ...base, store },
    ours: { ...own, store },
    theirs: { ...other, store },
    keyed: { base: before, ours: one, theirs: second },
    notes,
  };
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

/** The merged plaintexts. */
interface MergedTexts {
  readonly ours: string;
  readonly theirs?: string;
  readonly base?: string;
  readonly conflicts: readonly TreeConflict[];
  readonly notes: readonly string[];
}

function mergedTexts(versions: Versions, choose: Choice | undefined): MergedTexts {
  const { store } = versions.ours;
  const even = evenTexts(store, {
    base: versions.base && plainSide(versions.base),
    ours: plainSide(versions.ours),
    theirs: plainSide(versions.theirs),
  });
  const writer = new TextWriter(store, even);
  const merged = writer.merge('ours', choose);
  const isFormatted = merged.tree.conflicts.length === 0;
  const ours = writer.write(merged, 'ours');
  const notes = notesOf(merged.tree, ours);
  const conflicts = merged.tree.conflicts.filter((_, index) => merged.open.has(index));
  if (isFormatted || conflicts.length === 0) return { ours: even.finish(ours.text), conflicts, notes };
  const variant = (side: Side): string => even.finish(writer.write(writer.merge(side, choose), side, ours.text).text);
  return { ours: even.finish(ours.text), theirs: variant('theirs'), base: variant('base'), conflicts, notes };
}

function plainSide({ text, plain }: OpenSide): PlainSide {
  return { text, documents: plain.documents };
}

interface Merged {
  readonly tree: TreeMerge;
  /** The numbers of the conflicts that nobody decided. */
  readonly open: ReadonlySet<number>;
}

class TextWriter {
  constructor(
    private readonly store: FormatStore,
    private readonly even: EvenTexts<{ base: PlainSide | null; ours: PlainSide; theirs: PlainSide }>,
  ) {}

  /** The tree with one side in every conflict that nobody decided. */
  merge(side: Side, choose: Choice | undefined): Merged {
    const { base, ours, theirs } = this.even.texts;
    const open = new Set<number>();
    const choice: Choice = (conflict, index) => {
      const decided = choose?.(conflict, index);
      if (decided !== undefined) return decided;
      open.add(index);
      return side;
    };
    const trees = { base: base?.documents ?? null, ours: ours.documents, theirs: theirs.documents };
    const { whole } = formatNamed(this.store.name);
    return { tree: mergeTrees(trees, choice, whole ? mergedWhole : undefined), open };
  }

  /** Its text. `near` is a text to stay near to. */
  write({ tree }: Merged, favoured: Side, near?: string): TextMerge {
    const { base, ours, theirs } = this.even.texts;
    const { store } = this;
    const host = near === undefined ? this.host(tree) : { text: near, documents: [] };
    const texts = base && favoured !== 'base' ? { base, ours, theirs } : null;
    const same = [ours, theirs].find(({ text }) => near === undefined && readsAs(store, text, tree.documents));
    if (same && same === host) return { text: same.text, origin: 'merged' };
    return textFor({ store, texts, host, documents: tree.documents, favoured });
  }

  /** Ours, unless theirs alone gave the text another form. */
  private host({ isOrderTheirs }: TreeMerge): PlainSide {
    const { base, ours, theirs } = this.even.texts;
    if (!base) return ours;
    const isTheirs = isOrderTheirs || isReformatted(base, theirs);
    return isTheirs && !isReformatted(base, ours) ? theirs : ours;
  }
}

function notesOf({ notes }: TreeMerge, { origin }: TextMerge): string[] {
  const told: string[] = [];
  if (notes.has('order-changed-twice')) told.push('both sides changed the order of keys: it is ours');
  if (notes.has('comments-changed-twice')) told.push('both sides changed a comment: the lines of both are there');
  if (origin === 'printed') told.push('the text of the sides could not be put together: the file is printed anew');
  return told;
}

function keyNotes({ notes, removed }: KeyPlan): string[] {
  const told: string[] = [];
  if (removed.length > 0) told.push(`no recipient any more: ${removed.join(', ')}`);
  if (notes.includes('new-data-key')) {
    const readable = removed.length > 0 ? ' What was added before the merge could be read by those who are out.' : '';
    told.push(`the file has a new data key.${readable}`);
  }
  if (notes.includes('rotation-dropped')) told.push('both sides made a new data key: that of theirs is dropped');
  return told;
}

/** Seals merged plaintexts under the chosen data key. */
class FileSealer {
  private constructor(
    private readonly versions: Versions,
    private readonly plan: KeyPlan,
    private readonly metadata: Metadata,
    private readonly memory: MergedIvs,
    private readonly scope: Awaited<ReturnType<typeof scopeOf>>,
  ) {}

  static async make(versions: Versions, plan: KeyPlan, metadata: Metadata): Promise<FileSealer> {
    const memories = [versions.ours, versions.theirs].flatMap(({ sealed }) => {
      const memory = sealed?.opened.dataKey === plan.dataKey ? sealed.opened.cipher.memory : null;
      return memory instanceof IvMemory ? [memory] : [];
    });
    const scope = await scopeOf(metadata.selection, 'encrypt');
    return new FileSealer(versions, plan, metadata, new MergedIvs(plan.dataKey.bytes, memories), scope);
  }

  async seal(text: string): Promise<Uint8Array> {
    for (const side of [this.versions.ours, this.versions.theirs]) {
      if (side.sealed && side.text === text && this.isAsBefore(side.sealed.opened)) return side.bytes;
    }
    const sides = [this.versions.ours, this.versions.theirs].flatMap(({ sealed }) => sealed ?? []);
    const [host, ...others] = sides;
    if (!host) throw new SopsError('metadata-invalid', 'neither side is encrypted');
    const { plan, memory, scope, metadata } = this;
    memory.restart();
    const cipher = new Cipher(plan.dataKey.bytes, memory);
    const opened = { ...host.opened, dataKey: plan.dataKey, cipher, scope, metadata };
    const { lastModified } = metadata;
    const { store: printer } = this.versions.ours;
    const indent = { reprints: false, width: undefined };
    const sealing = { opened, before: host.before, after: text, printer, indent, metadata, lastModified, others };
    return (await sealText(sealing)).bytes;
  }

  /** Whether a side has the metadata of the result, but for what every writing makes anew. */
  private isAsBefore({ metadata, dataKey }: { metadata: Metadata; dataKey: unknown }): boolean {
    if (dataKey !== this.plan.dataKey) return false;
    const [before, after] = [metadata, this.metadata].map(comparable);
    return before !== undefined && after !== undefined && sameTree([before], [after]);
  }
}

function comparable({ layout, ...metadata }: Metadata): Branch {
  return metadataToBranch({ ...metadata, mac: '', lastModified: '' });
}
