/** The certificates that the system trusts, where Node itself looks at its own only. */
import { readFile } from 'node:fs/promises';
import * as tls from 'node:tls';

/** Where distributions keep them in one file; the places that Go looks at. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** PEM texts, or undefined when there are none to be had. */
export async function readSystemRoots(
  platform: NodeJS.Platform,
  bundles: readonly string[] = BUNDLES,
): Promise<string[] | undefined> {
  // Since Node 22.15; before it, files.
  const { getCACertificates } = tls as { getCACertificates?: (type: 'system') => string[] };
  const found = getCACertificates?.('system') ?? [];
  if (found.length > 0) return found;
  // There they would be on the drive that the process is on, where anybody may make folders.
  if (platform === 'win32') return undefined;
  for (const path of bundles) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) return [text];
  }
  return undefined;
}
