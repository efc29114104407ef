/** The provider of keys in the transit engine of HashiCorp Vault and OpenBao (docs/keys/hc-vault.md). */

import { SopsError } from '../../errors.js';
import { textMember } from '../../services/http/answer.js';
import type { ServiceCall } from '../../services/service-call.js';
import { isSameServer, withSlash } from '../../services/vault/address.js';
import { readSettings } from '../../services/vault/settings.js';
import type { Session } from '../../util/host/host.js';
import { decodeBase64 } from '../../util/text/base64.js';
import { NOT_THE_SERVICE } from '../advice.js';
import type { KeyProvider, MasterKey } from '../provider.js';
import { checkTarget, type NamedKey, NO_CREDENTIALS } from '../trust.js';
import { type Operation, parseVaultUri, type VaultKey } from './address.js';
import { callTransit } from './client.js';

const TYPE = 'hc_vault';
/** Names of the fields in files. */
const ADDRESS = 'vault_address';
const ENGINE = 'engine_path';
const NAME = 'key_name';

export const vaultKeyProvider: KeyProvider = {
  type: TYPE,

  async parse(text) {
    const keys = text.split(',').filter((uri) => uri !== '');
    return keys.map(masterKey);
  },

  async parseEntry(entry) {
    return masterKey(typeof entry === 'string' ? entry : '');
  },

  keyString(key) {
    const { address, enginePath, keyName } = vaultKey(key);
    return `${address}/v1/${enginePath}/keys/${keyName}`;
  },

  async claims(named) {
    return addressesOf(named).map(called);
  },

  permit(key, host, signal) {
    return checkAddress(vaultKey(key).address, host, signal);
  },

  async wrap(key, part, host, signal) {
    const payload = { plaintext: Buffer.from(part).toString('base64') };
    const answer = await ask(key, 'encrypt', payload, { host, signal });
    const ciphertext = textMember(answer, 'ciphertext');
    if (ciphertext !== undefined) return ciphertext;
    throw explain('no encrypted data', key, 'encrypt', STRANGE);
  },

  async unwrap(key, host, signal) {
    const answer = await ask(key, 'decrypt', { ciphertext: key.enc }, { host, signal });
    const plaintext = textMember(answer, 'plaintext');
    if (plaintext === undefined) throw explain('no decrypted data', key, 'decrypt', STRANGE);
    const part = decodeBase64(plaintext);
    if (part) return part;
    throw explain('cannot decode base64 plaintext into data key bytes', key, 'decrypt', STRANGE);
  },

  async examine(host) {
    return (await import('./examine.js')).examineHcVault(host);
  },
};

function masterKey(uri: string): MasterKey {
  const { address, enginePath, keyName } = parseVaultUri(uri);
  const fields = new Map([
    [ENGINE, enginePath],
    [NAME, keyName],
    [ADDRESS, address],
  ]);
  return { type: TYPE, fields, enc: '' };
}

function vaultKey({ fields }: MasterKey): VaultKey {
  const text = (name: string): string => {
    const value = fields.get(name);
    return typeof value === 'string' ? value : '';
  };
  return { address: text(ADDRESS), enginePath: text(ENGINE), keyName: text(NAME) };
}

async function ask(
  key: MasterKey,
  operation: Operation,
  payload: Readonly<Record<string, string>>,
  run: ServiceCall,
): Promise<ReadonlyMap<string, unknown>> {
  const parts = vaultKey(key);
  await checkAddress(parts.address, run.host, run.signal);
  const settings = await readSettings(run.host);
  return callTransit(parts, operation, payload, settings, run).catch((error: unknown) => {
    throw error instanceof SopsError
      ? explain(error.message, key, operation, { hint: error.hint, cause: error })
      : error;
  });
}

/** The token goes to the address of the key, so that must be the user's choice (docs/security.md#whom-credentials-go-to). */
function checkAddress(address: string, host: Session, signal?: AbortSignal): Promise<void> {
  const { VAULT_ADDR: configured = '', VAULT_AGENT_ADDR: agent, SOPS_VAULT_URIS: uris = '' } = host.env;
  const isListed = (named: NamedKey): boolean => addressesOf(named).some((one) => isSameServer(address, one));
  return checkTarget(
    {
      type: TYPE,
      called: called(address),
      variable: 'SOPS_HC_VAULT_ALLOWLIST',
      entry: address,
      covers: (entry) => withSlash(address).startsWith(withSlash(entry)),
      // With an agent the address is not contacted at all.
      isChosen: () => !!agent || isSameServer(address, configured) || isListed(uris),
      isNamedBy: isListed,
      refusal: NO_CREDENTIALS,
      advice: 'set VAULT_ADDR to it',
    },
    host,
    signal,
  );
}

function called(address: string): string {
  return `the Vault address ${address}`;
}

/** The addresses that a user's text names; a malformed one names none. */
function addressesOf(named: NamedKey): string[] {
  if (typeof named !== 'string') return [];
  return named.split(',').flatMap((uri) => {
    try {
      return [parseVaultUri(uri.trim()).address];
    } catch {
      return [];
    }
  });
}

interface Why {
  readonly hint: string | undefined;
  readonly cause?: SopsError;
}

const STRANGE: Why = { hint: NOT_THE_SERVICE };

function explain(reason: string, key: MasterKey, operation: Operation, { hint, cause }: Why): SopsError {
  const { enginePath, keyName } = vaultKey(key);
  const doing = operation === 'encrypt' ? 'encrypt sops data key to' : 'decrypt sops data key from';
  const message = `failed to ${doing} Vault transit backend '${enginePath}/${operation}/${keyName}': ${reason}`;
  return new SopsError('key', message, { ...(hint === undefined ? {} : { hint }), cause });
}
