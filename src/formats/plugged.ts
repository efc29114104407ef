/** Formats that the caller of the library plugs in: known while the call lasts, and to nobody else. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type FormatRow, lookUpAlso } from './registry.js';

const plugged = new AsyncLocalStorage<readonly FormatRow[]>();

/** Does some work in which there are more formats. */
export function withFormats<T>(rows: readonly FormatRow[], work: () => T): T {
  if (rows.length === 0) return work();
  lookUpAlso(() => plugged.getStore() ?? []);
  return plugged.run(rows, work);
}
