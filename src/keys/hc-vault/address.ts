/** The names of Vault transit keys: their URIs, and what of them may become a request (docs/keys/hc-vault.md#identifiers). */
import { SopsError } from '../../errors.js';
import { apiUrl, isPlainSegment } from '../../services/vault/address.js';
import { withoutSurrounding } from '../../util/text/trim.js';

/** A key as metadata has it. */
export interface VaultKey {
  /** URL of the server, as the user wrote it. */
  readonly address: string;
  /** Where the transit engine is mounted, without slashes around it. */
  readonly enginePath: string;
  readonly keyName: string;
}

export type Operation = 'encrypt' | 'decrypt';

const EXAMPLE = 'https://vault.example.com:8200/v1/transit/keys/keyName';
/** Scheme, authority, path, and what must not follow. */
const URI = /^([a-z][a-z0-9+.-]*):\/\/([^/?#\\]*)([^?#]*)(.*)$/is;
/** SOPS's patterns, found anywhere in the path. */
const PREFIXED_PATH = /\/[^/]+\/v\d+\/[^/]+\/[^/]+\/[^/]+/;
const KEY_PATH = /\/v\d+\/[^/]+\/[^/]+\/[^/]+/;

/**
 * Reads `scheme://host[:port]/v1/<engine path>/keys/<name>`. The segment before the name is not looked at, as in SOPS. Throws
 * `key` for anything else, and for what SOPS would carry into the address: user names, queries, fragments.
 */
export function parseVaultUri(uri: string): VaultKey {
  const [, scheme = '', authority = '', path = '', rest = ''] = URI.exec(uri) ?? [];
  if (scheme === '') throw malformed(`missing scheme in Vault URL (should be like this: ${EXAMPLE})`, uri);
  // It may hold a password, so it is not quoted.
  const shown = authority.includes('@') ? undefined : uri;
  if (PREFIXED_PATH.test(path)) {
    throw malformed(`running Vault with a prefixed URL is not supported! (Format has to be like ${EXAMPLE})`, shown);
  }
  if (!KEY_PATH.test(path)) {
    throw malformed(`vault path does not seem to be formatted correctly: (eg. ${EXAMPLE})`, shown);
  }
  if (rest !== '') throw malformed(`a Vault key has no query or fragment (eg. ${EXAMPLE})`, uri);
  const address = `${scheme.toLowerCase()}://${authority}`;
  if (authority.includes('@')) throw malformed(`a Vault URL holds no user name (eg. ${EXAMPLE})`);
  const segments = withoutSurrounding(path, '/').split('/');
  const key = { address, enginePath: segments.slice(1, -2).join('/'), keyName: segments.at(-1) ?? '' };
  operationUrl(key, 'encrypt');
  return key;
}

/** The path of an operation of a key below `/v1/`. Throws `key` when engine or name are not what they should be. */
export function operationSegments({ enginePath, keyName }: VaultKey, operation: Operation): string[] {
  const segments = [...enginePath.split('/'), operation, keyName];
  if (keyName.includes('/') || !segments.every(isPlainSegment)) {
    throw malformed('not the engine path and name of a Vault key', `${enginePath}/keys/${keyName}`);
  }
  return segments;
}

/** Where an operation of a key is called. Throws `key` when address, engine or name are not what they should be. */
export function operationUrl(key: VaultKey, operation: Operation): URL {
  return apiUrl(key.address, operationSegments(key, operation));
}

function malformed(message: string, quoted?: string): SopsError {
  return new SopsError('key', quoted === undefined ? message : `${message}, got: ${JSON.stringify(quoted)}`);
}
