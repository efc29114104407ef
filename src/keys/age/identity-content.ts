/** The content of an identity file, variable or command: identities as they are, or protected by a passphrase. */
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host/host.js';
import { type IdentityCandidate, parseIdentities } from './identity-text.js';

/** How a protected one begins, binary or armored; as many bytes are looked at. */
const PROTECTED = ['age-encryption', '-----BEGIN AGE'];
const PROTECTED_LENGTH = 14;

/** The identities in a content; `location` names it in messages. Throws `key` when one of them is malformed. */
export async function readIdentities(
  location: string,
  content: Buffer,
  severalPerLine: boolean,
  host: Host,
): Promise<IdentityCandidate[]> {
  try {
    if (!PROTECTED.includes(content.toString('latin1', 0, PROTECTED_LENGTH))) {
      return await parseIdentities(content.toString('utf8'), severalPerLine);
    }
    const { ProtectedFile } = await import('./protected-file.js');
    return [{ kind: 'protected', identity: new ProtectedFile(content, location, host) }];
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const { hint } = error;
    throw new SopsError('key', `failed to parse '${location}' age identities: ${error.message}`, {
      ...(hint === undefined ? {} : { hint }),
      cause: error,
    });
  }
}
