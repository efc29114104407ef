/** The three-way merge of metadata: recipients, selection and version, and which data key the result may have. */
import type { Recipients } from '../../datakey/create.js';
import { wrapDataKey } from '../../datakey/create.js';
import { DataKey } from '../../datakey/data-key.js';
import type { MasterKey } from '../../keys/provider.js';
import type { KeyService } from '../../keyservice/keyservice.js';
import type { Metadata, SelectionRule } from '../../metadata/metadata.js';
import { parseRfc3339 } from '../../util/text/rfc3339.js';
import type { Side } from './merge-contract.js';
import {
  idsOf,
  keyGroupsWith,
  type MergedRecipients,
  mergeRecipients,
  type Rosters,
  recipientsOfSide,
  rosterOf,
} from './recipients-merge.js';

/** The metadata of a side, and its data key where that is known. */
export interface KeyedMetadata {
  readonly metadata: Metadata;
  readonly dataKey: DataKey | undefined;
}

export interface MetadataVersions {
  /** Null when there is no base, or one that is not encrypted. */
  readonly base: KeyedMetadata | null;
  readonly ours: KeyedMetadata;
  readonly theirs: KeyedMetadata;
}

/** Everything of the metadata but the data key. */
export interface MergedMetadata extends Omit<Metadata, 'mac' | 'layout' | 'keyGroups' | 'shamirThreshold'> {
  readonly recipients: MergedRecipients;
  readonly rosters: Rosters;
}

/** A side of a merge that decides about recipients and rule. */
export type MetadataSide = 'ours' | 'theirs';

/** What becomes of metadata that cannot be merged. */
export interface MetadataChoice {
  /** Absent: it is a conflict. */
  readonly metadataOf?: MetadataSide | undefined;
  /** Whether, where there is no base, recipients of one side alone are a conflict: they may have been added there, or taken out on the other. */
  readonly isGuessed?: boolean | undefined;
}

/** Merges metadata. A text is why both sides cannot be had at once. */
export async function mergeMetadata(
  versions: MetadataVersions,
  choice: MetadataChoice = {},
): Promise<MergedMetadata | string> {
  const { base, ours, theirs } = versions;
  const { metadataOf } = choice;
  const [before, own, other] = [base?.metadata ?? null, ours.metadata, theirs.metadata];
  const rosters = {
    base: before && (await rosterOf(before)),
    ours: await rosterOf(own),
    theirs: await rosterOf(other),
  };
  const thresholds = {
    base: before?.shamirThreshold ?? null,
    ours: own.shamirThreshold,
    theirs: other.shamirThreshold,
  };
  const isGuess = choice.isGuessed && !before && !haveSame(rosters);
  const reason = 'the sides have different recipients, and nothing tells who was added and who taken out';
  const merged = isGuess ? reason : mergeRecipients({ rosters, thresholds });
  const recipients =
    typeof merged === 'string' && metadataOf ? recipientsOfSide({ rosters, thresholds }, metadataOf) : merged;
  if (typeof recipients === 'string') return recipients;
  const selected = mergedSelection(before, own, other);
  const selection = selected === 'conflict' && metadataOf ? versions[metadataOf].metadata.selection : selected;
  if (selection === 'conflict') return 'both sides changed what is encrypted, each in its way';
  const isBefore = before?.macOnlyEncrypted ?? false;
  return {
    recipients,
    rosters,
    selection,
    macOnlyEncrypted: own.macOnlyEncrypted === isBefore ? other.macOnlyEncrypted : own.macOnlyEncrypted,
    version: laterVersion(own.version, other.version),
    lastModified: laterTime(own.lastModified, other.lastModified),
  };
}

function haveSame({ ours, theirs }: Rosters): boolean {
  const [own, other] = [idsOf(ours), idsOf(theirs)];
  return own.size === other.size && [...own].every((id) => other.has(id));
}

function mergedSelection(base: Metadata | null, ours: Metadata, theirs: Metadata): SelectionRule | null | 'conflict' {
  const [before, own, other] = [base ?? undefined, ours, theirs].map((one) => one && JSON.stringify(one.selection));
  if (own === other || before === other) return ours.selection;
  return before === own ? theirs.selection : 'conflict';
}

