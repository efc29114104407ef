/** From YAML text to the tree: block and flow collections, keys, anchors, and the place of every comment. */
import { SopsError } from '../../errors.js';
import { type Branch, branch, type Comment, comment, item, type List, leaf, list, type Source, type Value } from '../../tree/tree.js';
import { isBlankOrEnd } from './characters.js';
import type { CommentMark, Cursor } from './cursor.js';
import { copyOf } from './copy.js';
import { DEFAULT_HANDLES, isTypingTag, type Properties, readName, readTag, type TagHandles } from './properties.js';
import { resolvePlain, resolveTagged } from './resolve.js';
import { readBlock, readDouble, readPlain, readSingle, type ScalarToken } from './scalars.js';

/** Deeper nesting is refused; no configuration nests like that, and the call stack of some runtimes ends soon after. */
export const MAX_DEPTH = 1000;
/** Values that aliases may stand for in one file, all together: an alias bomb ends here. */
export const MAX_ALIAS_COPIES = 250_000;
/** A key must end within so many characters (YAML 1.1 section 9.3.2, as libyaml has it). */
const MAX_KEY_LENGTH = 1024;

/** A node as read: its value, and how it stands in the text. */
interface Node {
  readonly value: Value;
  readonly shape: 'scalar' | 'alias' | 'flow' | 'block' | 'empty';
  /** A comment on the header line of a block scalar. */
  readonly comment?: CommentMark | undefined;
  /** The scalar as read, until its tag is known. */
  readonly token?: ScalarToken;
}

/** The entry `sops` of a root map: its value and the text it takes, from the start of its first line. */
export interface MetadataSpan {
  readonly value: Value;
  readonly start: number;
  readonly end: number;
  /** In braces: the commas that belong to it. */
  readonly prefix: string;
  readonly suffix: string;
}

/** Where a root flow map takes a further entry: behind its last one, or behind `{`. */
export interface FlowPlace {
  readonly at: number;
  readonly comma: boolean;
}

/** The first key of a block map, which was read before it was known to be one; the cursor stands on its colon. */
interface FirstKey {
  readonly key: Value;
  readonly start: number;
}

interface Frame {
  /** Column of the collection around, -1 at the root. */
  readonly parent: number;
  /** Whether a `-` in the parent's column still belongs to this node (a list under a key). */
  readonly sameColumnList: boolean;
}

const ROOT_FRAME: Frame = { parent: -1, sameColumnList: false };

/** Reads the nodes of one document. */
export class TreeReader {
  metadata: MetadataSpan | undefined;
  flowPlace: FlowPlace | undefined;
  /** Column of the root map's keys; undefined when the root is no block map. */
  rootColumn: number | undefined;
  /** End of the last token read, comments aside. */
  lastEnd = 0;
  private readonly anchors = new Map<string, Value | undefined>();
  private depth = 0;
  private copies = 0;

  constructor(
    private readonly cursor: Cursor,
    private readonly unique: boolean,
    private readonly handles: TagHandles = DEFAULT_HANDLES,
    /** Receives errors that only count when the file is otherwise well-formed. */
    private readonly defer: (error: SopsError) => void,
  ) {}

  /** Reads the root node at the cursor, which stands on its first token. */
  readRoot(): Node {
    return this.readNode(ROOT_FRAME);
  }

  /** Gives the pending comments a place: all of them become comments, in order. */
  takeComments(): Comment[] {
    const taken = this.cursor.pending.map((mark) => this.toComment(mark, false));
    this.cursor.pending = [];
    return taken;
  }

  private toComment(mark: CommentMark, inline: boolean): Comment {
    const text = this.cursor.text.slice(mark.start, mark.end);
    return comment(text, inline, { start: mark.start, end: mark.end, style: 'line', value: text });
  }

  private readNode(frame: Frame): Node {
    if (this.depth >= MAX_DEPTH) throw this.cursor.error(`values are nested deeper than ${MAX_DEPTH} levels`);
    this.depth += 1;
    const node = this.readProperNode(frame);
    this.depth -= 1;
    return node;
  }

  private readProperNode(frame: Frame): Node {
    const { cursor } = this;
    const allowed = cursor.keyAllowed && cursor.flowLevel === 0;
    const outer = this.readProperties();
    if (!outer) return this.readContent(frame, allowed, undefined, undefined);
    const crossed = cursor.passToToken();
    if (this.nodeEnds(frame, crossed)) return this.emptyNode(outer, frame);
    if (!crossed || cursor.flowLevel > 0) return this.readContent(frame, allowed, undefined, outer);
    const inner = this.readProperties();
    if (inner && cursor.passToToken()) throw cursor.error('anchors and tags stand in front of nothing');
    return this.readContent(frame, true, outer, inner);
  }

