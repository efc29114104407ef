/** `ref+vault://MOUNT/PATH#/KEY` and `ref+openbao://…`: HashiCorp Vault and OpenBao, KV of both versions and dynamic secrets. */
import { resolve } from 'node:path';
import { SopsError } from '../../errors.js';
import { readJson } from '../../formats/json/read.js';
import { objectMembers, textMember } from '../../services/http/answer.js';
import type { ServiceCall } from '../../services/service-call.js';
import { isSameServer, serverUrl } from '../../services/vault/address.js';
import { readVault, type VaultAnswer, type VaultServer, writeVault } from '../../services/vault/api.js';
import { isMadeByWriting } from '../../services/vault/engines.js';
import { renewSecret, renewToken, revokeSecret, revokeToken } from '../../services/vault/lending.js';
import {
  type Login,
  type LoginMethod,
  logIn,
  unwrapToken,
  type VaultToken,
  withToken,
} from '../../services/vault/login.js';
import { readSettings } from '../../services/vault/settings.js';
import { type Branch, branch, itemOf } from '../../tree/tree.js';
import { LastingAnswers } from '../../util/answer-memory.js';
import { systemReason } from '../../util/files.js';
import { readFile } from '../../util/fs-promises.js';
import type { Session } from '../../util/host.js';
import { withoutTrailing } from '../../util/trim.js';
import { type Backend, type BackendKind, parameterOf, type ReferenceContext, serverWord } from '../backend.js';
import type { Lease } from '../lease.js';
import { textOfValue } from '../value-text.js';

const DEFAULT_ADDRESS = 'https://127.0.0.1:8200';
const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const METHODS: readonly LoginMethod[] = ['approle', 'kubernetes', 'jwt', 'userpass', 'ldap', 'cert'];

export const vault: BackendKind = { open: (parameters, context) => new VaultReader(parameters, context) };

/** OpenBao's client reads its own variables before Vault's. */
export const openbao: BackendKind = {
  open(parameters, context) {
    const env = { ...context.host.env };
    for (const [name, value] of Object.entries(context.host.env)) {
      if (name.startsWith('BAO_') && value) env[`VAULT_${name.slice('BAO_'.length)}`] = value;
    }
    return new VaultReader(parameters, { ...context, host: context.host.fork({ env }) });
  },
};

interface Mount {
  /** Without a slash at its end; empty when the server does not tell. */
  readonly path: string;
  readonly version: 1 | 2;
}

class VaultReader implements Backend {
  readonly #parameters: ReadonlyMap<string, string>;
  readonly #context: ReferenceContext;
  readonly #call: ServiceCall;
  #secrets = new LastingAnswers<Branch>();
  /** What was lent, by its place. */
  readonly #lent = new Map<string, Branch>();
  readonly #mounts = new Map<string, Promise<Mount>>();
  #server: Promise<VaultServer> | undefined;

  constructor(parameters: ReadonlyMap<string, string>, context: ReferenceContext) {
    this.#parameters = parameters;
    this.#context = context;
    this.#call = { host: context.host, signal: context.signal };
  }

  /** The last step of the path is a field of the secret that the others lead to. */
  async text(path: string): Promise<string> {
    const [place, field] = splitLast(path);
    const secret = await this.values(place);
    const found = itemOf(secret, field);
    if (!found) throw new SopsError('reference-not-found', `the secret ${place} has no field ${field}`);
    const text = found.value.kind === 'leaf' ? textOfValue(found.value) : undefined;
    if (text === undefined) {
      throw new SopsError('reference-not-found', `the field ${field} of ${place} is no text`, {
        hint: `Let it be the whole value, written ${place}#/${field}.`,
      });
    }
    return this.#decoded(text);
  }

  /** Read once for all of its fields: credentials that are made for every reading would not fit each other. */
  values(path: string): Promise<Branch> {
    const place = path
      .split('/')
      .filter((step) => step !== '')
      .join('/');
    const lent = this.#lent.get(place);
    return lent ? Promise.resolve(lent) : this.#secrets.get(place, () => this.#read(place));
  }

  forget(): void {
    this.#secrets = new LastingAnswers();
  }

  #own(name: string): string | undefined {
    return parameterOf(name, this.#parameters, this.#context);
  }

