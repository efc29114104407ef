/**
 * The audit trail of one file: who opened and sealed it (docs/audit-log.md). Opening and sealing take a trail and
 * leave their events there themselves, so that no operation can forget to.
 */

import { resolve } from '../util/files/paths.js';
import type { AuditAction, Host } from '../util/host/host.js';
import type { Input } from './input.js';

/** Notes that something is about to be done with the file. When it rejects, it must not be done. */
export type AuditTrail = (action: AuditAction) => Promise<void>;

/** The trail of an input by its absolute path, whatever name it goes by; standard input counts as the working directory, as in SOPS. */
export function trailOf(input: Input, host: Host): AuditTrail {
  const path = resolve(host.cwd, input.kind === 'file' ? input.path : '.');
  return async (action) => {
    if (action === 'decrypt') host.log?.({ component: 'SOPS', level: 'debug', message: 'Decrypting tree' });
    if (!host.audit) return;
    const message = `Saving ${action} event to database`;
    host.log?.({ component: 'AUDIT', level: 'debug', message, fields: { file: path } });
    await host.audit.record(action, path);
  };
}

/** For what SOPS leaves no event of: nobody gets to see a value, or it was noted already. */
export const UNNOTED: AuditTrail = async () => undefined;