  /** Whether nothing but properties stands where a node was to be. */
  private nodeEnds(frame: Frame, crossed: boolean): boolean {
    const { cursor } = this;
    if (cursor.atEnd || cursor.atDocumentMarker()) return true;
    if (cursor.flowLevel > 0) return ',]}'.includes(cursor.text.charAt(cursor.at)) || cursor.atIndicator(0x3a);
    if (!crossed) return false;
    if (cursor.column > frame.parent) return false;
    return !(frame.sameColumnList && cursor.column === frame.parent && cursor.atIndicator(0x2d));
  }

  /** Reads the anchor and tag here, in either order, on one line. */
  private readProperties(): Properties | undefined {
    const { cursor } = this;
    let found: Properties | undefined;
    while (cursor.unit === 0x26 || cursor.unit === 0x21) {
      found ??= { start: cursor.at, column: cursor.column };
      const start = cursor.at;
      if (cursor.unit === 0x26) {
        if (found.anchor !== undefined) throw cursor.error('a value has one anchor at most');
        found.anchor = readName(cursor);
        this.anchors.set(found.anchor, undefined);
        cursor.passBlanks();
      } else {
        if (found.tag !== undefined) throw cursor.error('a value has one tag at most');
        found.tag = readTag(cursor, this.handles);
        cursor.passBlanks();
        found.tagSpan = { start, end: cursor.at };
      }
      cursor.keyAllowed = false;
      this.lastEnd = cursor.at;
    }
    return found;
  }

  /**
   * Reads a node's content. `outer` are properties on a line of their own, which belong to the whole node; `inner`
   * stand on the content's line and belong to its first key, if that makes it a block map.
   */
  private readContent(frame: Frame, allowed: boolean, outer: Properties | undefined, inner: Properties | undefined): Node {
    const { cursor } = this;
    const column = inner?.column ?? cursor.column;
    const start = inner?.start ?? cursor.at;
    if (cursor.flowLevel === 0) {
      const block = this.readBlockIndicator(frame, allowed, outer ?? inner, inner !== undefined && outer !== undefined);
      if (block) return block;
    }
    const lineStart = cursor.lineStart;
    const node = this.readInline(frame, inner);
    if (!allowed || cursor.lineStart !== lineStart) return this.withOuter(frame, node, outer, inner);
    const end = cursor.at;
    cursor.passBlanks();
    if (!cursor.atIndicator(0x3a)) {
      cursor.at = end;
      return this.withOuter(frame, node, outer, inner);
    }
    if (end - start > MAX_KEY_LENGTH) throw cursor.error(`a key must be shorter than ${MAX_KEY_LENGTH} characters`);
    this.named(node, inner);
    return this.readBlockMap(column, frame.parent, outer, { key: node.value, start });
  }

  /** A node that turned out to be no key: the properties on the line above are its own too. */
  private withOuter(frame: Frame, node: Node, outer: Properties | undefined, inner: Properties | undefined): Node {
    if (!outer) return this.named(node, inner);
    if ((outer.tag && inner?.tag) || (outer.anchor && inner?.anchor)) {
      throw this.cursor.error('a value has one anchor and one tag at most');
    }
    const tagged = node.token && outer.tag ? { ...node, value: this.leafOf(node.token, outer, frame.parent) } : node;
    this.named(tagged, inner);
    return this.named(tagged, outer);
  }

  /** Reads a block list, a map that begins with `?` or `:`, or a block scalar, if one begins here. */
  private readBlockIndicator(frame: Frame, allowed: boolean, properties: Properties | undefined, two: boolean): Node | undefined {
    const { cursor } = this;
    const dash = cursor.atIndicator(0x2d);
    if (dash || cursor.atIndicator(0x3f) || cursor.atIndicator(0x3a)) {
      const own = properties !== undefined && cursor.at !== cursor.lineStart && !allowed;
      if (!allowed || own || two) throw cursor.error(`${dash ? 'a list' : 'a key'} cannot begin in this place`);
      return dash ? this.readBlockList(cursor.column, frame.parent, properties) : this.readBlockMap(cursor.column, frame.parent, properties);
    }
    if (cursor.unit !== 0x7c && cursor.unit !== 0x3e) return undefined;
    const token = readBlock(cursor, frame.parent);
    this.lastEnd = token.end;
    const node: Node = { value: this.leafOf(token, properties, frame.parent), shape: 'scalar', comment: token.comment };
    return this.named(node, properties);
  }

