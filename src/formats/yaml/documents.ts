/** From a YAML text to its documents: directives, `---` and `...`, and where each document takes its `sops` branch. */

import { SopsError } from '../../errors.js';
import { type Branch, branch, item, type List, type Value } from '../../tree/tree.js';
import { append, insert } from '../../util/lists.js';
import { mergeError, unwalkable } from '../document-error.js';
import { FORBIDDEN, isBreak } from './characters.js';
import { countBelow } from './comment-run.js';
import { CopyBudget } from './copy.js';
import { type CommentMark, Cursor } from './cursor.js';
import type { FlowPlace, MetadataSpan, NodeWatcher } from './node.js';
import { type Anchors, DEFAULT_HANDLES, TAG_PREFIX, type TagHandles } from './properties.js';
import { TreeReader, toComment } from './tree-reader.js';

/** Where a document stands in the text. */
export interface DocumentPlace {
  /** Column of the root map's keys; 0 when there is none. */
  readonly column: number;
  /** After the document's last line, where a block `sops` branch goes. */
  readonly end: number;
  /** Where a root in braces takes a further entry. */
  readonly flow: FlowPlace | undefined;
  /** A root written as `null` or `~`. */
  readonly nullRoot: { readonly start: number; readonly end: number } | undefined;
  /** The text of its `sops` branch, whole lines (block) or the entry with its comma (flow). */
  readonly metadata: MetadataPlace | undefined;
}

/** The text of a `sops` entry; in braces, what must stand around it for the commas to come out right. */
export interface MetadataPlace {
  readonly start: number;
  readonly end: number;
  readonly prefix: string;
  readonly suffix: string;
}

export interface YamlDocument {
  readonly root: Branch;
  /** The document itself where it is a list: the root holds it then in one item, whose key is empty and stands nowhere in the text. */
  readonly list?: List | undefined;
  readonly metadata: Value | undefined;
  readonly place: DocumentPlace;
}

/**
 * Reads all documents of a text. Throws `document-invalid` with line and column, `empty-file` for a text of
 * no characters, and once all is read `leaf-not-encryptable` for keys that are not
 * strings; `leaf-not-decryptable` for them in a file with metadata.
 */
export function readDocuments(text: string, watcher?: NodeWatcher): YamlDocument[] {
  if (text === '' || text === '\ufeff') {
    throw new SopsError('empty-file', 'File cannot be completely empty, it must contain at least one document');
  }
  const cursor = new Cursor(text);
  const forbidden = FORBIDDEN.exec(text);
  if (forbidden) throw cursor.error('control characters are not allowed', forbidden.index);
  return new StreamReader(cursor, watcher).readAll();
}

class StreamReader {
  private readonly documents: YamlDocument[] = [];
  private readonly deferred: SopsError[] = [];
  /** Whether `...` stands after the last document. */
  private isEnded = false;
  readonly budget = new CopyBudget();
  /** Those of all documents: go-yaml does not forget them at the end of one. */
  readonly anchors: Anchors = new Map();

  constructor(
    private readonly cursor: Cursor,
    private readonly watcher: NodeWatcher | undefined,
  ) {}

  readAll(): YamlDocument[] {
    // Loosely read, what follows the first document is not looked at.
    while (this.readNext() && !this.watcher?.loose);
    const [first] = this.deferred;
    if (first) throw unwalkable(first, this.documents[0]?.metadata);
    return this.documents;
  }

  /** Reads one document; returns whether more text follows it. */
  private readNext(): boolean {
    const { cursor } = this;
    cursor.keyAllowed = true;
    cursor.passToToken();
    if (cursor.atEnd) return this.readEnd();
    const handles = this.readDirectives();
    const explicit = cursor.atDocumentMarker() && cursor.unit === 0x2d;
    let below: CommentMark[] = [];
    if (explicit) {
      const isFirstLine = cursor.at === 0 || (cursor.at === 1 && cursor.text.startsWith('\ufeff'));
      const known = cursor.pending.length;
      cursor.at += 3;
      cursor.keyAllowed = false;
      cursor.passToToken();
      const isEmpty = cursor.atEnd || cursor.atDocumentMarker();
      if (!isFirstLine && !isEmpty) below = cursor.pending.splice(known, countBelow(cursor, known));
    } else if (this.documents.length > 0 || handles !== DEFAULT_HANDLES) {
      throw cursor.error('a further document begins with ---');
    }
    const document = this.readDocument(handles, explicit);
    this.addBelowMarker(below, document.root);
    this.documents.push(document);
    this.isEnded = this.passEndMarkers();
    return true;
  }

  /** Adds the comments that belong to a document's `---`: to the end of the document before, or after the first entry. */
  private addBelowMarker(below: readonly CommentMark[], root: Branch): void {
    const comments = below.map((mark) => toComment(this.cursor, mark, false));
    const previous = this.isEnded ? undefined : this.documents.at(-1)?.root;
    const first = root.items.findIndex((entry) => entry.kind === 'item');
    if (previous) append(previous.items, comments);
    else insert(root.items, first + 1, comments);
  }

