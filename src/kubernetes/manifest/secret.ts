/** Secrets: made from values, and what the API server asks of them (docs/kubernetes/manifests.md#kustomize-ready). */
import { SopsError } from '../../errors.js';
import { type Branch, branch, type Item, item, leaf, type Value } from '../../tree/tree.js';
import { decodeBase64 } from '../../util/text/base64.js';
import { decodeText, encodeText, hasInvalidBytes } from '../../util/text/text.js';
import {
  branchAt,
  describe,
  itemsOf,
  type Manifest,
  stringAt,
  textMap,
  withEntry,
  withoutEntries,
} from './manifest.js';
import { readAsString } from './scalars.js';

/** Decoded values together, as the API server counts them (1 MiB). */
export const MAX_SECRET_BYTES = 1024 * 1024;
const KEY = /^[-._a-zA-Z0-9]{1,253}$/;

export interface SecretParts {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly labels?: ReadonlyMap<string, string>;
  readonly annotations?: ReadonlyMap<string, string>;
  readonly type?: string | undefined;
  readonly immutable?: boolean;
  /** Bytes, which go to `data` as base64. */
  readonly data?: ReadonlyMap<string, Uint8Array>;
  /** Texts, which go to `stringData`. */
  readonly stringData?: ReadonlyMap<string, string>;
}