  /** Gives a finished node to the anchor in front of it. */
  private named(node: Node, properties: Properties | undefined): Node {
    if (!properties) return node;
    if (node.shape === 'alias') throw this.cursor.error('an alias has neither anchor nor tag');
    if (properties.anchor !== undefined) this.anchors.set(properties.anchor, node.value);
    return node;
  }

  /** Reads what stands on one line or in brackets: a scalar, an alias, a flow collection. */
  private readInline(frame: Frame, properties: Properties | undefined): Node {
    const { cursor } = this;
    cursor.keyAllowed = false;
    const unit = cursor.unit;
    if (unit === 0x2a) return this.readAlias();
    if (unit === 0x5b) return { value: this.readFlowList(), shape: 'flow' };
    if (unit === 0x7b) return { value: this.readFlowMap(), shape: 'flow' };
    let token: ScalarToken;
    if (unit === 0x22) token = readDouble(cursor);
    else if (unit === 0x27) token = readSingle(cursor);
    else token = this.readPlainHere(frame);
    this.lastEnd = token.end;
    return { value: this.leafOf(token, properties, frame.parent), shape: 'scalar', token };
  }

  private readPlainHere(frame: Frame): ScalarToken {
    const { cursor } = this;
    const unit = cursor.unit;
    const next = cursor.unitAt(1);
    const inFlow = cursor.flowLevel > 0;
    const dash = unit === 0x2d && !isBlankOrEnd(next);
    const mark = !inFlow && (unit === 0x3f || unit === 0x3a) && !isBlankOrEnd(next);
    if (!dash && !mark && (cursor.atEnd || '-?:,[]{}#&*!|>\'"%@`\t'.includes(cursor.text.charAt(cursor.at)))) {
      throw cursor.error('no value can begin with this character');
    }
    return readPlain(cursor, frame.parent + 1);
  }

  private leafOf(token: ScalarToken, properties: Properties | undefined, column: number): Value {
    const tag = properties?.tag;
    const plain = token.style === 'plain';
    try {
      const value = tag !== undefined ? resolveTagged(tag, token.text, plain) : plain ? resolvePlain(token.text) : token.text;
      const style = this.cursor.flowLevel > 0 ? (`flow-${token.style}` as const) : token.style;
      const source: Source = { start: token.start, end: token.end, style, value, column };
      if (tag === undefined || !properties?.tagSpan || !isTypingTag(tag)) return leaf(value, source);
      return leaf(value, { ...source, tag: properties.tagSpan });
    } catch (error) {
      throw this.placed(error, token.start);
    }
  }

  /** Adds line and column to an error about a value; the value itself is never named. */
  private placed(error: unknown, at: number): unknown {
    if (!(error instanceof SopsError)) return error;
    return this.cursor.error(error.message, at).with(error.code, { cause: error });
  }

  private readAlias(): Node {
    const { cursor } = this;
    const start = cursor.at;
    const name = readName(cursor);
    this.lastEnd = cursor.at;
    if (!this.anchors.has(name)) throw cursor.error(`there is no anchor called ${name}`, start);
    const of = this.anchors.get(name);
    if (!of) throw cursor.error(`the anchor ${name} contains itself`, start);
    const value = copyOf(of, () => {
      this.copies += 1;
      if (this.copies > MAX_ALIAS_COPIES) throw cursor.error(`aliases stand for more than ${MAX_ALIAS_COPIES} values`, start);
    });
    value.alias = { start, end: cursor.at, of };
    return { value, shape: 'alias' };
  }

  private emptyNode(properties: Properties | undefined, frame: Frame): Node {
    const at = this.lastEnd;
    const token: ScalarToken = { text: '', style: 'plain', start: at, end: at };
    return this.named({ value: this.leafOf(token, properties, frame.parent), shape: 'empty' }, properties);
  }

  // Block collections

