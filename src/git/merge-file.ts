/** Merging three versions of an encrypted file into one, or into one for each side where both changed the same. */
import { SopsError } from '../errors.js';
import type { FormatStore } from '../formats/store.js';
import type { KeyService } from '../keyservice/keyservice.js';
import { FileSealer } from './file-sealer.js';
import type { Choice, TreeConflict } from './merge/merge-contract.js';
import {
  type KeyPlan,
  type MergedMetadata,
  type MetadataSide,
  mergeMetadata,
  planKey,
  wrappedGroups,
} from './merge/metadata-merge.js';
import { mergedTexts } from './merged-texts.js';
import type { OpenVersions } from './open-versions.js';

export interface MergeTools {
  readonly keyServices: readonly KeyService[];
  /** What becomes of conflicts; absent, or undefined for one: it stays. */
  readonly choose?: ((...conflict: Parameters<Choice>) => ReturnType<Choice> | undefined) | undefined;
  /** Whose recipients and rule it is to be where both sides changed them. */
  readonly metadataOf?: MetadataSide | undefined;
  /** Whether, where there is no base, what stands on one side alone is a conflict. */
  readonly isGuessed?: boolean | undefined;
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
 * Merges opened versions of one file of which at least one side is encrypted. Every byte that comes back was read back: it decrypts to the
 * merged tree, and its MAC fits. Throws SopsError when that cannot be had, as for recipients or a rule that both sides changed.
 */
export async function mergeFile(versions: OpenVersions, tools: MergeTools): Promise<FileMerge> {
  const metadata = await metadataOf(versions, tools);
  const plan = planKey(versions.keyed, metadata);
  if (!plan) throw new SopsError('data-key-not-recovered', 'the data keys of both sides are needed');
  const texts = await mergedTexts(versions, tools);
  const recipients = await wrappedGroups(metadata, plan, tools.keyServices);
  const { rosters: _, recipients: merged, ...kept } = metadata;
  const sealer = await FileSealer.make(versions, plan, { ...kept, ...recipients, mac: '' });
  const ours = await sealer.seal(texts.ours);
  return {
    ours,
    ...(texts.theirs !== undefined && { theirs: await sealer.seal(texts.theirs) }),
    ...(texts.base !== undefined && { base: await sealer.seal(texts.base) }),
    conflicts: texts.conflicts,
    store: versions.store,
    plan,
    recipients: merged.groups.flatMap((group) => group.map(({ id }) => id)),
    notes: [...versions.notes, ...texts.notes, ...keyNotes(plan)],
  };
}

async function metadataOf(versions: OpenVersions, tools: MergeTools): Promise<MergedMetadata> {
  const isGuessed = tools.isGuessed || versions.isDoubtful;
  const merged = await mergeMetadata(versions.keyed, { ...tools, isGuessed });
  if (typeof merged !== 'string') return merged;
  throw new SopsError('conflict', merged, {
    hint: 'Nothing is guessed about who may read a file, and what of it: sops-ts resolve FILE with --ours or --theirs takes those of one side.',
  });
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