/** The object of a Secret. Empty parts are left out; entries keep their order. */
export function buildSecret(parts: SecretParts): Branch {
  const { namespace, labels, annotations, type, immutable, data, stringData } = parts;
  const metadata = branch([
    item('name', leaf(parts.name)),
    ...(namespace ? [item('namespace', leaf(namespace))] : []),
    ...mapItem('labels', labels),
    ...mapItem('annotations', annotations),
  ]);
  const encoded = new Map([...(data ?? [])].map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')]));
  return branch([
    item('apiVersion', leaf('v1')),
    item('kind', leaf('Secret')),
    item('metadata', metadata),
    ...(type ? [item('type', leaf(type))] : []),
    ...(immutable ? [item('immutable', leaf(true))] : []),
    ...mapItem('data', encoded),
    ...mapItem('stringData', stringData),
  ]);
}

function mapItem(key: string, entries: ReadonlyMap<string, string> | undefined): Item[] {
  return entries && entries.size > 0 ? [item(key, textMap(entries))] : [];
}

/** Whether an object is a Secret of the core group. */
export function isSecret(root: Branch): boolean {
  return stringAt(root, 'kind') === 'Secret' && stringAt(root, 'apiVersion') === 'v1';
}

/** The Secret with `stringData` merged into `data`, as the API server does it: `stringData` wins. */
export function withDataOnly(root: Branch): Branch {
  const texts = branchAt(root, 'stringData');
  if (!texts) return root;
  let data = branchAt(root, 'data') ?? branch();
  for (const { key, value } of itemsOf(texts)) {
    if (value.kind !== 'leaf' || typeof value.value !== 'string') return root;
    data = withEntry(data, key, leaf(encodeText(value.value).toString('base64')));
  }
  return withEntry(withoutEntries(root, 'stringData'), 'data', data);
}

/** The bytes of a value of `data`, null when it is not base64. Line breaks, which kustomize puts into long ones, count nothing. */
export function decodeDataValue(text: string): Buffer | null {
  return decodeBase64(text.replace(/[\r\n]/g, ''));
}

/** The Secret with every `data` value on one line. */
export function withUnbrokenData(root: Branch): Branch {
  const data = branchAt(root, 'data');
  const isBroken = ({ value }: Item): boolean => value.kind === 'leaf' && /[\r\n]/.test(String(value.value));
  if (!data || !itemsOf(data).some(isBroken)) return root;
  const entries = data.items.map((entry) =>
    entry.kind === 'item' && entry.value.kind === 'leaf' && isBroken(entry)
      ? item(entry.key, leaf(String(entry.value.value).replace(/[\r\n]/g, '')))
      : entry,
  );
  return withEntry(root, 'data', branch(entries));
}

/** The Secret with every `data` value that is text moved to `stringData`; what stands there already wins. */
export function withStringData(root: Branch): Branch {
  const data = branchAt(root, 'data');
  if (!data) return root;
  let texts = branchAt(root, 'stringData') ?? branch();
  const kept: Item[] = [];
  for (const entry of itemsOf(data)) {
    const bytes = entry.value.kind === 'leaf' ? decodeDataValue(String(entry.value.value)) : null;
    const text = bytes && decodeText(bytes);
    if (text === null || hasInvalidBytes(text)) kept.push(entry);
    else if (!itemsOf(texts).some(({ key }) => key === entry.key)) texts = withEntry(texts, entry.key, leaf(text));
  }
  const rest = kept.length > 0 ? withEntry(root, 'data', branch(kept)) : withoutEntries(root, 'data');
  return itemsOf(texts).length > 0 ? withEntry(rest, 'stringData', texts) : rest;
}

/** Something that the API server, or kustomize, would refuse, in one sentence without values. */
export interface SecretProblem {
  readonly path: readonly string[];
  readonly text: string;
}

/** What is wrong with a Secret: keys, base64, types of values, what its type demands, its size. */
export function secretProblems(manifest: Manifest): SecretProblem[] {
  const { root } = manifest;
  const values = new Map<string, Uint8Array>();
  const problems = (['data', 'stringData'] as const).flatMap((field) => fieldProblems(manifest, field, values));
  const total = [...values.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  if (total > MAX_SECRET_BYTES) problems.push({ path: [], text: 'its values are larger than 1 MiB together' });
  const type = stringAt(root, 'type') ?? 'Opaque';
  return [...problems, ...demandsOf(type, values)];
}

/** Throws `document-invalid` for the first of {@link secretProblems}. */
export function checkSecret(manifest: Manifest): void {
  const [first] = secretProblems(manifest);
  if (!first) return;
  const { file } = manifest.origin;
  throw new SopsError('document-invalid', `${describe(manifest)}: ${first.text}`, {
    path: first.path,
    ...(file === undefined ? {} : { file }),
  });
}

/** Whether a text can be a key of a Secret or ConfigMap. */
export function isDataKey(key: string): boolean {
  return KEY.test(key) && key !== '.' && !key.startsWith('..');
}

function fieldProblems(
  manifest: Manifest,
  field: 'data' | 'stringData',
  values: Map<string, Uint8Array>,
): SecretProblem[] {
  const entry = itemsOf(manifest.root).find(({ key }) => key === field);
  if (!entry || (entry.value.kind === 'leaf' && entry.value.value === null)) return [];
  if (entry.value.kind !== 'branch') return [{ path: [field], text: `${field} is not a map` }];
  return itemsOf(entry.value).flatMap(({ key, value }) => {
    const path = [field, key];
    const shown = JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key);
    if (!isDataKey(key)) {
      return [
        { path: [field], text: `the key ${shown} in ${field} is not made of letters, digits, - _ . (253 at most)` },
      ];
    }
    const bytes = bytesOf(value, field, manifest);
    if (typeof bytes === 'string') return [{ path, text: `${field}.${key} ${bytes}` }];
    values.set(key, bytes);
    return [];
  });
}

/** The bytes of a value, or what is wrong with it. */
function bytesOf(value: Value, field: 'data' | 'stringData', manifest: Manifest): Uint8Array | string {
  if (value.kind !== 'leaf') return `is a ${value.kind === 'list' ? 'list' : 'map'}, not a text`;
  if (value.value === null && field === 'data') return new Uint8Array();
  const { text, isCertain } = readAsString(value, manifest.text);
  if (typeof value.value !== 'string' || !isCertain)
    return 'is not quoted, and not every reader of YAML takes it for a string';
  if (field === 'stringData') return encodeText(text);
  return decodeDataValue(text) ?? 'is not standard base64 with padding';
}

/** By type: the keys that must be there. */
const DEMANDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['kubernetes.io/tls', ['tls.crt', 'tls.key']],
  ['kubernetes.io/dockerconfigjson', ['.dockerconfigjson']],
  ['kubernetes.io/dockercfg', ['.dockercfg']],
  ['kubernetes.io/ssh-auth', ['ssh-privatekey']],
]);
const JSON_KEYS: ReadonlySet<string> = new Set(['.dockerconfigjson', '.dockercfg']);

function demandsOf(type: string, values: ReadonlyMap<string, Uint8Array>): SecretProblem[] {
  if (type === 'kubernetes.io/basic-auth') {
    const hasOne = values.has('username') || values.has('password');
    return hasOne ? [] : [{ path: ['type'], text: `a Secret of type ${type} needs username or password` }];
  }
  const demanded = DEMANDS.get(type) ?? [];
  return demanded.flatMap((key) => {
    const bytes = values.get(key);
    if (!bytes) return [{ path: ['type'], text: `a Secret of type ${type} needs the key ${key}` }];
    return JSON_KEYS.has(key) && !isJson(bytes) ? [{ path: [key], text: `the value of ${key} is not valid JSON` }] : [];
  });
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(bytes).toString('utf8'));
    return true;
  } catch {
    return false;
  }
}
