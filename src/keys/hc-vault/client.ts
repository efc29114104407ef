/** Calls to a Vault server's transit engine (docs/keys/hc-vault.md#calls). */

import { SopsError } from '../../errors.js';
import { answerMembers, objectMembers } from '../../services/http/answer.js';
import type { HttpResponse } from '../../services/http/request.js';
import type { ServiceCall } from '../../services/service-call.js';
import { sendToVault, vaultRefusal } from '../../services/vault/client.js';
import type { VaultSettings } from '../../services/vault/settings.js';
import { adviceOnStatus, NOT_THE_SERVICE } from '../advice.js';
import { type Operation, operationSegments, type VaultKey } from './address.js';

/**
 * Sends a JSON object and returns the `data` of the answer. Throws `key` with the server's own words; what was sent is not in it.
 */
export async function callTransit(
  key: VaultKey,
  operation: Operation,
  payload: Readonly<Record<string, string>>,
  settings: VaultSettings,
  run: ServiceCall,
): Promise<ReadonlyMap<string, unknown>> {
  const segments = operationSegments(key, operation);
  const { address } = key;
  const request = { method: 'PUT', address, viaAgent: true, segments, body: JSON.stringify(payload) } as const;
  const answer = await sendToVault(request, settings, run);
  if (answer.status < 400) return dataOf(answer);
  const refusal = vaultRefusal(answer, settings);
  const hint = refusal.hint ?? nextStep(answer.status, refusal.message, { key, segments, settings });
  throw hint === undefined ? refusal : refusal.with('key', { hint });
}

interface Call {
  readonly key: VaultKey;
  readonly segments: readonly string[];
  readonly settings: VaultSettings;
}

/** What to do about a refusal; Vault has no codes, only these words. */
function nextStep(status: number, said: string, { key, segments, settings }: Call): string | undefined {
  const { keyName, enginePath } = key;
  const { namespace } = settings;
  const where = namespace === '' ? 'VAULT_NAMESPACE is not set' : `VAULT_NAMESPACE is ${JSON.stringify(namespace)}`;
  if (/namespace/i.test(said)) return `The server does not know that namespace: check VAULT_NAMESPACE (${where}).`;
  if (status === 404 || /no handler for route|unsupported path|route entry/.test(said)) {
    return `There is no transit engine at ${enginePath} here: check the path in the key, and the namespace (${where}).`;
  }
  if (/encryption key not found|no existing key named|key not found/i.test(said)) {
    return `The engine has no key ${keyName} here: check the name, and the namespace (${where}).`;
  }
  if (/is sealed/.test(said)) return 'Vault is sealed: have it unsealed, or ask another server of the cluster.';
  // A key of the same name in another namespace answers as one that the entry was not made with.
  if (/message authentication failed/.test(said)) {
    return `The entry was not made with this key: check its name, and the namespace (${where}); if both are right, the entry is damaged: see the file's history.`;
  }
  const elsewhere = `, or be of another namespace (${where})`;
  return adviceOnStatus(status, {
    login: 'Log in with vault login, or set VAULT_TOKEN.',
    denied: `The token may have expired, or may not update ${segments.join('/')}${elsewhere}: log in with vault login, or ask for a policy.`,
    absent: '',
  });
}

function dataOf({ body, status }: HttpResponse): ReadonlyMap<string, unknown> {
  const answer = answerMembers(body);
  if (!answer)
    throw new SopsError('key', `the answer (status ${status}) is not one of Vault's`, { hint: NOT_THE_SERVICE });
  const data = objectMembers(answer.get('data'));
  if (!data) throw new SopsError('key', 'transit backend is empty', { hint: NOT_THE_SERVICE });
  return data;
}
