/** Formats that the caller of the library plugs in, known for the time of the call and to that call alone. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type FormatRow, lookUpAlso } from './registry.js';

const plugged = new AsyncLocalStorage<readonly FormatRow[]>();

/** Does some work with these formats added. */
export function withFormats<T>(rows: readonly FormatRow[], work: () => T): T {
  if (rows.length === 0) return work();
  lookUpAlso(() => plugged.getStore() ?? []);
  return plugged.run(rows, work);
}
