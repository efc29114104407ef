/** The references in the values of documents; keys and comments are not touched. */

import { SopsError } from '../errors.js';
import type { Branch, Item, List, Value } from '../tree/tree.js';
import { append } from '../util/lists.js';
import { isError } from '../util/realms.js';
import { expressionsIn, mayHoldReference } from './expression.js';
import type { Resolver } from './resolver.js';

/** A text with references, and how to put what it gives in its place. */
interface Found {
  readonly text: string;
  put(value: Value): void;
}

/**
 * Puts values in the place of all references, side by side, once all are there. Throws what the first of them in the text failed with, and tells how
 * many others did. Then nothing has changed.
 */
export async function resolveDocuments(documents: readonly (Branch | List)[], resolver: Resolver): Promise<void> {
  const found = documents.flatMap((document) => [...textsIn(document)]);
  const results = await Promise.allSettled(found.map(({ text }) => resolver.value(text)));
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  const [first] = failures;
  if (first !== undefined) throw withOthers(first, failures);
  for (const [at, result] of results.entries()) if (result.status === 'fulfilled') found[at]?.put(result.value);
}

/** Whether documents hold any reference. */
export function holdsReferences(documents: readonly (Branch | List)[]): boolean {
  return documents.some((document) => !textsIn(document).next().done);
}

/** Texts that stand in lists alone, up to the top, are not values of keys: vals leaves them as they are. */
function* textsIn(document: Branch | List): Generator<Found> {
  const pending: (Branch | List)[] = [document];
  const keyless = new Set<Branch | List>(document.kind === 'list' ? [document] : []);
  for (let of = pending.pop(); of; of = pending.pop()) {
    const below: (Branch | List)[] = [];
    const isKeyless = keyless.has(of);
    for (const [at, entry] of of.items.entries()) {
      if (entry.kind === 'comment') continue;
      const value = entry.kind === 'item' ? entry.value : entry;
      if (isKeyless && value.kind === 'list') keyless.add(value);
      if (value.kind !== 'leaf') below.push(value);
      else if (!isKeyless && typeof value.value === 'string' && isReference(value.value))
        yield foundAt(of, at, value.value);
    }
    append(pending, below.reverse());
  }
}

function isReference(text: string): boolean {
  return mayHoldReference(text) && expressionsIn(text).some((part) => typeof part === 'object');
}

function foundAt(of: Branch | List, at: number, text: string): Found {
  const put = (value: Value): void => {
    const entry = of.items[at] as Item | Value;
    const leaf = entry.kind === 'item' ? entry.value : entry;
    // A scalar keeps its place in the text, and with it its style.
    if (value.kind === 'leaf' && leaf.kind === 'leaf') leaf.value = value.value;
    else if (entry.kind === 'item') entry.value = value;
    else of.items[at] = value as never;
  };
  return { text, put };
}

function withOthers(first: unknown, failures: readonly unknown[]): unknown {
  if (!(first instanceof SopsError)) return first;
  const others = new Set(failures.map((failure) => (isError(failure) ? failure.message : ''))).size - 1;
  if (others <= 0) return first;
  const more = others === 1 ? 'one more reference fails' : `${others} more references fail`;
  return first.reworded(`${first.message} (${more})`);
}
