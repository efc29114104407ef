/** The certificates that servers are checked against, when the user names a file of them. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ErrorCode, SopsError } from '../errors.js';
import { systemReason } from './files.js';
import type { Host } from './host.js';

/**
 * The PEM text of the file in `SSL_CERT_FILE`, or undefined when the variable is not set. Programs in Go, SOPS among them, take
 * this file instead of the system's certificates; Node itself looks at `NODE_EXTRA_CA_CERTS` only.
 * Throws an error of the given code when the file cannot be read.
 */
export async function readTlsRoots(host: Host, code: ErrorCode = 'key'): Promise<Buffer | undefined> {
  const file = host.env.SSL_CERT_FILE;
  if (!file) return undefined;
  try {
    return await readFile(resolve(host.cwd, file));
  } catch (cause) {
    throw new SopsError(code, `cannot read the certificates of SSL_CERT_FILE: ${systemReason(cause)}: ${file}`, {
      cause,
    });
  }
}
