/** Clients of AWS KMS, one for each region, profile and role. */
import { hostname } from 'node:os';
import { openSession } from '../../services/aws/session.js';
import { settingsFor } from '../../services/aws/settings.js';
import { silenceVersionNotice } from '../../services/aws/version-notice.js';
import type { Session } from '../../util/host/host.js';
import { LastingAnswers } from '../../util/waiting/answer-memory.js';
import { sessionNameOf } from './arn.js';

export type Kms = typeof import('../../packages/aws-kms.js');
export type AwsKmsClient = InstanceType<Kms['KMSClient']>;

/** With whose credentials, and where, a key is used. */
export interface Access {
  readonly region: string;
  /** Empty: none. */
  readonly profile: string;
  /** ARN of the role; empty: none. */
  readonly role: string;
}

const CLIENTS = Symbol('clients of AWS KMS');

/** What is used of the package of AWS KMS. */
export function loadKms(): Promise<Kms> {
  return import('../../packages/aws-kms.js');
}

/**
 * The client for some keys of a run. It is kept, with its connections and the session of its role, since a run may use many
 * keys and open many files. Throws `key` for an unknown profile.
 */
export function clientFor(access: Access, host: Session): Promise<AwsKmsClient> {
  const clients = host.once(CLIENTS, () => new LastingAnswers<AwsKmsClient>());
  const name = JSON.stringify([access.region, access.profile, access.role]);
  return clients.get(name, () => makeClient(access, host));
}

async function makeClient({ region, profile, role }: Access, host: Session): Promise<AwsKmsClient> {
  const { KMSClient } = await loadKms();
  await silenceVersionNotice();
  const settings = await settingsFor(region, profile, host);
  const own = { ...settings, ...settings.endpointOf('KMS') };
  if (role === '') return new KMSClient(own);
  const session = { RoleArn: role, RoleSessionName: sessionNameOf(hostname()) };
  // Called when there is no session, and when it is about to end.
  return new KMSClient({ ...own, credentials: () => openSession(session, settings) });
}
