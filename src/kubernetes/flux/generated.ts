/** The kustomization that Flux's controller makes for a folder that has none. */

import { join, relative } from 'node:path';
import { branch, item, leaf, list } from '../../tree/tree.js';
import { readdirSync, realpathSync } from '../../util/files/fs.js';
import { isFolderForSure, type Kustomization, kustomizationFile } from '../kustomize/kustomization.js';
import type { SourceIgnore } from './source-ignore.js';

const MANIFEST = /\.ya?ml$/;
/** It lists every file of YAML, hidden ones too, and folders that have a kustomization. */
export function generatedKustomization(folder: string, shown: string, ignore: SourceIgnore): Kustomization {
  const entries = [...entriesBelow(folder, ignore)].map((path) => leaf(relative(folder, path)));
  return { folder, file: shown, root: branch([item('resources', list(entries))]), documents: 1 };
}

function* entriesBelow(folder: string, ignore: SourceIgnore): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (ignore.leavesOut(join(realpathSync(folder), entry.name))) continue;
    if (entry.isDirectory()) {
      if (kustomizationFile(path) !== undefined) yield path;
      else yield* entriesBelow(path, ignore);
    } else if (MANIFEST.test(entry.name) && !isFolderForSure(path)) yield path;
  }
}
