/** Typed values out of the tree of a configuration, by the rules go-yaml v3 has for typed targets (docs/configuration.md#how-it-is-read). */

import { SopsError } from '../errors.js';
import { nodes } from '../tree/leaves.js';
import { type Branch, type Item, isTimestamp, type Leaf, type Value } from '../tree/tree.js';
import { LineIndex } from '../util/text/line-index.js';
import type { ConfigDocument } from './document.js';

/** The entries of a map, merge keys applied. */
export type Fields = ReadonlyMap<string, Value>;

/** How the message of every error of reading begins, as SOPS words it. */
export const UNREADABLE = 'error loading config: Could not unmarshal config file: ';

/** Words that a bool takes beside those that YAML 1.2 resolves, quoted or not (tried with 3.13.2). */
const TRUE_WORDS = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON']);
const FALSE_WORDS = new Set(['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF']);

/** Errors shown; with the headline and the rest's number at most five lines. */
const SHOWN = 3;

/**
 * Reads one document. A value of a wrong type reads as the empty one of its type and is remembered;
 * {@link Decoder.finish} throws for all of them. Null leaves a field as if it were absent.
 */
export class Decoder {
  readonly #document: ConfigDocument;
  readonly #problems: { offset: number; text: string }[] = [];
  #lines: LineIndex | undefined;

  /** Takes the document that the values are from; it gives the lines of errors and scalars as they were written. */
  constructor(document: ConfigDocument) {
    this.#document = document;
  }

  /**
   * What a value stands for, aliases followed, once it is looked at; null and nothing are undefined. Throws `config` for a value that
   * cannot be used: go-yaml gives up at such a one.
   */
  present(value: Value | undefined): Value | undefined {
    if (!value) return undefined;
    const flaw = this.#document.flawOf(value);
    if (flaw) throw new SopsError('config', UNREADABLE + flaw.message, { cause: flaw });
    if (value.alias) return this.present(value.alias.of);
    return value.kind === 'leaf' && value.value === null ? undefined : value;
  }

  /** A text; a scalar that is not a string counts as what was written. */
  string(of: Value | undefined): string {
    const value = this.present(of);
    if (!value) return '';
    if (value.kind === 'leaf') return this.#written(value);
    return this.#mismatch(value, 'string', '');
  }

  boolean(of: Value | undefined): boolean {
    const value = this.present(of);
    if (!value) return false;
    if (value.kind === 'leaf') {
      if (typeof value.value === 'boolean') return value.value;
      if (typeof value.value === 'string' && TRUE_WORDS.has(value.value)) return true;
      if (typeof value.value === 'string' && FALSE_WORDS.has(value.value)) return false;
    }
    return this.#mismatch(value, 'bool', false);
  }

  /** A whole number, or undefined when absent. */
  integer(of: Value | undefined): number | undefined {
    const value = this.present(of);
    if (!value) return undefined;
    const written = value.kind === 'leaf' ? value.value : undefined;
    const number = typeof written === 'bigint' || typeof written === 'number' ? Number(written) : Number.NaN;
    return Number.isInteger(number) && Math.abs(number) < 2 ** 63 ? number : this.#mismatch(value, 'int', undefined);
  }

  /** The values of a list without its nulls, which SOPS drops; undefined when absent. `type` names the elements in errors. */
  list(of: Value | undefined, type: string): Value[] | undefined {
    const value = this.present(of);
    if (!value) return undefined;
    if (value.kind !== 'list') return this.#mismatch(value, `[]${type}`, []);
    return value.items.flatMap((entry) => (entry.kind === 'comment' ? [] : (this.present(entry) ?? [])));
  }

  strings(value: Value | undefined): string[] {
    return (this.list(value, 'string') ?? []).map((entry) => this.string(entry));
  }

  /** The entries of a map whose keys have a text, those of merge keys after its own; earlier ones win. */
  fields(of: Value | undefined, type: string): Fields {
    const fields = new Map<string, Value>();
    const value = this.present(of);
    if (!value) return fields;
    if (value.kind !== 'branch') return this.#mismatch(value, type, fields);
    // What a source merges comes after the source and in front of the next one.
    const open = [value];
    for (let source = open.pop(); source; source = open.pop()) {
      for (const merged of this.#addFields(source, fields).reverse()) open.push(merged);
    }
    return fields;
  }

  /** Adds the entries of a map that are not there yet. Returns the maps that it merges, in order. */
  #addFields(of: Branch, fields: Map<string, Value>): Branch[] {
    if (this.#findsTwice(of)) return [];
    let merge: Value | undefined;
    for (const entry of of.items) {
      if (entry.kind === 'comment') continue;
      if (this.#isMerge(entry)) merge = entry.value;
      else if (this.#hasTextKey(entry) && !fields.has(entry.key)) fields.set(entry.key, entry.value);
    }
    return merge ? this.#mergeSources(merge) : [];
  }

  /** Remembers keys that stand twice in a map. go-yaml compares what is written, and looks only into maps that it reads. */
  #findsTwice(of: Branch): boolean {
    const known = new Map<string, number>();
    let found = false;
    for (const entry of of.items) {
      if (entry.kind === 'comment') continue;
      const key = this.#document.keyOf(entry);
      const written = key?.alias ? this.#document.text.slice(key.alias.start, key.alias.end) : entry.key;
      const identity = `${key?.alias ? 'alias' : (key?.kind ?? 'leaf')} ${written}`;
      const at = (key && startOf(key)) ?? startOf(entry.value) ?? -1;
      const first = known.get(identity);
      if (first === undefined) known.set(identity, at);
      else {
        this.#problems.push({
          offset: at,
          text: `mapping key ${JSON.stringify(written)} already defined at ${this.#line(first).replace(': ', '')}`,
        });
        found = true;
      }
    }
    return found;
  }

