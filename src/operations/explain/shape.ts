/** What an encrypted file is shaped like, told without a key: keys, and the types that ciphertext carries. No value of it but those that are asked for. */
import { looksEncrypted, parseEncryptedValue } from '../../cipher/encrypted-value.js';
import { SopsError } from '../../errors.js';
import { type Branch, type Leaf, type LeafValue, type List, list, type Value } from '../../tree/tree.js';
import { typeWordOf } from '../../tree/value.js';
import { type Steps, settle } from '../../util/flat-recursion.js';

/** What a value may be. Unions are flat, each part once; a union of nothing is what an empty list holds. */
export type ValueShape =
  | { readonly kind: 'leaf'; readonly type: string }
  /** Values in clear, if they are wanted. */
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, ValueShape> }
  /** A map whose keys are data. */
  | { readonly kind: 'record'; readonly of: ValueShape }
  | { readonly kind: 'list'; readonly of: ValueShape }
  | { readonly kind: 'union'; readonly parts: readonly ValueShape[] };

export interface ShapeChoice {
  /** Whether values in clear are told. */
  readonly literals: boolean;
  /** Told the place of a map whose keys are taken for data. */
  onRecord(path: readonly string[]): void;
}

/** So many siblings of one shape are data, if their keys look like it. */
const MOST_SIBLINGS = 20;
/** UUIDs, hashes, numbers, names that end with one, host names, addresses, paths. */
const DATA_KEY = /^[0-9a-f]{8}-[0-9a-f]{4}-|^[0-9a-f]{12,}$|^\d+$|[a-z-]\d+$|[.@:/]/;

/** The shape of a value. Throws `unsafe-key`. */
export function shapeOf(value: Value, choice: ShapeChoice): ValueShape {
  return value.kind === 'leaf' ? leafShape(value, choice) : settle(containerShape(value, choice, []));
}

/** The shape of several documents as one list. */
export function shapeOfDocuments(documents: readonly Branch[], choice: ShapeChoice): ValueShape {
  return shapeOf(list([...documents]), choice);
}

function* containerShape(of: Branch | List, choice: ShapeChoice, path: string[]): Steps<ValueShape> {
  const entries = new Map<string, ValueShape>();
  const elements: ValueShape[] = [];
  for (const entry of of.items) {
    if (entry.kind === 'comment') continue;
    const value = entry.kind === 'item' ? entry.value : entry;
    path.push(entry.kind === 'item' ? entry.key : '[]');
    if (entry.kind === 'item' && entry.key === '__proto__') throw unsafe(path);
    const shape = value.kind === 'leaf' ? leafShape(value, choice) : yield containerShape(value, choice, path);
    path.pop();
    if (entry.kind === 'item') entries.set(entry.key, shape);
    else elements.push(shape);
  }
  if (of.kind === 'list') return { kind: 'list', of: unionOf(elements) };
  if (!isData(entries)) return { kind: 'map', entries };
  choice.onRecord([...path]);
  return { kind: 'record', of: [...entries.values()][0] ?? { kind: 'union', parts: [] } };
}

function isData(entries: ReadonlyMap<string, ValueShape>): boolean {
  if (entries.size <= MOST_SIBLINGS) return false;
  if (![...entries.keys()].every((key) => DATA_KEY.test(key))) return false;
  return new Set([...entries.values()].map(shapeKey)).size === 1;
}

function leafShape({ value }: Leaf, { literals }: ShapeChoice): ValueShape {
  if (typeof value === 'string' && looksEncrypted(value))
    return { kind: 'leaf', type: parseEncryptedValue(value)?.type ?? 'malformed' };
  if (literals && value !== null && value !== '' && isLiteral(value)) return { kind: 'literal', value: plainOf(value) };
  return { kind: 'leaf', type: value === null ? 'null' : typeWordOf(value) };
}

function isLiteral(value: LeafValue): value is string | bigint | number | boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value));
  return typeof value === 'string' || typeof value === 'boolean';
}

function plainOf(value: string | bigint | number | boolean): string | number | boolean {
  return typeof value === 'bigint' ? Number(value) : value;
}

/** The same whatever the order and number of the parts. */
function unionOf(parts: readonly ValueShape[]): ValueShape {
  const byKey = new Map(parts.map((part) => [shapeKey(part), part]));
  const sorted = [...byKey].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, part]) => part);
  const [only, ...others] = sorted;
  return only && others.length === 0 ? only : { kind: 'union', parts: sorted };
}

const keys = new WeakMap<ValueShape, string>();

/** A text that two shapes have in common if they are the same; keys of maps in any order. What is below is known already. */
function shapeKey(shape: ValueShape): string {
  const known = keys.get(shape) ?? settle(keySteps(shape));
  keys.set(shape, known);
  return known;
}

function* keySteps(shape: ValueShape): Steps<string> {
  const known = keys.get(shape);
  if (known !== undefined) return known;
  let text: string;
  if (shape.kind === 'leaf') text = shape.type;
  else if (shape.kind === 'literal') text = JSON.stringify(shape.value);
  else if (shape.kind === 'record' || shape.kind === 'list') text = `${shape.kind}<${yield keySteps(shape.of)}>`;
  else {
    const named = shape.kind === 'map' ? [...shape.entries] : shape.parts.map((part) => ['', part] as const);
    const parts: string[] = [];
    for (const [name, part] of named) parts.push(`${JSON.stringify(name)}:${yield keySteps(part)}`);
    text = `${shape.kind}{${parts.sort().join(',')}}`;
  }
  keys.set(shape, text);
  return text;
}

function unsafe(path: readonly string[]): SopsError {
  return new SopsError('unsafe-key', `the key __proto__ (${path.join('.')}) would change what an object is`, {
    path: [...path],
    hint: 'Give it another name.',
  });
}
