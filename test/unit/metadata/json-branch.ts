/** Branches from JSON, so that metadata tests need no format store. */
import { readFileSync } from 'node:fs';
import { type Branch, branch, item, leaf, list, type Value } from '../../../src/tree/tree.js';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** The JSON of a file in fixtures/metadata. */
export function fixture(name: string): { [key: string]: Json } {
  return JSON.parse(readFileSync(new URL(`../../../fixtures/metadata/${name}`, import.meta.url), 'utf8'));
}

/** Integers become ints, as a JSON store reads them. */
export function valueOfJson(json: Json): Value {
  if (Array.isArray(json)) return list(json.map(valueOfJson));
  if (typeof json === 'object' && json !== null) return branchOfJson(json);
  return leaf(typeof json === 'number' && Number.isInteger(json) ? BigInt(json) : json);
}

export function branchOfJson(json: { [key: string]: Json }): Branch {
  return branch(Object.entries(json).map(([key, value]) => item(key, valueOfJson(value))));
}

/** The JSON text of a branch, in its order. */
export function jsonOf(value: Value): Json {
  if (value.kind === 'list') return value.items.flatMap((entry) => (entry.kind === 'comment' ? [] : [jsonOf(entry)]));
  if (value.kind === 'leaf') return typeof value.value === 'bigint' ? Number(value.value) : (value.value as Json);
  return Object.fromEntries(
    value.items.flatMap((entry) => (entry.kind === 'item' ? [[entry.key, jsonOf(entry.value)]] : [])),
  );
}
