/** The version of this program, and of the SOPS release it stands in for. */
import manifest from '../../package.json' with { type: 'json' };
import { SopsError } from '../errors.js';
import type { Host } from '../util/host/host.js';

/** The SOPS release whose behaviour and file format this version follows. */
const SOPS_RELEASE = '3.13.2';
const TIMEOUT_MS = 10_000;

/**
 * What `--version` prints, whatever the program is called by: scripts, Ansible and editors read `sops X.Y.Z` from the beginning of the
 * first line, or the first number there is, and choose by it how they call the program.
 */
export function versionText(): string {
  return `sops ${SOPS_RELEASE} (sops-ts ${manifest.version})\n`;
}

export function packageVersion(): string {
  return manifest.version;
}

/** The line for `--check-for-updates`: the one request that asks the network for versions, of npm's registry. Never rejects. */
export async function updateText(host: Host): Promise<string> {
  try {
    const latest = await latestVersion(host);
    return isNewer(latest, manifest.version)
      ? `[info] a new version of sops-ts (${latest}) is available\n`
      : `sops-ts ${manifest.version} is the latest version\n`;
  } catch (error) {
    const reason = error instanceof SopsError ? error.message : 'the answer cannot be read';
    return `[warning] failed to retrieve latest version from upstream: ${reason}\n`;
  }
}

async function latestVersion(host: Host): Promise<string> {
  const { sendRequest } = await import('../services/http/request.js');
  const base = host.env.npm_config_registry || host.env.NPM_CONFIG_REGISTRY || (await registryOfNpm(host));
  if (!URL.canParse(base)) throw new SopsError('failed', "npm's registry is not a URL");
  const url = new URL(`${manifest.name}/latest`, base.endsWith('/') ? base : `${base}/`);
  const headers = { Accept: 'application/json' };
  const { status, body } = await sendRequest({ method: 'GET', url, headers, timeout: TIMEOUT_MS }, host);
  if (status !== 200) throw new SopsError('failed', `${url.host} answered ${status}`);
  const { answerMembers, textMember } = await import('../services/http/answer.js');
  const version = textMember(answerMembers(body), 'version');
  if (!version || !VERSION.test(version)) throw new SopsError('failed', `${url.host} names no version`);
  return version;
}

/** The registry that npm is set up with: whoever uses a mirror is to be asked there. */
async function registryOfNpm(host: Host): Promise<string> {
  const { findProgram } = await import('../exec/find-program.js');
  const { runProgram } = await import('../exec/run-program.js');
  const file = await findProgram('npm', host);
  if (file === null) throw new SopsError('failed', 'npm is not on PATH to tell its registry');
  const { stdout } = await runProgram({ file, args: ['config', 'get', 'registry'] }, host).catch((cause: unknown) => {
    throw new SopsError('failed', 'npm could not be started', { cause });
  });
  return stdout.toString('utf8').trim();
}

const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-[\w.-]+)?$/;

function isNewer(version: string, than: string): boolean {
  const [one, other] = [version, than].map((text) => (VERSION.exec(text) ?? []).slice(1, 4).map(Number));
  const at = [0, 1, 2].find((place) => one?.[place] !== other?.[place]);
  return at !== undefined && (one?.[at] ?? 0) > (other?.[at] ?? 0);
}
