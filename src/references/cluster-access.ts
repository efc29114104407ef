/** How an API server of Kubernetes is reached, and as whom: from within a pod, or as a kubeconfig says. */
import { resolve } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { SopsError } from '../errors.js';
import { itemOf } from '../tree/tree.js';
import { systemReason } from '../util/files.js';
import { readFile } from '../util/fs-promises.js';
import type { Session } from '../util/host.js';
import { withoutTrailing } from '../util/trim.js';
import { type ClusterCredential, credentialOfProgram } from './cluster-program.js';
import {
  type ChosenContext,
  isOn,
  type KubeconfigEntry,
  readNamed,
  settingBytes,
  settingText,
  settingTexts,
  unusable,
} from './kubeconfig.js';

export interface ClusterAccess {
  /** Without a slash at its end. */
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: ConnectionOptions;
  /** Undefined for what the environment says. */
  readonly proxy: URL | undefined;
  /** What must be in no message. */
  readonly secrets: readonly string[];
}

/** Where Kubernetes puts a pod's own credentials. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Names another folder: a volume of `projected` tokens that is mounted elsewhere. */
const SERVICE_ACCOUNT_VARIABLE = 'SOPS_TS_SERVICE_ACCOUNT';

/** Whether this runs in a pod, as far as the environment says. */
export function isInPod({ env }: Session): boolean {
  return Boolean(env.KUBERNETES_SERVICE_HOST && env.KUBERNETES_SERVICE_PORT);
}

/** The API server of the pod's own cluster, as the pod's service account. Throws `store-denied` outside of one. */
export async function accessOfPod(host: Session): Promise<ClusterAccess> {
  const { env } = host;
  if (!isInPod(host)) {
    throw new SopsError('store-denied', 'inCluster is for pods, and here is no KUBERNETES_SERVICE_HOST and …_PORT', {
      hint: 'Leave inCluster out where a kubeconfig is to be used.',
    });
  }
  const folder = env[SERVICE_ACCOUNT_VARIABLE] || SERVICE_ACCOUNT;
  const [token, ca] = await Promise.all(
    ['token', 'ca.crt'].map((name) =>
      readFile(`${folder}/${name}`).catch((cause: unknown) => {
        throw new SopsError('store-denied', `${folder}/${name} of the pod cannot be read: ${systemReason(cause)}`, {
          hint: 'Does the pod have automountServiceAccountToken: true, and a service account?',
          cause,
        });
      }),
    ),
  );
  const name = env.KUBERNETES_SERVICE_HOST ?? '';
  const at = name.includes(':') ? `[${name}]` : name;
  const words = token?.toString('utf8').trim() ?? '';
  return {
    address: `https://${at}:${env.KUBERNETES_SERVICE_PORT}`,
    headers: { Authorization: `Bearer ${words}` },
    tls: ca ? { ca } : {},
    proxy: undefined,
    secrets: [words],
  };
}

/** The API server of a context of a kubeconfig. Throws `store-denied` for what is wrong in it. */
export async function accessOfContext({ cluster, user }: ChosenContext, host: Session): Promise<ClusterAccess> {
  const { values } = cluster;
  const server = settingText(values, 'server');
  if (server === undefined || !/^https?:\/\//.test(server) || !URL.canParse(server)) {
    throw unusable('the cluster has no server that is a URL', 'See: kubectl config view');
  }
  const { token, cert, key } = user ? await credentialOf(user, cluster, host) : {};
  const ca = await settingBytes(cluster, 'certificate-authority');
  const name = settingText(values, 'tls-server-name');
  const proxy = settingText(values, 'proxy-url');
  if (proxy !== undefined && !/^https?:/.test(proxy)) {
    throw unusable('proxy-url is neither http nor https', 'Leave it out, and set HTTPS_PROXY.');
  }
  const basic = user && token === undefined ? basicOf(user) : undefined;
  if ((token ?? basic) !== undefined && new URL(server).protocol !== 'https:') {
    throw unusable(`credentials do not go to ${server}, which is not https`, 'Correct the server of the cluster.');
  }
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
      ...(isOn(values, 'insecure-skip-tls-verify') ? { rejectUnauthorized: false } : {}),
    },
    proxy: proxy === undefined ? undefined : new URL(proxy),
    secrets: [token ?? '', basic ?? ''],
  };
}

/** A token file is read before a token that stands there, since it is renewed. */
async function credentialOf(
  user: KubeconfigEntry,
  cluster: KubeconfigEntry,
  host: Session,
): Promise<ClusterCredential> {
  const { values, folder } = user;
  const cert = await settingBytes(user, 'client-certificate');
  const key = await settingBytes(user, 'client-key');
  const file = settingText(values, 'tokenFile');
  const token = file === undefined ? settingText(values, 'token') : await tokenIn(folder, file);
  const program = itemOf(values, 'exec')?.value;
  if (token === undefined && cert === undefined && program?.kind === 'branch') {
    return credentialOfProgram({ values: program, folder }, cluster, host);
  }
  if (itemOf(values, 'auth-provider')) {
    throw unusable(
      'auth-provider is no longer part of Kubernetes',
      'Log in anew, so that a program (exec) takes its place.',
    );
  }
  return { token, cert, key };
}

async function tokenIn(folder: string, file: string): Promise<string> {
  return (await readNamed(resolve(folder, file), 'tokenFile')).toString('utf8').trim();
}

function basicOf({ values }: KubeconfigEntry): string | undefined {
  const username = settingText(values, 'username');
  if (username === undefined) return undefined;
  return Buffer.from(`${username}:${settingText(values, 'password') ?? ''}`).toString('base64');
}

function impersonation({ values }: KubeconfigEntry): Record<string, string> {
  const as = settingText(values, 'as');
  const [group, ...more] = settingTexts(values, 'as-groups');
  const uid = settingText(values, 'as-uid');
  if (more.length > 0) {
    throw unusable('as-groups names several groups, which is not understood', 'Name one, or leave as-groups out.');
  }
  return {
    ...(as === undefined ? {} : { 'Impersonate-User': as }),
    ...(group === undefined ? {} : { 'Impersonate-Group': group }),
    ...(uid === undefined ? {} : { 'Impersonate-Uid': uid }),
  };
}
