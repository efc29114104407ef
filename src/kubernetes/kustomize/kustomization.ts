/** Kustomizations as far as their files matter: what one lists, and which others it is built of. */

import { dirname, join, relative } from 'node:path';
import { SopsError } from '../../errors.js';
import { type Branch, branch, item, type Value } from '../../tree/tree.js';
import { statOf, statOrThrow, systemReason } from '../../util/files/files.js';
import { readFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import { append } from '../../util/lists.js';
import { type Manifest, madeManifest, stringAt, valueAt, valuesOf } from '../manifest/manifest.js';
import { readManifests } from '../manifest/read.js';
import { withFieldNames } from './kustomization-fields.js';
import { isInline, isRemote } from './places.js';

const NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** Fields that list other kustomizations or files of objects. */
const PARTS = ['resources', 'bases', 'components'];
/** Fields that list configurations of plug-ins. */
export const PLUGIN_FIELDS = ['generators', 'transformers', 'validators'] as const;
/** Fields that list further files. */
const FILE_LISTS = ['patchesStrategicMerge', 'configurations', 'crds'];
const FILE_ENTRIES = ['patches', 'patchesJson6902', 'replacements', 'openapi'];

/** A kustomization as read. */
export interface Kustomization {
  /** Its folder, absolute. */
  readonly folder: string;
  /** Its file, as it is shown to the user. */
  readonly file: string;
  /** With its fields named as kustomize names them. */
  readonly root: Branch;
  /** How many documents the file holds; kustomize reads the first alone. */
  readonly documents: number;
}

/** The path of a folder's kustomization file; undefined when it has none. Throws `failed` for several. */
export function kustomizationFile(folder: string): string | undefined {
  const found = NAMES.filter((name) => isFile(join(folder, name)));
  if (found.length > 1) throw new SopsError('failed', `${folder} has several kustomization files: ${found.join(', ')}`);
  const [name] = found;
  return name === undefined ? undefined : join(folder, name);
}

/**
 * Reads a folder's kustomization. `shownFrom` is what shown paths are relative to. Throws `failed` and `document-invalid`; for an
 * empty one, too, as kustomize does, unless it `mayBeEmpty`.
 */
export function readKustomization(
  folder: string,
  shownFrom: string,
  { mayBeEmpty = false }: { readonly mayBeEmpty?: boolean } = {},
): Kustomization {
  const path = kustomizationFile(folder);
  const shown = relative(shownFrom, folder) || '.';
  if (path === undefined) throw new SopsError('failed', `${shown} has no kustomization.yaml`, { file: shown });
  const file = relative(shownFrom, path);
  const [first, ...more] = readManifests(readBuildFile(path, file), { file, keepLists: true });
  const read = first?.root ?? branch();
  const root = first?.sops ? branch([...read.items, item('sops', first.sops)]) : read;
  if (!mayBeEmpty && isEmpty(root)) {
    throw new SopsError('failed', `${file} is empty, which stops the build`, {
      file,
      hint: 'Name what it builds: resources: [FILE, …]',
    });
  }
  return { folder, file, root: withFieldNames(root), documents: 1 + more.length };
}

/** Whether kustomize finds nothing in it: a field that is null or an empty text is as good as absent, an empty list is not. */
function isEmpty({ items }: Branch): boolean {
  return items.every(
    (entry) =>
      entry.kind !== 'item' ||
      ['apiVersion', 'kind'].includes(entry.key) ||
      (entry.value.kind === 'leaf' && (entry.value.value === null || entry.value.value === '')),
  );
}

/** A folder's kustomization and all local ones below it, each once, the outermost first. Throws as {@link readKustomization}. */
export function kustomizationsBelow(folder: string, shownFrom: string): Kustomization[] {
  const found = new Map<string, Kustomization>();
  const pending = [resolve(folder)];
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    if (found.has(next)) continue;
    const kustomization = readKustomization(next, shownFrom);
    found.set(next, kustomization);
    append(pending, partsOf(kustomization).folders);
  }
  return [...found.values()];
}

/** What a kustomization is made of: folders of others, and files of objects; all absolute. Remote ones are left out. */
export function partsOf({ folder, root }: Kustomization): { readonly folders: string[]; readonly files: string[] } {
  const paths = PARTS.flatMap((field) => textsOf(valueAt(root, field)))
    .filter((entry) => !isInline(entry) && !isRemote(entry, folder))
    .map((entry) => resolve(folder, entry));
  return { folders: paths.filter(isFolder), files: paths.filter((path) => !isFolder(path)) };
}

