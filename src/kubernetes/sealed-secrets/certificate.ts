/** The certificate that values are sealed for: the first one of a PEM text, an RSA one that has not expired. */
import { type KeyObject, X509Certificate } from 'node:crypto';
import { SopsError } from '../../errors.js';
import { pemBlocks } from '../../util/text/pem.js';

export interface SealingCertificate {
  readonly publicKey: KeyObject;
  /** What does not stop anybody from sealing but should be known. */
  readonly warnings: readonly string[];
}

const FEWEST_BITS = 2048;

/**
 * Reads the certificate of a PEM text. `source` names it in errors; `now` is in milliseconds. Throws `key` for a text
 * without a certificate (a bare public key is not one), one that is not RSA, and one that has expired.
 */
export function parseCertificate(pem: string, source: string, now = Date.now()): SealingCertificate {
  const certificate = readFirst(pem, source);
  const { publicKey, validFrom, validTo } = certificate;
  if (publicKey.asymmetricKeyType !== 'rsa') {
    throw new SopsError('key', `${source}: expected RSA public key but found ${publicKey.asymmetricKeyType}`, {
      hint: 'Sealed Secrets knows RSA certificates only.',
    });
  }
  if (Date.parse(validTo) <= now) {
    const day = goDate(new Date(validTo));
    throw new SopsError('key', `failed to encrypt using an expired certificate on ${day}`, {
      file: source,
      hint: "Get the controller's newest certificate: kubeseal --fetch-cert, or --fetch-from URL.",
    });
  }
  const warnings: string[] = [];
  if (Date.parse(validFrom) > now) warnings.push(`${source}: not valid before ${goDate(new Date(validFrom))}`);
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < FEWEST_BITS) warnings.push(`${source}: a key of ${bits} bits protects nothing for long`);
  return { publicKey, warnings };
}

function readFirst(pem: string, source: string): X509Certificate {
  const first = [...pemBlocks(pem)].find(({ label }) => label === 'CERTIFICATE');
  if (first === undefined) {
    throw new SopsError('key', `${source}: data does not contain any valid RSA or ECDSA certificates`, {
      hint: 'It must be PEM: -----BEGIN CERTIFICATE-----. A bare public key is not enough.',
    });
  }
  try {
    return new X509Certificate(first.text);
  } catch (cause) {
    throw new SopsError('key', `${source}: the certificate cannot be read`, { cause });
  }
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** A day as kubeseal writes it, in UTC: `November 22, 2026`. */
function goDate(date: Date): string {
  return `${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}, ${date.getUTCFullYear()}`;
}
