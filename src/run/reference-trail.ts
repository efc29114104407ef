/** The audit trail of references and of what stores lend (docs/audit-log.md#what-is-noted). */
import type { Host } from '../util/host/host.js';

/** Notes each reference before it is read. When it rejects, it must not be read. */
export function referenceTrail(host: Host): (shown: string) => Promise<void> {
  return async (shown) => host.audit?.record('resolve', shown);
}

/** Notes what a store lent, or what was given back, by what it is called. */
export async function noteLease(action: 'lease' | 'revoke-lease', called: string, host: Host): Promise<void> {
  await host.audit?.record(action, withoutLogin(called));
}

/** What something is called, without the user's name and password that its address may have. */
export function withoutLogin(called: string): string {
  return called.replace(/:\/\/[^/\s]*@/g, '://');
}
