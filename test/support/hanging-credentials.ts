/** Credentials for Google that a program gives, which never ends. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { startOf } from '../../src/util/locks/processes.js';
import type { ProgramFolder } from '../unit/keys/programs.js';

/** By package google-auth-library only with this variable, which it reads from the process's own environment. */
export const ALLOWED = ['GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES', '1'] as const;

/** The text of such credentials. */
export function hangingCredentials(programs: ProgramFolder): string {
  const command = programs.addShellScript('hang', `echo $$ > ${join(programs.path, 'pid')}\nexec sleep 60\n`);
  return JSON.stringify({
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: 'https://sts.googleapis.com/v1/token',
    credential_source: { executable: { command, timeout_millis: 120_000 } },
  });
}

/** Waits until the program that was started has ended. */
export async function untilEnded(programs: ProgramFolder): Promise<void> {
  const pid = Number(readFileSync(join(programs.path, 'pid'), 'utf8'));
  await vi.waitUntil(() => startOf(pid) === null, { timeout: 10_000 });
}
