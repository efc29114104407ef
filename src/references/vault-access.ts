/** Who asks a Vault server for a reference, and which one: addresses, tokens and log-ins (docs/stores.md#log-ins). */

import { SopsError } from '../errors.js';
import type { ServiceCall } from '../services/service-call.js';
import { isSameServer, serverUrl } from '../services/vault/address.js';
import type { VaultServer } from '../services/vault/api.js';
import { renewToken, revokeToken } from '../services/vault/lending.js';
import {
  type Login,
  type LoginMethod,
  logIn,
  unwrapToken,
  type VaultToken,
  withToken,
} from '../services/vault/login.js';
import { readSettings } from '../services/vault/settings.js';
import { systemReason } from '../util/files/files.js';
import { readNamedFile } from '../util/files/named-file.js';
import { resolve } from '../util/files/paths.js';
import type { Session } from '../util/host/host.js';
import { shownPath } from '../util/text/content-as-path.js';
import { parameterOf, type ReferenceContext, serverWord } from './backend.js';
import type { Lease } from './lease.js';

const DEFAULT_ADDRESS = 'https://127.0.0.1:8200';
/** Where the browser of a log-in comes back to. */
const PORT_VARIABLE = 'SOPS_TS_OIDC_PORT';
const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const METHODS: readonly LoginMethod[] = ['approle', 'kubernetes', 'jwt', 'userpass', 'ldap', 'cert'];

export class ReferencedVault {
  readonly #parameters: ReadonlyMap<string, string>;
  readonly #context: ReferenceContext;
  readonly #call: ServiceCall;

  constructor(parameters: ReadonlyMap<string, string>, context: ReferenceContext) {
    this.#parameters = parameters;
    this.#context = context;
    this.#call = { host: context.host, signal: context.signal };
  }

  /** Throws `store-denied`, `store-unreachable`, `reference-not-allowed`, `reference-malformed`. */
  async connect(): Promise<VaultServer> {
    const { host } = this.#context;
    const { address, isOwn } = this.#address();
    const found = await readSettings(host).catch(storeError);
    const namespace = this.#own('namespace');
    const headers = namespace === undefined ? found.headers : { ...found.headers, 'X-Vault-Namespace': namespace };
    const settings = { ...found, headers, namespace: namespace ?? found.namespace };
    const server: VaultServer = { address, viaAgent: isOwn, settings };
    const given = await this.#tokenOf(server);
    if (typeof given === 'string') return withToken(server, given);
    const own = withToken(server, given.token);
    this.#context.leases?.add(tokenLease(own, given, host), true);
    return own;
  }

