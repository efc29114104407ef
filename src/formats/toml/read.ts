/** Reads TOML text into a tree that knows where each part stands. */

import type { AST } from 'toml-eslint-parser';
import { SopsError } from '../../errors.js';
import { type Branch, branch, type Comment, type Item, type List, list } from '../../tree/tree.js';
import type { Span } from '../span.js';
import { CommentQueue } from './comments.js';
import { type ParseToml, parseText, TOML_MAX_DEPTH, tooDeepToRead } from './parse.js';
import { behindLine, type TomlEntry, type TomlSection, type TomlText } from './places.js';
import { addAll, keepLast, keyPartName, ValueReader } from './values.js';

/** The name of the table of the metadata. */
const SOPS = 'sops';

/** Reads a file. Throws `document-invalid`, and `metadata-invalid` for a `sops` that is not a table. */
export function readToml(parse: ParseToml, text: string): TomlText {
  return new TomlReader(text, parseText(parse, text)).read();
}

class TomlReader {
  private readonly root = branch();
  private readonly nodes: readonly (AST.TOMLKeyValue | AST.TOMLTable)[];
  private readonly comments: CommentQueue;
  private readonly values: ValueReader;
  private readonly sections: TomlSection[] = [];
  private readonly sealed: Span[] = [];
  private readonly metadataComments: Comment[] = [];
  private readonly tables = new Set<List>();
  /** Branches in which an item has moved, with the items that did. */
  private readonly moved = new Map<Branch, Set<Item>>();

  constructor(
    private readonly text: string,
    program: AST.TOMLProgram,
  ) {
    this.nodes = program.body[0].body;
    this.comments = new CommentQueue(text, program.comments);
    this.values = new ValueReader(text, this.comments, this.nodes.some(isSops));
  }

  read(): TomlText {
    const { root, text, sections, sealed, tables } = this;
    const entries: TomlEntry[] = [];
    sections.push({ header: null, chain: [root], branch: root, entries });
    for (const node of this.nodes) {
      if (isSops(node)) this.readSealed(node);
      else if (node.type === 'TOMLTable') this.readSection(node);
      else entries.push(this.values.readEntry(node, root, 0));
    }
    this.endSection(text.length);
    for (const [of, items] of this.moved) keepLast(of, items);
    const metadata = this.takeMetadata();
    return { root, metadata, sections, comments: this.comments.taken, sealed, dotted: this.values.dotted, tables };
  }

  /** Comments at the end belong to the last section. */
  private endSection(offset: number): void {
    const last = this.sections.at(-1);
    if (last) addAll(last.branch.items, this.comments.before(offset));
  }

  private readSection({ kind, key, range, body }: AST.TOMLTable): void {
    const above = this.comments.before(range[0]);
    const header = { start: range[0], end: this.text.indexOf(']', key.range[1]) + (kind === 'array' ? 2 : 1) };
    const comments = [...above, ...this.comments.behind(header.end)];
    const { chain, own } = this.openSection(key.keys.map(keyPartName), kind, comments, header.start);
    const entries = body.map((entry) => this.values.readEntry(entry, own, key.keys.length));
    this.sections.push({ header, chain, branch: own, entries });
  }

  private openSection(
    names: readonly string[],
    kind: AST.TOMLTable['kind'],
    comments: readonly Comment[],
    start: number,
  ): { chain: (Branch | List)[]; own: Branch } {
    if (names.length > TOML_MAX_DEPTH) throw tooDeepToRead(this.text, start);
    const chain: (Branch | List)[] = [this.root];
    let at = this.root;
    for (const name of names.slice(0, -1)) at = this.goDown(at, name, chain);
    const name = names.at(-1) ?? '';
    if (kind === 'array') return { chain, own: this.addElement(at, name, comments, chain) };
    addAll(at.items, comments);
    const found = this.values.itemIn(at, name);
    const own = found?.value ?? branch();
    if (own.kind !== 'branch') throw new TypeError('a header leads to a value');
    if (found) this.move(at, found);
    else this.values.add(at, name, own);
    chain.push(own);
    return { chain, own };
  }

  /** The branch of a name in a header: of a list of tables the last one. */
  private goDown(from: Branch, name: string, chain: (Branch | List)[]): Branch {
    const { value } = this.values.itemIn(from, name) ?? this.values.add(from, name, branch());
    const last = value.kind === 'list' ? value.items.at(-1) : value;
    if (value.kind === 'leaf' || last?.kind !== 'branch') throw new TypeError('a header leads through a value');
    chain.push(value);
    if (last !== value) chain.push(last);
    return last;
  }

  private addElement(to: Branch, name: string, comments: readonly Comment[], chain: (Branch | List)[]): Branch {
    const { value } = this.values.itemIn(to, name) ?? this.values.add(to, name, list());
    if (value.kind !== 'list') throw new TypeError('a header leads to no list');
    const own = branch();
    // Not before the element: there they would count as elements for whoever asks for one by its number.
    addAll(own.items, comments);
    value.items.push(own);
    this.tables.add(value);
    chain.push(value, own);
    return own;
  }

  /** A table whose header follows those of tables within it stands where its header does: so the MAC of rops has it. */
  private move(within: Branch, moved: Item): void {
    within.items.push(moved);
    const known = this.moved.get(within) ?? new Set();
    this.moved.set(within, known.add(moved));
  }

  /** The metadata: read like all else, but for its comments. */
  private readSealed(node: AST.TOMLKeyValue | AST.TOMLTable): void {
    const [start] = node.range;
    this.endSection(start);
    const last = node.type === 'TOMLTable' ? node.body.at(-1) : node;
    const end = behindLine(this.text, (last ?? node).range[1]);
    this.sealed.push({ start, end });
    addAll(this.metadataComments, this.comments.ofMetadata(end));
    if (node.type === 'TOMLKeyValue') {
      this.values.readEntry(node, this.root, 0);
      return;
    }
    const { own } = this.openSection(node.key.keys.map(keyPartName), node.kind, [], start);
    for (const entry of node.body) this.values.readEntry(entry, own, node.key.keys.length);
  }

  private takeMetadata(): Branch | null {
    const found = this.values.itemIn(this.root, SOPS);
    if (!found) return null;
    this.root.items.splice(this.root.items.indexOf(found), 1);
    if (found.value.kind === 'branch') {
      addAll(found.value.items, this.metadataComments);
      return found.value;
    }
    throw new SopsError('metadata-invalid', 'the entry "sops" is not a map');
  }
}

function isSops({ key }: AST.TOMLKeyValue | AST.TOMLTable): boolean {
  const [first] = key.keys;
  return first !== undefined && keyPartName(first) === SOPS;
}
