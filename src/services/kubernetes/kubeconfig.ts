/** Kubeconfig files, merged as kubectl merges them: which cluster is meant, and who asks (docs/stores.md#kubernetes). */

import { delimiter, dirname, join } from 'node:path';
import { SopsError } from '../../errors.js';
import { isAbsent, systemReason } from '../../util/files/files.js';
import { readNamedFile } from '../../util/files/named-file.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { userHome } from '../../util/host/user-home.js';
import { shownPath } from '../../util/text/content-as-path.js';
import { objectMembers, textMember } from '../http/answer.js';

/** An object of a file, with the folder where relative paths in it begin. */
export interface Section {
  readonly members: ReadonlyMap<string, unknown>;
  readonly folder: string;
}

export interface ChosenContext {
  readonly cluster: Section;
  /** Absent for a context without a user. */
  readonly user: Section | undefined;
  /** That of the context; `default` where it says none. */
  readonly namespace: string;
}

/** The files that the user's own surroundings name; the usual one is there only if it exists. */
export function kubeconfigPaths(host: Host): string[] {
  const { env, cwd } = host;
  const named = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  if (named.length > 0) return named.map((path) => resolve(cwd, path));
  const home = userHome(host);
  return home === undefined ? [] : [join(home, '.kube', 'config')];
}

/**
 * The context that is named, the current one where the name is empty; undefined when there is none of the files. Throws `key` for a file
 * that cannot be read, and for what is named and not there.
 */
export async function chooseContext(
  paths: readonly string[],
  wanted: string,
  host: Host,
): Promise<ChosenContext | undefined> {
  const read = await Promise.all(paths.map((path) => readKubeconfig(path, host)));
  const files = read.filter((file) => file !== undefined);
  if (files.length === 0) return undefined;
  const name = wanted || currentOf(files);
  if (name === undefined) throw unusable('no current-context is set', 'Choose one: kubectl config use-context NAME');
  const { members } = sectionNamed(files, ['contexts', 'context'], name);
  const user = textMember(members, 'user');
  return {
    cluster: sectionNamed(files, ['clusters', 'cluster'], textMember(members, 'cluster') ?? ''),
    user: user === undefined ? undefined : sectionNamed(files, ['users', 'user'], user),
    namespace: textMember(members, 'namespace') ?? 'default',
  };
}

function currentOf(files: readonly Section[]): string | undefined {
  return files.map(({ members }) => textMember(members, 'current-context')).find((found) => found !== undefined);
}

/** The first file that has one of the name wins. */
function sectionNamed(
  files: readonly Section[],
  [list, field]: readonly [list: string, field: string],
  name: string,
): Section {
  for (const { members, folder } of files) {
    for (const entry of mapsIn(members.get(list))) {
      const values = objectMembers(entry.get(field));
      if (entry.get('name') === name && values) return { members: values, folder };
    }
  }
  throw unusable(`it has no ${field} called ${JSON.stringify(name)}`, 'See: kubectl config get-contexts');
}

/** The maps of a list, or nothing. */
export function mapsIn(value: unknown): ReadonlyMap<string, unknown>[] {
  return (Array.isArray(value) ? value : []).map(objectMembers).filter((members) => members !== undefined);
}

/** The texts of a list, or nothing. */
export function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** The bytes of a setting that stands in the section in base64 (`KEY-data`), or in a file that it names. */
export async function settingBytes({ members, folder }: Section, key: string, host: Host): Promise<Buffer | undefined> {
  const data = textMember(members, `${key}-data`);
  if (data !== undefined) return Buffer.from(data, 'base64');
  const path = textMember(members, key);
  return path === undefined ? undefined : readNamed(resolve(folder, path), key, host);
}

/** The bytes of a file that a kubeconfig names. */
export async function readNamed(path: string, what: string, host: Host): Promise<Buffer> {
  return readNamedFile(path, host).catch((cause: unknown) => {
    throw unusable(`${what}: ${shownPath(path)} cannot be read: ${systemReason(cause)}`, 'See the kubeconfig.', cause);
  });
}

export function unusable(reason: string, hint: string, cause?: unknown): SopsError {
  return new SopsError('key', `the kubeconfig leads to no cluster: ${reason}`, { hint, cause });
}

/** Undefined for a file that is not there, as for kubectl. */
async function readKubeconfig(path: string, host: Host): Promise<Section | undefined> {
  let text: string;
  try {
    text = (await readNamedFile(path, host)).toString('utf8');
  } catch (cause) {
    if (isAbsent(cause)) return undefined;
    throw unusable(`${shownPath(path)} cannot be read: ${systemReason(cause)}`, 'See its permissions.', cause);
  }
  const { parse } = await import('../../packages/yaml.js');
  try {
    const members = objectMembers(parse(text, { maxAliasCount: 100 }) ?? {});
    if (members) return { members, folder: dirname(path) };
  } catch {
    // The parser's message would quote the text, which holds tokens.
    throw unusable(`${path} is not YAML`, 'kubectl config view says where in it.');
  }
  throw unusable(`${path} is not a kubeconfig`, 'See the file.');
}
