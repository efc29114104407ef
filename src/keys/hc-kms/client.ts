/** Signed calls to Huawei Cloud's KMS and its identity service (docs/keys/hc-kms.md#calls). */

import { SopsError } from '../../errors.js';
import { answerMembers, objectMembers, serviceWords, textMember } from '../../services/http/answer.js';
import { type HttpResponse, sendRequest } from '../../services/http/request.js';
import type { ServiceCall } from '../../services/service-call.js';
import { type Advice, adviceOnStatus, adviceOnWords } from '../advice.js';
import type { Credentials } from './credentials.js';
import { iamEndpoint } from './regions.js';
import { signRequest } from './signature.js';

const LOGIN =
  'Check HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, HUAWEICLOUD_SDK_SECURITY_TOKEN and HUAWEICLOUD_SDK_PROJECT_ID';
const ADVICE: Advice = {
  login: `${LOGIN}.`,
  denied: `${LOGIN}, or ask for the right to use the key (kms:dek:crypto).`,
  absent: 'Check the region and the id of the key, and HUAWEICLOUD_SDK_PROJECT_ID.',
};

const TIMEOUT = 60_000;

export interface KmsCall {
  readonly endpoint: URL;
  readonly action: 'encrypt-data' | 'decrypt-data';
  readonly projectId: string;
  readonly body: Readonly<Record<string, string>>;
}

/** Sends a call to the KMS and returns the members of its answer. Throws `key` with the service's words, without secrets. */
export async function callKms(
  call: KmsCall,
  credentials: Credentials,
  run: ServiceCall,
): Promise<ReadonlyMap<string, unknown>> {
  const url = new URL(call.endpoint);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1.0/${encodeURIComponent(call.projectId)}/kms/${call.action}`;
  const body = JSON.stringify(call.body);
  const request = { method: 'POST', url, headers: { 'X-Project-Id': call.projectId }, body } as const;
  const answer = await sendSigned(request, credentials, run);
  const members = answerMembers(answer.body);
  if (answer.status < 400 && members) return members;
  throw refusal('the service', answer, credentials);
}

/** Project ids by access key and region. */
const PROJECTS = Symbol('projects of Huawei Cloud');

/** The project of the credentials, or the one that the account has for a region. Throws `key` unless there is one. */
export async function projectOf(region: string, credentials: Credentials, run: ServiceCall): Promise<string> {
  if (credentials.projectId !== '') return credentials.projectId;
  const known = run.host.once(PROJECTS, () => new Map<string, string>());
  const name = `${credentials.accessKey} ${region}`;
  const id = known.get(name) ?? (await findProject(region, credentials, run));
  known.set(name, id);
  return id;
}

async function findProject(region: string, credentials: Credentials, run: ServiceCall): Promise<string> {
  const url = new URL('/v3/projects', credentials.iam ?? iamEndpoint(run.host, region));
  url.searchParams.set('name', region);
  const answer = await sendSigned({ method: 'GET', url, headers: {}, body: '' }, credentials, run);
  const listed = answer.status < 400 ? answerMembers(answer.body)?.get('projects') : undefined;
  if (!Array.isArray(listed)) throw noProject(region, refusal('the identity service', answer, credentials).message);
  const ids = listed.map((project) => textMember(objectMembers(project), 'id') ?? '');
  const [id] = ids;
  if (id && ids.length === 1) return id;
  throw noProject(region, ids.length > 1 ? `multiple project ids found: [${ids.join(',')}]` : 'there is none');
}

function noProject(region: string, reason: string): SopsError {
  return new SopsError('key', `failed to get project id of region '${region}' automatically: ${reason}`, {
    hint: 'Set HUAWEICLOUD_SDK_PROJECT_ID.',
  });
}

interface Unsigned {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  /** Those that are signed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function sendSigned(
  request: Unsigned,
  credentials: Credentials,
  { host, signal }: ServiceCall,
): Promise<HttpResponse> {
  const { securityToken } = credentials;
  const session: Record<string, string> = securityToken === '' ? {} : { 'X-Security-Token': securityToken };
  const signed = signRequest({ ...request, headers: { ...request.headers, ...session } }, credentials, Date.now());
  // Not signed, as the vendor's SDKs do it.
  const headers = { ...signed, 'Content-Type': 'application/json;charset=UTF-8' };
  return sendRequest({ ...request, headers, timeout: TIMEOUT, signal }, host);
}

function refusal(service: string, { status, body }: HttpResponse, credentials: Credentials): SopsError {
  const answer = answerMembers(body);
  const error = objectMembers(answer?.get('error')) ?? answer;
  const code = textMember(error, 'error_code') ?? textMember(error, 'code') ?? '';
  const message = textMember(error, 'error_msg') ?? textMember(error, 'message') ?? '';
  const said = serviceWords(`${code} ${message}`, [credentials.secretKey, credentials.securityToken]);
  const next = (status < 400 ? undefined : adviceOnWords(message)) ?? adviceOnStatus(status, ADVICE);
  const hint = next === undefined ? {} : { hint: next };
  if (status < 400) return new SopsError('key', `the answer of ${service} (status ${status}) is not JSON`, hint);
  return new SopsError('key', `${service} answered ${status}${said && `: ${said}`}`, hint);
}
