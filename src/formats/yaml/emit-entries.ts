/** The entries of a branch or list as they are printed: each with the comments that go above it and after it. */
import { type Branch, type Comment, type List, leaf, type Value } from '../../tree/tree.js';

/** How an encrypted comment begins. */
const CIPHERTEXT = 'ENC[AES256_GCM,';

/**
 * How an encrypted comment in a list is printed. SOPS prints a string item (docs/format.md#writing-yaml), which
 * SOPS 3.13.2 then takes for a changed file (docs/format.md#d1-comments-in-lists); every SOPS from 3.9 on reads a comment line.
 */
export type ListComments = 'items' | 'lines';

/** One entry; without `value`, what stands below the last one. Made for every leaf, so always of one shape. */
export interface PrintedEntry {
  /** Texts of the comments above. */
  readonly above: readonly string[];
  /** Texts of the comments after the value. */
  readonly behind: readonly string[];
  readonly key: string | undefined;
  readonly value: Value | undefined;
  /** Index after the entry. */
  readonly next: number;
}

/** Most entries have no comments: they share this, since printing is done for every leaf. */
const NONE: readonly string[] = [];

/** The entry that begins at an index of a branch or list. */
export function entryAt(of: Branch | List, at: number, encrypted: ListComments): PrintedEntry {
  const asItems = of.kind === 'list' && encrypted === 'items';
  let above: string[] | undefined;
  let behind: string[] | undefined;
  for (let index = at; index < of.items.length; index++) {
    const found = of.items[index];
    if (found === undefined) break;
    if (found.kind === 'comment' && !(asItems && isEncrypted(found))) {
      above ??= [];
      behind ??= [];
      (found.inline ? behind : above).push(found.text);
      continue;
    }
    const next = index + 1;
    if (found.kind === 'item')
      return { above: above ?? NONE, behind: behind ?? NONE, key: found.key, value: found.value, next };
    const value = found.kind === 'comment' ? leaf(found.text) : found;
    return { above: above ?? NONE, behind: behind ?? NONE, key: undefined, value, next };
  }
  const below = above && behind ? [...above, ...behind] : NONE;
  return { above: below, behind: NONE, key: undefined, value: undefined, next: of.items.length };
}

function isEncrypted(comment: Comment): boolean {
  return comment.text.startsWith(CIPHERTEXT);
}
