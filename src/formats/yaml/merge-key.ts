/** The key `<<`, which merges where it is written without quotes. */
import type { Value } from '../../tree/tree.js';

export const MERGE_KEY = '<<';

/** Whether a value may stand under a merge key: a map, or a list of maps that is not an alias. */
export function isMergeable(value: Value): boolean {
  if (value.kind === 'branch') return true;
  if (value.kind !== 'list' || value.alias) return false;
  return value.items.every((entry) => entry.kind === 'branch' || entry.kind === 'comment');
}

/** The style in which a key is to be written anew (docs/format.md#d14-a-key--that-merges-nothing). */
export function styleOfKey(key: string, value: Value | undefined): 'double' | undefined {
  return key === MERGE_KEY && value && !isMergeable(value) ? 'double' : undefined;
}