  #address(): { address: string; isOwn: boolean } {
    const { env } = this.#context.host;
    const chosen = env.VAULT_ADDR || DEFAULT_ADDRESS;
    const named = this.#parameters.get('host');
    const wanted =
      this.#own('address') ?? (named === undefined ? undefined : `${this.#own('proto') ?? 'https'}://${named}`);
    if (wanted === undefined || isSameServer(wanted, chosen)) return { address: chosen, isOwn: true };
    // Said in the environment for all references, or by the reference for itself.
    if (env.VALS_ADDRESS !== wanted) {
      const server = serverUrl(wanted);
      this.#context.demand(`the Vault server ${wanted}, which would get your token`, server && serverWord(server));
    }
    return { address: wanted, isOwn: false };
  }

  /** The token as it is given, or that of a log-in. */
  async #tokenOf(server: VaultServer): Promise<string | VaultToken> {
    const { env } = this.#context.host;
    const method = this.#own('auth_method') ?? (env.VAULT_AUTH_METHOD || 'token');
    if (method === 'token') return this.#givenToken(server);
    if (method === 'oidc') return this.#byBrowser(server);
    const known = METHODS.find((name) => name === method);
    if (!known) throw new SopsError('reference-malformed', `auth_method is one of token, oidc, ${METHODS.join(', ')}`);
    return logIn(server, await this.#login(known), this.#call);
  }

  async #byBrowser(server: VaultServer): Promise<VaultToken> {
    const { env } = this.#context.host;
    const { logInByBrowser } = await import('../services/vault/browser-login.js');
    const port = env[PORT_VARIABLE] || '8250';
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535 || Number(port) === 0) {
      throw new SopsError('store-denied', `${PORT_VARIABLE} is not a port`);
    }
    const mount = (env.VAULT_LOGIN_MOUNT_POINT || 'oidc').split('/').filter((part) => part !== '');
    const role = this.#own('role_id') ?? this.#own('role') ?? (env.VAULT_ROLE || '');
    return logInByBrowser(server, { mount: mount.join('/'), role, port: Number(port) }, this.#call);
  }

  async #givenToken(server: VaultServer): Promise<string | VaultToken> {
    const { env } = this.#context.host;
    const wrapping = env.VAULT_WRAPPING_TOKEN;
    if (wrapping) return unwrapToken(server, wrapping, this.#call);
    const file = this.#local('token_file', 'the file that your token is in');
    if (file !== undefined) return this.#fileText(file);
    const variable = this.#local('token_env', 'the variable that your token is in');
    if (variable !== undefined) return env[variable] || this.#unset(variable);
    if (server.settings.token !== '') return server.settings.token;
    return env.VAULT_TOKEN_FILE ? this.#fileText(env.VAULT_TOKEN_FILE) : '';
  }

  async #login(method: LoginMethod): Promise<Login> {
    const { env } = this.#context.host;
    switch (method) {
      case 'approle': {
        const body = {
          role_id: this.#needed('role_id', 'VAULT_ROLE_ID'),
          secret_id: this.#own('secret_id') ?? (env.VAULT_SECRET_ID || ''),
        };
        return { method, mount: env.VAULT_LOGIN_MOUNT_POINT, body };
      }
      case 'kubernetes': {
        const jwt = await this.#fileText(env.VAULT_KUBERNETES_JWT_TOKEN_PATH || SERVICE_ACCOUNT_TOKEN);
        return { method, mount: env.VAULT_KUBERNETES_MOUNT_POINT, body: { role: this.#role(), jwt } };
      }
      case 'jwt': {
        const jwt = env.VAULT_JWT || (await this.#fileText(env.VAULT_JWT_FILE || ''));
        return { method, mount: env.VAULT_LOGIN_MOUNT_POINT, body: { role: this.#role(), jwt } };
      }
      case 'cert':
        return { method, mount: env.VAULT_LOGIN_MOUNT_POINT, body: env.VAULT_ROLE ? { name: env.VAULT_ROLE } : {} };
      default: {
        const username = this.#needed('username', 'VAULT_USERNAME');
        return { method, mount: env.VAULT_LOGIN_MOUNT_POINT, username, body: { password: await this.#password() } };
      }
    }
  }

  #role(): string {
    return this.#own('role_id') ?? this.#needed('role', 'VAULT_ROLE');
  }

  async #password(): Promise<string> {
    const { env } = this.#context.host;
    const variable = this.#local('password_env', 'the variable that your password is in') ?? env.VAULT_PASSWORD_ENV;
    if (variable) return env[variable] || this.#unset(variable);
    const file = this.#local('password_file', 'the file that your password is in') ?? env.VAULT_PASSWORD_FILE;
    return file ? this.#fileText(file) : this.#unset('VAULT_PASSWORD_ENV');
  }

  /** A parameter that lets the reference choose what of the user's is sent. */
  #local(name: string, what: string): string | undefined {
    if (this.#parameters.has(name)) this.#context.demand(what);
    return this.#own(name);
  }

  #needed(name: string, variable: string): string {
    return this.#own(name) ?? (this.#context.host.env[variable] || this.#unset(variable));
  }

  #unset(variable: string): never {
    throw new SopsError('store-denied', `to log in at Vault ${variable} is needed, and is not set`);
  }

  async #fileText(path: string): Promise<string> {
    if (path === '') return this.#unset('VAULT_JWT_FILE');
    const { host } = this.#context;
    const text = await readNamedFile(resolve(host.cwd, path), host).catch((cause: unknown) => {
      throw new SopsError(
        'store-denied',
        `${shownPath(path)}, for the log-in at Vault, cannot be read: ${systemReason(cause)}`,
        {
          cause,
        },
      );
    });
    return text.toString('utf8').trim();
  }

  #own(name: string): string | undefined {
    return parameterOf(name, this.#parameters, this.#context);
  }
}

function tokenLease(server: VaultServer, { duration, isRenewable }: VaultToken, host: Session): Lease {
  return {
    called: `the token of ${server.address}`,
    id: `token of ${server.address}`,
    duration,
    isRenewable,
    renew: (seconds, signal) => renewToken(server, seconds, { host, signal }),
    revoke: (signal) => revokeToken(server, { host, signal }),
  };
}

function storeError(error: unknown): never {
  throw error instanceof SopsError && error.code === 'key' ? error.with('store-denied') : error;
}
