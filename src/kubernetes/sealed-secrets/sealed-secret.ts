/** SealedSecrets: read from objects, and made (docs/kubernetes/sealed-secrets.md#the-object). */
import type { KeyObject } from 'node:crypto';
import { SopsError } from '../../errors.js';
import { type Branch, branch, item, leaf } from '../../tree/tree.js';
import { compareBytes } from '../../util/text/byte-order.js';
import { branchAt, describe, itemsOf, type Manifest, stringAt, textMap } from '../manifest/manifest.js';
import { record } from '../object-literal.js';
import { labelOf, type Scope, scopeOfAnnotations, withScope } from './scope.js';
import type { SecretContent } from './secret-content.js';
import { sealValue } from './value.js';

const API_VERSION = 'bitnami.com/v1alpha1';
const KIND = 'SealedSecret';

/** What the values of an object are bound to. */
export interface Binding {
  readonly name: string;
  /** Empty only where the scope does not ask for it. */
  readonly namespace: string;
  readonly scope: Scope;
}

/** A SealedSecret that was read. */
export interface SealedSecret {
  readonly manifest: Manifest;
  readonly described: string;
  readonly binding: Binding;
  /** By key: the sealed text. */
  readonly values: ReadonlyMap<string, string>;
  /** The old form, where one text holds the whole Secret. */
  readonly blob: string | undefined;
}

/** Whether an object is a SealedSecret. */
export function isSealedSecret({ root }: Manifest): boolean {
  return stringAt(root, 'kind') === KIND && stringAt(root, 'apiVersion') === API_VERSION;
}

/**
 * Reads a SealedSecret; name, namespace and scope are those of its own metadata. `namespace` is for one that leaves its own
 * to `kubectl apply`. Throws `document-invalid`, and `conflict` for another namespace.
 */
export function readSealedSecret(manifest: Manifest, namespace?: string): SealedSecret {
  const { root } = manifest;
  const described = describe(manifest);
  if (!isSealedSecret(manifest)) throw invalid(manifest, `is not a ${KIND} of ${API_VERSION}`);
  const name = stringAt(root, 'metadata', 'name');
  if (name === undefined) throw invalid(manifest, 'metadata.name is missing, or no text');
  const blob = stringAt(root, 'spec', 'data');
  const sealed = branchAt(root, 'spec', 'encryptedData');
  if (!sealed && blob === undefined) throw invalid(manifest, 'spec.encryptedData is missing, or no map');
  const values = new Map<string, string>();
  for (const { key, value } of itemsOf(sealed)) {
    if (value.kind !== 'leaf' || typeof value.value !== 'string') {
      throw invalid(manifest, `spec.encryptedData.${key} is not text`);
    }
    values.set(key, value.value);
  }
  const annotations = textsAt(root, 'metadata', 'annotations');
  const own = stringAt(root, 'metadata', 'namespace') || undefined;
  if (own !== undefined && namespace !== undefined && own !== namespace) {
    throw new SopsError('conflict', `namespace mismatch: ${described} is not in "${namespace}"`);
  }
  const scope = scopeOfAnnotations(annotations) ?? 'strict';
  const binding = { name, namespace: own ?? namespace ?? '', scope };
  return { manifest, described, binding, values, blob };
}

/** The texts of a map; other values are left out. */
export function textsAt(root: Branch, ...path: readonly string[]): Map<string, string> {
  return new Map(
    itemsOf(branchAt(root, ...path)).flatMap(({ key, value }) =>
      value.kind === 'leaf' && typeof value.value === 'string' ? [[key, value.value]] : [],
    ),
  );
}

/** The values sealed for a binding, in the order of their keys. */
export function sealValues(
  values: ReadonlyMap<string, Uint8Array>,
  binding: Binding,
  key: KeyObject,
): Map<string, string> {
  const label = labelOf(binding.scope, binding);
  const ordered = [...values].sort(([one], [other]) => compareBytes(one, other));
  return new Map(ordered.map(([name, bytes]) => [name, sealValue(bytes, label, key)]));
}

/** The object that seals a Secret, with its fields in the order in which kubeseal prints JSON. */
export function sealedSecretOf(secret: SecretContent, binding: Binding, key: KeyObject): Branch {
  const { labels, type, immutable } = secret;
  const { name, scope } = binding;
  const namespace = binding.namespace || undefined;
  // Annotations that mean this scope stay as they are: one of a narrower scope may stand beside.
  const fits = (scopeOfAnnotations(secret.annotations) ?? 'strict') === scope;
  const annotations = fits ? secret.annotations : withScope(secret.annotations, scope);
  const template = record({
    metadata: record({ name, namespace, labels: sortedTextMap(labels), annotations: sortedTextMap(annotations) }),
    type,
    immutable,
  });
  return record({
    kind: KIND,
    apiVersion: API_VERSION,
    metadata: record({ name, namespace, annotations: sortedTextMap(withScope(new Map(), scope)) }),
    spec: record({ template, encryptedData: textMap(sealValues(secret.values, binding, key)) }),
  });
}

/** A map of texts, sorted; undefined for an empty one, which is left out. */
export function sortedTextMap(entries: ReadonlyMap<string, string>): Branch | undefined {
  if (entries.size === 0) return undefined;
  const ordered = [...entries].sort(([one], [other]) => compareBytes(one, other));
  return branch(ordered.map(([key, text]) => item(key, leaf(text))));
}

export function invalid(manifest: Manifest, problem: string): SopsError {
  const { file } = manifest.origin;
  return new SopsError('document-invalid', `${describe(manifest)}: ${problem}`, file === undefined ? {} : { file });
}
