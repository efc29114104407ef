/** Kubeconfig files, merged as kubectl merges them: which cluster is meant, and who asks (docs/stores.md#kubernetes). */
import { delimiter, dirname, join, resolve } from 'node:path';
import { SopsError } from '../errors.js';
import { readDocuments } from '../formats/yaml/documents.js';
import { type Branch, itemOf, type Value } from '../tree/tree.js';
import { systemCode, systemReason } from '../util/files.js';
import { readFile } from '../util/fs-promises.js';
import type { Host } from '../util/host.js';
import { decodeText } from '../util/text.js';

/** A cluster or a user as a file has it. */
export interface KubeconfigEntry {
  readonly values: Branch;
  /** The folder of the file, where relative paths in it begin. */
  readonly folder: string;
}

export interface ChosenContext {
  readonly name: string;
  readonly cluster: KubeconfigEntry;
  /** Absent for a context without a user. */
  readonly user: KubeconfigEntry | undefined;
}

interface ReadFile {
  readonly root: Branch;
  readonly folder: string;
}

/** The files that the user's own surroundings name; the usual one is there only if it exists. */
export function kubeconfigPaths({ env, cwd }: Host): string[] {
  const named = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  if (named.length > 0) return named.map((path) => resolve(cwd, path));
  return env.HOME ? [join(env.HOME, '.kube', 'config')] : [];
}

/**
 * The context that is named, else the current one; null when there is none of the files. Throws `store-denied` for a file that cannot be
 * read, and for what is named and not there.
 */
export async function chooseContext(
  paths: readonly string[],
  wanted: string | undefined,
): Promise<ChosenContext | null> {
  const files: ReadFile[] = [];
  for (const path of paths) {
    const root = await readKubeconfig(path);
    if (root) files.push({ root, folder: dirname(path) });
  }
  if (files.length === 0) return null;
  const name =
    wanted ?? files.map(({ root }) => settingText(root, 'current-context')).find((found) => found !== undefined);
  if (name === undefined) throw unusable('no current-context is set', 'Choose one: kubectl config use-context NAME');
  const context = entryNamed(files, ['contexts', 'context'], name);
  const cluster = settingText(context.values, 'cluster') ?? '';
  const user = settingText(context.values, 'user');
  return {
    name,
    cluster: entryNamed(files, ['clusters', 'cluster'], cluster),
    user: user === undefined ? undefined : entryNamed(files, ['users', 'user'], user),
  };
}

/** A text of an entry; undefined when it is not there, or empty. */
export function settingText(of: Branch | undefined, key: string): string | undefined {
  const value = of && itemOf(of, key)?.value;
  return value?.kind === 'leaf' && typeof value.value === 'string' && value.value !== '' ? value.value : undefined;
}

export function isOn(of: Branch, key: string): boolean {
  const value = itemOf(of, key)?.value;
  return value?.kind === 'leaf' && value.value === true;
}

/** The maps of a list, or nothing. */
export function mapsOf(of: Branch, key: string): Branch[] {
  return valuesOf(of, key).filter((value) => value.kind === 'branch');
}

export function settingTexts(of: Branch, key: string): string[] {
  return valuesOf(of, key).flatMap((value) =>
    value.kind === 'leaf' && typeof value.value === 'string' ? [value.value] : [],
  );
}

function valuesOf(of: Branch, key: string): Value[] {
  const value = itemOf(of, key)?.value;
  return value?.kind === 'list' ? value.items.filter((entry): entry is Value => entry.kind !== 'comment') : [];
}

/** The bytes of a setting that stands in the entry in base64 (`KEY-data`), or in a file that it names. */
export async function settingBytes({ values, folder }: KubeconfigEntry, key: string): Promise<Buffer | undefined> {
  const data = settingText(values, `${key}-data`);
  if (data !== undefined) return Buffer.from(data, 'base64');
  const path = settingText(values, key);
  return path === undefined ? undefined : readNamed(resolve(folder, path), key);
}

/** The bytes of a file that a kubeconfig names. Throws `store-denied`. */
export async function readNamed(path: string, what: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    throw unusable(`${what}: ${path} cannot be read: ${systemReason(cause)}`, 'See the kubeconfig.', cause);
  });
}

export function unusable(reason: string, hint: string, cause?: unknown): SopsError {
  return new SopsError('store-denied', `the kubeconfig leads to no cluster: ${reason}`, { hint, cause });
}

async function readKubeconfig(path: string): Promise<Branch | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw unusable(`${path} cannot be read: ${systemReason(cause)}`, 'See its permissions.', cause);
  }
  try {
    const [document] = bytes.length === 0 ? [] : readDocuments(decodeText(bytes));
    return document?.root;
  } catch (cause) {
    if (!(cause instanceof SopsError)) throw cause;
    // The message may quote nothing of it, but tells where in it.
    throw unusable(`${path} is no YAML: ${cause.message}`, 'See the file.', cause);
  }
}

/** The first file that has an entry of a name wins. */
function entryNamed(
  files: readonly ReadFile[],
  [section, member]: readonly [section: string, member: string],
  name: string,
): KubeconfigEntry {
  for (const { root, folder } of files) {
    for (const entry of mapsOf(root, section)) {
      if (settingText(entry, 'name') !== name) continue;
      const values = itemOf(entry, member)?.value;
      if (values?.kind === 'branch') return { values, folder };
    }
  }
  throw unusable(`it has no ${member} called ${JSON.stringify(name)}`, 'See: kubectl config get-contexts');
}
