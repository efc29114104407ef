/** Types of keys that the caller of the library plugs in: known while the call lasts, and to nobody else. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type KeyTypeRow, lookUpTypesAlso } from './registry.js';

const plugged = new AsyncLocalStorage<readonly KeyTypeRow[]>();

/** Does some work in which there are more types of keys. */
export function withKeyTypes<T>(rows: readonly KeyTypeRow[], work: () => T): T {
  if (rows.length === 0) return work();
  lookUpTypesAlso(() => plugged.getStore() ?? []);
  return plugged.run(rows, work);
}
