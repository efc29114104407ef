/** Programs that give credentials for a cluster (client.authentication.k8s.io): of clouds, of OIDC and the like. */
import { resolve } from 'node:path';
import { SopsError } from '../errors.js';
import { findProgram } from '../exec/find-program.js';
import { describeOutcome, runProgram, startReason } from '../exec/run-program.js';
import { answerMembers, objectMembers, serviceWords, textMember } from '../services/http/answer.js';
import type { Session } from '../util/host.js';
import { decodeText } from '../util/text.js';
import { waitFor } from '../util/timeout.js';
import { isOn, type KubeconfigEntry, mapsOf, settingText, settingTexts, unusable } from './kubeconfig.js';

/** What a program, or the file itself, says of who asks. */
export interface ClusterCredential {
  readonly token?: string | undefined;
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
}

const GROUP = 'client.authentication.k8s.io/';

/** Runs the program that a user's `exec` names. Throws `store-denied` for one that is not there, fails, or says nothing that is understood. */
export async function credentialOfProgram(
  { values, folder }: KubeconfigEntry,
  cluster: KubeconfigEntry,
  host: Session,
): Promise<ClusterCredential> {
  const command = settingText(values, 'command') ?? '';
  const apiVersion = settingText(values, 'apiVersion') ?? '';
  if (!apiVersion.startsWith(GROUP)) throw unusable(`exec has not an apiVersion of ${GROUP}`, 'See the kubeconfig.');
  const file = await findProgram(command.includes('/') ? resolve(folder, command) : command, host);
  if (!file) {
    throw unusable(
      `the program ${command}, which gives the credentials, is not there`,
      settingText(values, 'installHint') ?? 'Install it, or see PATH.',
    );
  }
  const env: Record<string, string> = { KUBERNETES_EXEC_INFO: execInfo(apiVersion, values, cluster) };
  for (const one of mapsOf(values, 'env')) env[settingText(one, 'name') ?? ''] = settingText(one, 'value') ?? '';
  const outcome = await waitFor({ who: command, telling: 'both' }, host, (signal) =>
    runProgram({ file, args: settingTexts(values, 'args'), env, signal }, host),
  ).catch((error: unknown) => {
    if (error instanceof SopsError) throw error.with('store-denied');
    throw unusable(`${command} cannot be started: ${startReason(error)}`, 'See the kubeconfig.', error);
  });
  if (outcome.status !== 0) {
    const said = serviceWords(decodeText(outcome.stderr));
    throw unusable(`${command} failed: ${describeOutcome(outcome)}${said && `: ${said}`}`, 'Are you logged in?');
  }
  return credentialIn(decodeText(outcome.stdout), command);
}

/** What the program is told: nobody is there to be asked, and where it is for, if it wants to know. */
function execInfo(apiVersion: string, values: KubeconfigEntry['values'], { values: cluster }: KubeconfigEntry): string {
  const told = isOn(values, 'provideClusterInfo')
    ? {
        cluster: {
          server: settingText(cluster, 'server'),
          'certificate-authority-data': settingText(cluster, 'certificate-authority-data'),
          'tls-server-name': settingText(cluster, 'tls-server-name'),
        },
      }
    : {};
  return JSON.stringify({ kind: 'ExecCredential', apiVersion, spec: { interactive: false, ...told } });
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
