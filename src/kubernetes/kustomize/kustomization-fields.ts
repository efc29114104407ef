/** The fields of a kustomization: their names, which kustomize takes in any letter case, and what they hold. */
import type { Branch, Item, Value } from '../../tree/tree.js';
import { branch, item, list } from '../../tree/tree.js';
import { compareBytes } from '../../util/text/byte-order.js';
import { itemsOf, valuesOf } from '../manifest/manifest.js';

/** `texts`: a list of them; `entries`: a list of maps; `other`: what names no files. */
type Shape = 'texts' | 'entries' | 'map' | 'other';

const GENERATOR = ['name', 'namespace', 'behavior', 'type', 'literals', 'files', 'envs', 'env', 'options'];
const PATCH = ['path', 'patch', 'target', 'options'];

interface Field {
  readonly shape: Shape;
  /** The fields of its entries that are looked at. */
  readonly inner?: readonly string[];
}

const OTHERS = [
  'apiVersion',
  'kind',
  'metadata',
  'openapi',
  'namePrefix',
  'nameSuffix',
  'namespace',
  'commonLabels',
  'labels',
  'commonAnnotations',
  'images',
  'imageTags',
  'replicas',
  'vars',
  'sortOptions',
  'generatorOptions',
  'buildMetadata',
];

/** All fields that kustomize 5 knows, the deprecated ones too; it refuses others. */
const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  ...OTHERS.map((name): [string, Field] => [name, { shape: 'other' }]),
  ...['resources', 'bases', 'components', 'crds', 'configurations', 'generators', 'transformers', 'validators'].map(
    (name): [string, Field] => [name, { shape: 'texts' }],
  ),
  ['patchesStrategicMerge', { shape: 'texts' }],
  ['patches', { shape: 'entries', inner: PATCH }],
  ['patchesJson6902', { shape: 'entries', inner: PATCH }],
  ['replacements', { shape: 'entries', inner: ['path', 'source', 'targets'] }],
  ['secretGenerator', { shape: 'entries', inner: GENERATOR }],
  ['configMapGenerator', { shape: 'entries', inner: GENERATOR }],
  ['helmGlobals', { shape: 'map', inner: ['chartHome', 'configHome'] }],
  ['helmCharts', { shape: 'entries', inner: ['name', 'valuesFile', 'additionalValuesFiles', 'valuesInline'] }],
  ['helmChartInflationGenerator', { shape: 'entries', inner: ['chartName', 'values', 'valuesLocal'] }],
]);

const NAMES = byLowerCase([...FIELDS.keys()]);

/** Fields of entries that are lists of texts. */
const INNER_TEXTS: ReadonlySet<string> = new Set(['literals', 'files', 'envs', 'additionalValuesFiles']);

/**
 * A kustomization with its fields named as kustomize names them. Of one that stands twice, in other cases, the last in the order of
 * bytes counts: kustomize reads sorted JSON.
 */
export function withFieldNames(root: Branch): Branch {
  return renamed(root, NAMES, (key, value) => {
    const inner = FIELDS.get(key)?.inner;
    if (!inner) return value;
    const names = byLowerCase(inner);
    if (value.kind === 'branch') return renamed(value, names);
    if (value.kind !== 'list') return value;
    return list(value.items.map((entry) => (entry.kind === 'branch' ? renamed(entry, names) : entry)));
  });
}

function byLowerCase(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [name.toLowerCase(), name]));
}

function renamed(
  of: Branch,
  names: ReadonlyMap<string, string>,
  within: (key: string, value: Value) => Value = (_key, value) => value,
): Branch {
  const made = new Map<string, Item>();
  for (const entry of itemsOf(of).toSorted((one, other) => compareBytes(one.key, other.key))) {
    const key = names.get(entry.key.toLowerCase()) ?? entry.key;
    made.set(key, item(key, within(key, entry.value)));
  }
  return branch([...made.values()]);
}

/** What kustomize would refuse in a kustomization's own structure, so that nothing is passed over for its shape. */
export function structureProblems(root: Branch): string[] {
  return root.items.flatMap((entry) => (entry.kind === 'item' ? fieldProblems(entry.key, entry.value) : []));
}

function fieldProblems(key: string, value: Value): string[] {
  const field = FIELDS.get(key);
  if (!field)
    return [
      `${JSON.stringify(key)} is not a field of a kustomization; kustomize refuses it, and Flux's controller drops it from the top one`,
    ];
  if (field.shape === 'other' || isNull(value)) return [];
  if (field.shape === 'map') return value.kind === 'branch' ? [] : [`${key} is not a map`];
  if (value.kind !== 'list') return [`${key} is not a list`];
  return valuesOf(value).flatMap((entry, index) => {
    const at = `${key}[${index}]`;
    if (field.shape === 'texts') return isText(entry) ? [] : [`${at} is not text`];
    return entry.kind === 'branch' ? entryProblems(at, entry) : [`${at} is not a map`];
  });
}

function entryProblems(at: string, entry: Branch): string[] {
  return entry.items.flatMap((inner) => {
    if (inner.kind !== 'item' || !INNER_TEXTS.has(inner.key) || isNull(inner.value)) return [];
    if (inner.value.kind !== 'list') return [`${at}.${inner.key} is not a list`];
    return valuesOf(inner.value).every(isText) ? [] : [`${at}.${inner.key} holds what is not text`];
  });
}

function isText(value: Value): boolean {
  return value.kind === 'leaf' && typeof value.value === 'string';
}

function isNull(value: Value): boolean {
  return value.kind === 'leaf' && value.value === null;
}
