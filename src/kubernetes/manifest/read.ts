/** From YAML or JSON text to objects, as strictly as the API server reads them (docs/kubernetes/manifests.md#reading-as-kubernetes-does). */

import { SopsError } from '../../errors.js';
import { documentError } from '../../formats/document-error.js';
import { entriesIn } from '../../formats/json/places.js';
import { readJsonStream } from '../../formats/json/read.js';
import { utf16Of } from '../../formats/utf16.js';
import { readDocuments } from '../../formats/yaml/documents.js';
import type { NodeWatcher } from '../../formats/yaml/node.js';
import { CORE_PREFIX } from '../../formats/yaml/properties.js';
import {
  type Branch,
  branch,
  type Comment,
  type Item,
  isTimestamp,
  item,
  itemOf,
  type Leaf,
  list,
  type Value,
} from '../../tree/tree.js';
import { type Steps, settle } from '../../util/flat-recursion.js';
import { append } from '../../util/lists.js';
import { decodeText, hasInvalidBytes } from '../../util/text/text.js';
import { itemsOf, type Manifest, stringAt, valueAt, valuesOf, withoutEntries } from './manifest.js';

/** Tags that say no more than the text does; others would be read differently by different readers. */
const CORE_TAGS: ReadonlySet<string> = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq', 'timestamp', 'binary'].map((name) => CORE_PREFIX + name),
);
const MERGE_KEY = '<<';
const METADATA_KEY = 'sops';

export interface ReadOptions {
  /** The file's name for messages. */
  readonly file?: string | undefined;
  /** Whether lists (`kind: List`, `SecretList`, …) stay one object; otherwise their items take their place. */
  readonly keepLists?: boolean;
}

/**
 * The objects of a text, empty documents left out. Duplicate keys, tags beside the core ones and keys that are not strings
 * are refused; what aliases stand for is bounded. Throws `document-invalid`, with line and column where there is one.
 */
export function readManifests(bytes: Uint8Array, options: ReadOptions = {}): Manifest[] {
  const text = manifestText(bytes);
  const file = options.file;
  try {
    if (hasInvalidBytes(text)) throw new SopsError('document-invalid', 'the text is not valid UTF-8');
    if (!hasContent(text)) return [];
    const manifests = readAll(text, file).filter(({ root, sops }) => itemsOf(root).length > 0 || sops);
    if (manifests.length > 1 && utf16Of(bytes)) {
      throw new SopsError('document-invalid', 'of several documents in UTF-16 kustomize reads the first alone', {
        hint: 'Save the file as UTF-8.',
      });
    }
    return options.keepLists ? manifests : manifests.flatMap(unpacked);
  } catch (error) {
    throw error instanceof SopsError ? error.with('document-invalid', file === undefined ? {} : { file }) : error;
  }
}

/** The text of a manifest; kustomize and the API server read UTF-16, too, if it has a mark. */
export function manifestText(bytes: Uint8Array): string {
  return utf16Of(bytes)?.decode(bytes) ?? decodeText(bytes);
}

