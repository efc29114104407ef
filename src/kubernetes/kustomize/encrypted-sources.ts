/** The encrypted files of a kustomization's folder, and what each is for. */

import { join } from 'node:path';
import type { FormatName } from '../../formats/registry.js';
import { formatNamed } from '../../formats/registry.js';
import { readEncrypted } from '../../operations/read/encrypted-files.js';
import { readdirSync } from '../../util/files/fs.js';
import { stringAt } from '../manifest/manifest.js';
import { kustomizationFile } from './kustomization.js';

/** `objects`: a manifest, for `files`; `variables`: for `envs`; `content`: any other file, for `binaryFiles`. */
export type SourceUse = 'objects' | 'variables' | 'content';

export interface EncryptedSource {
  /** Relative to the kustomization's folder, with `/`. */
  readonly path: string;
  readonly use: SourceUse;
  readonly format: FormatName;
}

const PASSED_OVER: ReadonlySet<string> = new Set(['node_modules']);

/**
 * The encrypted files below a folder, in order of their names; hidden files, folders that are kustomizations of their own and
 * symbolic links are left out. Throws what reading throws.
 */
export async function encryptedSources(folder: string): Promise<EncryptedSource[]> {
  const found: EncryptedSource[] = [];
  for (const path of candidates(folder, '')) {
    const sealed = await readEncrypted(join(folder, path));
    if (!sealed) continue;
    const format = formatNamed(sealed.store.name).name;
    const [first] = sealed.file.documents;
    const isObject = first !== undefined && stringAt(first, 'apiVersion') !== undefined;
    const use = isObject ? 'objects' : formatNamed(format).variables ? 'variables' : 'content';
    found.push({ path, use, format });
  }
  return found;
}

function* candidates(folder: string, below: string): Generator<string> {
  const entries = readdirSync(join(folder, below), { withFileTypes: true });
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || PASSED_OVER.has(entry.name)) continue;
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isFile()) yield path;
    else if (entry.isDirectory() && kustomizationFile(join(folder, path)) === undefined)
      yield* candidates(folder, path);
  }
}