  private readBlockMap(column: number, parent: number, properties: Properties | undefined, first?: FirstKey): Node {
    const { cursor } = this;
    const map = branch(this.takeComments());
    const isRoot = this.depth === 1;
    if (isRoot) this.rootColumn = column;
    const keys = new Set<string>();
    this.readBlockEntry(map, keys, column, first, isRoot);
    for (;;) {
      cursor.passToToken();
      if (this.collectionEnds(column, map, parent)) break;
      if (!cursor.keyAllowed) throw cursor.error('a key begins on a line of its own');
      if (cursor.column !== column) throw cursor.error('this line is indented neither as the key above nor as its value');
      map.items.push(...this.takeComments());
      this.readBlockEntry(map, keys, column, undefined, isRoot);
    }
    return this.named({ value: map, shape: 'block' }, properties);
  }

  /** Whether a collection of this column is over; it then takes the comments that belong to its end. */
  private collectionEnds(column: number, of: Branch | List, parent: number): boolean {
    const { cursor } = this;
    const over = cursor.atEnd || cursor.atDocumentMarker();
    if (!over && cursor.column >= column) return false;
    (of.items as Comment[]).push(...this.takeTrailing(parent));
    return true;
  }

  /**
   * Takes the pending comments that end a collection: those to the right of its parent's column, up to an
   * empty line (spec file-format.md section 6.1). The end of a document counts as an entry of the root, since
   * the `sops` branch stands there once the file is encrypted.
   */
  private takeTrailing(parent: number): Comment[] {
    const { pending } = this.cursor;
    if (parent < 0) return this.takeComments();
    let count = 0;
    while (count < pending.length) {
      const mark = pending[count];
      if (!mark || mark.column <= parent || (mark.afterBlankLine && count > 0)) break;
      count += 1;
    }
    return pending.splice(0, count).map((mark) => this.toComment(mark, false));
  }

  private readBlockEntry(map: Branch, keys: Set<string>, column: number, first: FirstKey | undefined, isRoot: boolean): void {
    const { cursor } = this;
    const start = first?.start ?? cursor.at;
    const explicit = !first && cursor.atIndicator(0x3f);
    const key = this.keyText(first?.key ?? (explicit ? this.readExplicitKey(column) : this.readBlockKey(column)), start);
    const { node, keyComment } = this.readBlockValue(column, explicit);
    this.checkUnique(keys, key, start, node.value);
    if (isRoot && key === 'sops') {
      if (this.metadata) throw cursor.error('the key sops stands twice', start);
      this.metadata = { value: node.value, start, end: this.lastEnd, prefix: '', suffix: '' };
      return;
    }
    if (keyComment) map.items.push(this.toComment(keyComment, false));
    if (node.shape !== 'block') map.items.push(...this.commentsAbove(node));
    map.items.push(...this.trailingComments(node), item(key, node.value));
  }

  /** Comments between a key and a scalar on a later line go in front of the key. */
  private commentsAbove(node: Node): Comment[] {
    return node.shape === 'empty' ? [] : this.takeComments();
  }

  /** Reads a key up to its `:`, which stays. */
  private readBlockKey(column: number): Value {
    const { cursor } = this;
    if (cursor.atIndicator(0x3a)) return leaf(null);
    if (cursor.atIndicator(0x2d)) throw cursor.error('a list entry stands where a key must be');
    const start = cursor.at;
    const lineStart = cursor.lineStart;
    const properties = this.readProperties();
    const node = this.readInline({ parent: column, sameColumnList: false }, properties);
    const value = this.named(node, properties).value;
    cursor.passBlanks();
    if (!cursor.atIndicator(0x3a) || cursor.lineStart !== lineStart || cursor.at - start > MAX_KEY_LENGTH) {
      throw cursor.error('a key must be followed by a colon, on one line', start);
    }
    return value;
  }

  /** Reads `? key`, and moves on to its `:` if there is one. */
  private readExplicitKey(column: number): Value {
    const { cursor } = this;
    cursor.at += 1;
    cursor.keyAllowed = true;
    const crossed = cursor.passToToken();
    const frame: Frame = { parent: column, sameColumnList: false };
    const node = this.nodeEnds(frame, crossed) ? this.emptyNode(undefined, frame) : this.readNode(frame);
    cursor.passToToken();
    return node.value;
  }

  /** Reads the `:` here and the value behind it; an explicit key may stand without either. */
  private readBlockValue(column: number, explicit: boolean): { node: Node; keyComment: CommentMark | undefined } {
    const { cursor } = this;
    const frame: Frame = { parent: column, sameColumnList: true };
    if (explicit && !(cursor.atIndicator(0x3a) && cursor.column === column)) {
      return { node: this.emptyNode(undefined, frame), keyComment: undefined };
    }
    cursor.at += 1;
    this.lastEnd = cursor.at;
    cursor.keyAllowed = explicit;
    const known = cursor.pending.length;
    const crossed = cursor.passToToken();
    const behind = cursor.pending[known];
    const keyComment = behind && !behind.ownLine ? cursor.pending.splice(known, 1)[0] : undefined;
    const node = this.nodeEnds(frame, crossed) ? this.emptyNode(undefined, frame) : this.readNode(frame);
    return { node, keyComment };
  }

