/** What there is for using Azure Key Vault: an application in the environment, and the az program. Nothing is contacted. */

import { join } from 'node:path';
import { findProgram } from '../../exec/find-program.js';
import { statOrThrow } from '../../util/files/files.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { userHome } from '../../util/host/user-home.js';
import {
  absent,
  also,
  faulty,
  fileFinding,
  found,
  type KeyFinding,
  packageFinding,
  variablesFinding,
} from '../finding.js';

const APPLICATION = ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID'];

export async function examineAzureKv(host: Host): Promise<KeyFinding[]> {
  const findings = [await application(host), ...(await azProgram(host))];
  return [...findings, await packageFinding('@azure/identity')];
}

/** A service principal proves itself with a secret, a certificate or the token of its workload. */
async function application(host: Host): Promise<KeyFinding> {
  if (host.env.AZURE_CLIENT_SECRET) return variablesFinding([...APPLICATION, 'AZURE_CLIENT_SECRET'], host);
  for (const proof of ['AZURE_CLIENT_CERTIFICATE_PATH', 'AZURE_FEDERATED_TOKEN_FILE']) {
    const file = await fileFinding(proof, host);
    if (file.state === 'faulty') return file;
    if (file.state === 'found') return variablesFinding([...APPLICATION, proof], host);
  }
  return variablesFinding([...APPLICATION, 'AZURE_CLIENT_SECRET'], host);
}

async function azProgram(host: Host): Promise<KeyFinding[]> {
  const file = await findProgram('az', host);
  if (!file) return [absent('az', { detail: 'not installed' })];
  const profile = azProfile(host);
  return [also(`az (${file})`, { detail: 'installed' }), ...(profile === undefined ? [] : [azLogin(profile)])];
}

/** Where az keeps who is logged in; undefined where nothing says which folder that is. */
export function azProfile(host: Host): string | undefined {
  const home = userHome(host);
  const folder = host.env.AZURE_CONFIG_DIR || (home && join(home, '.azure'));
  return folder && join(resolve(host.cwd, folder), 'azureProfile.json');
}

function azLogin(profile: string): KeyFinding {
  try {
    if (statOrThrow(profile)) return found('az login', { detail: profile });
    return absent('az login', { advice: 'Log in with az login to use Azure keys.' });
  } catch (error) {
    return faulty('az login', error);
  }
}
