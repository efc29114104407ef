/** The profiles in the files of the AWS tools, as far as they must be looked at here. */
import { SopsError } from '../../errors.js';
import { isAbsent, systemReason } from '../../util/files/files.js';
import { readNamedFile } from '../../util/files/named-file.js';
import type { Host } from '../../util/host/host.js';

/** The credentials file and the configuration file, by the names that the SDK has for them. */
export interface SharedFiles {
  readonly filepath: string;
  readonly configFilepath: string;
}

/** The names of the sections of a file; none if it is not there. Throws `key` when it cannot be read, as all here do. */
export async function sectionsOf(file: string, host: Host): Promise<string[]> {
  return sectionsIn(await textOfFile(file, host)).map(({ name }) => name);
}

/** What all sections of a text have for a setting. */
export function settingsIn(text: string, setting: string): string[] {
  return sectionsIn(text).flatMap(({ settings }) => settings.get(setting) ?? []);
}

/** The settings of a profile, those of the configuration file first; none when there is no such profile. */
export async function profileSettings(
  profile: string,
  { filepath, configFilepath }: SharedFiles,
  host: Host,
): Promise<ReadonlyMap<string, string>> {
  const texts = [await textOfFile(configFilepath, host), await textOfFile(filepath, host)];
  const sections = texts.flatMap(sectionsIn);
  const own = sections.filter(({ name }) => name.replace(/^profile\s+/, '') === profile);
  return new Map(own.reverse().flatMap(({ settings }) => [...settings]));
}

/** What keeps a profile from giving credentials, as far as its settings tell; undefined when nothing does. */
export async function flawOf(profile: string, files: SharedFiles, host: Host): Promise<string | undefined> {
  try {
    return await flawIn(profile, files, host);
  } catch (error) {
    if (error instanceof SopsError) return error.message;
    throw error;
  }
}

async function flawIn(profile: string, files: SharedFiles, host: Host): Promise<string | undefined> {
  const settings = await profileSettings(profile, files, host);
  const has = (name: string): boolean => (settings.get(name) ?? '') !== '';
  const source = settings.get('source_profile');
  if (has('aws_access_key_id') !== has('aws_secret_access_key')) {
    return `it has no ${has('aws_access_key_id') ? 'aws_secret_access_key' : 'aws_access_key_id'}`;
  }
  if (source !== undefined && source !== profile && (await profileSettings(source, files, host)).size === 0) {
    return `its source_profile ${source} is not there`;
  }
  if (has('role_arn') && !['source_profile', 'credential_source', 'web_identity_token_file'].some(has)) {
    return 'it has a role_arn, but neither source_profile nor credential_source to get it with';
  }
  const place = settings.get('credential_source');
  if (place !== undefined && !SOURCES.includes(place))
    return `its credential_source ${place} is none of ${SOURCES.join(', ')}`;
  const session = settings.get('sso_session');
  if (session !== undefined && !(await sectionsOf(files.configFilepath, host)).includes(`sso-session ${session}`))
    return `its sso_session ${session} is not there`;
  return undefined;
}

const SOURCES = ['Environment', 'Ec2InstanceMetadata', 'EcsContainer'];

interface Section {
  readonly name: string;
  readonly settings: Map<string, string>;
}

/** What is in a file; nothing if it is not there. */
export async function textOfFile(file: string, host: Host): Promise<string> {
  try {
    return (await readNamedFile(file, host)).toString('utf8');
  } catch (cause) {
    if (isAbsent(cause)) return '';
    throw new SopsError('key', `cannot read ${file}: ${systemReason(cause)}`, { file, cause });
  }
}

function sectionsIn(text: string): Section[] {
  const sections: Section[] = [];
  for (const line of text.split(/\r?\n/)) {
    const header = /^[ \t]*\[([^\]]*)\]/.exec(line)?.[1];
    if (header !== undefined) sections.push({ name: header.replaceAll(/["']/g, '').trim(), settings: new Map() });
    const at = line.indexOf('=');
    // What is indented belongs to the setting above it.
    if (header === undefined && at > 0 && !/^[\s#;]/.test(line)) {
      sections.at(-1)?.settings.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
    }
  }
  return sections;
}
