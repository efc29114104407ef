/** From YAML text to the tree: block and flow collections, keys, anchors, and the place of every comment. */
import { SopsError } from '../../errors.js';
import { type Comment, comment, type Item, item, leaf, type Value } from '../../tree/tree.js';
import { type Steps, settle } from '../../util/flat-recursion.js';
import { readBlockList, readBlockMap } from './block-reader.js';
import { readBlock } from './block-scalar.js';
import { isBlankOrEnd } from './characters.js';
import { passToValue } from './comment-run.js';
import { type CopyBudget, copyOf } from './copy.js';
import type { CommentMark, Cursor } from './cursor.js';
import { readFlow } from './flow-reader.js';
import { isMergeable, MERGE_KEY } from './merge-key.js';
import {
  type FlowPlace,
  type Frame,
  isNode,
  type LooseReading,
  MAX_KEY_LENGTH,
  type MetadataSpan,
  type Node,
  type NodeWatcher,
  type Reading,
  ROOT_FRAME,
  YAML_MAX_DEPTH,
} from './node.js';
import type { NodeReader } from './node-reader.js';
import type { Anchors, Properties, TagHandles } from './properties.js';
import { DEFAULT_HANDLES, readName, readTag } from './properties.js';
import type { Taken } from './resolve.js';
import { leafOf } from './scalar-leaf.js';
import { readDouble, readPlain, readSingle, type ScalarToken } from './scalars.js';

/** What is known of a node when what stands on its first line has been read. */
interface Begun {
  readonly frame: Frame;
  readonly outer: Properties | undefined;
  readonly inner: Properties | undefined;
  readonly isEmptyKey: boolean;
  readonly column: number;
  readonly start: number;
  /** The start of its line, if it may be a key. */
  readonly lineStart: number;
}

const NOWHERE = -1;

/** Reads the nodes of one document. */
export class TreeReader implements NodeReader {
  metadata: MetadataSpan | undefined;
  flowPlace: FlowPlace | undefined;
  rootColumn: number | undefined;
  lastEnd = 0;
  plainEnd = 0;
  depth = 0;
  /** The block collections among the open ones that are levels of their own. */
  private blockDepth = 0;

  constructor(
    readonly cursor: Cursor,
    private readonly unique: boolean,
    private readonly handles: TagHandles = DEFAULT_HANDLES,
    /** Receives errors that only count when the file is otherwise well-formed. */
    readonly defer: (error: SopsError) => void,
    /** What the documents of a file share. */
    private readonly stream: { readonly budget: CopyBudget; readonly anchors: Anchors },
    readonly watcher?: NodeWatcher,
  ) {}

  get takes(): Taken {
    return this.watcher?.asData ? 'any' : 'encryptable';
  }

  get loose(): LooseReading | undefined {
    return this.watcher?.loose;
  }

  /** Reads the root node at the cursor, which stands on its first token. */
  readRoot(): Node {
    const reading = this.readNode(ROOT_FRAME);
    return isNode(reading) ? reading : settle(reading);
  }

  takeComments(count = this.cursor.pending.length): Comment[] {
    return this.cursor.pending.splice(0, count).map((mark) => this.toComment(mark, false));
  }

  takeBehind(): Comment[] {
    return this.cursor.behind.splice(0).map((mark) => this.toComment(mark, false));
  }

  toComment(mark: CommentMark, inline: boolean): Comment {
    return toComment(this.cursor, mark, inline);
  }

  open(isLevel: boolean): void {
    this.depth += 1;
    if (isLevel) this.blockDepth += 1;
    if (this.blockDepth > YAML_MAX_DEPTH || this.cursor.flowLevel > YAML_MAX_DEPTH) {
      throw this.cursor.error(`values are nested deeper than ${YAML_MAX_DEPTH} levels`);
    }
  }

  close(isLevel: boolean): void {
    this.depth -= 1;
    if (isLevel) this.blockDepth -= 1;
  }

  readNode(frame: Frame): Reading {
    const { cursor } = this;
    const allowed = cursor.keyAllowed && cursor.flowLevel === 0;
    const outer = this.readProperties();
    if (!outer) return this.readContent(frame, allowed, undefined, undefined);
    const crossed = passToValue(this, frame);
    if (this.nodeEnds(frame, crossed)) return this.emptyNode(outer, frame);
    if (!crossed || cursor.flowLevel > 0) return this.readContent(frame, allowed, undefined, outer);
    const inner = this.readProperties();
    if (!inner || !cursor.passToToken()) return this.readContent(frame, true, outer, inner);
    return this.readContent(frame, true, this.merged(outer, inner), undefined);
  }

