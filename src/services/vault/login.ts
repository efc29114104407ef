/** Logging in at Vault: the methods that programs and people use, and what is known of the token that they give (docs/stores.md#log-ins). */
import { SopsError } from '../../errors.js';
import { objectMembers, textMember } from '../http/answer.js';
import type { ServiceCall } from '../service-call.js';
import { type VaultAnswer, type VaultServer, writeVault } from './api.js';

export type LoginMethod = 'approle' | 'kubernetes' | 'jwt' | 'userpass' | 'ldap' | 'cert';

export interface Login {
  readonly method: LoginMethod;
  /** Where the method is mounted below `auth/`; undefined for its own name. */
  readonly mount: string | undefined;
  /** The name of a user, for `userpass` and `ldap`. */
  readonly username?: string;
  /** What is sent; holds secrets. */
  readonly body: Readonly<Record<string, string>>;
}

/** A token that a log-in or an unwrapping gave. */
export interface VaultToken {
  readonly token: string;
  /** Seconds; 0 for no end. */
  readonly duration: number;
  readonly isRenewable: boolean;
}

/** Logs in. Throws `store-denied` when the server does not let the user in, `store-unreachable`. */
export async function logIn(server: VaultServer, login: Login, call: ServiceCall): Promise<VaultToken> {
  const mount = (login.mount ?? login.method)
    .split('/')
    .filter((part) => part !== '')
    .join('/');
  const named = login.username === undefined ? '' : `/${login.username}`;
  const path = `auth/${mount}/login${named}`;
  try {
    const answer = await writeVault(withoutToken(server), path, login.body, { ...call, isOnce: true });
    return tokenIn(answer);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const code = error.code === 'failed' ? 'store-denied' : error.code;
    const words = withoutSecrets(error.message, Object.values(login.body));
    throw error.with(code, { hint: hintFor(login.method) }).reworded(`the log-in at ${path} failed: ${words}`);
  }
}

/** The token that a wrapping token stands for. A wrapping token works once: whoever finds it used must suspect that somebody else has it. */
export async function unwrapToken(server: VaultServer, wrapping: string, call: ServiceCall): Promise<VaultToken> {
  const own = { ...server, settings: { ...server.settings, token: wrapping } };
  try {
    return tokenIn(await writeVault(own, 'sys/wrapping/unwrap', {}, { ...call, isOnce: true }));
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw error.with('store-denied', {
      hint: 'A wrapping token works once and for a short time. If you have not used it, somebody else has: let it be revoked.',
    });
  }
}

/** The server with another token, or none. */
export function withToken(server: VaultServer, token: string): VaultServer {
  return { ...server, settings: { ...server.settings, token } };
}

function withoutToken(server: VaultServer): VaultServer {
  return withToken(server, '');
}

/** The token that an answer holds. Throws `store-denied` for none. */
export function tokenIn({ members }: VaultAnswer): VaultToken {
  const auth = objectMembers(members.get('auth'));
  const token = textMember(auth, 'client_token');
  if (token === undefined) throw new SopsError('store-denied', 'the answer of Vault has no token');
  const duration = auth?.get('lease_duration');
  const isService = auth?.get('token_type') !== 'batch';
  return {
    token,
    duration: typeof duration === 'number' ? duration : 0,
    isRenewable: auth?.get('renewable') === true && isService,
  };
}

function withoutSecrets(words: string, secrets: readonly string[]): string {
  return secrets.reduce((text, secret) => (secret.length < 4 ? text : text.replaceAll(secret, '…')), words);
}

const HINTS: Readonly<Record<LoginMethod, string>> = {
  approle: 'See VAULT_ROLE_ID and VAULT_SECRET_ID; a secret ID may be used up or too old.',
  kubernetes: 'See the role, and that the service account and its namespace are bound to it.',
  jwt: "See the role, and that its bound claims fit the token's.",
  userpass: 'See the name and the password.',
  ldap: 'See the name and the password.',
  cert: 'See VAULT_CLIENT_CERT and VAULT_CLIENT_KEY, and that the role accepts the certificate.',
};

function hintFor(method: LoginMethod): string {
  return HINTS[method];
}
