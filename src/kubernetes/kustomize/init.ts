/** `kustomize init`: a generator for the encrypted files of a folder, and its entry in the kustomization (docs/kubernetes/kustomize.md#commands). */

import { basename, join, relative } from 'node:path';
import { SopsError } from '../../errors.js';
import { applyEdits, bytesOf } from '../../formats/store.js';
import { parseEditable } from '../../formats/yaml/editable.js';
import { yamlStore } from '../../formats/yaml/yaml.js';
import { redoing } from '../../operations/retry-on-change.js';
import { setAt } from '../../tree/path.js';
import { type Branch, branch, item, leaf, list } from '../../tree/tree.js';
import { systemCode, systemReason } from '../../util/files/files.js';
import { readFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import { replaceFile } from '../../util/files/replace-file.js';
import { makingFiles } from '../../util/half-done.js';
import type { Host } from '../../util/host/host.js';
import { withoutSurrounding } from '../../util/text/trim.js';
import { textMap, valueAt, valuesOf } from '../manifest/manifest.js';
import { printManifests } from '../manifest/print.js';
import { readManifests } from '../manifest/read.js';
import { type EncryptedSource, encryptedSources } from './encrypted-sources.js';
import {
  isFolder,
  kustomizationFile,
  partsOf,
  patchFiles,
  pluginConfigs,
  readKustomization,
  secretGeneratorFiles,
} from './kustomization.js';
import { OWN_API_VERSION, OWN_KIND } from './own-plan.js';

export const GENERATOR_FILE = 'sops-generator.yaml';
const INDENT = 2;
const PROGRAM = 'sops-ts-kustomize';
const NEW_KUSTOMIZATION = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n';

/** What was written, and what the user should know. */
export interface GeneratorInitOutcome {
  readonly written: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Writes `sops-generator.yaml` for the encrypted files that nothing lists yet, and its entry under `generators:`; the rest of the
 * kustomization keeps its text. What a run that was ended between the two left is completed. Throws `failed` when there is a
 * generator already, or nothing to list.
 */
export async function initGenerator(path: string, legacy: boolean, host: Host): Promise<GeneratorInitOutcome> {
  const folder = resolve(host.cwd, path);
  if (!isFolder(folder)) throw new SopsError('failed', `${path} is not a folder`, { file: path });
  const file = kustomizationFile(folder) ?? join(folder, 'kustomization.yaml');
  const generator = join(folder, GENERATOR_FILE);
  const shown = relative(host.cwd, generator);
  const old = readOrNull(generator);
  const notes: string[] = [];
  if (old !== null && old.length > 0) {
    if (hasGenerator(file)) throw new SopsError('failed', `${shown} is there already`, { file: shown });
    await enlist(file, host);
    return { written: [relative(host.cwd, file)], notes: [`${shown} was there already, though nothing listed it`] };
  }
  const sources = (await encryptedSources(folder)).filter((source) => isFree(source, folder, host, notes));
  if (sources.length === 0) throw new SopsError('failed', `no encrypted file is left to be listed in ${path}`);
  // A kustomization that takes no generator is told before anything is written.
  withGenerator(readOrNull(file) ?? Buffer.from(NEW_KUSTOMIZATION));
  const warn = (message: string): void => host.warn(message);
  if (old !== null) notes.push(`${shown} was empty, and is written anew`);
  await makingFiles(async (note) => {
    await replaceFile(generator, Buffer.from(printManifests([generatorOf(sources, legacy)])), { read: old, warn });
    note(shown);
    await enlist(file, host);
  });
  return { written: [shown, relative(host.cwd, file)], notes };
}

/** Puts the generator into the kustomization, unless it stands there. */
async function enlist(file: string, host: Host): Promise<void> {
  await redoing(async () => {
    if (hasGenerator(file)) return;
    const read = readOrNull(file);
    const text = withGenerator(read ?? Buffer.from(NEW_KUSTOMIZATION));
    await replaceFile(file, text, { read, warn: (message) => host.warn(message) });
  });
}

function hasGenerator(file: string): boolean {
  const [root] = yamlStore.parse(readOrNull(file) ?? Buffer.from(NEW_KUSTOMIZATION)).documents;
  const listed = valuesOf(root && valueAt(root, 'generators'));
  return listed.some((value) => value.kind === 'leaf' && value.value === GENERATOR_FILE);
}

function readOrNull(path: string): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return null;
    throw new SopsError('input-unreadable', `open ${path}: ${systemReason(cause)}`, { file: path, cause });
  }
}

