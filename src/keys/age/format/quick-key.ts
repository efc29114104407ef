/** Keys in the form in which node:crypto takes them soonest. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { versions } from 'node:process';

/**
 * From this version on Node learns that bytes are neither of its two kinds of key objects by two exceptions, which take six times as
 * long as an HMAC (docs/decisions.md#many-files-in-one-process). Up to then a key object takes longer than bytes.
 */
const ASKS_BY_EXCEPTIONS = 24;

/** Whether the engine that says so is Node: others have its version, and functions of their own. */
const isNode = versions.bun === undefined && versions.deno === undefined;
const takesObjects = isNode && Number.parseInt(versions.node, 10) >= ASKS_BY_EXCEPTIONS;

/** A secret key for node:crypto. The bytes are not changed until the call that it is for is done. */
export function quickKey(bytes: Uint8Array): KeyObject | Uint8Array {
  return takesObjects ? createSecretKey(bytes) : bytes;
}
