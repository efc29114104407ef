/** The names of AWS keys and roles (docs/keys/aws-kms.md#identifiers). */
import { SopsError } from '../../errors.js';

/** Between the ARN of a key and that of the role to use it with. */
const ROLE_SEPARATOR = /\+(?=arn:)/;

/**
 * SOPS takes any text for the region. Here it is a host label, since it becomes part of the host that signed requests go
 * to, and a file's metadata must not choose that host.
 */
const KEY_ARN = /^arn:aws[\w-]*:kms:([A-Za-z0-9-]+):[0-9]+:(?:key|alias)\/.+$/;

/** Splits `ARN+ROLE_ARN`; the role is the empty text when there is none. */
export function splitRole(text: string): { arn: string; role: string } {
  const [arn = ''] = text.split(ROLE_SEPARATOR, 1);
  return { arn, role: text.slice(arn.length + 1) };
}

/** The region of a key's ARN. Throws `key` for anything that is not the ARN of a key or an alias. */
export function regionOf(arn: string): string {
  const region = KEY_ARN.exec(arn)?.[1];
  if (region !== undefined) return region;
  throw new SopsError('key', `no valid ARN found in '${arn}'`, {
    hint: 'It should look like arn:aws:kms:eu-central-1:123456789012:key/<id>.',
  });
}

/**
 * The name of a session with an assumed role: `sops@` and the host name without characters that SOPS drops (the hyphen
 * among them), at most 64 characters.
 */
export function sessionNameOf(hostName: string): string {
  return `sops@${hostName.replaceAll(/[^a-z0-9=,.@-_]/g, '')}`.slice(0, 64);
}
