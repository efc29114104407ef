/** Programs that give credentials for a cluster (client.authentication.k8s.io): of clouds, of OIDC and the like. */
import { SopsError } from '../../errors.js';
import { findProgram } from '../../exec/find-program.js';
import { keysTakenOut } from '../../exec/key-variables.js';
import { describeOutcome, runProgram, startReason } from '../../exec/run-program.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { decodeText } from '../../util/text/text.js';
import { waitFor } from '../../util/waiting/timeout.js';
import { answerMembers, objectMembers, serviceWords, textMember } from '../http/answer.js';
import type { ServiceCall } from '../service-call.js';
import { mapsIn, type Section, settingBytes, textsIn, unusable } from './kubeconfig.js';

/** What a program, or the file itself, says of who asks. */
export interface ClusterCredential {
  readonly token?: string | undefined;
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
}

const GROUP = 'client.authentication.k8s.io/';

/** Runs the program that a user's `exec` names. Throws `key` for one that is not there, fails, or says nothing that is understood. */
export async function credentialOfProgram(
  { members, folder }: Section,
  cluster: Section,
  { host, signal }: ServiceCall,
): Promise<ClusterCredential> {
  const command = textMember(members, 'command') ?? '';
  const apiVersion = textMember(members, 'apiVersion') ?? '';
  if (!apiVersion.startsWith(GROUP)) throw unusable(`exec has not an apiVersion of ${GROUP}`, 'See the kubeconfig.');
  const file = await findProgram(/[\\/]/.test(command) ? resolve(folder, command) : command, host);
  if (!file) {
    const hint = textMember(members, 'installHint')?.split('\n', 1)[0] ?? 'Install it, or see PATH.';
    throw unusable(`the program ${command}, which gives the credentials, is not there`, hint);
  }
  const env = {
    ...keysTakenOut(host.env),
    ...variablesIn(members),
    KUBERNETES_EXEC_INFO: await execInfo(apiVersion, members, { cluster, host }),
  };
  const args = textsIn(members.get('args'));
  const outcome = await waitFor({ who: command, telling: 'both' }, host, (late) =>
    runProgram({ file, args, env, signal: signal ? AbortSignal.any([late, signal]) : late }, host),
  ).catch((error: unknown) => {
    if (error instanceof SopsError) throw error;
    throw unusable(`${command} cannot be started: ${startReason(error)}`, 'See the kubeconfig.', error);
  });
  signal?.throwIfAborted();
  if (outcome.status !== 0) {
    const said = serviceWords(decodeText(outcome.stderr));
    throw unusable(`${command} failed: ${describeOutcome(outcome)}${said && `: ${said}`}`, 'Are you logged in?');
  }
  return credentialIn(decodeText(outcome.stdout), command);
}

function variablesIn(members: Section['members']): Record<string, string> {
  const entries = mapsIn(members.get('env')).map((one): [string, string] => {
    return [textMember(one, 'name') ?? '', textMember(one, 'value') ?? ''];
  });
  return Object.fromEntries(entries.filter(([name]) => name !== ''));
}

interface Surroundings {
  readonly cluster: Section;
  readonly host: Host;
}

/** What the program is told: nobody is there to be asked, and where it is for, if it wants to know. */
async function execInfo(apiVersion: string, members: Section['members'], surroundings: Surroundings): Promise<string> {
  const told = members.get('provideClusterInfo') === true ? { cluster: await clusterInfo(surroundings) } : {};
  return JSON.stringify({ kind: 'ExecCredential', apiVersion, spec: { interactive: false, ...told } });
}

async function clusterInfo({ cluster, host }: Surroundings): Promise<Record<string, unknown>> {
  const { members } = cluster;
  const ca = await settingBytes(cluster, 'certificate-authority', host);
  const config = mapsIn(members.get('extensions')).find((one) => one.get('name') === `${GROUP}exec`);
  return {
    server: members.get('server'),
    'tls-server-name': members.get('tls-server-name'),
    'insecure-skip-tls-verify': members.get('insecure-skip-tls-verify'),
    'certificate-authority-data': ca?.toString('base64'),
    'proxy-url': members.get('proxy-url'),
    config: config?.get('extension'),
  };
}

function credentialIn(text: string, command: string): ClusterCredential {
  const status = objectMembers(answerMembers(text)?.get('status'));
  const token = textMember(status, 'token');
  const cert = textMember(status, 'clientCertificateData');
  const key = textMember(status, 'clientKeyData');
  if (token !== undefined || (cert !== undefined && key !== undefined)) return { token, cert, key };
  throw unusable(
    `${command} gave neither a token nor a certificate with its key`,
    'Run it by hand to see what it says.',
  );
}
