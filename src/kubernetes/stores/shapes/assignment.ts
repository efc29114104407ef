/** Setting a field of an object by its path, as `--set` does: what the text means is told by the field's shape. */
import { SopsError } from '../../../errors.js';
import { readJson } from '../../../formats/json/read.js';
import { type Branch, branch, item, itemOf, type Leaf, type List, leaf, list, type Value } from '../../../tree/tree.js';
import { usage } from '../settings.js';
import { isWords, type Shape } from './shape.js';

export interface Assignment {
  readonly path: readonly string[];
  readonly text: string;
}

/** `PATH=VALUE`, the path with dots. Throws `usage`. */
export function parseAssignment(given: string): Assignment {
  const at = given.indexOf('=');
  const path = given.slice(0, Math.max(at, 0)).split('.');
  if (at > 0 && path.every((step) => step !== '')) return { path, text: given.slice(at + 1) };
  throw usage(`--set ${JSON.stringify(given)} is not of the form PATH=VALUE`, 'E.g. --set auth.ldap.username=app');
}

/** Puts a value where the path leads to in the map, making what is on the way. Throws `usage` for a path that the shape does not have. */
export function assign(target: Branch, { path, text }: Assignment, shape: Shape): void {
  const called = path.join('.');
  let at: Branch | List = target;
  let of = shape;
  for (const [index, step] of path.entries()) {
    const rest = path.slice(index);
    // Keys of the user's own may have dots.
    const isOwn = of === 'textMap' || of === 'any' || isMap(of);
    const key: string = isOwn ? rest.join('.') : step;
    const inner = innerShape(of, key, called);
    if (isOwn || index === path.length - 1) {
      put(at, key, valueFor(text, inner, called), called);
      return;
    }
    at = descend(at, key, inner, called);
    of = inner;
  }
}

function isMap(shape: Shape): boolean {
  return typeof shape === 'object' && !isWords(shape) && shape.kind === 'mapOf';
}

/** The shape of what stands below a key. */
function innerShape(of: Shape, key: string, called: string): Shape {
  if (of === 'textMap' || of === 'texts') return 'text';
  if (of === 'any') return 'any';
  if (typeof of === 'object' && !isWords(of) && of.kind !== 'bounded') {
    if (of.kind !== 'group') return of.of;
    const field = of.fields.get(key);
    if (field) return field.shape;
    throw usage(`--set ${called}: there is no field ${key}`, `There are ${[...of.fields.keys()].join(', ')}.`);
  }
  throw usage(`--set ${called}: nothing stands below what is a text`);
}

function descend(at: Branch | List, key: string, inner: Shape, called: string): Branch | List {
  const found =
    at.kind === 'branch' ? itemOf(at, key)?.value : at.items.filter((one) => one.kind !== 'comment')[Number(key)];
  if (found && found.kind !== 'leaf') return found;
  const isList = inner === 'texts' || (typeof inner === 'object' && !isWords(inner) && inner.kind === 'listOf');
  const made = isList ? list() : branch();
  put(at, key, made, called);
  return made;
}

function put(at: Branch | List, key: string, value: Value, called: string): void {
  if (at.kind === 'branch') {
    const found = itemOf(at, key);
    if (found) found.value = value;
    else at.items.push(item(key, value));
    return;
  }
  const index = /^\d{1,4}$/.test(key) ? Number(key) : -1;
  if (index < 0 || index > at.items.length) {
    throw usage(`--set ${called}: ${key} is no place of the list`, `It has ${at.items.length} entries; count from 0.`);
  }
  at.items[index] = value;
}

function valueFor(text: string, shape: Shape, called: string): Value {
  if (isWords(shape)) {
    const word = shape.find((one) => one.toLowerCase() === text.toLowerCase());
    if (word !== undefined) return leaf(word);
    throw usage(`--set ${called}: ${JSON.stringify(text)} is not for it`, `It can be ${shape.join(', ')}.`);
  }
  if (typeof shape === 'object' && shape.kind === 'bounded') return scalarFor(text, shape.of, called);
  if (shape === 'texts' && !text.startsWith('[')) return list(text.split(',').map((one) => leaf(one.trim())));
  if (shape === 'any' || shape === 'texts' || shape === 'textMap' || typeof shape === 'object') {
    const value = jsonIn(text);
    if (value) return value;
    if (shape === 'any') return leaf(text);
    throw usage(`--set ${called}: a list or map is written as JSON, or field by field`);
  }
  return scalarFor(text, shape, called);
}

function scalarFor(text: string, shape: Shape, called: string): Leaf {
  if (shape === 'flag') {
    if (text === 'true' || text === 'false') return leaf(text === 'true');
    throw usage(`--set ${called} is true or false, not ${JSON.stringify(text)}`);
  }
  if (shape !== 'whole') return leaf(text);
  if (/^-?\d{1,18}$/.test(text)) return leaf(BigInt(text));
  throw usage(`--set ${called} is a whole number, not ${JSON.stringify(text)}`);
}

/** The value of a JSON text; undefined for what is not one. */
function jsonIn(text: string): Value | undefined {
  try {
    return itemOf(readJson(`{"value":${text}}`).root, 'value')?.value;
  } catch (error) {
    if (error instanceof SopsError) return undefined;
    throw error;
  }
}
