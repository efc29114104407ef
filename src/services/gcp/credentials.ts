/** The credentials for GCP, found in SOPS's order (docs/keys/gcp-kms.md#credentials). */

import type { Agent } from 'node:https';
import { join } from 'node:path';
import { SopsError } from '../../errors.js';
import { systemCode, systemReason } from '../../util/files/files.js';
import { readNamedFile } from '../../util/files/named-file.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { userHome } from '../../util/host/user-home.js';
import { isError } from '../../util/realms.js';
import { shownPath } from '../../util/text/content-as-path.js';
import { readTlsRoots } from '../http/tls-roots.js';
import { importAuthLibrary } from './auth-library.js';

/** What gives the header `authorization` of a request, and renews its token. Those of Google's package do. */
export interface AuthClient {
  /** The domain of Google, or of another cloud of its making. */
  readonly universeDomain: string;
  getRequestHeaders(url?: string): Promise<Iterable<readonly [name: string, value: string]>>;
}

export const GOOGLE_DOMAIN = 'googleapis.com';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const PAYER = 'GOOGLE_CLOUD_QUOTA_PROJECT';
/** What a header may hold. */
const PRINTABLE = /^[\x21-\x7e]+$/;
const HINT =
  'Set GOOGLE_CREDENTIALS, GOOGLE_OAUTH_ACCESS_TOKEN or GOOGLE_APPLICATION_CREDENTIALS, or run: gcloud auth application-default login';

/** Throws `key` when there are no credentials, or none that can be read. */
export async function findGoogleCredentials(host: Host): Promise<AuthClient> {
  return withPayer(await ownCredentials(host), host);
}

async function ownCredentials(host: Host): Promise<AuthClient> {
  const { env } = host;
  if (env.GOOGLE_CREDENTIALS)
    return fromJson(await fileOrValue(env.GOOGLE_CREDENTIALS, host), 'GOOGLE_CREDENTIALS', host);
  if (env.GOOGLE_OAUTH_ACCESS_TOKEN) return fromToken(env.GOOGLE_OAUTH_ACCESS_TOKEN);
  const file = await applicationDefault(host);
  if (file) return fromJson(file.text, file.path, host);
  return fromMachine(host);
}

/**
 * The credentials for services other than the KMS: SOPS finds those by Google's own rules alone, so a file comes first here, and what
 * SOPS has for keys counts where it would find none but the machine's. Throws as {@link findGoogleCredentials}.
 */
export async function findDefaultCredentials(host: Host): Promise<AuthClient> {
  const file = await applicationDefault(host);
  if (!file) return findGoogleCredentials(host);
  return withPayer(await fromJson(file.text, file.path, host), host);
}

/** What Google's packages for Go take for every kind of credentials, and those for JavaScript for some: the project that pays, if one is named. */
function withPayer(client: AuthClient, { env }: Host): AuthClient {
  const project = env[PAYER]?.trim();
  if (!project) return client;
  if (!PRINTABLE.test(project))
    throw new SopsError('key', `${PAYER} is not a project`, { hint: `Correct ${PAYER}, or unset it.` });
  return {
    universeDomain: client.universeDomain,
    getRequestHeaders: async (url) =>
      new Map([...(await client.getRequestHeaders(url)), ['x-goog-user-project', project]]),
  };
}

/** The file of that name, or the text itself when there is none. */
export async function fileOrValue(text: string, host: Host): Promise<string> {
  if (text.trimStart().startsWith('{')) return text;
  try {
    return (await readNamedFile(resolve(host.cwd, text), host)).toString('utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENAMETOOLONG') return text;
    throw new SopsError('key', `cannot read the file that GOOGLE_CREDENTIALS names: ${systemReason(error)}`, {
      cause: error,
    });
  }
}

