/** Tokens of the user, by the Azure SDK's default chain or one part of it; it reads the environment of the process itself. */
import current from 'node:process';
import { SopsError } from '../../errors.js';
import { endingPrograms } from '../../exec/started-programs.js';
import type { Host, Session } from '../../util/host/host.js';
import { isError } from '../../util/realms.js';
import { whileWaitingFor } from '../../util/waiting/timeout.js';
import { serviceWords } from '../http/answer.js';
import type { TokenRequest } from './challenge.js';

/** The classes of `@azure/identity` that are used. */
const CREDENTIALS = {
  default: 'DefaultAzureCredential',
  workload: 'WorkloadIdentityCredential',
  managed: 'ManagedIdentityCredential',
  cli: 'AzureCliCredential',
  devcli: 'AzureDeveloperCliCredential',
} as const;

/** The ways to log in. */
export type AzureLogin = keyof typeof CREDENTIALS;
export const AZURE_LOGINS = Object.keys(CREDENTIALS) as AzureLogin[];

type Identity = Readonly<Record<(typeof CREDENTIALS)[AzureLogin], new () => Credential>>;

interface Credential {
  getToken(scope: string, options: TokenOptions): Promise<AccessToken | null>;
}

interface TokenOptions {
  readonly tenantId?: string;
  readonly abortSignal?: AbortSignal;
}

interface AccessToken {
  readonly token: string;
  /** In milliseconds since 1970. */
  readonly expiresOnTimestamp: number;
}

/** What is remembered of a run: programs like `az` take a second to answer. */
interface Login {
  readonly credential: Credential;
  readonly tokens: Map<string, AccessToken>;
}

/** One of them for each way. */
const LOGINS = Object.fromEntries(AZURE_LOGINS.map((login) => [login, Symbol(`login at Azure: ${login}`)])) as Record<
  AzureLogin,
  symbol
>;
/** A token is not used when it ends within this many milliseconds. */
const MARGIN = 300_000;

export interface TokenWishes {
  readonly signal?: AbortSignal | undefined;
  readonly login?: AzureLogin;
  /** One that a vault did not take, and that is not to be remembered. */
  readonly refused?: string;
}

/** A token for a vault's challenge. Throws `key` when there is no credential that gives one. */
export async function tokenFor(
  request: TokenRequest,
  host: Session,
  { signal, login = 'default', refused }: TokenWishes = {},
): Promise<string> {
  const { credential, tokens } = await loginOf(login, host);
  const name = `${request.tenant} ${request.scope}`;
  const before = tokens.get(name);
  if (before && before.token !== refused && before.expiresOnTimestamp - MARGIN > Date.now()) return before.token;
  const options = {
    ...(request.tenant === '' ? {} : { tenantId: request.tenant }),
    ...(signal ? { abortSignal: signal } : {}),
  };
  // It may start programs: az, azd, PowerShell.
  const found = await whileWaitingFor('an Azure token', { host, signal }, () =>
    endingPrograms(signal, () => credential.getToken(request.scope, options)).catch((cause: unknown) => {
      throw refusal(cause, host);
    }),
  );
  if (!found) throw refusal(undefined, host);
  tokens.set(name, found);
  return found.token;
}

async function loginOf(login: AzureLogin, host: Session): Promise<Login> {
  const identity = await (import('../../packages/azure-identity.js') as Promise<Identity>);
  try {
    return host.once(LOGINS[login], () => {
      return { credential: madeIn(host, () => new identity[CREDENTIALS[login]]()), tokens: new Map() };
    });
  } catch (cause) {
    throw refusal(cause, host);
  }
}

/**
 * What the SDK makes in the environment of the caller, where that is another than the process's: it takes the variables of log-ins from the
 * process while it makes a credential. Without PATH the programs that developers log in with are not started either.
 */
function madeIn(host: Host, make: () => Credential): Credential {
  if (!host.isEnvGiven) return make();
  const { env } = host;
  const own = current.env;
  current.env = { ...(env.PATH ? {} : { AZURE_TOKEN_CREDENTIALS: 'prod' }), ...env };
  try {
    return make();
  } finally {
    current.env = own;
  }
}

/** Variables whose values no message may show. */
const SECRETS = ['AZURE_CLIENT_SECRET', 'AZURE_PASSWORD', 'AZURE_CLIENT_CERTIFICATE_PASSWORD'];

function refusal(cause: unknown, { env }: Host): SopsError {
  const secrets = SECRETS.map((name) => env[name] ?? '');
  const reasons = reasonsOf(cause).map((reason) => serviceWords(reason, secrets));
  const [most = 'no credential is configured'] = reasons.toSorted((one, other) => weightOf(other) - weightOf(one));
  return new SopsError('key', `no Azure token: ${most}`, {
    hint: 'Log in with az login, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; AZURE_TOKEN_CREDENTIALS chooses.',
    detail: reasons.join('\n'),
    cause,
  });
}

/** Each credential of the chain has its own reason. */
function reasonsOf(cause: unknown): string[] {
  const errors = isError(cause) && 'errors' in cause && Array.isArray(cause.errors) ? cause.errors : [cause];
  return errors.filter((error) => isError(error)).map((error) => error.message);
}

/** One that was tried and refused says more than those that are not set up. */
function weightOf(reason: string): number {
  return /AADSTS|az login|azd auth login|Connect-AzAccount/.test(reason) ? 1 : 0;
}
