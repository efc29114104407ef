/** Calls to the API server of a Kubernetes cluster, as whoever the user's kubeconfig or the pod says. */
import { type ErrorCode, SopsError } from '../../errors.js';
import { answerTime } from '../../util/waiting/timeout.js';
import { answerMembers, serviceWords, textMember } from '../http/answer.js';
import type { HttpRequest, HttpResponse } from '../http/request.js';
import { type RetryRule, sendWithRetries } from '../http/retry.js';
import { LastingAccess } from '../lasting-access.js';
import type { ServiceCall } from '../service-call.js';
import { accessOfContext, accessOfPod, type ClusterAccess, isInPod } from './access.js';
import { chooseContext, kubeconfigPaths } from './kubeconfig.js';

const TIMEOUT_MS = 30_000;
/** An object of etcd may have 1.5 MiB, and base64 and JSON make it longer. */
const MOST_BYTES = 16 << 20;
const AGAIN: RetryRule = {
  retries: 3,
  wait: (retry) => 250 * 2 ** retry,
  isPassing: (status) => status === 408 || status === 429 || (status >= 500 && status !== 501),
};
/** What was lost on the way may have been done; what is refused for its rate was not. */
const ONCE: RetryRule = { ...AGAIN, isPassing: (status) => status === 429, onlyAnswered: true };

/** Which cluster is meant. */
export interface ClusterChoice {
  /** Empty for the current one. */
  readonly context: string;
  /** A kubeconfig instead of those of the surroundings, absolute. */
  readonly path?: string | undefined;
  /** Whether it is the pod's own, whatever kubeconfigs there are. */
  readonly ofPod?: boolean;
}

/** Codes of errors: for no cluster and a log-in that fails, and for a server that is not reached. */
export interface KubernetesCodes {
  readonly access: ErrorCode;
  readonly lost: ErrorCode;
}

const KEY_CODES: KubernetesCodes = { access: 'key', lost: 'key' };

export interface KubernetesCall {
  readonly method: HttpRequest['method'];
  /** From `/api` on, encoded. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Of the body; JSON unless told otherwise. */
  readonly contentType?: string;
}

/** A cluster, and who the user is there: what a program or a file gave is got anew when the cluster refuses it. */
export class Cluster {
  readonly #choice: ClusterChoice;
  readonly #access = new LastingAccess<ClusterAccess>();

  constructor(choice: ClusterChoice) {
    this.#choice = choice;
  }

  /** Throws an error of the code for no cluster, and for a log-in that fails. */
  access(call: ServiceCall, code: ErrorCode): Promise<ClusterAccess> {
    return this.#access.get(() => this.#find(call, code));
  }

  /** What is found now, in place of what was refused; undefined where that is the same. */
  async renewed(refused: ClusterAccess, call: ServiceCall, code: ErrorCode): Promise<ClusterAccess | undefined> {
    const found = await this.#access.renew(refused, () => this.#find(call, code));
    return isSameLogin(found, refused) ? undefined : found;
  }

  #find(call: ServiceCall, code: ErrorCode): Promise<ClusterAccess> {
    return findAccess(this.#choice, call).catch((error: unknown) => {
      throw error instanceof SopsError ? error.with(code) : error;
    });
  }
}

function isSameLogin(one: ClusterAccess, other: ClusterAccess): boolean {
  return one.headers.Authorization === other.headers.Authorization && String(one.tls.cert) === String(other.tls.cert);
}

/** By what they choose: where a run keeps its clusters. */
const CLUSTERS = new Map<string, symbol>();

/** The cluster of a choice, one for the whole run. */
export function clusterOf(choice: ClusterChoice, { host }: Pick<ServiceCall, 'host'>): Cluster {
  const words = JSON.stringify([choice.context, choice.path, choice.ofPod === true]);
  const key = CLUSTERS.get(words) ?? Symbol(`Kubernetes cluster ${words}`);
  CLUSTERS.set(words, key);
  return host.once(key, () => new Cluster(choice));
}

async function findAccess({ context, path, ofPod }: ClusterChoice, call: ServiceCall): Promise<ClusterAccess> {
  const { host } = call;
  if (ofPod) return accessOfPod(host);
  const chosen = await chooseContext(path === undefined ? kubeconfigPaths(host) : [path], context, host);
  if (chosen) return accessOfContext(chosen, call);
  if (path === undefined && context === '' && isInPod(host)) return accessOfPod(host);
  throw new SopsError('key', `there is no kubeconfig${path === undefined ? '' : ` at ${path}`}`, {
    hint: 'Name one in KUBECONFIG, or put it at ~/.kube/config; in a pod its service account is taken.',
  });
}

/** The answer as it is, whatever its status. Throws errors of the codes. */
export async function callKubernetes(
  cluster: Cluster,
  call: KubernetesCall,
  { host, signal }: ServiceCall,
  codes: KubernetesCodes = KEY_CODES,
): Promise<HttpResponse> {
  const access = await cluster.access({ host, signal }, codes.access);
  const answer = await sendTo(access, call, { host, signal }, codes.lost);
  if (answer.status !== 401) return answer;
  const renewed = await cluster.renewed(access, { host, signal }, codes.access);
  return renewed ? sendTo(renewed, call, { host, signal }, codes.lost) : answer;
}

async function sendTo(
  { address, headers, tls, proxy }: ClusterAccess,
  { method, path, body, contentType = 'application/json' }: KubernetesCall,
  { host, signal }: ServiceCall,
  errorCode: ErrorCode,
): Promise<HttpResponse> {
  const type: Record<string, string> = body === undefined ? {} : { 'Content-Type': contentType };
  const request: HttpRequest = {
    method,
    url: new URL(`${address}${path}`),
    headers: { Accept: 'application/json', ...headers, ...type },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(proxy === undefined ? {} : { proxy }),
    ...{ tls, timeout: answerTime(host, TIMEOUT_MS), mostBytes: MOST_BYTES, signal, errorCode },
  };
  return sendWithRetries(request, method === 'GET' ? AGAIN : ONCE, host);
}

/** What the server says when it refuses: an object of the kind Status. */
export function kubernetesRefusal({ status, body }: HttpResponse): SopsError {
  const said = kubernetesWords(body);
  return new SopsError('key', `the cluster answered ${status}${said && `: ${said}`}`);
}

/** The words of such an object. */
export function kubernetesWords(body: string): string {
  return serviceWords(textMember(answerMembers(body), 'message') ?? '');
}
