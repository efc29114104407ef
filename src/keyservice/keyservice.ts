/** The seam between the data key and the master keys: what wraps and opens parts, here or on another machine. */
import type { MasterKey } from '../keys/provider.js';
import { keyTypeRow } from '../keys/registry.js';
import type { Log } from '../util/host/host.js';
import { oneLine } from '../util/text/one-line.js';

/**
 * Wraps and opens parts of data keys. Several may be given for one run; for every key they are asked in order until
 * one succeeds. Keys of remote types may be asked for side by side. Rejections are SopsErrors of code `key` worded as the
 * reason only; the caller adds group and key. Every call ends in bounded time unless a person is being asked.
 */
export interface KeyService {
  /** Wraps a part (32 or 33 raw bytes) for a key and returns the text of `enc`. Must not change the key. */
  wrap(key: MasterKey, part: Uint8Array): Promise<string>;
  /** Opens `key.enc` and returns the part. `signal` is aborted when nobody wants it any more; then it may reject with anything. */
  unwrap(key: MasterKey, signal?: AbortSignal): Promise<Uint8Array>;
  /**
   * The parts that are known of some keys already, without anything being opened. Called once a file, with all its keys, before any
   * is used. Never rejects. Absent where nothing is known.
   */
  recall?(keys: readonly MasterKey[]): Promise<ReadonlyMap<MasterKey, Uint8Array>>;
  /** Where it is told what came of the parts; the same for all services of a run, absent when nobody looks. */
  readonly log?: Log | undefined;
}

/** The log of a run, which its key services bring along. */
export function logOf(services: readonly KeyService[]): Log | undefined {
  return services.find(({ log }) => log !== undefined)?.log;
}

/** Why using a key failed. A line break in what a file says of the key does not become one of the message. */
export function reasonOf({ message }: Error, { fields }: MasterKey): string {
  let reason = message;
  for (const text of fields.values()) {
    if (typeof text === 'string' && text !== oneLine(text)) reason = reason.replaceAll(text, oneLine(text));
  }
  return reason;
}

/** Whether what a key wraps has the form that its type writes, as far as that can be told without the key. */
export async function isWrappedWell({ type, enc }: MasterKey): Promise<boolean> {
  const provider = await keyTypeRow(type)?.load?.();
  return (await provider?.isWrapped?.(enc)) ?? true;
}

/** The key's identity in messages and comparisons; of a type without a provider, its fields. */
export async function keyStringOf(key: MasterKey): Promise<string> {
  const provider = await keyTypeRow(key.type)?.load?.();
  if (provider) return provider.keyString(key);
  return [...key.fields.values()].filter((field) => typeof field === 'string' && field !== '').join(' ');
}