/** The data key of a result, and who is to get it wrapped. */
export interface KeyPlan {
  readonly dataKey: DataKey;
  /** The sides whose entries and ciphertexts are under it; none for a new one. */
  readonly sides: readonly Side[];
  readonly notes: readonly KeyNote[];
  /** Recipients of one side or of base that the result has not. */
  readonly removed: readonly string[];
  /** Recipients that were not in base, or are on one side only. */
  readonly added: readonly string[];
}

export type KeyNote = 'new-data-key' | 'rotation-dropped';

/**
 * Chooses the data key. A side's may stay only if everybody that it was ever wrapped for is a recipient of the result: whoever was
 * taken out must not be able to read what comes. Of two that may stay it is that of the side that made a new one, of two such ours.
 */
export function planKey(versions: MetadataVersions, { recipients, rosters }: MergedMetadata): KeyPlan | undefined {
  const ids = new Set(recipients.groups.flatMap((group) => group.map(({ id }) => id)));
  const keyOf = (side: Side): DataKey | undefined => versions[side]?.dataKey;
  const all = (['base', 'ours', 'theirs'] as const).flatMap((side) => [...idsOf(rosters[side] ?? [])]);
  const before = idsOf(rosters.base ?? []);
  const people = {
    removed: [...new Set(all)].filter((id) => !ids.has(id)),
    added: [...ids].filter((id) => !before.has(id) && !(idsOf(rosters.ours).has(id) && idsOf(rosters.theirs).has(id))),
  };
  const [base, ours, theirs] = [keyOf('base'), keyOf('ours'), keyOf('theirs')];
  if (!ours || !theirs) return undefined;
  const isDropped = base !== undefined && ours !== theirs && ours !== base && theirs !== base;
  const candidates = ours === base ? [theirs, ours] : [ours, theirs];
  for (const dataKey of candidates) {
    const sides = (['ours', 'theirs', 'base'] as const).filter((side) => keyOf(side) === dataKey);
    const holders = sides.flatMap((side) => [...idsOf(rosters[side] ?? [])]);
    const isOld = recipients.isRestructured && dataKey === base;
    if (isOld || !holders.every((id) => ids.has(id))) continue;
    return { dataKey, sides, notes: isDropped && dataKey === ours ? ['rotation-dropped'] : [], ...people };
  }
  return { dataKey: DataKey.generate(), sides: [], notes: ['new-data-key'], ...people };
}

/**
 * The key groups of a result, with the data key wrapped for those who have no entry with it yet. Parts of different divisions do not
 * go together: of several groups all are wrapped anew unless they are those of one side. Throws `data-key-not-wrapped`.
 */
export async function wrappedGroups(
  { recipients }: MergedMetadata,
  { dataKey, sides }: KeyPlan,
  keyServices: readonly KeyService[],
): Promise<Recipients> {
  const { shamirThreshold, groups } = recipients;
  if (groups.length > 1) return dividedGroups(recipients, { dataKey, sides }, keyServices);
  const { keyGroups, missing } = keyGroupsWith(recipients, sides);
  if (missing.length > 0) await wrapDataKey(dataKey, { keyGroups: [missing], shamirThreshold: 0 }, keyServices);
  return { keyGroups, shamirThreshold };
}

async function dividedGroups(
  recipients: MergedRecipients,
  { dataKey, sides }: Pick<KeyPlan, 'dataKey' | 'sides'>,
  keyServices: readonly KeyService[],
): Promise<Recipients> {
  const { shamirThreshold } = recipients;
  for (const side of sides) {
    if (side === 'base') continue;
    const { keyGroups, missing } = keyGroupsWith(recipients, [side]);
    if (missing.length === 0) return { keyGroups, shamirThreshold };
  }
  const keyGroups = keyGroupsWith(recipients, []).keyGroups as MasterKey[][];
  return { keyGroups, shamirThreshold: await wrapDataKey(dataKey, { keyGroups, shamirThreshold }, keyServices) };
}

function laterVersion(one: string, other: string): string {
  const [left, right] = [one, other].map((text) => (text.match(/\d+/g) ?? []).slice(0, 3).map(Number));
  for (let at = 0; at < 3; at++) {
    const difference = (left?.[at] ?? 0) - (right?.[at] ?? 0);
    if (difference !== 0) return difference > 0 ? one : other;
  }
  return one;
}

function laterTime(one: string, other: string): string {
  const [left, right] = [parseRfc3339(one), parseRfc3339(other)];
  return left && right && right.nanoseconds > left.nanoseconds ? other : one;
}
