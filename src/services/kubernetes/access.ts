/** How the API server of a cluster is reached, and as whom: as a kubeconfig says, or from within a pod. */
import type { ConnectionOptions } from 'node:tls';
import { SopsError } from '../../errors.js';
import { systemReason } from '../../util/files/files.js';
import { readNamedFile } from '../../util/files/named-file.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { withoutTrailing } from '../../util/text/trim.js';
import { objectMembers, textMember } from '../http/answer.js';
import type { HttpHeaders } from '../http/request.js';
import type { ServiceCall } from '../service-call.js';
import { type ChosenContext, readNamed, type Section, settingBytes, textsIn, unusable } from './kubeconfig.js';
import { type ClusterCredential, credentialOfProgram } from './program.js';

export interface ClusterAccess {
  /** Without a slash at its end. */
  readonly address: string;
  readonly headers: HttpHeaders;
  readonly tls: ConnectionOptions;
  /** Undefined for what the environment says. */
  readonly proxy: URL | undefined;
}

/** Where Kubernetes puts a pod's own credentials. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Names another folder: a volume of `projected` tokens that is mounted elsewhere. */
const SERVICE_ACCOUNT_VARIABLE = 'SOPS_TS_SERVICE_ACCOUNT';

/** Whether this runs in a pod, as far as the environment says. */
export function isInPod({ env }: Host): boolean {
  return Boolean(env.KUBERNETES_SERVICE_HOST && env.KUBERNETES_SERVICE_PORT);
}

/** The API server of the pod's own cluster, as the pod's service account. Throws `key` outside of one. */
export async function accessOfPod(host: Host): Promise<ClusterAccess> {
  const { env } = host;
  if (!isInPod(host)) {
    throw new SopsError('key', 'inCluster is for pods, and here is no KUBERNETES_SERVICE_HOST and …_PORT', {
      hint: 'Leave inCluster out where a kubeconfig is to be used.',
    });
  }
  const [token, ca] = await Promise.all([ofServiceAccount('token', host), ofServiceAccount('ca.crt', host)]);
  const name = env.KUBERNETES_SERVICE_HOST ?? '';
  const at = name.includes(':') ? `[${name}]` : name;
  return {
    address: `https://${at}:${env.KUBERNETES_SERVICE_PORT}`,
    headers: { Authorization: `Bearer ${token.toString('utf8').trim()}` },
    tls: { ca },
    proxy: undefined,
  };
}

function ofServiceAccount(name: string, host: Host): Promise<Buffer> {
  const path = `${host.env[SERVICE_ACCOUNT_VARIABLE] || SERVICE_ACCOUNT}/${name}`;
  return readNamedFile(path, host).catch((cause: unknown) => {
    throw new SopsError('key', `${path} of the pod cannot be read: ${systemReason(cause)}`, {
      hint: 'Does the pod have automountServiceAccountToken: true, and a service account?',
      cause,
    });
  });
}

/** The API server of a context of a kubeconfig; a program of it is started. Throws `key` for what is wrong in it. */
export async function accessOfContext({ cluster, user }: ChosenContext, call: ServiceCall): Promise<ClusterAccess> {
  const { members } = cluster;
  const server = textMember(members, 'server');
  if (server === undefined || !/^https?:\/\//.test(server) || !URL.canParse(server)) {
    throw unusable('the cluster has no server that is a URL', 'See: kubectl config view');
  }
  const proxy = proxyOf(members);
  const isSecret = new URL(server).protocol === 'https:';
  if (!isSecret && user && hasCredentials(user)) {
    throw unusable(
      `credentials do not go to ${new URL(server).origin}, which is not https`,
      'Correct the server of the cluster.',
    );
  }
  const { token, cert, key } = user ? await credentialOf(user, cluster, call) : {};
  const ca = await settingBytes(cluster, 'certificate-authority', call.host);
  const name = textMember(members, 'tls-server-name');
  const basic = user && token === undefined ? basicOf(user) : undefined;
  return {
    address: withoutTrailing(server, '/'),
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(basic === undefined ? {} : { Authorization: `Basic ${basic}` }),
      ...(user ? impersonation(user) : {}),
    },
    tls: {
      ...(ca ? { ca } : {}),
      ...(cert && key ? { cert, key } : {}),
      ...(name === undefined ? {} : { servername: name }),
      ...(members.get('insecure-skip-tls-verify') === true ? { rejectUnauthorized: false } : {}),
    },
    proxy,
  };
}

function proxyOf(members: Section['members']): URL | undefined {
  const proxy = textMember(members, 'proxy-url');
  if (proxy === undefined) return undefined;
  if (/^https?:/.test(proxy) && URL.canParse(proxy)) return new URL(proxy);
  throw unusable('proxy-url is neither http nor https', 'Leave it out, and set HTTPS_PROXY.');
}

/** Certificates are no use to whoever listens, and are not sent without TLS. */
function hasCredentials({ members }: Section): boolean {
  return ['token', 'tokenFile', 'username', 'exec'].some((name) => members.has(name));
}

/** A token file is read before a token that stands there, since it is renewed; a program is asked where neither it nor a certificate is there. */
async function credentialOf(user: Section, cluster: Section, call: ServiceCall): Promise<ClusterCredential> {
  const { members, folder } = user;
  if (members.has('auth-provider')) {
    throw unusable(
      'auth-provider is no longer part of Kubernetes',
      'Log in anew, so that a program (exec) takes its place: gke-gcloud-auth-plugin, kubelogin.',
    );
  }
  const cert = await settingBytes(user, 'client-certificate', call.host);
  const key = await settingBytes(user, 'client-key', call.host);
  const file = textMember(members, 'tokenFile');
  const token = file === undefined ? textMember(members, 'token') : await tokenIn(folder, file, call.host);
  const program = objectMembers(members.get('exec'));
  if (token !== undefined || cert !== undefined || !program) return { token, cert, key };
  return credentialOfProgram({ members: program, folder }, cluster, call);
}

async function tokenIn(folder: string, file: string, host: Host): Promise<string> {
  return (await readNamed(resolve(folder, file), 'tokenFile', host)).toString('utf8').trim();
}

function basicOf({ members }: Section): string | undefined {
  const username = textMember(members, 'username');
  if (username === undefined) return undefined;
  return Buffer.from(`${username}:${textMember(members, 'password') ?? ''}`).toString('base64');
}

/** Whom the user stands for: each group, and each value of an extra field, is a header of its own. */
function impersonation({ members }: Section): HttpHeaders {
  const as = textMember(members, 'as');
  const uid = textMember(members, 'as-uid');
  const groups = textsIn(members.get('as-groups'));
  const extra = [...(objectMembers(members.get('as-user-extra')) ?? [])];
  return {
    ...(as === undefined ? {} : { 'Impersonate-User': as }),
    ...(groups.length === 0 ? {} : { 'Impersonate-Group': groups }),
    ...(uid === undefined ? {} : { 'Impersonate-Uid': uid }),
    ...Object.fromEntries(
      extra.map(([key, values]) => [`Impersonate-Extra-${encodeURIComponent(key)}`, textsIn(values)]),
    ),
  };
}