/** Whether there is more than blanks, comments and document markers. */
function hasContent(text: string): boolean {
  return text.split('\n').some((line) => !/^(?:\ufeff?\s*(?:#.*)?|(?:---|\.\.\.)\s*(?:#.*)?)$/.test(line));
}

/** A text that begins with a brace is JSON, several documents one after the other; or else YAML in flow style. */
function readAll(text: string, file: string | undefined): Manifest[] {
  if (!/^\s*\{/.test(text)) return readYaml(text, file);
  try {
    return readJson(text, file);
  } catch (error) {
    try {
      return readYaml(text, file);
    } catch {
      throw error;
    }
  }
}

function readYaml(text: string, file: string | undefined): Manifest[] {
  const watcher = new StrictWatcher(text);
  return readDocuments(text, watcher).map(({ root, metadata }, index) => {
    const resolver = new Resolver(text, watcher.keys);
    const sops = metadata && resolver.value(metadata);
    return { root: resolver.root(root), sops, text, origin: { file, document: index + 1 } };
  });
}

function readJson(text: string, file: string | undefined): Manifest[] {
  return readJsonStream(text).map(({ root, place }, index) => {
    const keys = new Map(entriesIn(place).map(({ node, entryStart }) => [node, entryStart]));
    const whole = new Resolver(text, keys, false).root(root);
    const origin = { file, document: index + 1 };
    return { root: withoutEntries(whole, METADATA_KEY), sops: itemOf(whole, METADATA_KEY)?.value, text, origin };
  });
}

/** Notes where keys stand, to tell `<<` from `"<<"`, and refuses tags. */
class StrictWatcher implements NodeWatcher {
  readonly keys = new Map<Item | Value, number>();

  constructor(private readonly text: string) {}

  entry(of: Item | Value, start: number): void {
    if (of.kind === 'item') this.keys.set(of, start);
  }

  anchor(): void {}

  tag(tag: string, at: number): void {
    if (tag === '!' || CORE_TAGS.has(tag)) return;
    throw documentError(this.text, at, 'only the core tags of YAML are allowed in a manifest');
  }
}

/** Puts what aliases and merge keys stand for in their place, and refuses duplicate keys. */
class Resolver {
  private readonly done = new Map<Value, Value>();

  constructor(
    private readonly text: string,
    /** Where the keys of items stand. */
    private readonly keys: ReadonlyMap<Item | Value, number>,
    private readonly merges = true,
  ) {}

  root(of: Branch): Branch {
    const made = settle(this.branch(of));
    if (made.kind !== 'branch') throw new TypeError('a map became another value');
    return made;
  }

  value(of: Value): Value {
    return this.plain(of) ?? settle(this.collection(of));
  }

  /** What needs no steps: a leaf, or what was made before. */
  private plain(of: Value): Value | undefined {
    const original = originalOf(of);
    return original.kind === 'leaf' ? this.leaf(original) : this.done.get(original);
  }

  private *collection(of: Value): Steps<Value> {
    const original = originalOf(of);
    if (original.kind === 'leaf') return this.leaf(original);
    const made = yield original.kind === 'list' ? this.list(original.items) : this.branch(original);
    this.done.set(original, made);
    return made;
  }

  /** For Kubernetes a date is text. */
  private leaf(of: Leaf): Leaf {
    if (!isTimestamp(of.value) || !of.source) return of;
    const { start, end } = of.source;
    return { kind: 'leaf', value: this.text.slice(start, end), source: of.source };
  }

  private *branch(of: Branch): Steps<Value> {
    const own = new Set<string>();
    const merged: Item[] = [];
    const items: (Item | Comment)[] = [];
    for (const entry of of.items) {
      if (entry.kind === 'comment') items.push(entry);
      else if (this.isMerge(entry))
        append(merged, mergedItems(this.plain(entry.value) ?? (yield this.collection(entry.value))));
      else {
        if (own.has(entry.key)) throw this.duplicate(entry);
        own.add(entry.key);
        items.push(item(entry.key, this.plain(entry.value) ?? (yield this.collection(entry.value))));
      }
    }
    for (const entry of merged) {
      if (own.has(entry.key)) continue;
      own.add(entry.key);
      items.push(entry);
    }
    return branch(items);
  }

  private *list(entries: readonly (Value | Comment)[]): Steps<Value> {
    const items: (Value | Comment)[] = [];
    for (const entry of entries) {
      items.push(entry.kind === 'comment' ? entry : (this.plain(entry) ?? (yield this.collection(entry))));
    }
    return list(items);
  }

  private isMerge(entry: Item): boolean {
    const start = this.keys.get(entry);
    return this.merges && entry.key === MERGE_KEY && start !== undefined && this.text.startsWith(MERGE_KEY, start);
  }

  private duplicate(entry: Item): SopsError {
    const at = this.keys.get(entry);
    const problem = 'this key stands twice in the same map';
    return at === undefined ? new SopsError('document-invalid', problem) : documentError(this.text, at, problem);
  }
}

/** The value that an alias stands for, or the value itself. */
function originalOf(value: Value): Value {
  let of = value;
  while (of.alias) of = of.alias.of;
  return of;
}

/** What a merge key brings that has a value: of several maps the first one wins. */
function mergedItems(value: Value): Item[] {
  const sources = value.kind === 'list' ? valuesOf(value) : [value];
  return sources.flatMap((source) => {
    if (source.kind !== 'branch') throw new SopsError('document-invalid', 'the value of << must be a map');
    return itemsOf(source);
  });
}

/** The items of a list object, each with what the list says of their kind, which may be lists again; any other object is itself. */
function unpacked(manifest: Manifest): Manifest[] {
  const found: Manifest[] = [];
  const pending = [manifest];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const inner = itemsOfList(next);
    if (inner) append(pending, inner.reverse());
    else found.push(next);
  }
  return found;
}

/** The items of a list object; undefined for any other. */
function itemsOfList(manifest: Manifest): Manifest[] | undefined {
  const { root, sops } = manifest;
  const kind = stringAt(root, 'kind');
  const items = valueAt(root, 'items');
  if (sops || !kind?.endsWith('List') || items?.kind !== 'list') return undefined;
  return valuesOf(items).map((value, index) => {
    if (value.kind !== 'branch') {
      throw new SopsError('document-invalid', `item ${index} of a ${kind} is not a map`, { path: ['items'] });
    }
    const inner = typed(value, root, kind);
    const sealed = itemOf(inner, METADATA_KEY)?.value;
    return { ...manifest, root: sealed ? withoutEntries(inner, METADATA_KEY) : inner, sops: sealed };
  });
}

/** An item of a typed list (`SecretList`) may leave out what the list's name says. */
function typed(value: Branch, list: Branch, kind: string): Branch {
  if (kind === 'List') return value;
  const apiVersion = stringAt(list, 'apiVersion') ?? 'v1';
  const missing = [
    ...(valueAt(value, 'apiVersion') ? [] : [item('apiVersion', { kind: 'leaf', value: apiVersion })]),
    ...(valueAt(value, 'kind') ? [] : [item('kind', { kind: 'leaf', value: kind.slice(0, -'List'.length) })]),
  ];
  return branch([...missing, ...value.items]);
}
