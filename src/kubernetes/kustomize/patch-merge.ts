/** What a patch that is encrypted makes of an object: the build merges its ciphertext and its metadata as it would anything. */
import { rebuilt } from '../../tree/rebuild.js';
import { type Branch, branch, item, leaf } from '../../tree/tree.js';
import { type Steps, settle } from '../../util/flat-recursion.js';
import { itemsOf, type Manifest, madeManifest } from '../manifest/manifest.js';
import type { BuildObject } from './object-set.js';

/** Merges an encrypted patch into an object that is not. Returns whether that was possible. `file` is that of the patch, as shown. */
export function mergeSealed(object: BuildObject, patch: Manifest, file: string): boolean {
  const { manifest: held } = object.merged ?? object;
  if (!held || held.sops) return false;
  const root = settle(merging(withoutPlaces(held.root), withoutPlaces(patch.root)));
  object.merged = { manifest: { ...madeManifest(root, patch.origin), sops: patch.sops }, file };
  return true;
}

/** Lists are taken from the patch: in those that are merged by their keys nothing is encrypted that decrypts. */
function* merging(held: Branch, patch: Branch): Steps<Branch> {
  const merged = new Map(itemsOf(held).map(({ key, value }) => [key, value]));
  for (const { key, value } of itemsOf(patch)) {
    const below = merged.get(key);
    if (value.kind === 'leaf' && value.value === null) merged.delete(key);
    else merged.set(key, below?.kind === 'branch' && value.kind === 'branch' ? yield merging(below, value) : value);
  }
  return branch([...merged].map(([key, value]) => item(key, value)));
}

/** Of two texts no place in either says anything. */
function withoutPlaces(root: Branch): Branch {
  const copy = rebuilt(root, { leaf: ({ value }) => leaf(value) });
  return copy.kind === 'branch' ? copy : branch();
}
