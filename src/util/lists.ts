/**
 * Lists that may be as long as a document is. Spread into a call (`push(...more)`), some hundred thousand entries are more arguments
 * than the stack has room for.
 */

/** The greatest of some numbers, 0 when there are none above. */
export function greatest(numbers: Iterable<number>): number {
  let found = 0;
  for (const one of numbers) if (one > found) found = one;
  return found;
}

/** Puts entries after those that are there. */
export function append<T>(list: T[], more: readonly T[]): void {
  for (const one of more) list.push(one);
}

/** Puts entries before those from a place on. */
export function insert<T>(list: T[], at: number, more: readonly T[]): void {
  if (more.length === 0) return;
  const behind = list.splice(at);
  append(list, more);
  append(list, behind);
}

/** Puts an entry at the end of the list that a map has for a key, which may be a new one. */
export function addUnder<K, T>(lists: Map<K, T[]>, key: K, entry: T): void {
  const list = lists.get(key);
  if (list) list.push(entry);
  else lists.set(key, [entry]);
}