async function fromJson(text: string, source: string, host: Host): Promise<AuthClient> {
  let credentials: unknown;
  try {
    credentials = JSON.parse(text);
  } catch {
    // The parser's message would quote the text, which may be a key.
    credentials = null;
  }
  if (typeof credentials !== 'object' || credentials === null) {
    throw new SopsError('key', `the credentials of ${source} are not JSON`, {
      hint: 'They should be a JSON object, or the name of a file that exists and holds one.',
    });
  }
  const auth = await importAuthLibrary();
  const ca = await readTlsRoots(host);
  const clientOptions = ca ? { clientOptions: { transporterOptions: { agent: await agentFor(ca) } } } : {};
  try {
    const finder = new auth.GoogleAuth({ credentials, scopes: [SCOPE], ...clientOptions });
    // As in SOPS: a service account signs its own tokens, so that no other host need be reached.
    finder.useJWTAccessWithScope = true;
    return await finder.getClient();
  } catch (cause) {
    const reason = isError(cause) ? cause.message.split('\n', 1)[0] : 'unknown error';
    throw new SopsError('key', `the credentials of ${source} cannot be used: ${reason}`, {
      hint: 'Get them anew, e.g. by gcloud auth application-default login.',
      cause,
    });
  }
}

/** A token that is there needs nothing of Google's package, which takes a third of a call's time to load. */
function fromToken(text: string): AuthClient {
  const token = text.trim();
  if (!PRINTABLE.test(token))
    throw new SopsError('key', 'GOOGLE_OAUTH_ACCESS_TOKEN is not a token', {
      hint: 'gcloud auth print-access-token prints one, which holds for an hour.',
    });
  return { universeDomain: GOOGLE_DOMAIN, getRequestHeaders: async () => [['authorization', `Bearer ${token}`]] };
}

/** The file of GOOGLE_APPLICATION_CREDENTIALS, or the one that gcloud keeps, if there is one. */
async function applicationDefault(host: Host): Promise<{ text: string; path: string } | undefined> {
  const named = host.env.GOOGLE_APPLICATION_CREDENTIALS;
  const path = named ? resolve(host.cwd, named) : wellKnownFile(host);
  if (path === undefined) return undefined;
  try {
    return { text: (await readNamedFile(path, host)).toString('utf8'), path };
  } catch (cause) {
    if (!named) return undefined;
    throw new SopsError('key', `cannot read the credentials: ${systemReason(cause)}: ${shownPath(path)}`, {
      hint: 'Correct GOOGLE_APPLICATION_CREDENTIALS, or unset it; GOOGLE_CREDENTIALS takes their text as well.',
      cause,
    });
  }
}

/** Where gcloud keeps the application default credentials. */
export function wellKnownFile(host: Host): string | undefined {
  const { env, platform } = host;
  const [base, ...below] = platform === 'win32' ? [env.APPDATA] : [userHome(host), '.config'];
  const folder = env.CLOUDSDK_CONFIG || (base && join(base, ...below, 'gcloud'));
  return folder && join(folder, 'application_default_credentials.json');
}

/** Those of the machine, when it is one of Google's. */
async function fromMachine({ env }: Host): Promise<AuthClient> {
  const { gcpMetadata, Compute } = await importAuthLibrary();
  const look = env.METADATA_SERVER_DETECTION?.trim().toLowerCase() !== 'none';
  const isGoogle = () => Boolean(env.GCE_METADATA_HOST) || gcpMetadata.getGCPResidency();
  if (look && (isGoogle() || (await answersAsGoogle()))) return new Compute({ scopes: [SCOPE] });
  throw new SopsError('key', 'credentials: could not find default credentials', { hint: HINT });
}

const METADATA_SERVER = 'http://169.254.169.254/';
const METADATA_HEADER = 'Metadata-Flavor';

/** Asks the address of metadata servers; the package's own way prints a warning on every machine that is not Google's. */
function answersAsGoogle(): Promise<boolean> {
  const headers = { [METADATA_HEADER]: 'Google' };
  return fetch(METADATA_SERVER, { headers, redirect: 'manual', signal: AbortSignal.timeout(1000) }).then(
    (answer) => answer.headers.get(METADATA_HEADER) === 'Google',
    () => false,
  );
}

/** What asks servers that have certificates of these authorities. TLS is loaded where it is needed: most runs ask nobody. */
async function agentFor(ca: Buffer): Promise<Agent> {
  const https = await import('node:https');
  return new https.Agent({ ca });
}
