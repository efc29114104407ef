/** What the clients of AWS services are told: credentials and endpoints, from the host's environment. */
import { devNull } from 'node:os';
import { join } from 'node:path';
import { SopsError } from '../../errors.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { userHome } from '../../util/host/user-home.js';
import { CredentialsLog } from './credentials-log.js';
import { endpointsFor } from './endpoints.js';
import { profileSettings, profilesIn, type ReadFiles, readingOnce, type SharedFiles } from './profiles.js';
import { requestHandlerFor } from './request-handler.js';
import { containerTokenOf, standInForFiles, tokenOf } from './sdk-files.js';
import {
  type AwsCredentials,
  type AwsManners,
  type AwsSettings,
  openSession,
  openWebSession,
  type SessionRequest,
  type WebSessionRequest,
} from './session.js';

const DEFAULT_PROFILE = 'default';

/**
 * The settings for a region (empty: the one that the user configured) and the profile that a key names (empty: none).
 * Credentials are found in SOPS's order: those of the named profile; keys in the environment; then what the SDK finds itself (AWS_PROFILE or the default profile with its
 * role, single sign-on or process; web identity; container; instance). The SDK takes the settings of that search from the
 * client's; what only concerns a container or an instance it reads from the process's own environment.
 * Throws `key` for a profile that does not exist.
 */
export async function settingsFor(region: string, keyProfile: string, host: Host): Promise<AwsSettings> {
  const { env } = host;
  // Named even when it is the default one: otherwise the SDK looks into the process's environment for it, and for keys.
  const profile = keyProfile || env.AWS_PROFILE || env.AWS_DEFAULT_PROFILE || DEFAULT_PROFILE;
  const paths = sharedFilesOf(host);
  const files = readingOnce(paths, host);
  const known = region || (await regionFor(profile, files, host));
  await checkProfile(profile, files);
  const credentials = keyProfile === '' ? environmentCredentials(host) : undefined;
  const logger = new CredentialsLog(profile, profile !== DEFAULT_PROFILE, files);
  // What cannot be read says nothing, as for the SDK: credentials may come from elsewhere.
  const settings = await profileSettings(profile, files).catch(() => new Map<string, string>());
  const endpointOf = await endpointsFor({ profile, settings, files }, host);
  const asked = {
    region: known,
    requestHandler: requestHandlerFor(host),
    endpointOf,
    ignoreConfiguredEndpointUrls: true,
  } as const;
  const base = { ...asked, logger, ...(host.isEnvGiven ? mannersOf(host, settings) : {}) };
  const search = { ...paths, ...workloadOf(host), ...assumersFor(base, host) };
  await standInForFiles(files, search.webIdentityTokenFile, host);
  if (credentials) return { ...base, profile, credentials };
  return { ...base, profile, ...search, ...(await containerTokenOf(host)) };
}

/** The role that a workload has by a token of its platform, which the SDK would look for in the environment of the process. */
function workloadOf({ env, cwd, isEnvGiven }: Host): {
  readonly webIdentityTokenFile: string | undefined;
  readonly roleArn: string | undefined;
  readonly roleSessionName: string | undefined;
} {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role, AWS_ROLE_SESSION_NAME: session } = env;
  return {
    // The SDK would begin at the process's own folder.
    webIdentityTokenFile: file ? resolve(cwd, file) : isEnvGiven ? '' : undefined,
    roleArn: role ?? (isEnvGiven ? '' : undefined),
    roleSessionName: session || (isEnvGiven ? `sops-ts-${Date.now()}` : undefined),
  };
}

/** How roles are assumed: the SDK's own ways take the endpoint of STS from the process. */
function assumersFor(base: AwsSettings, host: Host) {
  return {
    roleAssumer: (source: AwsCredentials, role: SessionRequest) => openSession(role, { ...base, credentials: source }),
    roleAssumerWithWebIdentity: async (role: WebSessionRequest) =>
      openWebSession({ ...role, WebIdentityToken: await tokenOf(role.WebIdentityToken, host) }, base),
  };
}

/** How services are asked, which the SDK would look for in the environment and the files of the process. */
function mannersOf({ env }: Host, settings: ReadonlyMap<string, string>): AwsManners {
  const chosen = (name: string): string | undefined => env[`AWS_${name.toUpperCase()}`] || settings.get(name);
  return {
    maxAttempts: Number(chosen('max_attempts')) || 3,
    retryMode: chosen('retry_mode') || 'standard',
    useFipsEndpoint: chosen('use_fips_endpoint') === 'true',
    useDualstackEndpoint: chosen('use_dualstack_endpoint') === 'true',
    userAgentAppId: env.AWS_SDK_UA_APP_ID ?? '',
    authSchemePreference: [],
    defaultsMode: 'legacy',
    disableClockSkewCorrection: env.AWS_DISABLE_CLOCK_SKEW_CORRECTION === 'true',
  };
}

/** The region that the user configured: `AWS_REGION`, `AWS_DEFAULT_REGION`, or that of the profile. Throws `key` when there is none. */
async function regionFor(profile: string, files: ReadFiles, { env }: Host): Promise<string> {
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || (await profileSettings(profile, files)).get('region');
  if (region) return region;
  throw new SopsError('key', 'there is no AWS region', { hint: 'Set AWS_REGION, or a region in ~/.aws/config.' });
}

export function environmentCredentials({ env }: Host): AwsCredentials | undefined {
  // The Go SDK, which SOPS uses, knows these second names.
  const accessKeyId = env.AWS_ACCESS_KEY_ID || env.AWS_ACCESS_KEY;
  const secretAccessKey = env.AWS_SECRET_ACCESS_KEY || env.AWS_SECRET_KEY;
  if (!accessKeyId || !secretAccessKey) return undefined;
  const sessionToken = env.AWS_SESSION_TOKEN;
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

export function sharedFilesOf(host: Host): SharedFiles {
  const { env, cwd } = host;
  const home = userHome(host);
  // Without a name, the SDK looks for the files of the process's user.
  const usual = (name: string): string => (home === undefined ? devNull : join(home, '.aws', name));
  return {
    filepath: resolve(cwd, env.AWS_SHARED_CREDENTIALS_FILE || usual('credentials')),
    configFilepath: resolve(cwd, env.AWS_CONFIG_FILE || usual('config')),
  };
}

/** Throws `key` for a profile that is not there: left to the SDK, its name would mean the credentials of the machine. */
export async function checkProfile(name: string, files: ReadFiles): Promise<void> {
  if (name === DEFAULT_PROFILE) return;
  const { filepath, configFilepath } = files;
  const inConfig = profilesIn(await files.textOf(configFilepath)).map(
    (section) => /^profile\s+(.*)$/.exec(section)?.[1] ?? '',
  );
  if (inConfig.includes(name) || profilesIn(await files.textOf(filepath)).includes(name)) return;
  throw new SopsError('key', `could not load AWS config: failed to get shared config profile, ${name}`, {
    hint: `Choose another with AWS_PROFILE, or add it: looked into ${configFilepath} and ${filepath}.`,
  });
}
