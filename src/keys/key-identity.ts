/** Telling keys apart by all their fields, without asking their providers. */
import type { KeyFields, MasterKey } from './provider.js';

/** A text that two keys share exactly when their types and all their fields are equal, in whatever order. */
export function keyIdentity({ type, fields }: Pick<MasterKey, 'type' | 'fields'>): string {
  return JSON.stringify([type, ...[...fields].sort(byName).map(comparable)]);
}

type Field = KeyFields extends ReadonlyMap<string, infer V> ? readonly [string, V] : never;

function comparable([name, value]: Field): unknown {
  return [name, typeof value === 'string' ? value : [...value].sort(byName)];
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : Number(one > other);
}
