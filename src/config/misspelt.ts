/** Finds the keys of `.sops.yaml` that SOPS would silently ignore, and tells the misspelt from the merely unknown. */
import type { Value } from '../tree/tree.js';
import type { UnknownKey } from './model.js';

/** Names that people use for another one's thing. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([['gpg', 'pgp']]);

/** What a key that is not known may have been meant to be. */
interface Lookalikes {
  /** From other spellings to known keys. */
  readonly aliases?: ReadonlyMap<string, string>;
  /** From keys that are known elsewhere in the file to what to write instead. */
  readonly misplaced?: ReadonlyMap<string, string>;
}

/**
 * The keys of a map that are not known, with what they may have been meant to be: whoever left one empty (`hc_vault: []`) misses nothing, so
 * that it means nothing.
 */
export function unknownKeysOf(
  fields: ReadonlyMap<string, Value>,
  known: readonly string[],
  { aliases, misplaced }: Lookalikes = {},
): UnknownKey[] {
  return [...fields.keys()]
    .filter((key) => !known.includes(key))
    .map((key) => {
      const advice = misplaced?.get(key);
      const isMeant = advice === undefined && !isEmpty(fields.get(key));
      return { key, advice, suggestion: isMeant ? suggestionFor(key, known, aliases) : undefined };
    });
}

function isEmpty(value: Value | undefined): boolean {
  if (!value || value.alias) return !value;
  if (value.kind === 'leaf') return value.value === null || value.value === '';
  return value.items.every((item) => item.kind === 'comment');
}

/**
 * The known key that an unknown one looks like, or undefined. It does when the two are the same but for case, `-` and `_`,
 * when it is another spelling of it (`aliases`: spelling to known key), when it is its first or last words and no other's, or
 * when few letters differ.
 */
export function suggestionFor(
  key: string,
  known: readonly string[],
  aliases: ReadonlyMap<string, string> = new Map(),
): string | undefined {
  const bare = letters(key);
  const same = known.find((name) => letters(name) === bare);
  if (same !== undefined) return same;
  for (const [alias, name] of [...aliases, ...SYNONYMS])
    if (letters(alias) === bare && known.includes(name)) return name;
  const longer = known.filter((name) => name.startsWith(`${key}_`) || name.endsWith(`_${key}`));
  return longer.length === 1 ? longer[0] : nearest(bare, known);
}

function letters(key: string): string {
  return key.toLowerCase().replaceAll(/[-_ ]/g, '');
}

/** The known key that differs in the fewest letters: at most one, in long names two. */
function nearest(bare: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const name of known) {
    const target = letters(name);
    const allowed = target.length > 8 ? 2 : 1;
    if (Math.abs(target.length - bare.length) > allowed) continue;
    const differing = distance(bare, target);
    if (differing > allowed || differing >= fewest) continue;
    best = name;
    fewest = differing;
  }
  return best;
}

/** Letters to insert, drop, change or swap with their neighbour (optimal string alignment). */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(change, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
