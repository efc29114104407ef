/** Calls to the API server of a Kubernetes cluster, with what the user's kubeconfig has for it. */
import type { ConnectionOptions } from 'node:tls';
import { SopsError } from '../../errors.js';
import type { Session } from '../../util/host.js';
import { withoutTrailing } from '../../util/trim.js';
import { answerMembers, serviceWords, textMember } from '../http/answer.js';
import type { HttpRequest, HttpResponse } from '../http/request.js';
import { type RetryRule, sendWithRetries } from '../http/retry.js';
import type { ServiceCall } from '../service-call.js';
import { chooseCluster } from './kubeconfig.js';
import { type ClusterLogin, loginOf, type ServerTrust, serverTrustOf } from './login.js';

const TIMEOUT_MS = 30_000;
/** An object of etcd may have 1.5 MiB, and base64 and JSON make it longer. */
const MOST_BYTES = 16 << 20;
const AGAIN: RetryRule = {
  retries: 3,
  wait: (retry) => 250 * 2 ** retry,
  isPassing: (status) => status === 429 || status === 503 || status === 504,
};
/** What was lost on the way may have been done; what is refused for its rate was not. */
const ONCE: RetryRule = { ...AGAIN, isPassing: (status) => status === 429, onlyAnswered: true };

export interface KubernetesCall {
  readonly method: HttpRequest['method'];
  /** From `/api` on, encoded. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Of the body; JSON unless told otherwise. */
  readonly contentType?: string;
}

/** A cluster, and who the user is there. */
export interface Cluster {
  /** Of the context; `default` where it says none. */
  readonly namespace: string;
  readonly server: string;
  readonly trust: ServerTrust;
  readonly login: ClusterLogin;
}

/** By context: where a run keeps its cluster. */
const CLUSTERS = new Map<string, symbol>();

/** The cluster of a context, of the current one where it is empty, or of the pod that this runs in. Throws `key`. */
export function openCluster(context: string, { host, signal }: ServiceCall): Promise<Cluster> {
  const key = CLUSTERS.get(context) ?? Symbol(`Kubernetes cluster ${context}`);
  CLUSTERS.set(context, key);
  return host.once(key, () => findCluster(context, { host, signal }));
}

async function findCluster(context: string, call: ServiceCall): Promise<Cluster> {
  const choice = await chooseCluster(context, call.host);
  const server = textMember(choice.cluster.members, 'server') ?? '';
  if (!URL.canParse(server)) {
    throw new SopsError('key', 'the kubeconfig names no server of the cluster', {
      hint: 'See kubectl config view --minify.',
    });
  }
  const login = await loginOf(choice.user, call);
  if (new URL(server).protocol !== 'https:' && Object.keys(login.headers).length > 0) {
    throw new SopsError('key', `credentials do not go to ${server}, which is not https`);
  }
  return {
    namespace: choice.namespace,
    server: withoutTrailing(server, '/'),
    trust: await serverTrustOf(choice.cluster),
    login,
  };
}

/** The answer as it is, whatever its status. Throws `key` for a server that is not reached. */
export function callKubernetes(
  { server, trust, login }: Cluster,
  { method, path, body, contentType = 'application/json' }: KubernetesCall,
  { host, signal }: { readonly host: Session; readonly signal?: AbortSignal | undefined },
): Promise<HttpResponse> {
  const type: Record<string, string> = body === undefined ? {} : { 'Content-Type': contentType };
  const tls: ConnectionOptions = { ...trust.tls, ...login.tls };
  const request: HttpRequest = {
    method,
    url: new URL(`${server}${path}`),
    headers: { Accept: 'application/json', ...login.headers, ...type },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(trust.proxy === undefined ? {} : { proxy: trust.proxy }),
    tls,
    timeout: TIMEOUT_MS,
    mostBytes: MOST_BYTES,
    signal,
  };
  return sendWithRetries(request, method === 'GET' ? AGAIN : ONCE, host);
}

/** What the server says when it refuses: an object of the kind Status. */
export function kubernetesRefusal({ status, body }: HttpResponse): SopsError {
  const said = serviceWords(textMember(answerMembers(body), 'message') ?? '');
  return new SopsError('key', `the cluster answered ${status}${said && `: ${said}`}`);
}
