/** What a map or list holds, entry by entry, each with the comments that stand before it. */
import { type Branch, type Comment, comment, type Item, type List, type Value } from '../../tree/tree.js';

/** An entry of a map or list. */
export interface Entry {
  /** Its comments: those before it, and after it on its line; in a format whose trees have them there, those after it. */
  readonly comments: readonly Comment[];
  /** The item that holds it; undefined in a list. */
  readonly item?: Item;
  readonly value: Value;
}

export interface Entries {
  /** The comments before the first entry, where those of an entry stand after it. */
  readonly head: readonly Comment[];
  readonly entries: readonly Entry[];
  /** The comments after the last entry. */
  readonly tail: readonly Comment[];
}

export const NO_ENTRIES: Entries = { head: [], entries: [], tail: [] };

/** Takes a map or list apart; in maps, comments may follow what they are about. */
export function entriesOf(of: Branch | List, commentsFollow = false): Entries {
  const entries: Entry[] = [];
  const follow = commentsFollow && of.kind === 'branch';
  const head: Comment[] = [];
  let comments = head;
  for (const entry of of.items as readonly (Item | Value | Comment)[]) {
    if (entry.kind === 'comment') {
      comments.push(entry);
      continue;
    }
    if (follow) comments = [];
    entries.push(entry.kind === 'item' ? { comments, item: entry, value: entry.value } : { comments, value: entry });
    if (!follow) comments = [];
  }
  return follow ? { head, entries, tail: [] } : { head: [], entries, tail: comments };
}

/** Entries of a list as they stand there, with their comments. */
export function withComments(entries: readonly Entry[]): (Value | Comment)[] {
  return entries.flatMap(({ comments, value }) => [...comments, value]);
}

/** The comments of entries that none of the others has. */
export function newComments(others: readonly Entry[], entries: readonly (Entry | undefined)[]): Comment[] {
  const known = new Set(others.flatMap(({ comments }) => comments.map(({ text }) => text)));
  return entries.flatMap((entry) => entry?.comments.filter(({ text }) => !known.has(text)) ?? []);
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

/** The lines of comments as one each: lines that stand together are one comment in a format whose comments follow. */
export function commentLines(comments: readonly Comment[]): Comment[] {
  return comments.flatMap((one) => one.text.split('\n').map((text) => ({ ...one, text: text.replace(MARK, '') })));
}

const MARK = /^[;#][;# ]*/;

/** Such lines as one comment again: if it says what one of some others does, that one. */
export function oneComment(lines: readonly Comment[], others: readonly Comment[]): readonly Comment[] {
  const [first, ...rest] = lines;
  if (!first) return [];
  const same = others.find((one) => textsOf(commentLines([one])) === textsOf(lines));
  return [same ?? comment([first.text, ...rest.map(({ text }) => `; ${text}`)].join('\n'), false)];
}

function textsOf(comments: readonly Comment[]): string {
  return JSON.stringify(comments.map(({ text }) => text));
}
