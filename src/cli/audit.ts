/** Whether events are to be noted on this machine; the administrator says so in a file that no flag or variable can move. */

import { systemCode } from '../util/files/files.js';
import { statSync } from '../util/files/fs.js';
import type { AuditLog } from '../util/host/host.js';
import { createHost } from './host.js';
import type { Streams } from './terminal/streams.js';

/**
 * Runs something with the audit log of the machine, or without one where there is none: then this costs one look at the file
 * system. Rejects when there should be one but it cannot be reached.
 */
export async function withAudit<T>(streams: Streams, action: (audit: AuditLog | undefined) => Promise<T>): Promise<T> {
  const path = streams.auditConfig;
  if (path === undefined || !mayBeThere(path)) return action(undefined);
  const { openAuditLog } = await import('../run/audit-log.js');
  const user = { name: await loginName(), id: process.geteuid?.(), process: process.pid };
  const log = await openAuditLog(path, user, createHost(streams));
  try {
    return await action(log);
  } finally {
    await log.close();
  }
}

/** A file that cannot be looked at counts as one that is there. */
function mayBeThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    return systemCode(error) !== 'ENOTDIR';
  }
}

/** The name of the process's user; the number of one who has no name. */
async function loginName(): Promise<string> {
  const { userName } = await import('../util/host/user-name.js');
  return userName() ?? String(process.geteuid?.() ?? 'unknown');
}