/** The configurations of plug-ins that a field lists, from files, folders and inline texts. Throws as reading does. */
export function pluginConfigs(
  { folder, root, file }: Kustomization,
  field: (typeof PLUGIN_FIELDS)[number],
  shownFrom: string,
): Manifest[] {
  return textsOf(valueAt(root, field)).flatMap((entry) => {
    if (isInline(entry)) return readManifests(Buffer.from(entry), { file, keepLists: true });
    const path = resolve(folder, entry);
    if (!isFolder(path)) {
      const shown = relative(shownFrom, path);
      return readManifests(readBuildFile(path, shown), { file: shown, keepLists: true });
    }
    return kustomizationsBelow(path, shownFrom).flatMap((inner) =>
      partsOf(inner).files.flatMap((one) => {
        const shown = relative(shownFrom, one);
        return readManifests(readBuildFile(one, shown), { file: shown, keepLists: true });
      }),
    );
  });
}

/** A file that a Secret is made of by kustomize's own generator, with the name that decides on its format. */
export interface SecretFile {
  /** Absolute. */
  readonly path: string;
  readonly formatName: string;
  readonly isEnv: boolean;
}

export function secretGeneratorFiles({ folder, root }: Kustomization): SecretFile[] {
  return valuesOf(valueAt(root, 'secretGenerator')).flatMap((entry) => {
    const files = textsOf(valueAt(entry, 'files')).map((spec) => {
      const cut = spec.indexOf('=');
      const path = resolve(folder, spec.slice(cut + 1));
      return { path, formatName: cut < 0 ? spec : spec.slice(0, cut), isEnv: false };
    });
    return [...files, ...envsOf(entry).map((name) => ({ path: resolve(folder, name), formatName: name, isEnv: true }))];
  });
}

/** `envs`, and `env` as people wrote it before. */
export function envsOf(entry: Value): string[] {
  const env = stringAt(entry, 'env');
  return [...textsOf(valueAt(entry, 'envs')), ...(env ? [env] : [])];
}

/** The files that ConfigMaps are made of by kustomize's own generator, absolute. */
export function configMapFiles({ folder, root }: Kustomization): string[] {
  const entries = valuesOf(valueAt(root, 'configMapGenerator')).flatMap((entry) => [
    ...textsOf(valueAt(entry, 'files')).map((spec) => spec.slice(spec.indexOf('=') + 1)),
    ...envsOf(entry),
  ]);
  return entries.map((entry) => resolve(folder, entry));
}

/** The files of patches, absolute. */
export function patchFiles({ folder, root }: Kustomization): string[] {
  return valuesOf(valueAt(root, 'patches')).flatMap((entry) => {
    const path = stringAt(entry, 'path');
    return path === undefined ? [] : [resolve(folder, path)];
  });
}

/** All local files that a kustomization names, absolute; folders and remote places left out. */
export function namedFiles(kustomization: Kustomization): string[] {
  const { folder, root } = kustomization;
  const lists = [...FILE_LISTS, ...PLUGIN_FIELDS].flatMap((field) => textsOf(valueAt(root, field)));
  const entries = FILE_ENTRIES.flatMap((field) => {
    const value = valueAt(root, field);
    const all = value?.kind === 'branch' ? [value] : valuesOf(value);
    return all.flatMap((entry) => stringAt(entry, 'path') ?? []);
  });
  const paths = [...lists, ...entries]
    .filter((entry) => !isInline(entry) && !isRemote(entry, folder))
    .map((entry) => resolve(folder, entry));
  const own = [...partsOf(kustomization).files, ...secretGeneratorFiles(kustomization).map(({ path }) => path)];
  return [...new Set([...own, ...paths, ...configMapFiles(kustomization)])].filter(isFile);
}

/** The program that a KRM function's annotation names; undefined for a configuration of the legacy form. */
export function krmFunctionOf(root: Branch): Value | undefined {
  for (const key of ['config.kubernetes.io/function', 'config.k8s.io/function']) {
    const text = stringAt(root, 'metadata', 'annotations', key);
    if (text === undefined) continue;
    const [read] = readManifests(Buffer.from(text), { keepLists: true });
    return read?.root ?? madeManifest({ kind: 'branch', items: [] }).root;
  }
  return valueAt(root, 'metadata', 'configFn');
}

export function textsOf(value: Value | undefined): string[] {
  return valuesOf(value).flatMap((entry) =>
    entry.kind === 'leaf' && typeof entry.value === 'string' ? [entry.value] : [],
  );
}

export function isFolder(path: string): boolean {
  return statOrThrow(path)?.isDirectory() ?? false;
}

/** The same for what is read next, which then tells what cannot be looked at: that is not a folder here. */
export function isFolderForSure(path: string): boolean {
  return statOf(path)?.isDirectory() ?? false;
}

function isFile(path: string): boolean {
  return statOrThrow(path)?.isFile() ?? false;
}

export function readBuildFile(path: string, shown: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SopsError('input-unreadable', `${shown} cannot be read: ${systemReason(cause)}`, { file: shown, cause });
  }
}

/** The deepest folder that holds all of some paths. */
export function commonFolder(paths: readonly string[]): string {
  let [common = '/', ...others] = paths;
  for (const path of others) {
    while (relative(common, path).startsWith('..')) common = dirname(common);
  }
  return common;
}
