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

/** The same with what is in them, as it was when it was first asked for; each is read once. */
export interface ReadFiles extends SharedFiles {
  /** The text of one of them; empty if it is not there. Throws `key` when it cannot be read, as all here do. */
  textOf(file: string): Promise<string>;
}

/** The files, for whoever asks for what is in them. */
export function readingOnce(files: SharedFiles, host: Host): ReadFiles {
  const texts = new Map<string, Promise<string>>();
  return {
    ...files,
    textOf(file) {
      const text = texts.get(file) ?? textOfFile(file, host);
      texts.set(file, text);
      return text;
    },
  };
}

/** The names of the sections of a file; none if it is not there. */
export async function sectionsOf(file: string, host: Host): Promise<string[]> {
  return profilesIn(await textOfFile(file, host));
}

/** The names of the sections of a text. */
export function profilesIn(text: string): string[] {
  return sectionsIn(text).map(({ name }) => name);
}

/** What all sections of a text have for a setting. */
export function settingsIn(text: string, setting: string): string[] {
  return sectionsIn(text).flatMap(({ settings }) => settings.get(setting) ?? []);
}

/**
 * The settings of a profile, those of the configuration file first; none when there is no such profile. One that is indented has the name of
 * the setting above it before its own, as in `s3.endpoint_url`.
 */
export async function profileSettings(profile: string, files: ReadFiles): Promise<ReadonlyMap<string, string>> {
  const texts = [await files.textOf(files.configFilepath), await files.textOf(files.filepath)];
  return merged(texts.flatMap(sectionsIn).filter(({ name }) => name.replace(/^profile\s+/, '') === profile));
}

/** The settings of the section for services that a profile names; none where it is not there, as for the SDKs. */
export async function servicesSettings(name: string, files: ReadFiles): Promise<ReadonlyMap<string, string>> {
  const sections = sectionsIn(await files.textOf(files.configFilepath));
  return merged(sections.filter((section) => section.name.replace(/^services\s+/, 'services ') === `services ${name}`));
}

/** What sections of one name have, the first of them first. */
function merged(sections: readonly Section[]): ReadonlyMap<string, string> {
  return new Map([...sections].reverse().flatMap(({ settings }) => [...settings]));
}

/** What keeps a profile from giving credentials, as far as its settings tell; undefined when nothing does. */
export async function flawOf(profile: string, files: ReadFiles): Promise<string | undefined> {
  try {
    return await flawIn(profile, files);
  } catch (error) {
    if (error instanceof SopsError) return error.message;
    throw error;
  }
}

async function flawIn(profile: string, files: ReadFiles): Promise<string | undefined> {
  const settings = await profileSettings(profile, files);
  const has = (name: string): boolean => (settings.get(name) ?? '') !== '';
  const source = settings.get('source_profile');
  if (has('aws_access_key_id') !== has('aws_secret_access_key')) {
    return `it has no ${has('aws_access_key_id') ? 'aws_secret_access_key' : 'aws_access_key_id'}`;
  }
  if (source !== undefined && source !== profile && (await profileSettings(source, files)).size === 0) {
    return `its source_profile ${source} is not there`;
  }
  if (has('role_arn') && !['source_profile', 'credential_source', 'web_identity_token_file'].some(has)) {
    return 'it has a role_arn, but neither source_profile nor credential_source to get it with';
  }
  const place = settings.get('credential_source');
  if (place !== undefined && !SOURCES.includes(place))
    return `its credential_source ${place} is none of ${SOURCES.join(', ')}`;
  const session = settings.get('sso_session');
  if (session !== undefined && !profilesIn(await files.textOf(files.configFilepath)).includes(`sso-session ${session}`))
    return `its sso_session ${session} is not there`;
  return undefined;
}

const SOURCES = ['Environment', 'Ec2InstanceMetadata', 'EcsContainer'];

interface Section {
  readonly name: string;
  readonly settings: Map<string, string>;
}

async function textOfFile(file: string, host: Host): Promise<string> {
  try {
    return (await readNamedFile(file, host)).toString('utf8');
  } catch (cause) {
    if (isAbsent(cause)) return '';
    throw new SopsError('key', `cannot read ${file}: ${systemReason(cause)}`, { file, cause });
  }
}

function sectionsIn(text: string): Section[] {
  const sections: Section[] = [];
  let above = '';
  for (const line of text.split(/\r?\n/)) {
    const header = /^[ \t]*\[([^\]]*)\]/.exec(line)?.[1];
    if (header !== undefined) sections.push({ name: header.replaceAll(/["']/g, '').trim(), settings: new Map() });
    const at = line.indexOf('=');
    if (header !== undefined || at <= 0 || /^\s*[#;]/.test(line)) continue;
    const settings = sections.at(-1)?.settings;
    const name = line.slice(0, at).trim();
    // What is indented belongs to the setting above it.
    const isIndented = /^\s/.test(line);
    if (!isIndented) above = name;
    settings?.set(isIndented ? `${above}.${name}` : name, line.slice(at + 1).trim());
  }
  return sections;
}
