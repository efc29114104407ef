/** Going through many things, and telling how far it has come. */
import type { Host } from './host.js';

/** The items in turn. `what` is one of them, as in `file 3 of 20`; of a single one nothing is told. */
export function* withProgress<T>(items: readonly T[], what: string, host: Host): Generator<T> {
  const activity = items.length > 1 ? host.begin?.(what) : undefined;
  try {
    for (const [at, item] of items.entries()) {
      activity?.now(`${what} ${at + 1} of ${items.length}`);
      yield item;
    }
  } finally {
    activity?.end();
  }
}
