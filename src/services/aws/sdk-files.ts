/**
 * What the AWS SDK would read for itself is read here. It remembers files for the life of the process, which may be older than its
 * credentials, and a pipe that nobody writes to keeps a thread of the program for good; one in place of a token the whole program.
 */

import { SopsError } from '../../errors.js';
import { statOf, systemReason } from '../../util/files/files.js';
import { readNamedFile } from '../../util/files/named-file.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { append } from '../../util/lists.js';
import { shownPath } from '../../util/text/content-as-path.js';
import { type ReadFiles, settingsIn } from './profiles.js';

/** Gives the SDK what is in the files now; in place of a token the name of its file, which `tokenOf` reads once there is a need. */
export async function standInForFiles(files: ReadFiles, tokenFile: string | undefined, host: Host): Promise<void> {
  const { externalDataInterceptor: standIns } = await import('../../packages/aws-core.js');
  const tokens = tokenFile ? [tokenFile] : [];
  for (const file of [files.configFilepath, files.filepath]) {
    const text = await textIfAny(file, files, host);
    standIns.interceptFile(file, text);
    append(tokens, settingsIn(text, TOKEN_FILE));
  }
  for (const name of tokens) standIns.getTokenRecord()[name] = name;
}

/** Of profiles. */
const TOKEN_FILE = 'web_identity_token_file';

/** What cannot be read has no profiles, as for the SDK: credentials may come from elsewhere. */
async function textIfAny(file: string, files: ReadFiles, host: Host): Promise<string> {
  try {
    return await files.textOf(file);
  } catch (error) {
    if (host.signal?.aborted) throw error;
    return '';
  }
}

/** What the SDK is told of the token of a container where a pipe has it: it would keep a thread of the program at one that nobody writes to. */
export async function containerTokenOf(host: Host): Promise<object> {
  const name = host.env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  const file = name ? resolve(host.cwd, name) : '';
  if (file === '' || !statOf(file)?.isFIFO()) return {};
  const token = await readNamedFile(file, host);
  return { awsContainerAuthorizationToken: token.toString('latin1'), awsContainerAuthorizationTokenFile: '' };
}

/** The token of a workload, by what the SDK took for it. Throws `key`. */
export async function tokenOf(taken: string, host: Host): Promise<string> {
  const { externalDataInterceptor: standIns } = await import('../../packages/aws-core.js');
  if (standIns.getTokenRecord()[taken] !== taken) return taken;
  try {
    return (await readNamedFile(resolve(host.cwd, taken), host)).toString('latin1');
  } catch (cause) {
    throw new SopsError('key', `cannot read the token file ${shownPath(taken)}: ${systemReason(cause)}`, {
      hint: 'The platform of the workload puts it there: mend AWS_WEB_IDENTITY_TOKEN_FILE, or the web_identity_token_file of the profile.',
      cause,
    });
  }
}
