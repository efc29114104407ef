/** Clients of AWS KMS, one for each region, profile and role. */
import { hostname } from 'node:os';
import { endpointOf } from '../../services/aws/request-handler.js';
import { openSession } from '../../services/aws/session.js';
import { settingsFor } from '../../services/aws/settings.js';
import { silenceVersionNotice } from '../../services/aws/version-notice.js';
import { importSdk } from '../../services/import-sdk.js';
import type { Host } from '../../util/host.js';
import { sessionNameOf } from './arn.js';

export type Kms = typeof import('@aws-sdk/client-kms');
export type KmsClient = InstanceType<Kms['KMSClient']>;

/** With whose credentials, and where, a key is used. */
export interface Access {
  readonly region: string;
  /** Empty: none. */
  readonly profile: string;
  /** ARN of the role; empty: none. */
  readonly role: string;
}

const clients = new WeakMap<Host, Map<string, Promise<KmsClient>>>();

/** The package of AWS KMS. Throws `key` when it is not installed. */
export function loadKms(): Promise<Kms> {
  return importSdk<Kms>('@aws-sdk/client-kms');
}

/**
 * The client for some keys of a run. It is kept, with its connections and the session of its role, since a run may use many
 * keys and open many files. Throws `key` for an unknown profile.
 */
export function clientFor(access: Access, host: Host): Promise<KmsClient> {
  const ofHost = clients.get(host) ?? new Map<string, Promise<KmsClient>>();
  clients.set(host, ofHost);
  const name = JSON.stringify([access.region, access.profile, access.role]);
  const client = ofHost.get(name) ?? makeClient(access, host);
  ofHost.set(name, client);
  client.catch(() => ofHost.delete(name));
  return client;
}

async function makeClient({ region, profile, role }: Access, host: Host): Promise<KmsClient> {
  const { KMSClient } = await loadKms();
  await silenceVersionNotice();
  const settings = await settingsFor(region, profile, host);
  const own = { ...settings, ...endpointOf('KMS', host) };
  if (role === '') return new KMSClient(own);
  const session = { RoleArn: role, RoleSessionName: sessionNameOf(hostname()) };
  // Called when there is no session, and when it is about to end.
  return new KMSClient({ ...own, credentials: () => openSession(session, settings, host) });
}
