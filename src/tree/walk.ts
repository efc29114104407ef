/** The traversal under a scope: which leaves and comments it selects, with the comments in force. */

import { type Place, Traversal } from './leaves.js';
import type { EncryptionScope, Selector } from './scope.js';
import { selectorOf } from './scope.js';
import type { Branch, Comment, Item, Leaf, Value } from './tree.js';

/** A place under a scope. */
export interface ScopedPlace extends Place {
  /** Whether the scope encrypts what stands here. */
  readonly selected: boolean;
  /** The joined paths of the branches around a comment, the nearest first, at most `limit` of them. */
  enclosingPaths(limit: number): string[];
  /** Puts a comment in the place of the visited list item. It then continues the run of comments, as a comment read would. */
  replaceByComment(comment: Comment): void;
}

export interface Visitor {
  leaf?(leaf: Leaf, place: ScopedPlace): void;
  comment?(comment: Comment, place: ScopedPlace): void;
}

/**
 * Visits every leaf (null and empty ones too) and comment of the documents in order, depth first. A visitor may change
 * `leaf.value` and `comment.text`; the selection goes by the text a comment had before its visit, as SOPS has it.
 */
export function walk(documents: readonly Branch[], scope: EncryptionScope, visitor: Visitor): void {
  new Walk(documents, selectorOf(scope), visitor).run();
}

class Walk extends Traversal implements ScopedPlace {
  private matched = false;
  /** By depth: whether a key of the path or a comment of an enclosing level matches. */
  private readonly matchedAt: boolean[] = [false];
  /** By depth: whether a comment of the present run (those since the last other sibling) matches. */
  private readonly runMatchesAt: boolean[] = [false];
  /** Set when the visited item has turned out to be a comment, which does not end the run. */
  private continuesRun = false;

  constructor(
    documents: readonly Branch[],
    private readonly selector: Selector,
    private readonly visitor: Visitor,
  ) {
    super(documents);
  }

  run(): void {
    for (let node = this.next(); node; node = this.next()) {
      if (node.kind === 'comment') this.visitComment(node);
      else this.visitValue(node);
    }
  }

  private visitValue(value: Value): void {
    const { depth, item, matchedAt, runMatchesAt } = this;
    const matched =
      matchedAt[depth] === true ||
      runMatchesAt[depth] === true ||
      (item !== null && this.selector.matchesKey(item.key));
    if (value.kind === 'leaf') {
      this.matched = matched;
      this.visitor.leaf?.(value, this);
    } else {
      matchedAt[depth + 1] = matched;
      runMatchesAt[depth + 1] = false;
    }
    if (this.continuesRun) this.continuesRun = false;
    else runMatchesAt[depth] = false;
  }

  private visitComment(comment: Comment): void {
    const { depth } = this;
    const before = this.matchedAt[depth] === true || this.runMatchesAt[depth] === true;
    // Asked only while nothing matches yet: the answer cannot change anything afterwards.
    const after = before || this.selector.matchesComment(comment.text);
    this.matched = this.selector.commentCountsForItself ? after : before;
    this.visitor.comment?.(comment, this);
    this.runMatchesAt[depth] = after;
  }

  get selected(): boolean {
    return this.selector.selects(this.matched);
  }

  enclosingPaths(limit: number): string[] {
    const paths: string[] = [];
    for (let at = this.level.parent; at?.parent && paths.length < limit; at = at.parent) {
      const joined = at.prefix || ':';
      if (paths.at(-1) !== joined) paths.push(joined);
    }
    return paths;
  }

  replaceByComment(comment: Comment): void {
    (this.container.items as (Value | Item | Comment)[])[this.index] = comment;
    this.continuesRun = true;
  }
}
