/** What there is for opening PGP messages: the gpg program with its secret keys, its agent, and old keyrings. */

import { findProgram } from '../../exec/find-program.js';
import { runProgram } from '../../exec/run-program.js';
import { statOrThrow } from '../../util/files/files.js';
import type { Host } from '../../util/host/host.js';
import { absent, also, faulty, found, type KeyFinding } from '../finding.js';
import { GpgAgent } from '../gpg-agent.js';
import { gpgName, INSTALL_HINT } from './gpg.js';
import { gnupgHome, readOldKeyring } from './old-keyring.js';

export async function examinePgp(host: Host): Promise<KeyFinding[]> {
  return [...(await examineGpg(host)), await examineOldRing(host), await examineAgent(host)];
}

async function examineGpg(host: Host): Promise<KeyFinding[]> {
  const name = gpgName(host);
  const file = await findProgram(name, host);
  if (file === null) {
    const isChosen = Boolean(host.env.SOPS_GPG_EXEC);
    const what = isChosen ? `SOPS_GPG_EXEC (${name})` : 'gpg';
    return [{ state: isChosen ? 'faulty' : 'absent', what, detail: 'no such program', advice: INSTALL_HINT }];
  }
  const program = also(`gpg (${file})`, { detail: 'installed' });
  const home = gnupgHome(host);
  // gpg would make the folder, and start its agent.
  const what = `secret keys in ${home}`;
  try {
    if (!statOrThrow(home)) return [program, absent(what, { detail: 'there is no such folder' })];
  } catch (error) {
    return [program, faulty(what, error)];
  }
  return [program, ...(await secretKeys(file, home, host))];
}

/** Listing asks nobody; a gpg that takes longer waits for a lock. */
const LISTING_MILLISECONDS = 10_000;

/** Lists the primary keys whose secret part gpg has; the format is that of GnuPG's doc/DETAILS. */
async function secretKeys(file: string, home: string, host: Host): Promise<KeyFinding[]> {
  const args = ['--batch', '--list-secret-keys', '--with-colons', '--fingerprint'];
  const signal = AbortSignal.timeout(LISTING_MILLISECONDS);
  const outcome = await runProgram({ file, args, signal }, host).catch(() => undefined);
  const what = `secret keys in ${home}`;
  if (outcome?.status !== 0) {
    const said = outcome?.stderr.toString('utf8').trim().split('\n')[0];
    return [{ state: 'faulty', what, detail: said || 'gpg cannot list them' }];
  }
  const lines = outcome.stdout.toString('utf8').split('\n');
  const fingerprints = lines.flatMap((line, at) => {
    if (!line.startsWith('sec')) return [];
    const next = lines.slice(at).find((other) => other.startsWith('fpr:'));
    return next?.split(':')[9] ?? [];
  });
  if (fingerprints.length === 0) return [absent(what, { detail: 'none' })];
  return fingerprints.map((fingerprint) => found(what, { detail: fingerprint }));
}

async function examineOldRing(host: Host): Promise<KeyFinding> {
  const what = 'old keyring secring.gpg';
  try {
    const ring = await readOldKeyring(['secring.gpg'], host);
    return ring ? found(ring.path, { detail: `${ring.keys.length} key(s), usable without gpg` }) : absent(what);
  } catch (error) {
    return faulty(what, error);
  }
}

async function examineAgent(host: Host): Promise<KeyFinding> {
  const agent = await GpgAgent.connect(host);
  agent?.close();
  const what = 'gpg-agent, for passphrases of age identities';
  return agent ? also(what, { detail: 'answers' }) : absent(what, { detail: 'not running' });
}
