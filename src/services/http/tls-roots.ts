/** The certificates that servers are checked against, when the user names a file of them. */

import { type ErrorCode, SopsError } from '../../errors.js';
import { systemReason } from '../../util/files/files.js';
import { readNamedFile } from '../../util/files/named-file.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { shownPath } from '../../util/text/content-as-path.js';

/** What to do when nobody vouches for a server's certificate. */
export const AUTHORITY_HINT = "Name the file with the authority's certificate in SSL_CERT_FILE or NODE_EXTRA_CA_CERTS.";

/**
 * The PEM text of the file in a variable, by default `SSL_CERT_FILE`, or undefined when it is not set. Programs in Go, SOPS
 * among them, take that file instead of the system's certificates; Node itself looks at `NODE_EXTRA_CA_CERTS` only.
 * Throws an error of the given code when the file cannot be read.
 */
export async function readTlsRoots(
  host: Host,
  code: ErrorCode = 'key',
  variable = 'SSL_CERT_FILE',
): Promise<Buffer | undefined> {
  const file = host.env[variable];
  if (!file) return undefined;
  try {
    return await readNamedFile(resolve(host.cwd, file), host);
  } catch (cause) {
    throw new SopsError(
      code,
      `cannot read the certificates of ${variable}: ${systemReason(cause)}: ${shownPath(file)}`,
      {
        cause,
      },
    );
  }
}
