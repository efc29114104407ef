/** The tree that every format is read into: ordered, typed, aware of where each part stands in the source text. */

/** A YAML timestamp: an instant with nanoseconds and the offset it was written with. */
export interface Timestamp {
  readonly kind: 'timestamp';
  /** Nanoseconds since 1970-01-01T00:00:00Z. */
  readonly nanoseconds: bigint;
  /** Offset from UTC in minutes. */
  readonly offset: number;
}

/**
 * The value of a leaf. A string holds text; bytes that are not UTF-8 stand in it as lone surrogates
 * (`util/text/text.ts`). An int is a `bigint` within int64, a float is a `number`.
 */
export type LeafValue = string | bigint | number | boolean | Timestamp | null;

/** Where a leaf or comment stands in the source text, and how it is written there. */
export interface Source {
  /** Offset of the first UTF-16 unit of what may be replaced. */
  readonly start: number;
  /** Offset after the last one. */
  readonly end: number;
  /** A style word of the format that made it, e.g. `double`. */
  readonly style: string;
  /** The value (of a comment: its text) that stands there. */
  readonly value: LeafValue;
  /** Formats with indentation: the column of the key or dash that holds it; -1 at the root. */
  readonly column?: number;
  /** A tag in front that holds for this value only, so that it goes when the value is replaced. */
  readonly tag?: { readonly start: number; readonly end: number };
  /** One that makes a text of whatever stands there, so that it goes when the value becomes something else. */
  readonly textTag?: { readonly start: number; readonly end: number };
}

/** What an alias stands for: the alias's own place in the text, and the value it was copied from. */
export interface AliasSource {
  readonly start: number;
  readonly end: number;
  readonly of: Value;
  /** Where the entry begins whose value the alias is: its key or dash. */
  entry?: { readonly start: number; readonly column: number };
}

export interface Leaf {
  readonly kind: 'leaf';
  value: LeafValue;
  source?: Source;
  alias?: AliasSource;
}

/** A comment, without its mark; in a branch it stands before the item it belongs to (INI: after it). */
export interface Comment {
  readonly kind: 'comment';
  text: string;
  /** Written after a value on the same line. */
  inline: boolean;
  source?: Source;
}

export interface Item {
  readonly kind: 'item';
  readonly key: string;
  value: Value;
  /** YAML: the key is written as an alias. */
  keyAlias?: AliasSource;
}

/** A map or a document's root: ordered, and the same key may stand twice. */
export interface Branch {
  readonly kind: 'branch';
  readonly items: (Item | Comment)[];
  alias?: AliasSource;
}

export interface List {
  readonly kind: 'list';
  readonly items: (Value | Comment)[];
  alias?: AliasSource;
}

export type Value = Branch | List | Leaf;

/** A path: the keys from the root; list indexes are not part of it. */
export type KeyPath = readonly string[];

export function leaf(value: LeafValue, source?: Source): Leaf {
  return source ? { kind: 'leaf', value, source } : { kind: 'leaf', value };
}

export function comment(text: string, inline = false, source?: Source): Comment {
  return source ? { kind: 'comment', text, inline, source } : { kind: 'comment', text, inline };
}

export function item(key: string, value: Value): Item {
  return { kind: 'item', key, value };
}

export function branch(items: (Item | Comment)[] = []): Branch {
  return { kind: 'branch', items };
}

export function list(items: (Value | Comment)[] = []): List {
  return { kind: 'list', items };
}

export function isTimestamp(value: LeafValue): value is Timestamp {
  return typeof value === 'object' && value !== null;
}

/** The first item of a key, if there is one. */
export function itemOf(of: Branch, key: string): Item | undefined {
  for (const entry of of.items) if (entry.kind === 'item' && entry.key === key) return entry;
  return undefined;
}
