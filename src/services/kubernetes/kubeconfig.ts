/** The cluster that kubectl would talk to, and as whom: of kubeconfig files, or of the pod that this runs in (docs/publish.md#kubernetes). */
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { SopsError } from '../../errors.js';
import { systemCode, systemReason } from '../../util/files.js';
import { readFile } from '../../util/fs-promises.js';
import type { Host } from '../../util/host.js';
import { objectMembers, textMember } from '../http/answer.js';

/** An object of a file, with the folder that its relative paths are seen from. */
export interface Section {
  readonly members: ReadonlyMap<string, unknown>;
  readonly folder: string;
}

/** A cluster and a user. */
export interface ClusterChoice {
  /** Empty for that of a pod. */
  readonly context: string;
  readonly cluster: Section;
  readonly user: Section;
  /** That of the context; `default` where it says none. */
  readonly namespace: string;
}

const POD = '/var/run/secrets/kubernetes.io/serviceaccount';
const HINT = 'See kubectl config get-contexts; KUBECONFIG names the files.';

/** The choice of a context, or of the current one where it is empty. Throws `key`. */
export async function chooseCluster(context: string, host: Host): Promise<ClusterChoice> {
  const files = await readConfigs(host);
  const pod = files.length === 0 && context === '' ? await podChoice(host) : undefined;
  if (pod) return pod;
  const name = context || currentOf(files);
  if (name === '') throw new SopsError('key', 'no Kubernetes cluster is chosen', { hint: HINT });
  const found = named(files, 'contexts', 'context', name);
  return {
    context: name,
    cluster: named(files, 'clusters', 'cluster', textMember(found.members, 'cluster') ?? ''),
    user: named(files, 'users', 'user', textMember(found.members, 'user') ?? ''),
    namespace: textMember(found.members, 'namespace') ?? 'default',
  };
}

function currentOf(files: readonly Section[]): string {
  for (const { members } of files) {
    const current = textMember(members, 'current-context');
    if (current !== undefined) return current;
  }
  return '';
}

/** Of several of one name the first counts, as in kubectl. */
function named(files: readonly Section[], list: string, field: string, name: string): Section {
  for (const { members, folder } of files) {
    const entries = members.get(list);
    for (const entry of Array.isArray(entries) ? entries : []) {
      const own = objectMembers(entry);
      const value = objectMembers(own?.get(field));
      if (own?.get('name') === name && value) return { members: value, folder };
    }
  }
  throw new SopsError('key', `no kubeconfig has the ${field} ${JSON.stringify(name)}`, { hint: HINT });
}

async function readConfigs(host: Host): Promise<Section[]> {
  const { env, platform, cwd } = host;
  const home = (platform === 'win32' ? env.USERPROFILE : env.HOME) || homedir();
  const paths = env.KUBECONFIG ? env.KUBECONFIG.split(delimiter) : [join(home, '.kube', 'config')];
  const files = await Promise.all(paths.filter((path) => path !== '').map((path) => readConfig(resolve(cwd, path))));
  return files.filter((file) => file !== undefined);
}

/** A file that is not there is passed over, as kubectl does. */
async function readConfig(path: string): Promise<Section | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR') return undefined;
    throw new SopsError('key', `cannot read the kubeconfig ${path}: ${systemReason(cause)}`, { cause });
  }
  const { parse } = await import('../../packages/yaml.js');
  let members: ReadonlyMap<string, unknown> | undefined;
  try {
    members = objectMembers(parse(text, { maxAliasCount: 100 }));
  } catch {
    // The parser's message would quote the text, which holds tokens.
  }
  if (members) return { members, folder: dirname(path) };
  throw new SopsError('key', `${path} is no kubeconfig`, { hint: HINT });
}

/** The cluster that a pod runs in, with its service account; undefined outside of one. */
async function podChoice({ env }: Host): Promise<ClusterChoice | undefined> {
  const { KUBERNETES_SERVICE_HOST: name, KUBERNETES_SERVICE_PORT: port = '443' } = env;
  if (!name) return undefined;
  const server = `https://${name.includes(':') ? `[${name}]` : name}:${port}`;
  const namespace = await readFile(join(POD, 'namespace'), 'utf8').catch(() => '');
  return {
    context: '',
    cluster: {
      members: new Map([
        ['server', server],
        ['certificate-authority', 'ca.crt'],
      ]),
      folder: POD,
    },
    user: { members: new Map([['tokenFile', 'token']]), folder: POD },
    namespace: namespace.trim() || 'default',
  };
}
