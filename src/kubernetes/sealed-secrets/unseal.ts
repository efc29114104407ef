/** From a SealedSecret to the Secret that the controller would make of it. */
import type { KeyObject } from 'node:crypto';
import { SopsError } from '../../errors.js';
import { type Branch, leaf, list } from '../../tree/tree.js';
import { branchAt, sorted, stringAt, textMap, valueAt } from '../manifest/manifest.js';
import { readManifests } from '../manifest/read.js';
import { record } from '../object-literal.js';
import { labelOf } from './scope.js';
import { type SealedSecret, sortedTextMap, textsAt } from './sealed-secret.js';
import { readSecretContent } from './secret-content.js';
import { renderTemplates } from './template.js';
import { openValue } from './value.js';

const SKIP_OWNER = 'sealedsecrets.bitnami.com/skip-set-owner-references';

/**
 * Opens all values. Throws `key` when any does not open: which step failed is not told, for the text may come from somebody
 * who learns from it.
 */
export function openAll(sealed: SealedSecret, keys: readonly KeyObject[]): Map<string, Buffer> {
  const label = labelOf(sealed.binding.scope, sealed.binding);
  const opened = new Map<string, Buffer>();
  const failed: string[] = [];
  for (const [key, text] of sealed.values) {
    const plaintext = openValue(text, label, keys);
    if (plaintext) opened.set(key, plaintext);
    else failed.push(key);
  }
  if (failed.length > 0) throw notOpened(sealed, failed);
  return opened;
}

/**
 * The Secret, as `kubeseal --recovery-unseal` has it; `ownerReferences` only on request. Rejects as {@link openAll} throws, and
 * when a template of it cannot be rendered.
 */
export async function unsealedSecret(
  sealed: SealedSecret,
  keys: readonly KeyObject[],
  keepOwner: boolean,
): Promise<Branch> {
  const { root } = sealed.manifest;
  const opened = new Map<string, Uint8Array>([...openBlob(sealed, keys), ...openAll(sealed, keys)]);
  const values = new Map([...opened, ...(await renderTemplates(sealed, opened))]);
  const template = branchAt(root, 'spec', 'template');
  const immutable = template && valueAt(template, 'immutable');
  const metadata = record({
    annotations: sortedTextMap(textsAt(root, 'spec', 'template', 'metadata', 'annotations')),
    labels: sortedTextMap(textsAt(root, 'spec', 'template', 'metadata', 'labels')),
    name: sealed.binding.name,
    namespace: sealed.binding.namespace || undefined,
    ownerReferences: keepOwner ? ownerOf(sealed) : undefined,
  });
  const encoded = [...values].map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')] as const);
  return record({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    type: template && stringAt(template, 'type'),
    immutable,
    data: values.size > 0 ? sorted(textMap(encoded)) : undefined,
  });
}

/** What the controller writes; kubeseal leaves the `uid` empty, too. */
function ownerOf({ manifest, binding }: SealedSecret) {
  if (textsAt(manifest.root, 'spec', 'template', 'metadata', 'annotations').get(SKIP_OWNER) === 'true')
    return undefined;
  const owner = { apiVersion: 'bitnami.com/v1alpha1', controller: true, kind: 'SealedSecret', name: binding.name };
  return list([record({ ...owner, uid: leaf('') })]);
}

/** The values of the old form: one sealed text that holds the whole Secret as JSON. */
function openBlob(sealed: SealedSecret, keys: readonly KeyObject[]): ReadonlyMap<string, Uint8Array> {
  if (sealed.blob === undefined) return new Map();
  const plaintext = openValue(sealed.blob, labelOf(sealed.binding.scope, sealed.binding), keys);
  if (!plaintext) throw notOpened(sealed, ['spec.data']);
  const [inner] = readManifests(plaintext);
  if (!inner) throw notOpened(sealed, ['spec.data']);
  return readSecretContent(inner, 'yaml11').values;
}

function notOpened({ manifest, described }: SealedSecret, failed: readonly string[]): SopsError {
  const { file } = manifest.origin;
  return new SopsError('key', `${described}: no key could decrypt secret (${failed.join(', ')})`, {
    ...(file === undefined ? {} : { file }),
    hint: 'Another private key is needed, or its name, namespace, scope or text was changed after sealing.',
  });
}
