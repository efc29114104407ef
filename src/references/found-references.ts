/** The references of documents and texts as addresses, read but not resolved: for what tells which secrets a file needs. */

import { leaves } from '../tree/leaves.js';
import type { Branch } from '../tree/tree.js';
import { append } from '../util/lists.js';
import { type Address, addressOf } from './address.js';
import { type Expression, expressionsIn } from './expression.js';

export interface FoundReference extends Address {
  /** False when the path holds another reference, so that only resolving tells it. */
  readonly isKnown: boolean;
}

/** What stands for the value of a reference within another; no path that somebody writes holds it. */
const UNKNOWN = '\0';

/** The references in the values of documents, those within others after them. Throws `reference-malformed`. */
export function referencesIn(documents: readonly Branch[]): FoundReference[] {
  const found: FoundReference[] = [];
  for (const { node } of leaves(documents)) {
    if (typeof node.value === 'string') append(found, referencesInText(node.value));
  }
  return found;
}

/** The references in a text. Throws `reference-malformed`. */
export function referencesInText(text: string): FoundReference[] {
  return expressionsIn(text).flatMap((part) => (typeof part === 'string' ? [] : withInner(part)));
}

/** Ten levels at most, as the reader of expressions has it. */
function withInner(expression: Expression): FoundReference[] {
  const inner = expression.address.filter((part) => typeof part === 'object');
  const values = inner.map(() => UNKNOWN);
  const address = addressOf(expression, values);
  const isKnown = !address.path.includes(UNKNOWN);
  return [{ ...address, isKnown }, ...inner.flatMap(withInner)];
}