  #decoded(text: string): string {
    const decode = this.#own('decode') ?? 'raw';
    if (decode === 'raw') return text;
    if (decode === 'base64') return Buffer.from(text, 'base64').toString('utf8');
    throw new SopsError('reference-malformed', 'decode is base64 or raw');
  }

  async #read(place: string): Promise<Branch> {
    this.#server ??= this.#connect();
    const server = await this.#server;
    const mount = await this.#mountOf(place, server);
    const isVersioned = mount.version === 2;
    const below = place.slice(mount.path.length).replace(/^\//, '');
    const path = isVersioned ? `${mount.path}/data/${below}` : place;
    const version = this.#own('version');
    const query = version === undefined ? {} : { query: { version } };
    const answer = await this.#answer(server, path, query);
    if (!answer) throw new SopsError('reference-not-found', `Vault has no secret at ${place}`, { hint: hintOf(place) });
    if (isVersioned) return versionedData(answer, place);
    const data = dataOf(answer) ?? branch();
    if (this.#lend(answer, place, server) || isMadeByWriting(path)) this.#lent.set(place, data);
    return data;
  }

  /** What makes a thing on each call takes no GET. */
  async #answer(
    server: VaultServer,
    path: string,
    query: { query?: Record<string, string> },
  ): Promise<VaultAnswer | null> {
    if (!isMadeByWriting(path)) return readVault(server, path, { ...this.#call, ...query });
    const body: Record<string, string> = {};
    for (const [name, value] of this.#parameters) if (!KNOWN.has(name)) body[name] = value;
    return writeVault(server, path, body, this.#call);
  }

  async #mountOf(place: string, server: VaultServer): Promise<Mount> {
    const key = place.split('/', 1)[0] ?? '';
    // Deeper mounts than one step share their first step with others: each path is asked for, then.
    const asking = this.#mounts.get(key);
    if (asking) {
      const known = await asking;
      if (isBelow(place, known.path)) return known;
    }
    const asked = askForMount(place, server, this.#call);
    this.#mounts.set(key, asked);
    return asked;
  }

  /** Hands on what has to be renewed and given back. */
  #lend({ members }: VaultAnswer, place: string, server: VaultServer): boolean {
    const id = textMember(members, 'lease_id');
    if (id === undefined) return false;
    const duration = members.get('lease_duration');
    this.#context.leases?.add({
      called: `${place} of ${server.address}`,
      id,
      duration: typeof duration === 'number' ? duration : 0,
      isRenewable: members.get('renewable') === true,
      renew: (seconds, signal) => renewSecret(server, id, seconds, { host: this.#context.host, signal }),
      revoke: (signal) => revokeSecret(server, id, { host: this.#context.host, signal }),
    });
    return true;
  }

  async #connect(): Promise<VaultServer> {
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
    const known = METHODS.find((name) => name === method);
    if (!known) throw new SopsError('reference-malformed', `auth_method is one of token, ${METHODS.join(', ')}`);
    return logIn(server, await this.#login(known), this.#call);
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
    const text = await readFile(resolve(this.#context.host.cwd, path), 'utf8').catch((cause: unknown) => {
      throw new SopsError('store-denied', `${path}, for the log-in at Vault, cannot be read: ${systemReason(cause)}`, {
        cause,
      });
    });
    return text.trim();
  }
}

/** The parameters that are not for what makes a thing. */
const KNOWN = new Set(
  'address host proto namespace token_env token_file auth_method role_id secret_id username password_env password_file version decode'.split(
    ' ',
  ),
);

async function askForMount(place: string, server: VaultServer, call: ServiceCall): Promise<Mount> {
  const answer = await readVault(server, `sys/internal/ui/mounts/${place}`, call);
  const data = objectMembers(answer?.members.get('data'));
  const path = (textMember(data, 'path') ?? '').replace(/\/$/, '');
  const version = textMember(objectMembers(data?.get('options')), 'version') === '2' ? 2 : 1;
  return { path, version };
}

function isBelow(place: string, mount: string): boolean {
  return mount !== '' && `${place}/`.startsWith(`${mount}/`);
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

/** The values of an answer, exact to the last digit. */
function dataOf({ body }: VaultAnswer): Branch | undefined {
  const data = itemOf(readJson(body).root, 'data')?.value;
  return data?.kind === 'branch' ? data : undefined;
}

/** Throws `reference-not-found` for a version that was deleted. */
function versionedData(answer: VaultAnswer, place: string): Branch {
  const outer = dataOf(answer);
  const data = outer && itemOf(outer, 'data')?.value;
  if (data?.kind === 'branch') return data;
  const metadata = objectMembers(objectMembers(answer.members.get('data'))?.get('metadata'));
  const what = metadata?.get('destroyed') === true ? 'destroyed' : 'deleted';
  throw new SopsError(
    'reference-not-found',
    `the version ${String(metadata?.get('version') ?? '')} of the secret ${place} was ${what}`,
    {
      hint:
        what === 'deleted'
          ? 'Bring it back with vault kv undelete, or read another with ?version=N.'
          : 'Read another with ?version=N.',
    },
  );
}

function splitLast(path: string): [place: string, field: string] {
  const at = withoutTrailing(path, '/').lastIndexOf('/');
  if (at > 0) return [path.slice(0, at), path.slice(at + 1)];
  throw new SopsError(
    'reference-malformed',
    'behind vault:// a mount, a path and a field are needed: vault://MOUNT/PATH/FIELD or vault://MOUNT/PATH#/FIELD',
  );
}

function hintOf(place: string): string {
  return /(?:^|\/)data\//.test(place)
    ? 'Leave out data/ of the path: it belongs to the API, not to the name.'
    : 'See the path, the namespace and what the token may read.';
}

function storeError(error: unknown): never {
  throw error instanceof SopsError && error.code === 'key' ? error.with('store-denied') : error;
}
