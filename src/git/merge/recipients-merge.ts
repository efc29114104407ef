/** The three-way merge of a file's recipients: who one side added is in, who one side took out is out. */

import { keyIdentity } from '../../keys/key-identity.js';
import type { KeyGroup, MasterKey } from '../../keys/provider.js';
import { keyStringOf } from '../../keyservice/keyservice.js';
import type { Metadata } from '../../metadata/metadata.js';
import type { Side } from './merge-contract.js';

/** The recipients of one side. */
export type Holders = Pick<Metadata, 'keyGroups' | 'shamirThreshold'>;

/** The recipients of the result; whose data key they get, and in which words, is not settled by that. */
export interface MergedRecipients {
  readonly groups: readonly (readonly MergedRecipient[])[];
  readonly shamirThreshold: number;
  /** Whether number or threshold of the groups are others than in base. */
  readonly isRestructured: boolean;
}

export interface MergedRecipient {
  /** Its key string, without the remark of an SSH key. */
  readonly id: string;
  readonly key: MasterKey;
  /** The entries of the sides for the same recipient, if their fields are those of `key`. */
  readonly entries: Readonly<Partial<Record<Side, MasterKey>>>;
}

/** Recipients by their id, group by group, each once. */
export type Roster = readonly ReadonlyMap<string, MasterKey>[];

export type Rosters = Readonly<Record<'ours' | 'theirs', Roster>> & { readonly base: Roster | null };

/** Tells the recipients of a side apart. */
export async function rosterOf({ keyGroups }: Holders): Promise<Roster> {
  return Promise.all(
    keyGroups.map(async (group) => {
      const named = await Promise.all(group.map(async (key) => [await idOf(key), key] as const));
      return new Map(named.reverse());
    }),
  ).then((groups) => groups.map((group) => new Map([...group].reverse())));
}

/** All ids of a side. */
export function idsOf(roster: Roster): Set<string> {
  return new Set(roster.flatMap((group) => [...group.keys()]));
}

async function idOf(key: MasterKey): Promise<string> {
  const text = await keyStringOf(key);
  return text.startsWith('ssh-') ? text.split(/\s+/, 2).join(' ') : text;
}

/** What is to be merged of the sides. */
export interface RecipientVersions {
  readonly rosters: Rosters;
  readonly thresholds: Readonly<Record<'ours' | 'theirs', number>> & { readonly base: number | null };
}

/** Merges recipients. A text is why that cannot be done: nothing is guessed about who may read a file. */
export function mergeRecipients(versions: RecipientVersions): MergedRecipients | string {
  const { rosters, thresholds } = versions;
  const shape = (side: Side): string => `${rosters[side]?.length}/${groupsNeeded(versions, side)}`;
  const [base, ours, theirs] = (['base', 'ours', 'theirs'] as const).map(shape);
  const isRestructured = rosters.base !== null && (ours !== base || theirs !== base);
  if (ours === theirs) return groupByGroup(versions, thresholds.ours, isRestructured);
  if (base !== ours && base !== theirs) return 'both sides changed the key groups or their threshold';
  const changed = base === theirs ? 'ours' : 'theirs';
  const other = changed === 'ours' ? 'theirs' : 'ours';
  const before = rosters.base ?? [];
  if (!isSameRoster(before, rosters[other])) {
    return 'one side changed the key groups or their threshold, the other one their recipients';
  }
  return { groups: asTheyAre(rosters, changed), shamirThreshold: thresholds[changed], isRestructured };
}

/** The recipients of one side, whatever the other one did. Such a result is never under the data key of the base. */
export function recipientsOfSide(
  { rosters, thresholds }: RecipientVersions,
  side: 'ours' | 'theirs',
): MergedRecipients {
  return { groups: asTheyAre(rosters, side), shamirThreshold: thresholds[side], isRestructured: true };
}

function groupsNeeded({ rosters, thresholds }: RecipientVersions, side: Side): number {
  const count = rosters[side]?.length ?? 0;
  return count > 1 ? thresholds[side] || count : 0;
}

function asTheyAre(rosters: Rosters, side: 'ours' | 'theirs'): MergedRecipient[][] {
  return rosters[side].map((group) => [...group].map(([id, key]) => ({ id, key, entries: { [side]: key } })));
}