  private readBlockList(column: number, parent: number, properties: Properties | undefined): Node {
    const { cursor } = this;
    const entries = list(this.takeComments());
    for (;;) {
      this.readListEntry(entries, column);
      cursor.passToToken();
      if (this.collectionEnds(column, entries, parent)) break;
      const dash = cursor.atIndicator(0x2d);
      if (cursor.column === column && column === parent && !dash) break;
      if (!cursor.keyAllowed || cursor.column !== column || !dash) throw cursor.error('a list entry must begin with - in the column of the one above');
      entries.items.push(...this.takeComments());
    }
    return this.named({ value: entries, shape: 'block' }, properties);
  }

  private readListEntry(entries: List, column: number): void {
    const { cursor } = this;
    cursor.at += 1;
    this.lastEnd = cursor.at;
    cursor.keyAllowed = true;
    const crossed = cursor.passToToken();
    const frame: Frame = { parent: column, sameColumnList: false };
    const node = this.nodeEnds(frame, crossed) ? this.emptyNode(undefined, frame) : this.readNode(frame);
    if (node.shape !== 'block') entries.items.push(...this.commentsAbove(node));
    entries.items.push(...this.trailingComments(node), node.value);
  }

  /** The comment behind a value on its line, as what goes in front of it; for a flow collection it goes inside. */
  private trailingComments(node: Node): Comment[] {
    const { cursor } = this;
    if (node.comment) return [this.toComment(node.comment, true)];
    if (node.shape === 'block' || node.shape === 'empty') return [];
    const at = cursor.at;
    cursor.passBlanks();
    if (cursor.unit !== 0x23) {
      cursor.at = at;
      return [];
    }
    const mark = cursor.readComment();
    if (node.value.kind === 'leaf') return [this.toComment(mark, true)];
    if (node.shape === 'alias') return [this.toComment(mark, false)];
    (node.value.items as Comment[]).unshift(this.toComment(mark, false));
    return [];
  }

  // Flow collections

  private readFlowList(): List {
    const { cursor } = this;
    const entries = list();
    this.openFlow();
    while (cursor.unit !== 0x5d) {
      const comments = this.takeComments();
      const value = this.readFlowListEntry();
      const inline = this.passFlowComma(0x5d);
      (entries.items as (Comment | Value)[]).push(...comments, ...inline, value);
    }
    entries.items.push(...this.takeComments());
    this.closeFlow();
    return entries;
  }

  /** An entry of a flow list: a value, or one `key: value` pair, which makes a map of one entry. */
  private readFlowListEntry(): Value {
    const { cursor } = this;
    const start = cursor.at;
    const lineStart = cursor.lineStart;
    const explicit = cursor.unit === 0x3f;
    if (explicit) this.passFlowMark();
    const key = this.readFlowNode();
    const sameLine = cursor.lineStart === lineStart && cursor.at - start <= MAX_KEY_LENGTH;
    cursor.passToToken();
    if (cursor.unit !== 0x3a) return explicit ? branch([item(this.keyText(key, start), leaf(null))]) : key;
    if (!explicit && !sameLine) throw cursor.error('a key and its colon must stand on one line', start);
    this.passFlowMark();
    return branch([item(this.keyText(key, start), this.readFlowNode())]);
  }

  private readFlowMap(): Branch {
    const { cursor } = this;
    const isRoot = this.depth === 1 && cursor.flowLevel === 0;
    const map = branch();
    const keys = new Set<string>();
    this.openFlow();
    let place: FlowPlace = { at: this.lastEnd, comma: false };
    const opened = this.lastEnd;
    let lastValueEnd = opened;
    while (cursor.unit !== 0x7d) {
      const comments = this.takeComments();
      const start = cursor.at;
      const { key, value } = this.readFlowEntry();
      this.checkUnique(keys, key, start, value);
      const end = this.lastEnd;
      const inline = this.passFlowComma(0x7d);
      if (isRoot && key === 'sops') {
        if (this.metadata) throw cursor.error('the key sops stands twice', start);
        const last = cursor.unit === 0x7d;
        const prefix = last && lastValueEnd !== opened ? ', ' : ' ';
        const from = last ? lastValueEnd : place.at;
        this.metadata = { value, start: from, end: last ? end : this.lastEnd, prefix, suffix: last ? '' : ',' };
        continue;
      }
      place = { at: this.lastEnd, comma: this.lastEnd === end };
      lastValueEnd = end;
      map.items.push(...comments, ...inline, item(key, value));
    }
    map.items.push(...this.takeComments());
    this.closeFlow();
    if (isRoot) this.flowPlace = place;
    return map;
  }

