/** Trust in a configuration that sops-ts itself changes on the user's word: it goes over to what is written (docs/configuration.md#what-is-trusted). */
import { SopsError } from '../errors.js';
import type { Host } from '../util/host/host.js';
import { configOfBytes } from './read.js';
import { isTrusted, recordTrust } from './trust-record.js';

/** A configuration as it was read, and what it is to hold. */
export interface TrustedChange {
  readonly absolute: string;
  /** How messages call it. */
  readonly path: string;
  readonly read: Uint8Array;
  readonly bytes: Uint8Array;
}

/**
 * Makes a change of a configuration by `write`, which replaces what was read and nothing else. If the user trusted exactly that, they trust the
 * result; a change of somebody else in between makes `write` fail. Throws what `write` throws; that the trust cannot be noted is a warning.
 */
export async function carryingTrust(change: TrustedChange, host: Host, write: () => Promise<void>): Promise<void> {
  const { absolute, path, read, bytes } = change;
  const before = configOfBytes(read, { absolute, path }).file;
  const wasTrusted = isTrusted(before, host);
  await write();
  if (!wasTrusted) return;
  // The files of recipients that it names are trusted with it: those that were looked at, whatever stands there by now.
  const others = before.bytes.subarray(read.length);
  try {
    await recordTrust({ absolute, bytes: Buffer.concat([bytes, others]) }, host);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    host.warn(`${path} was written, but is not trusted any more (sops-ts trust): ${error.message}`);
  }
}
