/** What changes in the recipients of a file: group by group, as users are shown it, and whom it shuts out. */
import { namesRecipient } from '../config/recipient.js';
import type { Recipients } from '../datakey/create.js';
import type { KeyGroup, MasterKey } from '../keys/provider.js';
import { keyStringOf } from '../keyservice/keyservice.js';

/** One group before and after, by key strings, each once and in order. */
export interface GroupChange {
  readonly kept: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export interface KeyChange {
  /** By position; a group that is only before or only after is there too. */
  readonly groups: readonly GroupChange[];
  readonly threshold: { readonly before: number; readonly after: number };
  /** Key strings of recipients that stand in no group afterwards: they still know the old data key. */
  readonly shutOut: readonly string[];
}

/** Compares recipients. The order of keys and repetitions in a group make no difference. */
export async function compareRecipients(before: Recipients, after: Recipients): Promise<KeyChange> {
  const old = await keyStringsOf(before.keyGroups);
  const wanted = await keyStringsOf(after.keyGroups);
  const remaining = wanted.flatMap((group) => [...group]);
  const leaving = new Set(old.flatMap((group) => [...group]));
  return {
    groups: Array.from({ length: Math.max(old.length, wanted.length) }, (_, at) =>
      changeOf(old[at] ?? new Set(), wanted[at] ?? new Set()),
    ),
    threshold: { before: before.shamirThreshold, after: after.shamirThreshold },
    shutOut: [...leaving].filter((key) => !remaining.some((other) => namesRecipient(other, key))),
  };
}

/** Whether a file must be written for this. */
export function isChange({ groups, threshold }: KeyChange): boolean {
  return threshold.before !== threshold.after || groups.some(({ added, removed }) => added.length + removed.length > 0);
}

/**
 * The threshold of a file that gets other groups: what is asked for, else the file's own, cut to the number of groups. 0 for
 * several groups means all of them; a lone group's threshold says nothing about several.
 */
export function thresholdFor(asked: number, before: Recipients, groups: number): number {
  if (asked !== 0) return asked;
  const isAlike = before.keyGroups.length > 1 || groups === 1;
  const inherited = isAlike ? Math.min(before.shamirThreshold, groups) : 0;
  return groups > 1 && inherited < 2 ? groups : inherited;
}

/** The groups with keys appended to the first one, whether or not they stand there already, as in SOPS. */
export function withKeys(groups: readonly KeyGroup[], added: KeyGroup): KeyGroup[] {
  const [first = [], ...others] = groups;
  return [[...first, ...added], ...others];
}

/** The groups without every key that the predicate names, and the key strings of those that went. */
export async function withoutKeys(
  groups: readonly KeyGroup[],
  isRemoved: (keyString: string) => boolean,
): Promise<{ groups: KeyGroup[]; removed: string[] }> {
  const removed: string[] = [];
  const remaining: MasterKey[][] = [];
  for (const group of groups) {
    const kept: MasterKey[] = [];
    for (const key of group) {
      const keyString = await keyStringOf(key);
      if (isRemoved(keyString)) removed.push(keyString);
      else kept.push(key);
    }
    remaining.push(kept);
  }
  return { groups: remaining, removed };
}

async function keyStringsOf(groups: readonly KeyGroup[]): Promise<Set<string>[]> {
  return Promise.all(groups.map(async (group) => new Set(await Promise.all(group.map(keyStringOf)))));
}

function changeOf(before: ReadonlySet<string>, after: ReadonlySet<string>): GroupChange {
  return {
    kept: [...before].filter((key) => after.has(key)),
    added: [...after].filter((key) => !before.has(key)),
    removed: [...before].filter((key) => !after.has(key)),
  };
}