/** Whether a file is still to be listed. One that is listed otherwise would come out twice. */
function isFree({ path }: EncryptedSource, folder: string, host: Host, notes: string[]): boolean {
  if (kustomizationFile(folder) === undefined) return true;
  // What names nothing yet is about to name the generator.
  const kustomization = readKustomization(folder, host.cwd, { mayBeEmpty: true });
  const absolute = join(folder, path);
  const shown = relative(host.cwd, absolute);
  if (partsOf(kustomization).files.includes(absolute)) {
    notes.push(
      `${shown} is listed under resources, so not in the generator: move it, or build with sops-ts kustomize build`,
    );
    return false;
  }
  const used = [...secretGeneratorFiles(kustomization).map((one) => one.path), ...patchFiles(kustomization)];
  if (used.includes(absolute)) {
    notes.push(
      `${shown} is used by secretGenerator or a patch, so not in the generator: sops-ts kustomize build decrypts it`,
    );
    return false;
  }
  const listed = pluginConfigs(kustomization, 'generators', host.cwd).flatMap(({ root }) => [
    ...textsBelow(root, 'files'),
    ...valuesOf(valueAt(root, 'secretFrom')).flatMap((entry) =>
      ['files', 'binaryFiles', 'envs'].flatMap((field) => (entry.kind === 'branch' ? textsBelow(entry, field) : [])),
    ),
  ]);
  return !listed.some((spec) => join(folder, spec.slice(spec.indexOf('=') + 1)) === absolute);
}

function textsBelow(of: Branch, field: string): string[] {
  return valuesOf(valueAt(of, field)).flatMap((entry) => (entry.kind === 'leaf' ? [String(entry.value)] : []));
}

function generatorOf(sources: readonly EncryptedSource[], legacy: boolean): Branch {
  const call = textMap([['config.kubernetes.io/function', `exec:\n  path: ${PROGRAM}\n`]]);
  const objects = sources.filter(({ use }) => use === 'objects').map(({ path }) => leaf(path));
  const secrets = sources.filter(({ use }) => use !== 'objects').map(secretEntry);
  return branch([
    item('apiVersion', leaf(OWN_API_VERSION)),
    item('kind', leaf(OWN_KIND)),
    item('metadata', branch([item('name', leaf('sops')), ...(legacy ? [] : [item('annotations', call)])])),
    ...(objects.length > 0 ? [item('files', list(objects))] : []),
    ...(secrets.length > 0 ? [item('secretFrom', list(secrets))] : []),
  ]);
}

function secretEntry({ path, use }: EncryptedSource): Branch {
  const bare = basename(path).replace(/\.(?:enc|sops)(?=\.)/, '');
  const key = use === 'content' && bare !== basename(path) ? `${bare}=${path}` : path;
  return branch([
    item('metadata', branch([item('name', leaf(secretName(bare)))])),
    item(use === 'variables' ? 'envs' : 'binaryFiles', list([leaf(use === 'variables' ? path : key)])),
  ]);
}

/** A name for the Secret of a file: that of the file without its ending, in characters that names may have. */
function secretName(fileName: string): string {
  const stem = fileName.replace(/\.[^.]*$/, '') || fileName;
  return withoutSurrounding(stem.toLowerCase().replace(/[^a-z0-9.-]+/g, '-'), '.-') || 'secret';
}

/** The kustomization with one more generator; all else keeps its text. */
function withGenerator(bytes: Uint8Array): Uint8Array {
  readManifests(bytes, { keepLists: true });
  const file = parseEditable(bytes);
  const [root] = file.documents;
  if (!root) throw new SopsError('document-invalid', 'the kustomization is empty');
  const count = valuesOf(valueAt(root, 'generators')).length;
  setAt(root, ['generators', count], leaf(GENERATOR_FILE));
  return bytesOf(file, applyEdits(file.text, file.edits(null, { indent: INDENT })));
}
