/** What the clients of AWS services are told: credentials and endpoints, from the host's environment. */
import { devNull } from 'node:os';
import { join } from 'node:path';
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host.js';
import { resolve } from '../../util/paths.js';
import { userHome } from '../../util/user-home.js';
import { CredentialsLog } from './credentials-log.js';
import { isForSdkAlone, profileSettings, type SharedFiles, sectionsOf } from './profiles.js';
import { requestHandlerFor } from './request-handler.js';
import { type AwsCredentials, type AwsManners, type AwsSettings, openSession, type SessionRequest } from './session.js';

const DEFAULT_PROFILE = 'default';

/**
 * The settings for a region and the profile that a key names (empty: none). Credentials are found in SOPS's order: those of the
 * named profile; keys in the environment; then what the SDK finds itself (AWS_PROFILE or the default profile with its
 * role, single sign-on or process; web identity; container; instance). The SDK takes the settings of that search from the
 * client's; what only concerns a container or an instance it reads from the process's own environment.
 * Throws `key` for a profile that does not exist.
 */
export async function settingsFor(region: string, keyProfile: string, host: Host): Promise<AwsSettings> {
  const { env } = host;
  // Named even when it is the default one: otherwise the SDK looks into the process's environment for it, and for keys.
  const profile = keyProfile || env.AWS_PROFILE || env.AWS_DEFAULT_PROFILE || DEFAULT_PROFILE;
  const files = sharedFilesOf(host);
  if (profile !== DEFAULT_PROFILE) await checkProfile(profile, files);
  const credentials = keyProfile === '' ? environmentCredentials(host) : undefined;
  const logger = new CredentialsLog(profile, profile !== DEFAULT_PROFILE, files);
  const base = { region, requestHandler: requestHandlerFor(host), logger, ...(host.isEnvGiven && mannersOf(host)) };
  const search = {
    ...files,
    // The SDK would begin at the process's own folder.
    webIdentityTokenFile: env.AWS_WEB_IDENTITY_TOKEN_FILE
      ? resolve(host.cwd, env.AWS_WEB_IDENTITY_TOKEN_FILE)
      : host.isEnvGiven
        ? ''
        : undefined,
    roleArn: env.AWS_ROLE_ARN ?? (host.isEnvGiven ? '' : undefined),
    // The SDK's own takes the endpoint of STS from the process.
    roleAssumer: (source: AwsCredentials, role: SessionRequest) =>
      openSession(role, { ...base, credentials: source }, host),
  };
  return { ...base, profile, ...(credentials ? { credentials } : search) };
}

/** How services are asked, which the SDK would look for in the environment and the files of the process. */
function mannersOf({ env }: Host): AwsManners {
  return {
    maxAttempts: Number(env.AWS_MAX_ATTEMPTS) || 3,
    retryMode: env.AWS_RETRY_MODE || 'standard',
    useFipsEndpoint: env.AWS_USE_FIPS_ENDPOINT === 'true',
    useDualstackEndpoint: env.AWS_USE_DUALSTACK_ENDPOINT === 'true',
    ...(env.AWS_SDK_UA_APP_ID ? { userAgentAppId: env.AWS_SDK_UA_APP_ID } : {}),
    authSchemePreference: [],
    defaultsMode: 'legacy',
  };
}

/**
 * The region that the user configured: `AWS_REGION`, `AWS_DEFAULT_REGION`, or that of the profile in force. Throws `key` when there is
 * none.
 */
export async function configuredRegion(host: Host): Promise<string> {
  const { env } = host;
  const profile = env.AWS_PROFILE || env.AWS_DEFAULT_PROFILE || DEFAULT_PROFILE;
  const region =
    env.AWS_REGION || env.AWS_DEFAULT_REGION || (await profileSettings(profile, sharedFilesOf(host))).get('region');
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

/** Left to the SDK, a name that is not there would mean the credentials of the machine. */
async function checkProfile(name: string, { filepath, configFilepath }: SharedFiles): Promise<void> {
  if (isForSdkAlone(configFilepath) || isForSdkAlone(filepath)) return;
  const inConfig = (await sectionsOf(configFilepath)).map((section) => /^profile\s+(.*)$/.exec(section)?.[1] ?? '');
  if (inConfig.includes(name) || (await sectionsOf(filepath)).includes(name)) return;
  throw new SopsError('key', `could not load AWS config: failed to get shared config profile, ${name}`, {
    hint: `Choose another with AWS_PROFILE, or add it: looked into ${configFilepath} and ${filepath}.`,
  });
}
