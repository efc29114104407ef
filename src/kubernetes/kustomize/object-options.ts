/** What our own kind adds to the objects that come out of it. */
import { type Branch, leaf } from '../../tree/tree.js';
import { branchAt, stringAt, textMap, withEntryAt } from '../manifest/manifest.js';
import { isSecret, withDataOnly } from '../manifest/secret.js';
import { BEHAVIOR, NEEDS_HASH, type ObjectOptions } from './plan.js';

/** Kinds that can be immutable. */
const DATA_KINDS: ReadonlySet<string> = new Set(['Secret', 'ConfigMap']);

/** The object with the marks on it. */
export function withOptions(root: Branch, { needsHash, behavior, immutable, dataOnly }: ObjectOptions): Branch {
  let made = dataOnly && isSecret(root) ? withDataOnly(root) : root;
  if (immutable && DATA_KINDS.has(stringAt(root, 'kind') ?? '')) made = withEntryAt(made, ['immutable'], leaf(true));
  if (needsHash) made = annotated(made, NEEDS_HASH, 'true');
  return behavior === undefined ? made : annotated(made, BEHAVIOR, behavior);
}

/** The object with an annotation. */
export function annotated(root: Branch, key: string, text: string): Branch {
  const before = branchAt(root, 'metadata', 'annotations');
  return before
    ? withEntryAt(root, ['metadata', 'annotations', key], leaf(text))
    : withEntryAt(root, ['metadata', 'annotations'], textMap([[key, text]]));
}
