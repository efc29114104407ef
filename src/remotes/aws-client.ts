/** Clients of AWS for the places there: whose credentials, which region, which endpoint (docs/publish.md#s3-and-google-cloud-storage). */
import { SopsError } from '../errors.js';
import { endingPrograms } from '../exec/started-programs.js';
import { noCredentials } from '../services/aws/credentials-log.js';
import { hasRunOut } from '../services/aws/failure.js';
import type { AwsSettings } from '../services/aws/session.js';
import { settingsFor } from '../services/aws/settings.js';
import { silenceVersionNotice } from '../services/aws/version-notice.js';
import { LastingAccess } from '../services/lasting-access.js';
import type { Session } from '../util/host/host.js';
import { isError } from '../util/realms.js';
import { inTime, keyTimeout, whileWaitingFor } from '../util/waiting/timeout.js';
import type { RemoteSettings } from './remote.js';

/** What is used of every client of the SDK. */
export interface PublishingClient {
  readonly config: { credentials(): Promise<unknown> };
}

export type PublishingSettings = AwsSettings & { readonly endpoint?: string };

export interface AwsPlace<Client extends PublishingClient> {
  /** Its name in `AWS_ENDPOINT_URL_…`. */
  readonly endpoint: string;
  /** Empty for that of the user's settings. */
  readonly region?: string;
  /** Empty for that of the user's settings. */
  readonly profile?: string;
  make(settings: PublishingSettings): Promise<Client>;
}

/** A client whose credentials have been found. Throws `key`. */
export async function makePublishingClient<Client extends PublishingClient>(
  { endpoint, region, profile = '', make }: AwsPlace<Client>,
  host: Session,
): Promise<Client> {
  await silenceVersionNotice();
  const settings = await settingsFor(region ?? '', profile, host);
  const client = await make({ ...settings, ...settings.endpointOf(endpoint) });
  // They may come from a program that waits for somebody.
  const find = (signal: AbortSignal): Promise<unknown> =>
    whileWaitingFor('the AWS credentials', { host, signal }, () =>
      endingPrograms(signal, () => client.config.credentials()),
    );
  await inTime(keyTimeout(host), undefined, find).catch(async (error: unknown) => {
    throw await noCredentials('no credentials for AWS', error, settings.logger);
  });
  return client;
}

const CLIENTS = new Map<string, symbol>();
/** All clients of a run. */
const KEPT = Symbol('clients of AWS for publishing');

/** The client of a run for the region and profile of a rule, as long as its credentials are taken. */
export function clientsBySettings<Client extends PublishingClient>(
  endpoint: string,
  settings: RemoteSettings,
  host: Session,
  make: (place: Required<Pick<AwsPlace<Client>, 'endpoint' | 'region' | 'profile'>>) => Promise<Client>,
): Promise<Client> {
  const [region = '', profile = ''] = [settings.get('aws_region'), settings.get('aws_profile')];
  // It becomes part of the host that signed requests go to.
  if (!/^[a-z0-9-]*$/.test(region)) throw new SopsError('config', `${JSON.stringify(region)} is not a region of AWS`);
  const name = `${endpoint} ${region} ${profile}`;
  const key = CLIENTS.get(name) ?? Symbol(name);
  CLIENTS.set(name, key);
  return kept<Client>(key, host).get(() => make({ endpoint, region, profile }));
}

/** The client of a run under a key. */
function kept<Client>(key: symbol, host: Session): LastingAccess<Client> {
  return host.once(key, () => {
    const access = new LastingAccess<Client>();
    host.once(KEPT, () => new Set<LastingAccess<never>>()).add(access as LastingAccess<never>);
    return access;
  });
}

/** Does something; once more, with credentials that are looked for anew, where those of a session have run out meanwhile. */
export async function withFreshCredentials<T>(host: Session, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!hasRunOut(error)) throw error;
    for (const access of host.once(KEPT, () => new Set<LastingAccess<never>>())) access.drop();
    return action();
  }
}

/** Whether AWS refused by an exception of this name. */
export function isAwsException(error: unknown, ...names: readonly string[]): error is Error {
  return isError(error) && names.includes(error.name);
}
