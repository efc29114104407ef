/** What the fields of the operator's objects are, by its definitions, and what is wrong with an object by that (docs/kubernetes/external-secrets.md#checked-before-it-is-printed). */
import { type Branch, type Item, itemOf, type Value } from '../../../tree/tree.js';
import { isNamespaceName, isObjectName } from '../../names.js';

/**
 * A value. `name` and `namespace` are those of objects, `key` that of a Secret's value, `textMap` a map of texts by keys of the user's own,
 * `any` what the definitions leave open. A list of words is one of them.
 */
export type Shape =
  | 'text'
  | 'name'
  | 'namespace'
  | 'key'
  | 'flag'
  | 'whole'
  | 'texts'
  | 'textMap'
  | 'any'
  | readonly string[]
  | Group
  | ListShape
  | MapShape
  | Bounded;

/** A text or number of which the definitions say more. */
export interface Bounded {
  readonly kind: 'bounded';
  readonly of: 'text' | 'whole';
  /** What it is, for errors. */
  readonly says: string;
  /** As the definitions have it, by which the two are compared. */
  readonly bounds: string;
  holds(value: string | bigint): boolean;
}

export interface Group {
  readonly kind: 'group';
  readonly fields: ReadonlyMap<string, FieldShape>;
  /** Whether exactly one of the fields is there. */
  readonly isChoice: boolean;
  readonly rules: readonly ShapeRule[];
}

interface FieldShape {
  readonly shape: Shape;
  readonly isNeeded: boolean;
}

/** What a group's fields are to each other, where the definitions have an expression for it, or the webhook asks for it. */
export interface ShapeRule {
  /** The sentence for an error. */
  readonly says: string;
  holds(group: Branch): boolean;
}

interface ListShape {
  readonly kind: 'listOf';
  readonly of: Shape;
  readonly least: number;
}

interface MapShape {
  readonly kind: 'mapOf';
  readonly of: Shape;
}

/** Exactly one field. */
export const ONE = 'one';

/** A map of these fields and no others; a name that ends in `!` is needed. */
export function group(fields: Readonly<Record<string, Shape>>, ...more: readonly (typeof ONE | ShapeRule)[]): Group {
  return {
    kind: 'group',
    fields: new Map(
      Object.entries(fields).map(([name, shape]) => [name.replace(/!$/, ''), { shape, isNeeded: name.endsWith('!') }]),
    ),
    isChoice: more.includes(ONE),
    rules: more.filter((one) => typeof one !== 'string'),
  };
}

export function listOf(of: Shape, least = 0): ListShape {
  return { kind: 'listOf', of, least };
}

export function mapOf(of: Shape): MapShape {
  return { kind: 'mapOf', of };
}

export function bounded(of: Bounded['of'], bounds: string, says: string, holds: Bounded['holds']): Bounded {
  return { kind: 'bounded', of, bounds, says, holds };
}

export function isWords(shape: Shape): shape is readonly string[] {
  return Array.isArray(shape);
}

/** How many of some fields a group has. */
export function countOf(of: Branch, ...names: readonly string[]): number {
  return names.filter((name) => itemOf(of, name) !== undefined).length;
}

const SAID: Readonly<Record<Extract<Shape, string>, string>> = {
  text: 'a text',
  name: 'the name of an object',
  namespace: 'the name of a namespace',
  key: 'a key of letters, digits and -_.',
  flag: 'true or false',
  whole: 'a whole number',
  texts: 'a list of texts',
  textMap: 'a map of texts',
  any: 'anything',
};

/** What is wrong with a value, each with where; none for a valid one. */
export function problemsOf(value: Value, shape: Shape, at = ''): string[] {
  if (typeof shape === 'string') return isSimple(value, shape) ? [] : [`${at} is not ${SAID[shape]}`];
  if (isWords(shape)) {
    const isOne = value.kind === 'leaf' && shape.includes(String(value.value));
    return isOne ? [] : [`${at} is not one of ${shape.join(', ')}`];
  }
  if (shape.kind === 'group') return groupProblems(value, shape, at);
  if (shape.kind === 'bounded') return isWithin(value, shape) ? [] : [`${at} is not ${shape.says}`];
  if (shape.kind === 'mapOf') {
    if (value.kind !== 'branch') return [`${at} is not a map`];
    return entriesOf(value).flatMap((entry) => problemsOf(entry.value, shape.of, below(at, entry.key)));
  }
  if (value.kind !== 'list') return [`${at} is not a list`];
  const few = value.items.length < shape.least ? [`${at} is empty`] : [];
  return [...few, ...value.items.flatMap((one, index) => entryProblems(one, shape.of, below(at, String(index))))];
}

function isWithin(value: Value, { of, holds }: Bounded): boolean {
  if (value.kind !== 'leaf' || !isSimple(value, of)) return false;
  return (typeof value.value === 'string' || typeof value.value === 'bigint') && holds(value.value);
}

function entryProblems(one: Value | { readonly kind: 'comment' }, shape: Shape, at: string): string[] {
  return one.kind === 'comment' ? [] : problemsOf(one, shape, at);
}

function groupProblems(value: Value, { fields, isChoice, rules }: Group, at: string): string[] {
  if (value.kind !== 'branch') return [`${at} is not a map`];
  const entries = entriesOf(value);
  const inner = entries.flatMap(({ key, value: own }) => {
    const field = fields.get(key);
    return field ? problemsOf(own, field.shape, below(at, key)) : [`${below(at, key)} is not a field`];
  });
  const absent = [...fields].filter(([name, { isNeeded }]) => isNeeded && itemOf(value, name) === undefined);
  const where = at === '' ? '' : `${at}: `;
  return [
    ...inner,
    ...absent.map(([name]) => `${below(at, name)} is missing`),
    ...(isChoice && entries.length !== 1 ? [`${where}exactly one of ${[...fields.keys()].join(', ')} is needed`] : []),
    ...rules.filter((rule) => !rule.holds(value)).map(({ says }) => `${where}${says}`),
  ];
}

function isSimple(value: Value, shape: Extract<Shape, string>): boolean {
  if (shape === 'any') return true;
  if (shape === 'texts') return value.kind === 'list' && value.items.every(isText);
  if (shape === 'textMap') return value.kind === 'branch' && entriesOf(value).every((entry) => isText(entry.value));
  if (value.kind !== 'leaf') return false;
  if (shape === 'flag') return typeof value.value === 'boolean';
  if (shape === 'whole') return typeof value.value === 'bigint';
  const text = value.value;
  if (typeof text !== 'string') return false;
  if (shape === 'name') return isObjectName(text);
  if (shape === 'namespace') return isNamespaceName(text);
  return shape === 'text' || /^[-._a-zA-Z0-9]{1,253}$/.test(text);
}

function isText(one: Value | { readonly kind: 'comment' }): boolean {
  return one.kind === 'comment' || (one.kind === 'leaf' && typeof one.value === 'string');
}

function entriesOf(of: Branch): Item[] {
  return of.items.filter((entry) => entry.kind === 'item');
}

function below(at: string, key: string): string {
  return at === '' ? key : `${at}.${key}`;
}
