/** Typed values out of the tree of a configuration, by the rules go-yaml v3 has for typed targets (spec keys-and-config.md 5.2). */
import { SopsError } from '../errors.js';
import { type Branch, isTimestamp, type Leaf, type Value } from '../tree/tree.js';

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
  readonly #text: string;
  readonly #problems: { offset: number; text: string }[] = [];

  /** Takes the text that the tree was read from; it gives the lines of errors and scalars as they were written. */
  constructor(text: string) {
    this.#text = text;
  }

  /** A text; a scalar that is no string counts as what was written. */
  string(value: Value | undefined): string {
    if (!isPresent(value)) return '';
    if (value.kind === 'leaf') return this.#written(value);
    return this.#mismatch(value, 'string', '');
  }

  boolean(value: Value | undefined): boolean {
    if (!isPresent(value)) return false;
    if (value.kind === 'leaf') {
      if (typeof value.value === 'boolean') return value.value;
      if (typeof value.value === 'string' && TRUE_WORDS.has(value.value)) return true;
      if (typeof value.value === 'string' && FALSE_WORDS.has(value.value)) return false;
    }
    return this.#mismatch(value, 'bool', false);
  }

  /** A whole number, or undefined when absent. */
  integer(value: Value | undefined): number | undefined {
    if (!isPresent(value)) return undefined;
    const number =
      value.kind === 'leaf' && (typeof value.value === 'bigint' || typeof value.value === 'number')
        ? Number(value.value)
        : Number.NaN;
    return Number.isSafeInteger(number) ? number : this.#mismatch(value, 'int', undefined);
  }

  /** The values of a list without its nulls, which SOPS drops; undefined when absent. `type` names the elements in errors. */
  list(value: Value | undefined, type: string): Value[] | undefined {
    if (!isPresent(value)) return undefined;
    if (value.kind !== 'list') return this.#mismatch(value, `[]${type}`, []);
    return value.items.filter((entry): entry is Value => entry.kind !== 'comment' && isPresent(entry));
  }

  strings(value: Value | undefined): string[] {
    return (this.list(value, 'string') ?? []).map((entry) => this.string(entry));
  }

  fields(value: Value | undefined, type: string): Fields {
    if (!isPresent(value)) return new Map();
    if (value.kind !== 'branch') return this.#mismatch(value, type, new Map());
    return mergedFields(value);
  }

  /** A map of texts, each of which must have a value (SOPS crashes on null). */
  texts(value: Value | undefined): ReadonlyMap<string, string> {
    const texts = new Map<string, string>();
    for (const [key, entry] of this.fields(value, 'map[string]*string')) {
      if (isPresent(entry)) texts.set(key, this.string(entry));
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
    if (source?.style.endsWith('plain')) return this.#text.slice(source.start, source.end);
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
    return offset < 0 ? '' : `line ${this.#text.slice(0, offset).split('\n').length}: `;
  }
}

/** Whether a field is there and not null. */
export function isPresent(value: Value | undefined): value is Value {
  return value !== undefined && !(value.kind === 'leaf' && value.value === null);
}

/** The entries of a map; those of merge keys stand behind its own, earlier ones win (the store leaves `<<` as it is). */
function mergedFields(of: Branch): Map<string, Value> {
  const fields = new Map<string, Value>();
  const merges: Value[] = [];
  for (const entry of of.items) {
    if (entry.kind === 'comment') continue;
    if (entry.key === '<<') merges.push(entry.value);
    else fields.set(entry.key, entry.value);
  }
  for (const source of merges.flatMap(mergeSources)) {
    for (const [key, value] of mergedFields(source)) if (!fields.has(key)) fields.set(key, value);
  }
  return fields;
}

/** The maps that a merge key names; the store has refused everything else. */
function mergeSources(value: Value): Branch[] {
  const sources = value.kind === 'list' ? value.items : [value];
  return sources.filter((source) => source.kind === 'branch');
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
  if (value.kind === 'leaf') return value.source?.start;
  for (const entry of value.items) {
    const start = entry.kind === 'comment' ? entry.source?.start : startOf(entry.kind === 'item' ? entry.value : entry);
    if (start !== undefined) return start;
  }
  return undefined;
}
