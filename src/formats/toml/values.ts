/** Reads TOML values into a tree that knows where each part stands: scalars, arrays, inline tables, and the keys in these. */
import type { AST } from 'toml-eslint-parser';
import { type Branch, branch, type Comment, type Item, item, leaf, list, type Value } from '../../tree/tree.js';
import type { CommentQueue } from './comments.js';
import { TOML_MAX_DEPTH, tooDeepToRead } from './parse.js';
import type { TomlElement, TomlEntry, TomlPlace } from './places.js';
import { leafValueOf, styleOf } from './scalar.js';

/** A branch to which entries are added, found by their keys. */
export interface OpenBranch {
  readonly branch: Branch;
  readonly items: Map<string, Item>;
}

export class ValueReader {
  /** Branches that may get more entries. */
  readonly open = new Map<Branch, OpenBranch>();
  /** Those that keys with dots made. */
  readonly dotted = new Set<Branch>();

  /** @param sealed whether the text is an encrypted file's: there rops writes `"null"` for what has no value */
  constructor(
    private readonly text: string,
    private readonly comments: CommentQueue,
    private readonly sealed: boolean,
  ) {}

  /** Reads a key with its value into a branch, with the comments above it and after it. */
  readEntry(node: AST.TOMLKeyValue, into: Branch, depth: number): TomlEntry {
    const [start] = node.range;
    const names = node.key.keys.map(keyPartName);
    const above = this.comments.before(start);
    const chain = [into];
    const items: Item[] = [];
    let at = into;
    for (const name of names.slice(0, -1)) {
      const found = this.itemIn(at, name) ?? this.add(at, name, this.newDotted());
      if (found.value.kind !== 'branch') throw new TypeError('a key leads through a value');
      items.push(found);
      at = found.value;
      chain.push(at);
    }
    const place = this.readValue(node.value, depth + names.length);
    addAll(at.items, above);
    addAll(at.items, this.comments.behind(place.end));
    items.push(this.add(at, names.at(-1) ?? '', place.tree));
    return { kind: 'entry', start, chain, items, place };
  }

  /** Adds an item to an open branch. */
  add(into: Branch, name: string, value: Value): Item {
    const added = item(name, value);
    into.items.push(added);
    this.opened(into).items.set(name, added);
    return added;
  }

  /** The item of an open branch. */
  itemIn(of: Branch, name: string): Item | undefined {
    return this.opened(of).items.get(name);
  }

  private opened(of: Branch): OpenBranch {
    let found = this.open.get(of);
    if (!found) {
      found = { branch: of, items: new Map() };
      this.open.set(of, found);
    }
    return found;
  }

  private newDotted(): Branch {
    const made = branch();
    this.dotted.add(made);
    return made;
  }

  private readValue(node: AST.TOMLContentNode, depth: number): TomlPlace {
    const [start, end] = node.range;
    if (depth > TOML_MAX_DEPTH) throw tooDeepToRead(this.text, start);
    if (node.type === 'TOMLArray') return this.readArray(node, depth);
    if (node.type === 'TOMLInlineTable') return this.readTable(node, depth);
    const value = leafValueOf(node, this.text);
    const kept = this.sealed && value === 'null' ? null : value;
    return { start, end, tree: leaf(kept, { start, end, style: styleOf(node, this.text), value: kept }) };
  }

  private readArray({ elements, range: [start, end] }: AST.TOMLArray, depth: number): TomlPlace {
    const items: (Value | Comment)[] = [];
    const inner = elements.map((element): TomlElement => {
      const above = this.comments.before(element.range[0]);
      const place = this.readValue(element, depth + 1);
      addAll(items, above);
      addAll(items, this.comments.behind(place.end));
      items.push(place.tree);
      return { kind: 'element', place };
    });
    addAll(items, this.comments.before(end));
    return { start, end, tree: list(items), inner };
  }

  private readTable({ body, range: [start, end] }: AST.TOMLInlineTable, depth: number): TomlPlace {
    const tree = branch();
    const inner = body.map((entry) => this.readEntry(entry, tree, depth));
    addAll(tree.items, this.comments.before(end));
    return { start, end, tree, inner };
  }
}

/** One part of a key. */
export function keyPartName(part: AST.TOMLBare | AST.TOMLQuoted): string {
  return part.type === 'TOMLBare' ? part.name : part.value;
}

/** Adds comments one by one: a call cannot take as many arguments as a file may have comments. */
export function addAll(items: { push(one: Comment): unknown }, comments: readonly Comment[]): void {
  for (const one of comments) items.push(one);
}

/** Leaves of some items the last place alone. */
export function keepLast({ items }: Branch, moved: ReadonlySet<Item>): void {
  const seen = new Set<Item>();
  const kept = items.toReversed().filter((entry) => {
    if (entry.kind !== 'item' || !moved.has(entry)) return true;
    return !seen.has(entry) && seen.add(entry);
  });
  items.length = 0;
  for (const entry of kept.reverse()) items.push(entry);
}