  private readEnd(): boolean {
    const last = this.documents.at(-1);
    if (!last) throw new SopsError('document-invalid', 'the file holds no YAML document, only blanks or comments');
    const reader = new TreeReader(this.cursor, false, DEFAULT_HANDLES, () => undefined, this);
    append(last.root.items, reader.takeComments());
    return false;
  }

  private readDocument(handles: TagHandles, explicit: boolean): YamlDocument {
    const { cursor } = this;
    const defer = (error: SopsError): unknown => this.deferred.push(error);
    const reader = new TreeReader(cursor, this.documents.length === 0, handles, defer, this, this.watcher);
    reader.lastEnd = cursor.at;
    const empty = cursor.atEnd || cursor.atDocumentMarker();
    if (empty && !explicit) throw cursor.error('a document must stand before ...');
    const start = cursor.at;
    const node = empty ? undefined : reader.readRoot();
    const value = node?.value ?? branch();
    const list = value.kind === 'list' && this.watcher?.asData ? value : undefined;
    cursor.passToToken();
    if (!cursor.atEnd && !cursor.atDocumentMarker()) throw cursor.error('the document ends before this');
    const isNull = value.kind === 'leaf' && value.value === null && value.source?.style === 'plain';
    this.watcher?.loose?.root(value);
    if (value.kind !== 'branch' && !isNull && !list && !this.watcher?.loose) {
      const merge = mergeError(cursor.text);
      if (merge) throw merge;
      throw new SopsError(
        'document-invalid',
        'YAML documents that are sequences or scalars are not supported: the top must be a map',
      );
    }
    const root = value.kind === 'branch' ? value : branch(list ? [item('', list)] : []);
    for (const of of root.items)
      if (list && of.kind === 'item') this.watcher?.entry(of, start, reader.lastEnd, node?.shape === 'flow');
    append(root.items, reader.takeComments());
    const nullRoot =
      value.kind === 'leaf' && value.source ? { start: value.source.start, end: value.source.end } : undefined;
    const place: DocumentPlace = {
      column: reader.rootColumn ?? 0,
      end: cursor.atEnd ? cursor.text.length : cursor.lineStart,
      flow: reader.flowPlace,
      nullRoot,
      metadata: this.metadataLines(reader.metadata, reader.flowPlace !== undefined),
    };
    return { root, list, metadata: reader.metadata?.value, place };
  }

  /** Widens the span of a block `sops` entry to whole lines. */
  private metadataLines(found: MetadataSpan | undefined, inFlow: boolean): DocumentPlace['metadata'] {
    if (!found || inFlow) return found;
    const { text } = this.cursor;
    let { start, end } = found;
    while (start > 0 && text.charCodeAt(start - 1) === 0x20) start -= 1;
    while (end < text.length && !isBreak(text.charCodeAt(end))) end += 1;
    if (text.startsWith('\r\n', end)) end += 2;
    else if (end < text.length) end += 1;
    return { ...found, start, end };
  }

  private readDirectives(): TagHandles {
    const { cursor } = this;
    let handles = DEFAULT_HANDLES;
    let version: boolean = false;
    while (cursor.unit === 0x25 && cursor.column === 0) {
      const start = cursor.at;
      while (!cursor.atEnd && !isBreak(cursor.unit)) cursor.at += 1;
      const line = cursor.text.slice(start, cursor.at).trimEnd();
      const [name, first = '', second = '', more = '#'] = line.split(/[ \t]+/);
      const rest = name === '%TAG' ? more : second === '' ? '#' : second;
      const isTag = name === '%TAG' && /^!(?:[\w-]*!)?$/.test(first) && TAG_PREFIX.test(second);
      const isVersion: boolean = name === '%YAML' && /^1\.1(#|$)/.test(first) && !version;
      if (!(isTag || isVersion) || !rest.startsWith('#'))
        throw cursor.error('only %YAML 1.1 and %TAG lines are understood', start);
      if (isTag) handles = new Map([...handles, [first, second]]);
      else if (handles === DEFAULT_HANDLES) handles = new Map(handles);
      version ||= isVersion;
      cursor.passToToken();
    }
    return handles;
  }

  /** Moves over `...` lines; returns whether there was one. */
  private passEndMarkers(): boolean {
    const { cursor } = this;
    const { at } = cursor;
    while (cursor.atDocumentMarker() && cursor.unit === 0x2e) {
      cursor.at += 3;
      cursor.passBlanks();
      const crossed = cursor.passToToken();
      if (!crossed && !cursor.atEnd) throw cursor.error('nothing may follow ... on its line');
    }
    return cursor.at > at;
  }
}