  nodeEnds(frame: Frame, crossed: boolean): boolean {
    const { cursor } = this;
    if (cursor.atEnd || cursor.atDocumentMarker()) return true;
    if (cursor.flowLevel > 0) return ',]}'.includes(cursor.text.charAt(cursor.at)) || cursor.atIndicator(0x3a);
    if (!crossed) return false;
    if (cursor.column > frame.parent) return false;
    // A block scalar cannot be a key, so its header may stand in the column of the key it belongs to.
    if (cursor.column === frame.parent && (cursor.unit === 0x7c || cursor.unit === 0x3e)) return false;
    return !(frame.sameColumnList && cursor.column === frame.parent && cursor.atIndicator(0x2d));
  }

  readProperties(): Properties | undefined {
    const { cursor } = this;
    let found: Properties | undefined;
    while (cursor.unit === 0x26 || cursor.unit === 0x21) {
      found ??= { start: cursor.at, column: cursor.column };
      const start = cursor.at;
      if (cursor.unit === 0x26) {
        if (found.anchor !== undefined) throw cursor.error('a value has one anchor at most');
        found.anchor = { name: readName(cursor) };
        this.stream.anchors.set(found.anchor.name, found.anchor);
        cursor.passBlanks();
      } else {
        if (found.tag !== undefined) throw cursor.error('a value has one tag at most');
        found.tag = readTag(cursor, this.handles);
        this.watcher?.tag?.(found.tag, start);
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
  private readContent(
    frame: Frame,
    allowed: boolean,
    outer: Properties | undefined,
    inner: Properties | undefined,
  ): Reading {
    const { cursor } = this;
    // `- &name:` is a map whose first key is empty and has the anchor.
    const isEmptyKey = allowed && inner !== undefined && cursor.flowLevel === 0 && cursor.atIndicator(0x3a);
    if (cursor.flowLevel === 0 && !isEmptyKey) {
      const block = this.readBlockIndicator(frame, allowed && !inner, outer ?? inner);
      if (block) return block;
    }
    const column = inner?.column ?? cursor.column;
    const start = inner?.start ?? cursor.at;
    const { lineStart } = cursor;
    const reading = isEmptyKey ? this.emptyNode(inner, frame) : this.readInline(frame, inner);
    if (!allowed && isNode(reading)) return this.withOuter(frame, reading, outer, inner);
    if (!allowed && !outer && !inner) return reading;
    const begun = { frame, outer, inner, isEmptyKey, column, start, lineStart: allowed ? lineStart : NOWHERE };
    return isNode(reading) ? this.readBehind(reading, begun) : this.readAround(reading, begun);
  }

  private *readAround(steps: Steps<Node>, begun: Begun): Steps<Node> {
    const reading = this.readBehind(yield steps, begun);
    return isNode(reading) ? reading : yield reading;
  }

  /** Goes on after what stands on a line: if a colon follows, it was the first key of a block map. */
  private readBehind(node: Node, { frame, outer, inner, isEmptyKey, column, start, lineStart }: Begun): Reading {
    const { cursor } = this;
    if (cursor.lineStart !== lineStart) return this.withOuter(frame, node, outer, inner);
    const end = cursor.at;
    cursor.passBlanks();
    if (!cursor.atIndicator(0x3a)) {
      cursor.at = end;
      return this.withOuter(frame, node, outer, inner);
    }
    if (end - start > MAX_KEY_LENGTH) throw cursor.error(`a key must be shorter than ${MAX_KEY_LENGTH} characters`);
    if (!isEmptyKey) this.named(node, inner);
    return readBlockMap(this, column, frame.parent, outer, { key: node.value, start });
  }

  /** A node that turned out to be no key: the properties on the line above are its own too. */
  private withOuter(frame: Frame, node: Node, outer: Properties | undefined, inner: Properties | undefined): Node {
    if (!outer) return this.named(node, inner);
    if (inner) this.merged(outer, inner);
    const tagged = node.token && outer.tag ? { ...node, value: leafOf(this, node.token, outer, frame.parent) } : node;
    this.named(tagged, inner);
    return this.named(tagged, outer);
  }

  /** Reads a block list, a map that begins with `?` or `:`, or a block scalar, if one begins here. */
  private readBlockIndicator(frame: Frame, allowed: boolean, properties: Properties | undefined): Reading | undefined {
    const { cursor } = this;
    const dash = cursor.atIndicator(0x2d);
    if (dash || cursor.atIndicator(0x3f) || cursor.atIndicator(0x3a)) {
      if (!allowed) throw cursor.error(`${dash ? 'a list' : 'a key'} cannot begin in this place`);
      return dash
        ? readBlockList(this, cursor.column, frame.parent, properties)
        : readBlockMap(this, cursor.column, frame.parent, properties);
    }
    if (cursor.unit !== 0x7c && cursor.unit !== 0x3e) return undefined;
    const token = readBlock(cursor, frame.parent);
    this.lastEnd = token.end;
    const node: Node = {
      value: leafOf(this, token, properties, frame.parent),
      shape: 'block-scalar',
      comment: token.comment,
    };
    return this.named(node, properties);
  }

  /** The properties of two lines as one. */
  private merged(outer: Properties, inner: Properties): Properties {
    if ((outer.tag && inner.tag) || (outer.anchor && inner.anchor)) {
      throw this.cursor.error('a value has one anchor and one tag at most');
    }
    return { ...inner, ...outer };
  }

  named(node: Node, properties: Properties | undefined): Node {
    if (!properties) return node;
    if (node.shape === 'alias') throw this.cursor.error('an alias has neither anchor nor tag');
    if (properties.anchor !== undefined) {
      properties.anchor.value = node.value;
      this.watcher?.anchor(properties.anchor.name, node.value);
    }
    return node;
  }

  readInline(frame: Frame, properties: Properties | undefined): Reading {
    const { cursor } = this;
    cursor.keyAllowed = false;
    const unit = cursor.unit;
    if (unit === 0x2a) return this.readAlias();
    if (unit === 0x5b || unit === 0x7b) return readFlow(this);
    const isQuoted = unit === 0x22 || unit === 0x27;
    const token = unit === 0x22 ? readDouble(cursor) : isQuoted ? readSingle(cursor) : this.readPlainHere(frame);
    this.lastEnd = token.end;
    if (!isQuoted) this.plainEnd = token.end;
    return { value: leafOf(this, token, properties, frame.parent), shape: 'scalar', token };
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

  private readAlias(): Node {
    const { cursor } = this;
    const start = cursor.at;
    const name = readName(cursor);
    this.lastEnd = cursor.at;
    // Names are not repeated in messages: a password written without quotes may begin with `*`.
    const { anchors, budget } = this.stream;
    const anchor = anchors.get(name);
    if (!anchor) throw cursor.error('this alias names no anchor: quotes make it a text', start);
    const of = anchor.value;
    try {
      if (!of) throw cursor.error('this alias stands inside what it stands for', start);
      const value = copyOf(of, this.depth, (copy, depth) => {
        const excess = budget.spend(copy, depth);
        if (excess !== undefined) throw cursor.error(excess, start);
      });
      value.alias = { start, end: cursor.at, of };
      return { value, shape: 'alias' };
    } catch (error) {
      if (!this.loose || !(error instanceof SopsError)) throw error;
      const value = leaf(null);
      value.alias = { start, end: cursor.at, of: of ?? leaf(null) };
      this.loose.broken(value, error);
      return { value, shape: 'alias' };
    }
  }

  emptyNode(properties: Properties | undefined, frame: Frame): Node {
    const at = this.lastEnd;
    const token: ScalarToken = { text: '', style: 'plain', start: at, end: at };
    return this.named({ value: leafOf(this, token, properties, frame.parent), shape: 'empty' }, properties);
  }

  /** The text of a key; other types are refused once the file is known to be well-formed. */
  private keyText(key: Value, at: number): string {
    if (this.loose) return looseKeyText(key, this.cursor.text);
    if (key.kind !== 'leaf') throw this.cursor.error('a key must be text, not a list or map', at);
    if (typeof key.value === 'string') return key.value;
    const problem = 'Tree contains a non-string key: write it in quotes';
    this.defer(this.cursor.error(problem, at).with('leaf-not-encryptable'));
    return String(key.value);
  }

  itemOf(key: Value, at: number, value: Value): Item {
    const entry = item(this.keyText(key, at), value);
    if (key.alias) entry.keyAlias = key.alias;
    this.loose?.key(entry, key);
    this.watcher?.entry(entry, at, this.lastEnd, this.cursor.flowLevel > 0);
    return entry;
  }

  checkUnique(keys: Set<string>, key: string, node: Value, at: number, value: Value): void {
    if (!this.unique || this.loose) return;
    if (keys.has(key)) throw this.cursor.error('this key stands twice in the same map', at);
    keys.add(key);
    if (key === MERGE_KEY && isMergeKey(node) && !isMergeable(value)) {
      throw this.cursor.error('the value of << must be a map, or a list of maps', at);
    }
  }
}

/** The text of a key as it is written, aliases followed. */
function looseKeyText(key: Value, text: string): string {
  const { kind, alias } = key;
  if (alias) return looseKeyText(alias.of, text);
  if (kind !== 'leaf') return '';
  if (typeof key.value === 'string') return key.value;
  return key.source ? text.slice(key.source.start, key.source.end) : '';
}

export function toComment(cursor: Cursor, { start, end }: CommentMark, inline: boolean): Comment {
  const text = cursor.text.slice(start, end);
  return comment(text, inline, { start, end, style: 'line', value: text });
}

/** Whether `<<` merges: written without quotes, under a tag or not. */
function isMergeKey(key: Value): boolean {
  return key.kind === 'leaf' && /^(?:flow-)?plain$/.test(key.source?.style ?? '');
}
