/** Opening an encrypted file to see that its MAC fits, for whoever holds a key. */
import { SopsError } from '../../errors.js';
import type { KeyService } from '../../keyservice/keyservice.js';
import type { KeyServiceChoice } from '../../keyservice/services.js';
import type { EncryptedFile } from '../../operations/read/encrypted-files.js';
import { openFile } from '../../operations/read/open-file.js';
import { type AuditTrail, trailOf } from '../../run/audit-trail.js';
import { openReadingRun } from '../../run/run.js';
import type { Host } from '../../util/host/host.js';
import { oneLine } from '../../util/text/one-line.js';
import type { Discovery } from './check-finding.js';

/** What opening a file takes. */
export interface Verifying {
  readonly keyServices: readonly KeyService[];
  readonly decryptionOrder: readonly string[];
  readonly trailFor: (shown: string) => AuditTrail;
}

/** How files are to be opened. */
export interface DecryptChoice {
  readonly keyServices?: KeyServiceChoice | undefined;
  /** Type identifiers separated by commas. */
  readonly decryptionOrder?: string | undefined;
}

/** What opening takes, as the run has it; undefined where nothing is to be opened. */
export async function verifyingFor(
  choice: DecryptChoice | undefined,
  configPath: string | undefined,
  host: Host,
): Promise<Verifying | undefined> {
  if (!choice) return undefined;
  const { keyServices, decryptionOrder } = await openReadingRun({ ...choice, configPath }, host);
  return { keyServices, decryptionOrder, trailFor: (path) => trailOf({ kind: 'file', path }, host) };
}

/**
 * Decrypts a file in memory. Its tree holds plaintext afterwards: nothing else may look at it. Throws what recovering the data key
 * throws, where the file could not be looked at.
 */
export async function verifySealed(read: EncryptedFile, shown: string, verifying: Verifying): Promise<Discovery[]> {
  const { keyServices, decryptionOrder, trailFor } = verifying;
  try {
    const trail = trailFor(shown);
    await openFile(read, { ignoreMac: false, rewrites: false, keyServices, decryptionOrder, trail });
    return [];
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const next = 'Look at its history, and take it from a commit in which it was whole.';
    if (error.code === 'mac-mismatch')
      return [{ rule: 'mac-mismatch', message: 'its MAC does not fit what it holds: it was changed by hand', next }];
    if (error.code !== 'leaf-not-decryptable') throw error;
    return [{ rule: 'not-decryptable', keyPath: error.path, message: oneLine(error.message), next }];
  }
}
