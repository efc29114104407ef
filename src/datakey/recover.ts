/** Recovering the data key of a file from its master keys (spec keys-and-config.md section 4). */
import { Cipher } from '../cipher/cipher.js';
import { opensMac } from '../cipher/mac.js';
import { SopsError } from '../errors.js';
import type { KeyGroup, MasterKey } from '../keys/provider.js';
import { type KeyService, keyStringOf } from '../keyservice/keyservice.js';
import type { Metadata } from '../metadata/metadata.js';
import { DATA_KEY_BYTES, DataKey } from './data-key.js';
import { DEFAULT_DECRYPTION_ORDER, sortKeys } from './decryption-order.js';
import { type GroupFailures, type KeyFailure, notRecovered } from './recovery-report.js';
import { choosePartsOf, combineParts } from './shamir.js';

export interface RecoverOptions {
  /** Asked in order for every key. */
  readonly keyServices: readonly KeyService[];
  /** Type identifiers, as `parseDecryptionOrder` gives them; undefined for the default. */
  readonly decryptionOrder?: readonly string[] | undefined;
}

/** What recovery needs of a file's metadata. */
export type Wrapped = Pick<Metadata, 'keyGroups' | 'shamirThreshold' | 'mac' | 'lastModified'>;

/** Choices of parts tried before the combination of all of them is taken for the answer. */
const MOST_CHOICES = 500;

/**
 * Opens a part of every group, the first key that succeeds serving for its group, and puts them together. When more
 * parts were opened than needed and their combination does not open the file's MAC, smaller choices are tried: one
 * foreign part among good ones would otherwise spoil the key.
 * Throws `data-key-not-recovered`, the report of all groups and keys in its message and detail.
 */
export async function recoverDataKey(metadata: Wrapped, options: RecoverOptions): Promise<DataKey> {
  const { keyGroups, shamirThreshold } = metadata;
  const parts: Uint8Array[] = [];
  const failures: GroupFailures[] = [];
  for (const group of keyGroups) {
    const outcome = await openGroup(group, options);
    failures.push(outcome instanceof Uint8Array ? null : outcome);
    if (outcome instanceof Uint8Array) parts.push(outcome);
  }
  const needed = keyGroups.length > 1 ? shamirThreshold : 1;
  if (parts.length < Math.max(needed, 1)) throw notRecovered(failures, shamirThreshold);
  return keyGroups.length > 1 ? combine(parts, metadata) : asDataKey(parts[0] ?? new Uint8Array());
}

/** The part of a group, or why each of its keys did not open it. */
async function openGroup(group: KeyGroup, options: RecoverOptions): Promise<Uint8Array | KeyFailure[]> {
  const failures: KeyFailure[] = [];
  for (const key of sortKeys(group, options.decryptionOrder ?? DEFAULT_DECRYPTION_ORDER)) {
    const outcome = await openKey(key, options.keyServices);
    if (outcome instanceof Uint8Array) return outcome;
    failures.push({ keyString: await keyStringOf(key), reasons: outcome });
  }
  return failures;
}

async function openKey(key: MasterKey, services: readonly KeyService[]): Promise<Uint8Array | string[]> {
  const reasons: string[] = [];
  for (const service of services) {
    try {
      return await service.unwrap(key);
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      reasons.push(error.message);
    }
  }
  return reasons;
}

function combine(parts: readonly Uint8Array[], metadata: Wrapped): DataKey {
  const size = Math.max(2, metadata.shamirThreshold);
  const whole = combineAll(parts);
  const settled = parts.length <= size || (whole instanceof DataKey && opensMacOf(metadata, whole));
  const found = settled ? undefined : searchChoices(parts, size, metadata);
  if (found) return found;
  if (whole instanceof SopsError) throw whole;
  return whole;
}

/** A key from fewer parts that opens the MAC. Choices that leave out one part come first, since one bad part is likeliest. */
function searchChoices(parts: readonly Uint8Array[], size: number, metadata: Wrapped): DataKey | undefined {
  let tried = 0;
  for (const length of new Set([parts.length - 1, size])) {
    for (const choice of choosePartsOf(parts, length)) {
      tried += 1;
      if (tried > MOST_CHOICES) return undefined;
      const candidate = combineAll(choice);
      if (candidate instanceof DataKey && opensMacOf(metadata, candidate)) return candidate;
    }
  }
  return undefined;
}

/** The key that all of these parts make, or why they make none. */
function combineAll(parts: readonly Uint8Array[]): DataKey | SopsError {
  try {
    return asDataKey(combineParts(parts));
  } catch (cause) {
    if (cause instanceof SopsError) return cause;
    if (!(cause instanceof RangeError)) throw cause;
    return new SopsError('data-key-not-recovered', `could not get data key from shamir parts: ${cause.message}`);
  }
}

function asDataKey(bytes: Uint8Array): DataKey {
  if (bytes.length === DATA_KEY_BYTES) return new DataKey(bytes);
  const message = `the master keys give a data key of ${bytes.length} bytes instead of ${DATA_KEY_BYTES}`;
  throw new SopsError('data-key-not-recovered', message, { hint: 'Were key groups removed from the file by hand?' });
}

function opensMacOf({ mac, lastModified }: Wrapped, dataKey: DataKey): boolean {
  return opensMac(new Cipher(dataKey.bytes), mac, lastModified);
}
