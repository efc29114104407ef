/** What there is for using AWS KMS: keys in the environment, profiles, roles of the machine. Nothing is contacted. */

import { readingOnce, sectionsOf } from '../../services/aws/profiles.js';
import { checkProfile, environmentCredentials, sharedFilesOf } from '../../services/aws/settings.js';
import { statOf } from '../../util/files/files.js';
import { readFile } from '../../util/files/fs-promises.js';
import type { Host } from '../../util/host/host.js';
import {
  absent,
  also,
  faulty,
  fileFinding,
  found,
  type KeyFinding,
  packageFinding,
  variablesFinding,
} from '../finding.js';

export async function examineAwsKms(host: Host): Promise<KeyFinding[]> {
  const { env } = host;
  const findings = [
    environmentCredentials(host)
      ? found('AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY', {
          detail: env.AWS_SESSION_TOKEN ? 'set, for a session' : 'set',
        })
      : variablesFinding(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'], host),
    await chosenProfile(host),
    ...(await sharedFiles(host)),
    await webIdentity(host),
    container(host),
  ];
  return [...findings, await packageFinding('@aws-sdk/client-kms')];
}

async function chosenProfile(host: Host): Promise<KeyFinding> {
  const profile = host.env.AWS_PROFILE || host.env.AWS_DEFAULT_PROFILE;
  if (!profile) return absent('AWS_PROFILE');
  const files = sharedFilesOf(host);
  try {
    if (!isPipe(files.filepath) && !isPipe(files.configFilepath)) await checkProfile(profile, readingOnce(files, host));
    return found('AWS_PROFILE', { detail: profile });
  } catch (error) {
    return faulty(`AWS_PROFILE (${profile})`, error);
  }
}

/** Settings that give credentials, or say where they come from; a file without any may still name a region. */
const CREDENTIALS =
  /^[ \t]*(?:aws_access_key_id|role_arn|credential_process|credential_source|sso_\w+|web_identity_token_file)[ \t]*=/m;

/** The files of profiles; their names are no secret, what is in them is. */
async function sharedFiles(host: Host): Promise<KeyFinding[]> {
  const { filepath, configFilepath } = sharedFilesOf(host);
  const findings: KeyFinding[] = [];
  for (const path of [filepath, configFilepath])
    findings.push(await sharedFile(path, host).catch((error: unknown) => faulty(path, error)));
  return findings;
}

async function sharedFile(path: string, host: Host): Promise<KeyFinding> {
  if (isPipe(path)) return also(path, { detail: 'a pipe, which is read when a key is used' });
  const names = (await sectionsOf(path, host)).map((section) => section.replace(/^profile\s+/, ''));
  if (names.length === 0) return absent(path);
  const detail = { detail: `profiles: ${names.join(', ')}` };
  return CREDENTIALS.test(await readFile(path, 'utf8')) ? found(path, detail) : also(path, detail);
}

/** What a pipe (`<(…)` of a shell) holds comes once. */
function isPipe(file: string): boolean {
  return statOf(file)?.isFIFO() === true;
}

async function webIdentity(host: Host): Promise<KeyFinding> {
  const token = await fileFinding('AWS_WEB_IDENTITY_TOKEN_FILE', host);
  if (token.state !== 'found' || host.env.AWS_ROLE_ARN) return token;
  return {
    ...token,
    state: 'faulty',
    detail: 'AWS_ROLE_ARN is not set',
    advice: 'Set the role to assume with the token.',
  };
}

function container({ env }: Host): KeyFinding {
  const names = ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const set = names.find((name) => env[name]);
  return set ? found(set, { detail: 'set; asked when a key is used' }) : absent('credentials of a container');
}
