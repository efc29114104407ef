/** What the audit log gets of leases (docs/audit-log.md). */
import { expect, test } from 'vitest';
import type { Lease } from '../../../src/references/lease.js';
import { LeaseKeeper } from '../../../src/references/lease-keeper.js';
import type { AuditLog, Host } from '../../../src/util/host/host.js';

const LEASE: Lease = {
  called: 'database/creds/app of https://me:s3cret@vault.example',
  id: 'database/creds/app/xyz',
  duration: 3600,
  isRenewable: true,
  renew: async () => 3600,
  revoke: async () => undefined,
};

function hostWith(record: AuditLog['record'], warnings: string[]): Host {
  return {
    env: {},
    cwd: '/',
    platform: 'linux',
    askSecret: () => Promise.reject(new Error('nobody is asked')),
    audit: { record },
    warn: (message) => void warnings.push(message),
  };
}

test('a lease and its end are noted, without what its address may hold', async () => {
  const noted: string[] = [];
  const warnings: string[] = [];
  const keeper = new LeaseKeeper(
    hostWith(async (action, subject) => void noted.push(`${action} ${subject}`), warnings),
  );
  keeper.add(LEASE);
  await keeper.noted();
  await keeper.close();
  const called = 'database/creds/app of https://vault.example';
  expect(noted).toEqual([`lease ${called}`, `revoke-lease ${called}`]);
  expect(warnings).toEqual([]);
});

test('one that could not be noted is told to whoever would use it, and given back all the same', async () => {
  const warnings: string[] = [];
  let revoked = 0;
  const keeper = new LeaseKeeper(hostWith(() => Promise.reject(new Error('the log is full')), warnings));
  keeper.add({
    ...LEASE,
    revoke: async () => {
      revoked += 1;
    },
  });
  expect(await keeper.noted()).toMatchObject([{ status: 'rejected', reason: { message: 'the log is full' } }]);
  await keeper.close();
  expect(revoked).toBe(1);
  expect(warnings).toEqual([expect.stringContaining('was given back, which could not be noted: the log is full')]);
});

test('one that could not be given back is not noted as such', async () => {
  const noted: string[] = [];
  const keeper = new LeaseKeeper(hostWith(async (action) => void noted.push(action), []));
  keeper.add({ ...LEASE, revoke: () => Promise.reject(new Error('down')) });
  await keeper.close();
  expect(noted).toEqual(['lease']);
});