  /** Whether `<<` merges: it does without quotes. */
  #isMerge(entry: Item): boolean {
    const key = this.#document.keyOf(entry);
    return entry.key === '<<' && key?.kind === 'leaf' && !key.alias && /plain$/.test(key.source?.style ?? '');
  }

  /** Whether a key is a scalar with a text: null is passed over, and a list or map is a mistake. */
  #hasTextKey(entry: Item): boolean {
    const key = this.#document.keyOf(entry);
    const value = key && this.present(key);
    if (key && !value) return false;
    return !value || value.kind === 'leaf' || this.#mismatch(value, 'string', false);
  }

  /** The maps that a merge key names. */
  #mergeSources(merge: Value): Branch[] {
    const value = this.present(merge);
    // Lists do not stand after an alias here, go-yaml says.
    const entries =
      value?.kind === 'list' && !merge.alias ? value.items.filter((one) => one.kind !== 'comment') : [value];
    return entries.map((entry) => {
      const source = this.present(entry);
      if (source?.kind === 'branch') return source;
      throw new SopsError('config', `${UNREADABLE}yaml: map merge requires map or sequence of maps as the value`, {
        hint: `See ${this.#line(startOf(merge) ?? merge.alias?.start ?? -1).replace(': ', '') || 'the value of <<'}.`,
      });
    });
  }

  /** A map of texts, each of which must have a value (SOPS crashes on null). */
  texts(value: Value | undefined): ReadonlyMap<string, string> {
    const texts = new Map<string, string>();
    for (const [key, entry] of this.fields(value, 'map[string]*string')) {
      if (this.present(entry)) texts.set(key, this.string(entry));
      else this.#problem(entry, `key ${JSON.stringify(key)} needs a value`);
    }
    return texts;
  }

  /** Throws `config` if any value had a wrong type. */
  finish(): void {
    if (this.#problems.length === 0) return;
    const sorted = this.#problems.toSorted((a, b) => a.offset - b.offset);
    const lines = sorted.slice(0, SHOWN).map(({ offset, text }) => `\n  ${this.#line(offset)}${text}`);
    if (sorted.length > SHOWN) lines.push(`\n  and ${sorted.length - SHOWN} more`);
    throw new SopsError('config', `${UNREADABLE}yaml: unmarshal errors:${lines.join('')}`);
  }

  #written(leaf: Leaf): string {
    if (typeof leaf.value === 'string') return leaf.value;
    const { source } = leaf;
    if (source?.style.endsWith('plain')) return this.#document.text.slice(source.start, source.end);
    return isTimestamp(leaf.value) ? '' : String(leaf.value);
  }

  #mismatch<T>(value: Value, type: string, instead: T): T {
    let written = '';
    if (value.kind === 'leaf') {
      const text = this.#written(value);
      written = ` \`${text.length > 10 ? `${text.slice(0, 7)}...` : text}\``;
    }
    this.#problem(value, `cannot unmarshal ${tagOf(value)}${written} into ${type}`);
    return instead;
  }

  #problem(value: Value, text: string): void {
    this.#problems.push({ offset: startOf(value) ?? -1, text });
  }

  #line(offset: number): string {
    if (offset < 0) return '';
    this.#lines ??= new LineIndex(this.#document.text);
    return `line ${this.#lines.lineAt(offset)}: `;
  }
}

/** The short YAML tag of a value. */
function tagOf(value: Value): string {
  if (value.kind === 'branch') return '!!map';
  if (value.kind === 'list') return '!!seq';
  switch (typeof value.value) {
    case 'string':
      return '!!str';
    case 'bigint':
      return '!!int';
    case 'number':
      return '!!float';
    case 'boolean':
      return '!!bool';
    default:
      return value.value === null ? '!!null' : '!!timestamp';
  }
}

/** Where a value stands: of a map or list, where its first scalar or comment does. */
function startOf(value: Value): number | undefined {
  for (const { node } of nodes([value])) if ('source' in node && node.source) return node.source.start;
  return undefined;
}
