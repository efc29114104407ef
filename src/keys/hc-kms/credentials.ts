/** The user's credentials for Huawei Cloud: the chain of the vendor's SDKs (docs/keys/hc-kms.md#credentials). */

import { SopsError } from '../../errors.js';
import { answerMembers, objectMembers, textMember } from '../../services/http/answer.js';
import { type HttpRequest, sendRequest } from '../../services/http/request.js';
import { systemReason } from '../../util/files/files.js';
import { readNamedFile } from '../../util/files/named-file.js';
import { resolve } from '../../util/files/paths.js';
import type { Host, Session } from '../../util/host/host.js';
import { shownPath } from '../../util/text/content-as-path.js';
import { credentialsPath, readBasicSection } from './credentials-file.js';
import { endpointUrl, iamEndpoint } from './regions.js';

export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
  /** Empty for lasting keys. */
  readonly securityToken: string;
  /** Empty when it is to be looked up. */
  readonly projectId: string;
  /** The identity service of these credentials, if it is a special one. */
  readonly iam: URL | undefined;
  /** Until when they hold, in milliseconds since 1970. */
  readonly until: number;
}

const FOUND = Symbol('credentials for Huawei Cloud');
/** Temporary keys are fetched anew this many milliseconds before they end. */
const MARGIN = 60_000;

/** The first credentials found. Throws `key` when there are none, saying where they were looked for. */
export async function findHuaweiCredentials(host: Session): Promise<Credentials> {
  const latest = host.once(FOUND, (): { found?: Promise<Credentials> } => ({}));
  const before = await latest.found?.catch(() => undefined);
  if (before && before.until - MARGIN > Date.now()) return before;
  latest.found = search(host);
  return latest.found;
}

async function search(host: Host): Promise<Credentials> {
  const { env } = host;
  const variable = (name: string): string => env[`HUAWEICLOUD_SDK_${name}`] ?? '';
  const given = await configured((name) => variable(name.toUpperCase()), host);
  if (given) return given;
  const section = await readBasicSection(host);
  const listed = await configured((name) => section.get(name) ?? '', host);
  if (listed) return listed;
  // Who sets half of them means them; the machine's own would then be a surprise.
  if (['AK', 'SK', 'IDP_ID', 'ID_TOKEN_FILE'].some(variable)) {
    throw none('of HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK (or _IDP_ID and _ID_TOKEN_FILE) one is missing');
  }
  const reasons: string[] = [];
  for (const source of [() => fromInstance(host), () => fromPod(host)]) {
    const found = await source().catch((error: unknown) => {
      if (!(error instanceof SopsError)) throw error;
      reasons.push(error.message);
      return undefined;
    });
    if (found) return found;
  }
  const file = credentialsPath(host) || 'a credentials file';
  throw none(`none in the variables HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, nor in ${file}; ${reasons.join('; ')}`);
}

function none(reason: string): SopsError {
  return new SopsError('key', `failed to get HuaweiCloud credentials: ${reason}`, {
    hint: 'Set HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK and HUAWEICLOUD_SDK_PROJECT_ID.',
  });
}

/** Keys, or a token of another identity provider to exchange for keys, by the names of the credentials file. */
async function configured(read: (name: string) => string, host: Host): Promise<Credentials | undefined> {
  const endpoint = read('iam_endpoint');
  const own = {
    projectId: read('project_id'),
    iam: endpoint === '' ? undefined : endpointUrl(endpoint, 'iam_endpoint'),
  };
  const [idp, tokenFile] = [read('idp_id'), read('id_token_file')];
  if (idp !== '' && tokenFile !== '') {
    return { ...(await federated(idp, await readToken(tokenFile, host), own.iam ?? iamEndpoint(host), host)), ...own };
  }
  const [accessKey, secretKey] = [read('ak'), read('sk')];
  if (accessKey === '' || secretKey === '') return undefined;
  return { accessKey, secretKey, securityToken: read('security_token'), until: Number.POSITIVE_INFINITY, ...own };
}

const TIMEOUT = 10_000;
/** What the services are asked for, in seconds. */
const LIFETIME = 6 * 60 * 60;