function isSameRoster(one: Roster, other: Roster): boolean {
  return (
    one.length === other.length &&
    one.every((group, at) => {
      const second = other[at];
      return group.size === second?.size && [...group].every(([id, key]) => isSameKey(second.get(id), key));
    })
  );
}

function isSameKey(one: MasterKey | undefined, other: MasterKey | undefined): boolean {
  return one !== undefined && other !== undefined && keyIdentity(one) === keyIdentity(other);
}

function groupByGroup(
  { rosters }: RecipientVersions,
  shamirThreshold: number,
  isRestructured: boolean,
): MergedRecipients | string {
  const groups: MergedRecipient[][] = [];
  for (const [at, ours] of rosters.ours.entries()) {
    const theirs = rosters.theirs[at] ?? new Map();
    const merged = mergedGroup({ base: rosters.base?.[at] ?? new Map(), ours, theirs });
    if (typeof merged === 'string') return merged;
    if (merged.length === 0) return 'nobody would be left in a key group: each side took out whom the other one kept';
    groups.push(merged);
  }
  return { groups, shamirThreshold, isRestructured };
}

type Group = ReadonlyMap<string, MasterKey>;

function mergedGroup({ base, ours, theirs }: Readonly<Record<Side, Group>>): MergedRecipient[] | string {
  const replaced = [...base].find(([id, key]) => isChangedTwice(id, key, { base, ours, theirs }));
  if (replaced) return `both sides changed the entry of ${replaced[0]}`;
  const merged: MergedRecipient[] = [];
  for (const id of new Set([...ours.keys(), ...theirs.keys()])) {
    const [before, own, other] = [base.get(id), ours.get(id), theirs.get(id)];
    const key = mergedKey(before, own, other);
    if (key === 'conflict') return `both sides changed the entry of ${id}`;
    if (key) merged.push({ id, key, entries: entriesFor(key, { base: before, ours: own, theirs: other }) });
  }
  return merged;
}

/**
 * Whether neither side has an entry of base any more, and one has another of the same key in its place (with a role, a context, a version) that the other one has not: it may
 * have been shut out there.
 */
function isChangedTwice(id: string, key: MasterKey, { base, ours, theirs }: Readonly<Record<Side, Group>>): boolean {
  if (ours.has(id) || theirs.has(id)) return false;
  const [own, other] = [ours, theirs].map((group) =>
    [...group].filter(([at, one]) => !base.has(at) && isOfSameKey(one, key)).map(([at]) => at),
  );
  return JSON.stringify(own?.sort()) !== JSON.stringify(other?.sort());
}

/** The first field says where the key is, whatever its kind; those after it how it is used. */
function isOfSameKey(one: MasterKey, other: MasterKey): boolean {
  const [first, second] = [one, other].map(({ fields }) => [...fields.values()][0]);
  return one.type === other.type && typeof first === 'string' && first === second;
}

function mergedKey(
  base: MasterKey | undefined,
  ours: MasterKey | undefined,
  theirs: MasterKey | undefined,
): MasterKey | undefined | 'conflict' {
  if (ours && theirs) {
    if (isSameKey(ours, theirs) || isSameKey(base, theirs)) return ours;
    return isSameKey(base, ours) ? theirs : 'conflict';
  }
  const left = ours ?? theirs;
  if (!base || !left) return left;
  // Taken out by one side: a key that was wrapped anew is no change of the other, another role or context is.
  return isSameKey(base, left) ? undefined : 'conflict';
}

function entriesFor(key: MasterKey, all: Readonly<Record<Side, MasterKey | undefined>>): MergedRecipient['entries'] {
  const fitting = Object.entries(all).filter(([, entry]) => isSameKey(entry, key));
  return Object.fromEntries(fitting) as MergedRecipient['entries'];
}

/** The key groups with entries as they stand on the sides that have the data key; those that have none there are to be wrapped. */
export function keyGroupsWith(
  { groups }: MergedRecipients,
  sides: readonly Side[],
): { readonly keyGroups: KeyGroup[]; readonly missing: MasterKey[] } {
  const missing: MasterKey[] = [];
  const keyGroups = groups.map((group) =>
    group.map(({ key, entries }) => {
      const entry = sides.map((side) => entries[side]).find((one) => one !== undefined && one.enc.trim() !== '');
      const copy: MasterKey = { ...(entry ?? key), enc: entry?.enc ?? '' };
      if (!entry) missing.push(copy);
      return copy;
    }),
  );
  return { keyGroups, missing };
}
