/** The kustomization that Flux's controller makes for a folder that has none. */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { branch, item, leaf, list } from '../../tree/tree.js';
import { isFolder, type Kustomization, kustomizationFile } from '../kustomize/kustomization.js';

const MANIFEST = /\.ya?ml$/;
/** What is not part of a source, however its ignore file reads. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  '.git',
  '.github',
  '.circleci',
  '.travis.yml',
  '.gitlab-ci.yml',
  'appveyor.yml',
  '.drone.yml',
  'cloudbuild.yaml',
  'codeship-services.yml',
  'codeship-steps.yml',
  '.goreleaser.yml',
  '.sops.yaml',
  '.flux.yaml',
]);

/** It lists every file of YAML, hidden ones too, and folders that have a kustomization. */
export function generatedKustomization(folder: string, shown: string): Kustomization {
  const entries = [...entriesBelow(folder)].map((path) => leaf(relative(folder, path)));
  return { folder, file: shown, root: branch([item('resources', list(entries))]), documents: 1 };
}

function* entriesBelow(folder: string): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !LEFT_OUT.has(name));
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (kustomizationFile(path) !== undefined) yield path;
      else yield* entriesBelow(path);
    } else if (MANIFEST.test(entry.name) && !isFolder(path)) yield path;
  }
}
