/** `ref+azurekeyvault://VAULT/NAME`: secrets of Azure Key Vault. */
import { SopsError } from '../../errors.js';
import { isVaultOfCloud } from '../../services/azure/clouds.js';
import { AZURE_LOGINS, type AzureLogin } from '../../services/azure/credential.js';
import { askKeyVault } from '../../services/azure/key-vault.js';
import { answerMembers, objectMembers, serviceWords, textMember } from '../../services/http/answer.js';
import type { HttpResponse } from '../../services/http/request.js';
import { withoutTrailing } from '../../util/text/trim.js';
import { type BackendKind, type ReferenceContext, serverWord } from '../backend.js';
import { yamlValues } from '../yaml-values.js';

const API_VERSION = '7.4';
const PATH = /^([a-z0-9.-]+(?::\d+)?)\/([0-9a-z-]{1,127})(?:\/([0-9a-z]{1,64}))?$/i;

export const azureSecrets: BackendKind = {
  open(_, context) {
    const text = (path: string): Promise<string> => read(path, context);
    return { text, values: async (path) => yamlValues(await text(path), `the secret ${path}`) };
  },
};

async function read(path: string, context: ReferenceContext): Promise<string> {
  const url = secretUrl(path);
  if (!isVaultOfCloud(url))
    context.demand(`the Azure Key Vault ${url.origin}, which would get a token of yours`, serverWord(url));
  const { host, signal } = context;
  const doing = `Azure Key Vault does not give ${url.origin}${url.pathname}`;
  try {
    const call = { host, signal, errorCode: 'store-unreachable', login: loginIn(context) } as const;
    const { answer, token } = await askKeyVault(url, undefined, call);
    return valueIn(answer, token);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    // What is left of a key's errors: no token, or a challenge that asks for one of others.
    const told = error.code === 'key' ? error.with('store-denied') : error;
    throw told.reworded(`${doing}: ${error.message}`);
  }
}

/** A name without a dot is a vault of the public cloud. */
function secretUrl(path: string): URL {
  const [, vault = '', name = '', version = ''] = PATH.exec(withoutTrailing(path, '/')) ?? [];
  const host = vault.includes('.') ? vault : `${vault}.vault.azure.net`;
  const address = `https://${host}/secrets/${name}${version === '' ? '' : `/${version}`}?api-version=${API_VERSION}`;
  if (vault !== '' && URL.canParse(address)) return new URL(address);
  throw new SopsError('reference-malformed', 'a secret of Azure Key Vault is named VAULT/NAME or VAULT/NAME/VERSION', {
    hint: 'VAULT is the name of the vault or its host; a name has letters, digits and hyphens.',
  });
}

function loginIn({ host: { env } }: ReferenceContext): AzureLogin {
  const name = env.AZKV_AUTH || 'default';
  const login = AZURE_LOGINS.find((known) => known === name);
  if (login) return login;
  throw new SopsError('store-denied', `AZKV_AUTH is one of ${AZURE_LOGINS.join(', ')}`);
}

function valueIn({ status, body }: HttpResponse, token: string): string {
  const answer = answerMembers(body);
  const value = answer?.get('value');
  if (status === 200 && typeof value === 'string') return value;
  if (status < 300) throw new SopsError('store-unreachable', `the answer (status ${status}) holds no value`);
  const error = objectMembers(answer?.get('error'));
  const said = serviceWords(`${textMember(error, 'code') ?? ''} ${textMember(error, 'message') ?? ''}`, [token]);
  const { code, hint } = meaningOf(status);
  throw new SopsError(code, `the vault answered ${status}${said && `: ${said}`}`, { hint });
}

function meaningOf(status: number) {
  if (status === 404) {
    return {
      code: 'reference-not-found',
      hint: 'See the name and the version; it may have been deleted: az keyvault secret list-deleted',
    } as const;
  }
  if (status === 401 || status === 403) {
    return {
      code: 'store-denied',
      hint: 'Ask for the role Key Vault Secrets User (or the permission get), and see the firewall of the vault; a disabled secret is refused, too.',
    } as const;
  }
  if (status === 400) return { code: 'reference-malformed', hint: 'See the name and the version.' } as const;
  return { code: 'store-unreachable', hint: 'Try again later.' } as const;
}
