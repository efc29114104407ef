/** The names of Azure Key Vault keys: their URLs, and what of them may become a request (docs/keys/azure-kv.md#identifiers). */
import { SopsError } from '../../errors.js';
import { DAMAGED_ENTRY } from '../damaged-entry.js';

/** A key as metadata has it. */
export interface AzureKey {
  /** URL of the vault, as the user wrote it. */
  readonly vaultUrl: string;
  readonly name: string;
  /** Empty for the newest. */
  readonly version: string;
}

const KEY_URL = /^(https:\/\/[^/]+)\/keys\/([^/]+)(?:\/([^/]*))?$/;
/** The version of the service that SOPS speaks. */
const API_VERSION = '2025-07-01';

/** Reads `https://<vault>/keys/<name>[/<version>]`, white space around it ignored. Throws `key` for anything else. */
export function parseKeyUrl(text: string): AzureKey {
  const url = text.trim();
  const [, vaultUrl = '', name = '', version = ''] = KEY_URL.exec(url) ?? [];
  const key = { vaultUrl, name, version };
  if (vaultUrl === '' || !isKey(key)) {
    // A user name in it may come with a password, so it is not quoted then.
    const quoted = url.includes('@') ? 'the URL' : JSON.stringify(url);
    throw new SopsError('key', `could not parse ${quoted} into a valid Azure Key Vault MasterKey []`, {
      hint: 'It should look like https://<vault>.vault.azure.net/keys/<name>/<version>.',
    });
  }
  return key;
}

/** Whether a key can be asked for without leading anywhere but to itself. */
function isKey({ vaultUrl, name, version }: AzureKey): boolean {
  return vaultOf(vaultUrl) !== undefined && !/^\.{0,2}$/.test(name) && !/^\.{1,2}$/.test(version);
}

/** The URL of a vault, or undefined for a text that is not one: https only, no user name, query or fragment. */
export function vaultOf(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:') return undefined;
  return url.username || url.password || url.search || url.hash ? undefined : url;
}

/** Where a key is read, or an operation of it called. Throws `key` when vault, name or version are not what they should be. */
export function requestUrl(key: AzureKey, operation: '' | 'encrypt' | 'decrypt'): URL {
  const url = vaultOf(key.vaultUrl);
  if (!url || !isKey(key))
    throw new SopsError('key', 'the vault URL, name or version is not one of a key', { hint: DAMAGED_ENTRY });
  const path = [key.name, key.version, ...(operation === '' ? [] : [operation])].map(encodeURIComponent).join('/');
  url.pathname = `${url.pathname.replace(/\/$/, '')}/keys/${path}`;
  url.searchParams.set('api-version', API_VERSION);
  return url;
}

/** The version in a key's identifier: the last segment. */
export function versionIn(kid: string): string {
  return kid.replace(/^.*\//s, '');
}
