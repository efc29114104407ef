/** The provider of keys in Azure Key Vault and Managed HSM (docs/keys/azure-kv.md). */

import { SopsError } from '../../errors.js';
import { isVaultOfCloud } from '../../services/azure/clouds.js';
import { objectMembers, textMember } from '../../services/http/answer.js';
import type { ServiceCall } from '../../services/service-call.js';
import type { Session } from '../../util/host/host.js';
import { LastingAnswers } from '../../util/waiting/answer-memory.js';
import { NOT_THE_SERVICE } from '../advice.js';
import { DAMAGED_ENTRY } from '../damaged-entry.js';
import type { KeyFields, KeyProvider, MasterKey } from '../provider.js';
import { checkTarget, type NamedKey, NO_CREDENTIALS } from '../trust.js';
import { callKeyVault } from './client.js';
import { type AzureKey, parseKeyUrl, requestUrl, vaultOf, versionIn } from './key-url.js';

const TYPE = 'azure_kv';
/** Names of the fields in files. */
const VAULT = 'vault_url';
const NAME = 'name';
const VERSION = 'version';
const ALGORITHM = 'RSA-OAEP-256';

export const azureKeyProvider: KeyProvider = {
  type: TYPE,

  async parse(text, host, signal) {
    const keys = (text === '' ? [] : text.split(',')).map(parseKeyUrl);
    return Promise.all(keys.map((key) => masterKey(key, { host, signal })));
  },

  async parseEntry(entry, host, signal) {
    const key = typeof entry === 'string' ? parseKeyUrl(entry) : azureKey(entry);
    return masterKey(key, { host, signal });
  },

  keyString: (key) => keyStringOf(azureKey(key.fields)),

  async claims(named) {
    return vaultsOf(named).flatMap((url) => (isVaultOfCloud(url) ? [] : called(url)));
  },

  permit(key, host, signal) {
    return checkVault(requestUrl(azureKey(key.fields), ''), host, signal);
  },

  async wrap(key, part, host, signal) {
    const value = await use(key, 'encrypt', Buffer.from(part), { host, signal });
    return value.toString('base64url');
  },

  isWrapped: async (enc) => decodeBase64Url(enc) !== null,

  async unwrap(key, host, signal) {
    const bytes = decodeBase64Url(key.enc);
    if (bytes) return use(key, 'decrypt', bytes, { host, signal });
    throw new SopsError('key', 'failed to base64 decode Azure Key Vault encrypted key: it is not base64url', {
      hint: DAMAGED_ENTRY,
    });
  },

  async examine(host) {
    return (await import('./examine.js')).examineAzureKv(host);
  },
};

/** The key with its version, which is looked up when the user gave none: the file must say which one it was. */
async function masterKey(key: AzureKey, run: ServiceCall): Promise<MasterKey> {
  const version = key.version === '' ? await knownVersion(key, run) : key.version;
  const fields = new Map([
    [NAME, key.name],
    [VAULT, key.vaultUrl],
    [VERSION, version],
  ]);
  return { type: TYPE, fields, enc: '' };
}

/** Versions that were looked up, by the key's URL without one. Many files may have one rule. */
const VERSIONS = Symbol('versions of Azure keys');

function knownVersion(key: AzureKey, run: ServiceCall): Promise<string> {
  const versions = run.host.once(VERSIONS, () => new LastingAnswers<string>());
  return versions.get(keyStringOf(key), () => newestVersion(key, run));
}

async function newestVersion(key: AzureKey, run: ServiceCall): Promise<string> {
  const explained = explain(`failed to fetch Azure Key to retrieve key version: ${key.vaultUrl}/keys/${key.name}`);
  const url = requestUrl(key, '');
  await checkVault(url, run.host, run.signal);
  const answer = await callKeyVault(url, undefined, run).catch(explained);
  const version = versionIn(textMember(objectMembers(answer.get('key')), 'kid') ?? '');
  if (version === '') return explained(new SopsError('key', 'the answer names no version', { hint: NOT_THE_SERVICE }));
  const fields = { key: key.name, version };
  run.host.log?.({ component: 'AZKV', level: 'info', message: 'Version fetch succeeded', fields });
  return version;
}

async function use(key: MasterKey, operation: 'encrypt' | 'decrypt', bytes: Buffer, run: ServiceCall): Promise<Buffer> {
  const parts = azureKey(key.fields);
  const url = requestUrl(parts, operation);
  await checkVault(url, run.host, run.signal);
  const explained = explain(`failed to ${operation} sops data key with Azure Key Vault key '${keyStringOf(parts)}'`);
  const payload = { alg: ALGORITHM, value: bytes.toString('base64url') };
  const answer = await callKeyVault(url, payload, run).catch(explained);
  const value = decodeBase64Url(textMember(answer, 'value') ?? '');
  return value ?? explained(new SopsError('key', 'the answer holds no value', { hint: NOT_THE_SERVICE }));
}

/**
 * Refuses a host that only a file names (docs/security.md#whom-credentials-go-to). Vaults of the clouds are fine: a token for them is for the
 * whole domain, and the owner of a vault there does not get to see it.
 */
function checkVault(url: URL, host: Session, signal?: AbortSignal): Promise<void> {
  const { SOPS_AZURE_KEYVAULT_URLS: urls = '' } = host.env;
  const isListed = (named: NamedKey): boolean => vaultsOf(named).some((one) => one.host === url.host);
  return checkTarget(
    {
      type: TYPE,
      called: called(url),
      variable: 'SOPS_AZURE_KEYVAULT_ALLOWLIST',
      entry: url.origin,
      covers: (entry) => vaultOf(entry)?.host === url.host,
      isChosen: () => isVaultOfCloud(url) || isListed(urls),
      isNamedBy: isListed,
      refusal: NO_CREDENTIALS,
      advice: 'name the key in SOPS_AZURE_KEYVAULT_URLS',
    },
    host,
    signal,
  );
}

function called({ origin }: URL): string {
  return `the Azure Key Vault ${origin}`;
}

/** The vaults that a user's key names; a malformed one names none. */
function vaultsOf(named: NamedKey): URL[] {
  const texts = typeof named === 'string' ? named.split(',') : [azureKey(named).vaultUrl];
  return texts.flatMap((text) => vaultOf(text.trim()) ?? []);
}

function azureKey(fields: KeyFields): AzureKey {
  const text = (name: string): string => {
    const value = fields.get(name);
    return typeof value === 'string' ? value : '';
  };
  return { vaultUrl: text(VAULT), name: text(NAME), version: text(VERSION) };
}

function keyStringOf({ vaultUrl, name, version }: AzureKey): string {
  return `${vaultUrl}/keys/${name}/${version}`;
}

/** The bytes of unpadded base64url; null for anything else, and for nothing. */
function decodeBase64Url(text: string): Buffer | null {
  return /^[A-Za-z0-9_-]+$/.test(text) && text.length % 4 !== 1 ? Buffer.from(text, 'base64url') : null;
}

/** Puts what was being done before the reason; the rest stays. */
function explain(what: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof SopsError)) throw error;
    const { hint, detail } = error;
    throw new SopsError('key', `${what}: ${error.message}`, {
      ...(hint === undefined ? {} : { hint }),
      ...(detail === undefined ? {} : { detail }),
      cause: error,
    });
  };
}