  private readFlowEntry(): { key: string; value: Value } {
    const { cursor } = this;
    const start = cursor.at;
    const lineStart = cursor.lineStart;
    const explicit = cursor.unit === 0x3f;
    if (explicit) this.passFlowMark();
    const key = this.readFlowNode();
    const sameLine = cursor.lineStart === lineStart && cursor.at - start <= MAX_KEY_LENGTH;
    cursor.passToToken();
    const text = this.keyText(key, start);
    if (cursor.unit !== 0x3a) return { key: text, value: this.emptyNode(undefined, ROOT_FRAME).value };
    if (!explicit && !sameLine) throw cursor.error('a key and its colon must stand on one line', start);
    this.passFlowMark();
    return { key: text, value: this.readFlowNode() };
  }

  private readFlowNode(): Value {
    const { cursor } = this;
    const unit = cursor.unit;
    if (unit === 0x2c || unit === 0x5d || unit === 0x7d || unit === 0x3a) return this.emptyNode(undefined, ROOT_FRAME).value;
    if (cursor.atDocumentMarker()) throw cursor.error('a document marker stands inside brackets');
    return this.readNode(ROOT_FRAME).value;
  }

  private passFlowMark(): void {
    this.cursor.at += 1;
    this.lastEnd = this.cursor.at;
    this.cursor.passToToken();
  }

  /** Moves over the comma behind an entry; returns the comment on the entry's line. */
  private passFlowComma(close: number): Comment[] {
    const { cursor } = this;
    cursor.passToToken();
    const inline = cursor.pending.filter((mark) => !mark.ownLine);
    cursor.pending = cursor.pending.filter((mark) => mark.ownLine);
    if (cursor.unit === 0x2c) {
      cursor.at += 1;
      this.lastEnd = cursor.at;
      cursor.passBlanks();
      if (cursor.text.charCodeAt(cursor.at) === 0x23) inline.push(cursor.readComment());
      cursor.passToToken();
      if (cursor.text.charCodeAt(cursor.at) === 0x2c) throw cursor.error('a value must stand between two commas');
    } else if (cursor.unit !== close) {
      throw cursor.error(`a comma or ${String.fromCharCode(close)} must follow here`);
    }
    return inline.map((mark) => this.toComment(mark, true));
  }

  private openFlow(): void {
    const { cursor } = this;
    cursor.at += 1;
    cursor.flowLevel += 1;
    this.lastEnd = cursor.at;
    cursor.passToToken();
    if (cursor.unit === 0x2c) throw cursor.error('a value must stand in front of the comma');
  }

  private closeFlow(): void {
    this.cursor.at += 1;
    this.cursor.flowLevel -= 1;
    this.cursor.keyAllowed = false;
    this.lastEnd = this.cursor.at;
  }

  // Keys

  /** The text of a key; other types are refused once the file is known to be well-formed. */
  private keyText(key: Value, at: number): string {
    if (key.kind !== 'leaf') throw this.cursor.error('a key must be text, not a list or map', at);
    if (typeof key.value === 'string') return key.value;
    const problem = 'Tree contains a non-string key: write it in quotes';
    this.defer(this.cursor.error(problem, at).with('leaf-not-encryptable'));
    return String(key.value);
  }

  private checkUnique(keys: Set<string>, key: string, at: number, value: Value | undefined): void {
    if (!this.unique) return;
    if (keys.has(key)) throw this.cursor.error('this key stands twice in the same map', at);
    keys.add(key);
    if (key === '<<' && this.cursor.text.startsWith('<<', at) && !isMergeable(value)) {
      throw this.cursor.error('the value of << must be a map, or a list of maps', at);
    }
  }
}

/** Whether a value may stand under a merge key: a map, or a list of maps. */
function isMergeable(value: Value | undefined): boolean {
  if (value?.kind === 'branch') return true;
  return value?.kind === 'list' && value.items.every((entry) => entry.kind === 'branch' || entry.kind === 'comment');
}
