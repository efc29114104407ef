/** Types of keys that the caller of the library plugs in, known for the time of the call and to that call alone. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type KeyTypeRow, lookUpTypesAlso } from './registry.js';

const plugged = new AsyncLocalStorage<readonly KeyTypeRow[]>();

/** Does some work with these types of keys added. */
export function withKeyTypes<T>(rows: readonly KeyTypeRow[], work: () => T): T {
  if (rows.length === 0) return work();
  lookUpTypesAlso(() => plugged.getStore() ?? []);
  return plugged.run(rows, work);
}
