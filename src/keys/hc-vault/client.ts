/** Calls to a Vault server's transit engine (spec keys-and-config.md section 2.5). */
import { SopsError } from '../../errors.js';
import { mapOf, membersOf } from '../../util/http/answer.js';
import type { HttpResponse } from '../../util/http/request.js';
import { type Run, refusalOf, sendToVault } from '../../util/vault/client.js';
import type { VaultSettings } from '../../util/vault/settings.js';
import { type Advice, adviceOnStatus, STRANGER } from '../advice.js';
import { type Operation, operationSegments, type VaultKey } from './address.js';

/**
 * Sends a JSON object and returns the `data` of the answer. Throws `key` with the server's own words; what was sent is not in it.
 */
export async function callVault(
  key: VaultKey,
  operation: Operation,
  payload: Readonly<Record<string, string>>,
  settings: VaultSettings,
  run: Run,
): Promise<ReadonlyMap<string, unknown>> {
  const segments = operationSegments(key, operation);
  const { address } = key;
  const request = { method: 'PUT', address, viaAgent: true, segments, body: JSON.stringify(payload) } as const;
  const answer = await sendToVault(request, settings, run);
  if (answer.status < 400) return dataOf(answer);
  const refusal = refusalOf(answer, settings);
  const hint = refusal.hint ?? adviceOnStatus(answer.status, adviceFor(segments.join('/')));
  throw hint === undefined ? refusal : refusal.with('key', { hint });
}

function adviceFor(path: string): Advice {
  return {
    login: 'Log in with vault login, or set VAULT_TOKEN.',
    denied: `The token may have expired, or may not update ${path}: log in with vault login, or ask for a policy.`,
    absent: `Check that the transit engine is at that path, and VAULT_NAMESPACE.`,
  };
}

function dataOf({ body, status }: HttpResponse): ReadonlyMap<string, unknown> {
  const answer = membersOf(body);
  if (!answer) throw new SopsError('key', `the answer (status ${status}) is not one of Vault's`, { hint: STRANGER });
  const data = mapOf(answer.get('data'));
  if (!data) throw new SopsError('key', 'transit backend is empty', { hint: STRANGER });
  return data;
}
