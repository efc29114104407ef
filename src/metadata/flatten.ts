/** Metadata as a flat list of keys and texts, and back (docs/format.md#flat-metadata). */
import { SopsError } from '../errors.js';
import { nodes } from '../tree/leaves.js';
import type { TreePath } from '../tree/path.js';
import { type Branch, branch, item, type Leaf, leaf, list, type Value } from '../tree/tree.js';

/** A flat key (`age__list_0__map_enc`, without the prefix of dotenv) and its text. */
export type FlatEntry = readonly [key: string, text: string];

const SEPARATOR = /__(map|list)_/;
/** Metadata is at most six steps deep (`key_groups`, index, type, index, `context`, name); more is an attack on the stack. */
const MAX_STEPS = 32;

/**
 * The entries of a `sops` branch, depth first. Empty maps and lists and nulls produce nothing, comments are left out.
 * Throws `output-format` for a key that the flat form could not tell from a step (it contains `__map_` or `__list_`).
 */
export function flatten(metadata: Branch): FlatEntry[] {
  const entries: FlatEntry[] = [];
  for (const place of nodes([metadata])) {
    const { node, item } = place;
    if (item && SEPARATOR.test(item.key)) {
      throw new SopsError('output-format', `a metadata field named "${item.key}" cannot be written in a flat format`);
    }
    if (node.kind === 'leaf' && node.value !== null) entries.push([flatKey(place.valuePath), textOf(node)]);
  }
  return entries;
}

function flatKey([first = '', ...others]: TreePath): string {
  return [first, ...others.map((step) => (typeof step === 'string' ? `__map_${step}` : `__list_${step}`))].join('');
}

function textOf({ value }: Leaf): string {
  if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean') return value.toString();
  throw new SopsError('output-format', 'metadata holds a value that is neither text, integer nor boolean');
}

/** A step of a flat key: a name for a map, a number for a list. */
type Step = string | number;

interface Node {
  readonly key: string;
  text: string | undefined;
  names: Map<string, Node> | undefined;
  positions: Map<number, Node> | undefined;
}

/**
 * The nested branch of some entries, in the order in which its keys first appear; all leaves are strings. Throws
 * `metadata-invalid` for a repeated key, one that is both text and container, and a list with gaps.
 */
export function unflatten(entries: Iterable<FlatEntry>): Branch {
  const root = nodeOf('');
  for (const [key, text] of entries) place(root, key, text);
  return branch([...(root.names ?? [])].map(([name, node]) => item(name, convert(node))));
}

function place(root: Node, key: string, text: string): void {
  let node = root;
  for (const step of stepsOf(key)) node = typeof step === 'string' ? named(node, step, key) : numbered(node, step, key);
  if (node.text !== undefined) throw invalid(key, 'stands there twice');
  node.text = text;
}

function stepsOf(key: string): Step[] {
  const [first = '', ...rest] = key.split(SEPARATOR);
  const steps: Step[] = [first];
  for (let at = 0; at < rest.length; at += 2) {
    const name = rest[at + 1] ?? '';
    if (rest[at] === 'list' && !/^\d{1,6}$/.test(name)) throw invalid(key, 'has a list position that is not a number');
    steps.push(rest[at] === 'list' ? Number(name) : name);
  }
  if (steps.length > MAX_STEPS) throw invalid(key, 'is nested too deeply');
  return steps;
}

function named(node: Node, name: string, key: string): Node {
  node.names ??= new Map();
  const next = node.names.get(name) ?? nodeOf(key);
  node.names.set(name, next);
  return next;
}

function numbered(node: Node, position: number, key: string): Node {
  node.positions ??= new Map();
  const next = node.positions.get(position) ?? nodeOf(key);
  node.positions.set(position, next);
  return next;
}

function nodeOf(key: string): Node {
  return { key, text: undefined, names: undefined, positions: undefined };
}

function convert({ key, text, names, positions }: Node): Value {
  const kinds = [text, names, positions].filter((part) => part !== undefined).length;
  if (kinds !== 1) throw invalid(key, 'is used for a text and for a list or map');
  if (names) return branch([...names].map(([name, node]) => item(name, convert(node))));
  if (!positions) return leaf(text ?? '');
  return list(
    Array.from({ length: positions.size }, (_, position) => {
      const node = positions.get(position);
      if (!node) throw invalid(key, 'belongs to a list with a gap');
      return convert(node);
    }),
  );
}

function invalid(key: string, problem: string): SopsError {
  return new SopsError('metadata-invalid', `the metadata entry "${key}" ${problem}`);
}
