/** What a map or list holds, entry by entry, each with the comments that stand before it. */
import type { Branch, Comment, Item, List, Value } from '../../tree/tree.js';

/** An entry of a map or list. */
export interface Entry {
  /** The comments before it, and behind it on its line. */
  readonly comments: readonly Comment[];
  /** The item that holds it; undefined in a list. */
  readonly item?: Item;
  readonly value: Value;
}

export interface Entries {
  readonly entries: readonly Entry[];
  /** The comments behind the last entry. */
  readonly tail: readonly Comment[];
}

export const NO_ENTRIES: Entries = { entries: [], tail: [] };

/** Takes a map or list apart. */
export function entriesOf(of: Branch | List): Entries {
  const entries: Entry[] = [];
  let comments: Comment[] = [];
  for (const entry of of.items as readonly (Item | Value | Comment)[]) {
    if (entry.kind === 'comment') {
      comments.push(entry);
      continue;
    }
    entries.push(entry.kind === 'item' ? { comments, item: entry, value: entry.value } : { comments, value: entry });
    comments = [];
  }
  return { entries, tail: comments };
}

/** The comments of three sides put together: what one side changed is so, and where both did, the lines of both stay, ours first. */
export function mergedComments(
  base: readonly Comment[],
  ours: readonly Comment[],
  theirs: readonly Comment[],
): { readonly comments: readonly Comment[]; readonly both: boolean } {
  const [before, mine, other] = [base, ours, theirs].map(textsOf);
  if (mine === other || before === other) return { comments: ours, both: false };
  if (before === mine) return { comments: theirs, both: false };
  const isOf = (of: readonly Comment[], { text }: Comment): boolean => of.some((one) => one.text === text);
  const kept = ours.filter((one) => !isOf(base, one) || isOf(theirs, one));
  const added = theirs.filter((one) => !isOf(base, one) && !isOf(ours, one));
  const isTaken = kept.some(({ inline }) => inline);
  const second = added.map((one) => (one.inline && isTaken ? { ...one, inline: false } : one));
  return {
    comments: [...kept.filter(({ inline }) => !inline), ...second, ...kept.filter(({ inline }) => inline)],
    both: true,
  };
}

function textsOf(comments: readonly Comment[]): string {
  return JSON.stringify(comments.map(({ text }) => text));
}