/** Temporary keys for a token of an identity provider (OpenID Connect). */
async function federated(idp: string, token: string, iam: URL, host: Host): Promise<Credentials> {
  const post = (path: string, headers: Record<string, string>, body: unknown): HttpRequest => ({
    method: 'POST',
    url: new URL(path, iam),
    headers: { 'Content-Type': 'application/json;charset=UTF-8', ...headers },
    body: JSON.stringify(body),
    timeout: TIMEOUT,
  });
  const signIn = post('/v3.0/OS-AUTH/id-token/tokens', { 'X-Idp-Id': idp }, { auth: { id_token: { id: token } } });
  const { status, headers } = await sendRequest(signIn, host);
  const subject = headers['x-subject-token'];
  if (status >= 400 || typeof subject !== 'string') throw none(`the identity service answered ${status}`);
  const identity = { methods: ['token'], token: { id: subject, duration_seconds: LIFETIME } };
  return temporary(
    post('/v3.0/OS-CREDENTIAL/securitytokens', {}, { auth: { identity } }),
    'the identity service',
    host,
  );
}

/** The metadata service of cloud servers; its address is the same on every one. */
const INSTANCE = 'http://169.254.169.254';

/** The keys of the cloud server that this runs on. */
export async function fromInstance(host: Host, service = INSTANCE): Promise<Credentials> {
  const direct = { timeout: 3000, proxy: null } as const;
  const lifetime = { 'X-Metadata-Token-Ttl-Seconds': String(LIFETIME) };
  const url = new URL('/meta-data/latest/api/token', service);
  const token = await sendRequest({ method: 'PUT', url, headers: lifetime, ...direct }, host);
  // Older servers have no tokens and need none.
  const headers: Record<string, string> = token.status === 200 ? { 'X-Metadata-Token': token.body } : {};
  const keys = new URL('/openstack/latest/securitykey', service);
  return temporary({ method: 'GET', url: keys, headers, ...direct }, 'the metadata service', host);
}

/** The keys that the cluster gives the pod that this runs in. */
export async function fromPod(host: Host): Promise<Credentials> {
  const { HC_CONTAINER_CREDENTIALS_FULL_URI: uri, HC_CONTAINER_AUTHORIZATION_TOKEN_FILE: file } = host.env;
  if (!uri || !file) throw new SopsError('key', 'no pod identity is configured');
  const url = endpointUrl(uri, 'HC_CONTAINER_CREDENTIALS_FULL_URI');
  const headers = { 'Content-Type': 'application/json; charset=utf-8', Authorization: await readToken(file, host) };
  return temporary({ method: 'POST', url, headers, body: '{}', timeout: TIMEOUT }, 'the pod identity service', host);
}

async function readToken(path: string, host: Host): Promise<string> {
  const token = await readNamedFile(resolve(host.cwd, path), host).catch((cause: unknown) => {
    throw none(`cannot read the token file ${shownPath(path)}: ${systemReason(cause)}`);
  });
  return token.toString('utf8');
}

/** Asks for temporary keys; the services differ in the names they give them. */
async function temporary(request: HttpRequest, service: string, host: Host): Promise<Credentials> {
  const { status, body } = await sendRequest(request, host);
  const answer = answerMembers(body);
  const keys = objectMembers(answer?.get('credential')) ?? objectMembers(answer?.get('credentials'));
  const accessKey = textMember(keys, 'access') ?? textMember(keys, 'accessKeyId');
  const secretKey = textMember(keys, 'secret') ?? textMember(keys, 'secretAccessKey');
  if (status >= 400 || accessKey === undefined || secretKey === undefined) {
    throw none(`${service} answered ${status}${status < 400 ? ', without keys' : ''}`);
  }
  const securityToken = textMember(keys, 'securitytoken') ?? textMember(keys, 'securityToken') ?? '';
  const until = Date.parse(textMember(keys, 'expires_at') ?? textMember(keys, 'expiration') ?? '') || 0;
  return { accessKey, secretKey, securityToken, until, projectId: '', iam: undefined };
}
