/** Changing a SealedSecret that is there already: single values replaced, or all of them sealed for another key. */
import type { KeyObject } from 'node:crypto';
import type { Branch } from '../../tree/tree.js';
import { branch, leaf } from '../../tree/tree.js';
import { branchAt, itemsOf, stringAt, withEntry, withEntryAt, withoutEntries } from '../manifest/manifest.js';
import { withScope } from './scope.js';
import { type Binding, type SealedSecret, sealValues, sortedTextMap, textsAt } from './sealed-secret.js';
import type { SecretContent } from './secret-content.js';

const VALUES = ['spec', 'encryptedData'];
const TEMPLATE = ['spec', 'template', 'metadata'];

export interface Merge {
  readonly target: SealedSecret;
  readonly secret: SecretContent;
  /** The target's own. */
  readonly binding: Binding;
  /** Removes the values that the Secret does not have. */
  readonly prune: boolean;
}

/** The target with the values, labels and annotations of a Secret over its own; the rest stays, comments included. */
export function mergeInto({ target, secret, binding, prune }: Merge, key: KeyObject): Branch {
  const { root } = target.manifest;
  let values = branchAt(root, ...VALUES) ?? branch();
  for (const [name, text] of sealValues(secret.values, binding, key)) values = withEntry(values, name, leaf(text));
  const gone = itemsOf(values).filter((entry) => !secret.values.has(entry.key));
  if (prune) values = withoutEntries(values, ...gone.map((entry) => entry.key));
  const merged = withEntryAt(root, VALUES, values);
  return withTexts(withTexts(merged, 'labels', secret.labels), 'annotations', withScope(secret.annotations, 'strict'));
}

/** Sets texts in a map of the template, which is made if it is missing. */
function withTexts(root: Branch, field: 'labels' | 'annotations', texts: ReadonlyMap<string, string>): Branch {
  let result = root;
  for (const [key, text] of texts) result = withEntryAt(result, [...TEMPLATE, field, key], leaf(text));
  return result;
}

/** The object with its values sealed anew, under a binding that may be another; annotations and names follow. */
export function resealed(
  target: SealedSecret,
  values: ReadonlyMap<string, Uint8Array>,
  binding: Binding,
  key: KeyObject,
): Branch {
  let sealed = branchAt(target.manifest.root, ...VALUES) ?? branch();
  for (const [name, text] of sealValues(values, binding, key)) sealed = withEntry(sealed, name, leaf(text));
  let root = withEntryAt(target.manifest.root, VALUES, sealed);
  for (const field of ['name', 'namespace'] as const) {
    if (binding[field] === '' || stringAt(root, 'metadata', field) === binding[field]) continue;
    root = withEntryAt(root, ['metadata', field], leaf(binding[field]));
    root = withEntryAt(root, [...TEMPLATE, field], leaf(binding[field]));
  }
  if (binding.scope === target.binding.scope) return root;
  return withScopeAt(withScopeAt(root, ['metadata'], binding), TEMPLATE, binding);
}

function withScopeAt(root: Branch, path: readonly string[], { scope }: Binding): Branch {
  const annotations = sortedTextMap(withScope(textsAt(root, ...path, 'annotations'), scope));
  if (annotations) return withEntryAt(root, [...path, 'annotations'], annotations);
  const holder = branchAt(root, ...path);
  return holder ? withEntryAt(root, path, withoutEntries(holder, 'annotations')) : root;
}
