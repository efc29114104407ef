/** What a kubeconfig has for a cluster: whom to trust, and what says who the user is (docs/publish.md#kubernetes). */
import { resolve } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { SopsError } from '../../errors.js';
import { systemReason } from '../../util/files.js';
import { readFile } from '../../util/fs-promises.js';
import { answerMembers, objectMembers, serviceWords, textMember } from '../http/answer.js';
import type { ServiceCall } from '../service-call.js';
import type { Section } from './kubeconfig.js';

export interface ServerTrust {
  readonly tls: ConnectionOptions;
  /** Undefined for what the environment says. */
  readonly proxy: URL | undefined;
}

export interface ClusterLogin {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: ConnectionOptions;
}

/** Throws `key` for a file that cannot be read. */
export async function serverTrustOf(cluster: Section): Promise<ServerTrust> {
  const { members } = cluster;
  const ca = await dataOrFile(cluster, 'certificate-authority');
  const name = textMember(members, 'tls-server-name');
  const proxy = textMember(members, 'proxy-url');
  return {
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(name === undefined ? {} : { servername: name }),
      ...(members.get('insecure-skip-tls-verify') === true ? { rejectUnauthorized: false } : {}),
    },
    proxy: proxy !== undefined && URL.canParse(proxy) ? new URL(proxy) : undefined,
  };
}

/** What a user's entry comes to; a program of it is started. Throws `key`. */
export async function loginOf(user: Section, call: ServiceCall): Promise<ClusterLogin> {
  const { members } = user;
  const program = objectMembers(members.get('exec'));
  if (program) return loginByProgram({ members: program, folder: user.folder }, call);
  const [cert, key] = [await dataOrFile(user, 'client-certificate'), await dataOrFile(user, 'client-key')];
  const tls = cert === undefined || key === undefined ? {} : { cert, key };
  const token = await tokenOf(user);
  if (token !== undefined) return { headers: { Authorization: `Bearer ${token}` }, tls };
  const [name, password] = [textMember(members, 'username'), textMember(members, 'password')];
  if (name !== undefined && password !== undefined) {
    const basic = Buffer.from(`${name}:${password}`).toString('base64');
    return { headers: { Authorization: `Basic ${basic}` }, tls };
  }
  if (!members.has('auth-provider')) return { headers: {}, tls };
  throw new SopsError('key', 'the kubeconfig has an auth-provider, which kubectl gave up', {
    hint: 'Make the entry anew, with a program (exec) as your cluster has one: gke-gcloud-auth-plugin, kubelogin.',
  });
}

async function tokenOf(user: Section): Promise<string | undefined> {
  const file = textMember(user.members, 'tokenFile');
  if (file !== undefined) return (await readNamed(user, file)).toString('utf8').trim();
  return textMember(user.members, 'token');
}

/** What stands in base64 in the file itself wins. */
async function dataOrFile({ members, folder }: Section, field: string): Promise<Buffer | undefined> {
  const data = textMember(members, `${field}-data`);
  if (data !== undefined) return Buffer.from(data, 'base64');
  const file = textMember(members, field);
  return file === undefined ? undefined : readNamed({ members, folder }, file);
}

async function readNamed({ folder }: Section, file: string): Promise<Buffer> {
  try {
    return await readFile(resolve(folder, file));
  } catch (cause) {
    throw new SopsError('key', `cannot read ${file}, named by the kubeconfig: ${systemReason(cause)}`, { cause });
  }
}

/** A program that gives credentials, as kubectl starts it: `aws eks get-token`, `gke-gcloud-auth-plugin`, `kubelogin`. */
async function loginByProgram({ members, folder }: Section, { host, signal }: ServiceCall): Promise<ClusterLogin> {
  const command = textMember(members, 'command') ?? '';
  const { findProgram } = await import('../../exec/find-program.js');
  const { runProgram } = await import('../../exec/run-program.js');
  const path = await findProgram(/[\\/]/.test(command) ? resolve(folder, command) : command, host);
  if (path === null) {
    throw new SopsError('key', `the program ${JSON.stringify(command)} of the kubeconfig is not there`, {
      hint: textMember(members, 'installHint')?.split('\n', 1)[0] ?? 'Install it, or see PATH.',
    });
  }
  const info = { apiVersion: textMember(members, 'apiVersion'), kind: 'ExecCredential', spec: { interactive: false } };
  const env = { ...variablesOf(members.get('env')), KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  const { inTime, keyTimeout, TIMES_FOR_PEOPLE, whileWaitingFor } = await import('../../util/timeout.js');
  const ended = await inTime(keyTimeout(host) * TIMES_FOR_PEOPLE, signal, (ending) =>
    whileWaitingFor(`the program ${command}`, { host, signal: ending }, () =>
      runProgram({ file: path, args: textsOf(members.get('args')), env, signal: ending }, host),
    ),
  );
  const status = objectMembers(answerMembers(ended.stdout.toString('utf8'))?.get('status'));
  if (ended.status === 0 && status) return loginIn(status);
  throw new SopsError('key', `the program ${command} of the kubeconfig gives no credentials`, {
    hint: serviceWords(ended.stderr.toString('utf8')) || 'Run it by hand to see why.',
  });
}

function loginIn(status: ReadonlyMap<string, unknown>): ClusterLogin {
  const token = textMember(status, 'token');
  const [cert, key] = [textMember(status, 'clientCertificateData'), textMember(status, 'clientKeyData')];
  return {
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    tls: cert === undefined || key === undefined ? {} : { cert, key },
  };
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function variablesOf(value: unknown): Record<string, string> {
  const pairs = (Array.isArray(value) ? value : []).flatMap((one): [string, string][] => {
    const members = objectMembers(one);
    const name = textMember(members, 'name');
    const text = members?.get('value');
    return name === undefined || typeof text !== 'string' ? [] : [[name, text]];
  });
  return Object.fromEntries(pairs);
}
