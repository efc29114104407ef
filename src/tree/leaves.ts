/** The one traversal of a tree: everything that stands in it, in order and at any depth, and where. */
import type { TreePath } from './path.js';
import { type Branch, type Comment, type Item, type KeyPath, type Leaf, type List, list, type Value } from './tree.js';

/** Where the traversal stands. One object serves a whole traversal: read it before you go on, do not keep it. */
export interface Place<N extends Value | Comment = Value | Comment> {
  /** What stands here. */
  readonly node: N;
  /** What holds it (a list, or the branch of its item), and its index there. Roots are held by a list of roots. */
  readonly container: Branch | List;
  readonly index: number;
  /** The item whose value stands here; null in lists and for comments. */
  readonly item: Item | null;
  /** Which of the roots this is in, from 0: of several documents, which document. */
  readonly root: number;
  /** How many maps and lists it is in; 0 for a root. */
  readonly depth: number;
  /** The keys from the root; of a comment: those of what holds it. */
  readonly path: KeyPath;
  /** The keys and indexes from the root; indexes count comments, as those of `--extract` do. */
  readonly treePath: TreePath;
  /** The same with indexes that count values only. */
  readonly valuePath: TreePath;
  /** The path's keys, each followed by `:`; a bare `:` for the empty path. It is the cipher's additional data. */
  readonly joinedPath: string;
  /** The joined path of the container; empty at a document's root. */
  readonly prefix: string;
  /** The path's keys, each followed by U+0000, which no key of a text format holds: two paths of one text are the same. */
  readonly pathText: string;
}

/** A place that may hold a map or list, which need not be looked into. */
export interface NodePlace extends Place {
  /** Goes on after the map or list that stands here, not inside it. */
  passOver(): void;
}

/** All leaves (null and empty ones too) below some roots, in order. Their values may be changed on the way. */
export function* leaves(roots: readonly Value[]): Generator<Place<Leaf>, void> {
  const traversal = new Traversal(roots);
  for (let node = traversal.next(); node; node = traversal.next()) {
    if (node.kind === 'leaf') yield traversal as Place<Leaf>;
  }
}

/** The roots and all that is below them, comments too, in order: a map or list before what it holds. */
export function* nodes(roots: readonly Value[]): Generator<NodePlace, void> {
  const traversal = new Traversal(roots);
  while (traversal.next()) yield traversal;
}

/** One branch or list on the way down. */
class Level {
  index = -1;
  /** The same without comments. */
  valueIndex = -1;

  constructor(
    readonly container: Branch | List,
    readonly parent: Level | null,
    /** The key that leads here from the parent; null for a root and for what stands in a list. */
    readonly key: string | null,
    readonly prefix: string,
    readonly pathText: string,
  ) {}
}

/** The traversal itself. It needs none of the call stack, and is linear but for the lengths of the paths that are asked for. */
export class Traversal implements NodePlace {
  node: Value | Comment;
  item: Item | null = null;
  depth = 0;
  protected level: Level;
  private readonly outermost: Level;
  /** What is looked into next. */
  private opened: Branch | List | null = null;

  constructor(roots: readonly Value[]) {
    this.node = list([...roots]);
    this.outermost = new Level(this.node, null, null, '', '');
    this.level = this.outermost;
  }

  /** Goes to what comes next, and returns it; undefined at the end. */
  next(): Value | Comment | undefined {
    if (this.opened) this.open(this.opened);
    for (;;) {
      const { level } = this;
      level.index += 1;
      const entry = level.container.items[level.index];
      if (entry !== undefined) return this.stepTo(entry, level);
      if (!level.parent) return undefined;
      this.level = level.parent;
      this.depth -= 1;
    }
  }

  passOver(): void {
    this.opened = null;
  }

  private open(container: Branch | List): void {
    const { level, item } = this;
    this.level = item
      ? new Level(container, level, item.key, `${level.prefix}${item.key}:`, `${level.pathText}${item.key}\0`)
      : new Level(container, level, null, level.prefix, level.pathText);
    this.depth += 1;
    this.opened = null;
  }

  private stepTo(entry: Item | Value | Comment, level: Level): Value | Comment {
    this.item = entry.kind === 'item' ? entry : null;
    const node = entry.kind === 'item' ? entry.value : entry;
    this.node = node;
    if (node.kind === 'comment') return node;
    level.valueIndex += 1;
    if (node.kind !== 'leaf') this.opened = node;
    return node;
  }

  get container(): Branch | List {
    return this.level.container;
  }

  get index(): number {
    return this.level.index;
  }

  get root(): number {
    return this.outermost.index;
  }

  get prefix(): string {
    return this.level.prefix;
  }

  get joinedPath(): string {
    return this.item ? `${this.level.prefix}${this.item.key}:` : this.level.prefix || ':';
  }

  get pathText(): string {
    return this.item ? `${this.level.pathText}${this.item.key}\0` : this.level.pathText;
  }

  get path(): KeyPath {
    const keys: string[] = this.item ? [this.item.key] : [];
    for (let at: Level | null = this.level; at; at = at.parent) if (at.key !== null) keys.push(at.key);
    return keys.reverse();
  }

  get treePath(): TreePath {
    return this.stepsBy('index');
  }

  get valuePath(): TreePath {
    return this.stepsBy('valueIndex');
  }

  private stepsBy(counted: 'index' | 'valueIndex'): TreePath {
    const steps: (string | number)[] = [];
    if (this.node.kind !== 'comment' && this.level.parent) steps.push(this.item?.key ?? this.level[counted]);
    for (let { parent, key } = this.level; parent?.parent; { parent, key } = parent) steps.push(key ?? parent[counted]);
    return steps.reverse();
  }
}
