/** What the calls to Azure Key Vault for keys are answered, and what a refusal means (docs/keys/azure-kv.md#calls). */

import { SopsError } from '../../errors.js';
import { askKeyVault } from '../../services/azure/key-vault.js';
import { answerMembers, objectMembers, serviceWords, textMember } from '../../services/http/answer.js';
import type { HttpResponse } from '../../services/http/request.js';
import type { ServiceCall } from '../../services/service-call.js';
import { type Advice, adviceOnStatus, adviceOnWords } from '../advice.js';

const ADVICE: Advice = {
  login: 'Log in again with az login, to the tenant of the vault.',
  denied:
    'Ask for the role Key Vault Crypto User (or the permissions get, encrypt and decrypt), and check the firewall of the vault.',
  absent: 'Check the name and version of the key; it may have been deleted.',
};

/** Reads a resource of a vault, or posts a JSON object to it, and returns the members of the answer. Throws `key`. */
export async function callKeyVault(
  url: URL,
  payload: Readonly<Record<string, string>> | undefined,
  call: ServiceCall,
): Promise<ReadonlyMap<string, unknown>> {
  const { answer, token } = await askKeyVault(url, payload, call);
  return membersIn(answer, token);
}

function membersIn({ status, body }: HttpResponse, token: string): ReadonlyMap<string, unknown> {
  const answer = answerMembers(body);
  if (status < 300 && answer) return answer;
  const error = objectMembers(answer?.get('error'));
  const inner = textMember(objectMembers(error?.get('innererror')), 'code') ?? '';
  const words = status < 300 ? '' : `${inner} ${textMember(error, 'message') ?? ''}`;
  const next = adviceOnWords(words) ?? adviceOnStatus(status, ADVICE);
  const hint = next === undefined ? {} : { hint: next };
  if (status < 300) throw new SopsError('key', `the answer (status ${status}) is not one of a key vault`, hint);
  const said = serviceWords(`${textMember(error, 'code') ?? ''} ${textMember(error, 'message') ?? ''}`, [token]);
  throw new SopsError('key', `the vault answered ${status}${said && `: ${said}`}`, hint);
}
