/** The audit log: each event goes to every place that the administrator names (docs/audit-log.md). */

import { parseAuditConfig } from '../config/audit-config.js';
import { SopsError } from '../errors.js';
import { systemReason } from '../util/files/files.js';
import { readFile } from '../util/files/fs-promises.js';
import type { AuditLog, Host } from '../util/host/host.js';
import { AuditDatabase } from './audit-database.js';
import type { AuditBackend, AuditUser } from './audit-event.js';

export interface OpenAuditLog extends AuditLog {
  /** Lets go of the places. Never rejects. */
  close(): Promise<void>;
}

/**
 * Reads the configuration and asks every place for a sign of life. Throws `failed` and `config`: when events cannot be noted, nothing must be
 * done that needs one.
 */
export async function openAuditLog(path: string, user: AuditUser, host: Host): Promise<OpenAuditLog> {
  const backends = await backendsOf(path, user, host);
  const close = async (): Promise<void> => void (await Promise.all(backends.map((backend) => backend.close())));
  const failures: string[] = [];
  for (const backend of backends) {
    try {
      await backend.check();
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      failures.push(`${backend.called}: ${error.message}`);
    }
  }
  if (failures.length > 0) {
    await close();
    throw unreachable(path, failures);
  }
  return {
    close,
    async record(action, subject) {
      const event = { time: new Date(), user, action, subject };
      for (const backend of backends) await backend.record(event);
    },
  };
}

async function backendsOf(path: string, user: AuditUser, host: Host): Promise<AuditBackend[]> {
  const { postgres, files, syslog } = await parseAuditConfig(await readConfig(path), path);
  const backends: AuditBackend[] = postgres.map((text, at) => new AuditDatabase(text, `backend ${at + 1}`, user, host));
  if (files.length > 0) {
    const { AuditFile } = await import('./audit-file.js');
    for (const [at, file] of files.entries()) backends.push(new AuditFile(file, `jsonl ${at + 1}`));
  }
  if (syslog.length > 0) {
    const { AuditSyslog } = await import('./audit-syslog.js');
    for (const [at, choice] of syslog.entries()) backends.push(new AuditSyslog(choice, `syslog ${at + 1}`, host));
  }
  return backends;
}

async function readConfig(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SopsError('failed', `the audit configuration cannot be read: ${systemReason(cause)}: ${path}`, {
      hint: 'Events must be noted where it exists; ask your administrator for the right to read it.',
      cause,
    });
  });
}

/** The first line is SOPS's, whatever the place. */
function unreachable(path: string, failures: readonly string[]): SopsError {
  const lines = [`connecting to audit database, defined in ${path}`, ...failures];
  return new SopsError('failed', lines.join('\n'), { hint: 'one or more audit backends reported errors, exiting' });
}
