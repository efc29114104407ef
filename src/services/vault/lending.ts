/** What Vault lends, dynamic secrets and tokens: more time for them, and giving them back (docs/stores.md#leases). */
import { SopsError } from '../../errors.js';
import { objectMembers } from '../http/answer.js';
import type { ServiceCall } from '../service-call.js';
import { type VaultServer, writeVault } from './api.js';

/** Asks for more time for a dynamic secret; gives the seconds granted. Throws `lease-expired` when it has ended. */
export async function renewSecret(
  server: VaultServer,
  id: string,
  seconds: number,
  call: ServiceCall,
): Promise<number> {
  const { members } = await ended(() =>
    writeVault(server, 'sys/leases/renew', { lease_id: id, increment: seconds }, call),
  );
  return secondsIn(members.get('lease_duration'));
}

export async function revokeSecret(server: VaultServer, id: string, call: ServiceCall): Promise<void> {
  await writeVault(server, 'sys/leases/revoke', { lease_id: id }, call);
}

/** The same for the token of the server's settings. */
export async function renewToken(server: VaultServer, seconds: number, call: ServiceCall): Promise<number> {
  const body = seconds > 0 ? { increment: `${seconds}s` } : {};
  const { members } = await ended(() => writeVault(server, 'auth/token/renew-self', body, call));
  return secondsIn(objectMembers(members.get('auth'))?.get('lease_duration'));
}

export async function revokeToken(server: VaultServer, call: ServiceCall): Promise<void> {
  await writeVault(server, 'auth/token/revoke-self', {}, call);
}

function secondsIn(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}

/** A server answers 400 or 403 for what has ended or was revoked. */
async function ended<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof SopsError && (error.code === 'failed' || error.code === 'store-denied'))
      throw error.with('lease-expired');
    throw error;
  }
}
