/** The entries of a branch or list as they are printed: each with the comments that go above it and behind it. */
import { type Branch, type Comment, type Item, type List, leaf, type Value } from '../../tree/tree.js';

/** How an encrypted comment begins. In a list it is printed as a string item (spec file-format.md section 6.2). */
const CIPHERTEXT = 'ENC[AES256_GCM,';

/** One entry; without `value`, what stands below the last one. */
export interface Entry {
  /** Texts of the comments above. */
  readonly above: readonly string[];
  /** Texts of the comments behind the value. */
  readonly behind: readonly string[];
  readonly key?: string;
  readonly value?: Value;
  /** Index behind the entry. */
  readonly next: number;
}

/** The entry that begins at an index of a branch or list. */
export function entryAt(of: Branch | List, at: number): Entry {
  const above: string[] = [];
  const behind: string[] = [];
  for (let index = at; index < of.items.length; index++) {
    const found = of.items[index];
    if (found === undefined) break;
    if (found.kind !== 'comment') return { above, behind, ...contentOf(found), next: index + 1 };
    if (of.kind === 'list' && isEncrypted(found)) return { above, behind, value: leaf(found.text), next: index + 1 };
    (found.inline ? behind : above).push(found.text);
  }
  return { above: [...above, ...behind], behind: [], next: of.items.length };
}

/** Whether a value is a branch or list with nothing in it but comments. */
export function isEmptyCollection(value: Value): boolean {
  return value.kind !== 'leaf' && entryAt(value, 0).value === undefined;
}

function contentOf(found: Item | Value): { key?: string; value: Value } {
  return found.kind === 'item' ? { key: found.key, value: found.value } : { value: found };
}

function isEncrypted(comment: Comment): boolean {
  return comment.text.startsWith(CIPHERTEXT);
}
