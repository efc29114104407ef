/** The walk over a tree: leaves and comments in order, with their paths and whether the scope in force selects them. */
import type { EncryptionScope, Selector } from './scope.js';
import { selectorOf } from './scope.js';
import type { Branch, Comment, Item, KeyPath, Leaf, List, Value } from './tree.js';

/** Where the walk stands. One object serves a whole walk: read it while the visitor runs, do not keep it. */
export interface Place {
  /** What holds the visited leaf (a list, or the branch of its item) or comment, and its index there. */
  readonly container: Branch | List;
  readonly index: number;
  /** The path of the leaf; of a comment: that of the branch or list holding it. */
  readonly path: KeyPath;
  /** The path's keys, each followed by `:`; a bare `:` for the empty path. It is the cipher's additional data. */
  readonly joinedPath: string;
  /** The joined path of the container; empty at a document's root. */
  readonly prefix: string;
  /** Whether the scope encrypts what stands here. */
  readonly selected: boolean;
  /** The joined paths of the branches around a comment, the nearest first, at most `limit` of them. */
  enclosingPaths(limit: number): string[];
  /** Puts a comment in the place of the visited list item. It then continues the run of comments, as a comment read would. */
  replaceByComment(comment: Comment): void;
}

export interface Visitor {
  leaf?(leaf: Leaf, place: Place): void;
  comment?(comment: Comment, place: Place): void;
}

/**
 * Visits every leaf (null and empty ones too) and comment of the documents in order, depth first. A visitor may change
 * `leaf.value` and `comment.text`; the selection goes by the text a comment had before its visit, as SOPS has it.
 * Needs no stack of its own, so any depth is fine; linear but for the lengths of the paths themselves.
 */
export function walk(documents: readonly Branch[], scope: EncryptionScope, visitor: Visitor): void {
  const selector = selectorOf(scope);
  for (const document of documents) new Walk(document, selector, visitor).run();
}

/** The same where it does not matter what is encrypted. */
export function walkAll(documents: readonly Branch[], visitor: Visitor): void {
  walk(documents, { rule: 'encrypted_suffix', suffix: '' }, visitor);
}

/** One branch or list on the way down. */
class Frame {
  index = -1;
  /** Whether a comment of the present run (those since the last other sibling) matches. */
  runMatches = false;
  /** Set when the visited item has turned out to be a comment, which does not end the run. */
  continuesRun = false;

  constructor(
    readonly container: Branch | List,
    readonly parent: Frame | null,
    /** The key that leads here from the parent; null for a document's root and for what stands in a list. */
    readonly key: string | null,
    /** The joined path; empty for a document's root alone. */
    readonly prefix: string,
    /** Whether a key of the path or a comment of an enclosing level matches. */
    readonly matched: boolean,
  ) {}
}

class Walk implements Place {
  private frame: Frame;
  /** Key of the visited item; null in lists and for comments. */
  private key: string | null = null;
  private matched = false;

  constructor(
    root: Branch,
    private readonly selector: Selector,
    private readonly visitor: Visitor,
  ) {
    this.frame = new Frame(root, null, null, '', false);
  }

  run(): void {
    for (;;) {
      const { frame } = this;
      frame.index += 1;
      const entry = frame.container.items[frame.index];
      if (entry === undefined) {
        if (!frame.parent) return;
        this.frame = frame.parent;
        this.endRun(this.frame);
      } else if (entry.kind === 'comment') {
        this.visitComment(entry);
      } else if (entry.kind === 'item') {
        const matched = frame.matched || frame.runMatches || this.selector.matchesKey(entry.key);
        this.visitValue(entry.value, entry.key, matched);
      } else {
        this.visitValue(entry, null, frame.matched || frame.runMatches);
      }
    }
  }

  private visitValue(value: Value, key: string | null, matched: boolean): void {
    const { frame } = this;
    this.key = key;
    if (value.kind !== 'leaf') {
      const prefix = key === null ? frame.prefix : `${frame.prefix}${key}:`;
      this.frame = new Frame(value, frame, key, prefix, matched);
      return;
    }
    this.matched = matched;
    this.visitor.leaf?.(value, this);
    this.endRun(frame);
  }

  private visitComment(comment: Comment): void {
    const { frame } = this;
    const before = frame.matched || frame.runMatches;
    // Asked only while nothing matches yet: the answer cannot change anything afterwards.
    const after = before || this.selector.matchesComment(comment.text);
    this.key = null;
    this.matched = this.selector.commentCountsForItself ? after : before;
    this.visitor.comment?.(comment, this);
    frame.runMatches = after;
  }

  private endRun(frame: Frame): void {
    if (!frame.continuesRun) frame.runMatches = false;
    frame.continuesRun = false;
  }

  get container(): Branch | List {
    return this.frame.container;
  }

  get index(): number {
    return this.frame.index;
  }

  get prefix(): string {
    return this.frame.prefix;
  }

  get selected(): boolean {
    return this.selector.selects(this.matched);
  }

  get joinedPath(): string {
    return this.key === null ? this.frame.prefix || ':' : `${this.frame.prefix}${this.key}:`;
  }

  get path(): KeyPath {
    const keys: string[] = this.key === null ? [] : [this.key];
    for (let at: Frame | null = this.frame; at; at = at.parent) if (at.key !== null) keys.push(at.key);
    return keys.reverse();
  }

  enclosingPaths(limit: number): string[] {
    const paths: string[] = [];
    for (let at = this.frame.parent; at && paths.length < limit; at = at.parent) {
      const joined = at.prefix || ':';
      if (paths.at(-1) !== joined) paths.push(joined);
    }
    return paths;
  }

  replaceByComment(comment: Comment): void {
    (this.frame.container.items as (Value | Item | Comment)[])[this.frame.index] = comment;
    this.frame.continuesRun = true;
  }
}
