/** What Flux's controller decrypts before a build: files of secretGenerator and of patches, by their names (docs/kubernetes/flux.md#before-the-build). */

import { isAbsolute, join, posix } from 'node:path';
import { SopsError } from '../../errors.js';
import { statOrThrow } from '../../util/files/files.js';
import { readFileSync, realpathSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import { MOST_BYTES } from '../kustomize/built-objects.js';
import type { Findings } from '../kustomize/findings.js';
import { envFormatOf, type FluxFormat, fluxFormatOf, isMarked } from '../kustomize/flux-formats.js';
import { isFolder, type Kustomization, readKustomization, textsOf } from '../kustomize/kustomization.js';
import { isBelow } from '../kustomize/sources.js';
import { stringAt, valueAt, valuesOf } from '../manifest/manifest.js';
import type { EncryptedContent } from './content.js';
import { conversionProblem } from './conversion.js';

export interface SourcePassRules {
  /** The root of the source, links resolved. */
  readonly root: string;
  shown(path: string): string;
}

/** A file as the controller comes to it. */
interface Source {
  readonly entry: string;
  readonly format: FluxFormat;
  readonly place: string;
}

export class SourcePass {
  /** Files that are in plain text when the build begins, links resolved. */
  readonly decrypted = new Set<string>();
  readonly encrypted: EncryptedContent[] = [];
  /** A file is looked at once, as what it is named first. */
  private readonly visited = new Set<string>();
  private readonly folders = new Set<string>();

  constructor(
    private readonly rules: SourcePassRules,
    private readonly findings: Findings,
  ) {}

  /** Goes through a kustomization, and those of its `resources` and `components`; not of `bases`, as the controller does not. */
  async visit(one: Kustomization): Promise<void> {
    const real = realpathSync(one.folder);
    if (this.folders.has(real)) return;
    this.folders.add(real);
    for (const source of sourcesOf(one)) await this.decrypt(source, one);
    for (const field of ['resources', 'components']) {
      for (const entry of textsOf(valueAt(one.root, field))) {
        const folder = resolve(one.folder, entry);
        if (!isFolder(folder) || !isBelow(realpathSync(folder), this.rules.root)) continue;
        const next = this.read(folder);
        if (next) await this.visit(next);
      }
    }
  }

  /** What cannot be read is told of where the build reads it. */
  private read(folder: string): Kustomization | undefined {
    try {
      return readKustomization(folder, this.rules.shown(folder));
    } catch (error) {
      if (error instanceof SopsError) return undefined;
      throw error;
    }
  }

  private async decrypt({ entry, format, place }: Source, { folder }: Kustomization): Promise<void> {
    // An absolute path begins at the root of the source there.
    const path =
      isAbsolute(entry) && !isBelow(entry, this.rules.root) ? join(this.rules.root, entry) : resolve(folder, entry);
    const stat = statOrThrow(path);
    if (!stat?.isFile()) return;
    const real = realpathSync(path);
    if (this.visited.has(real) || !isBelow(real, this.rules.root)) return;
    this.visited.add(real);
    const shown = this.rules.shown(path);
    if (stat.size > MOST_BYTES) {
      this.findings.add(shown, `is larger than 5 MiB, which the controller refuses ${place}`);
      return;
    }
    const bytes = readFileSync(real);
    if (!isMarked(bytes, format)) return;
    this.decrypted.add(real);
    this.encrypted.push({ file: shown });
    const problem = await conversionProblem({ bytes, name: path, from: format, to: format, place });
    if (problem !== undefined) this.findings.add(shown, problem);
  }
}

function sourcesOf({ root }: Kustomization): Source[] {
  const generated = valuesOf(valueAt(root, 'secretGenerator')).flatMap((generator) => [
    ...textsOf(valueAt(generator, 'files')).map((spec) => {
      const cut = spec.indexOf('=');
      const key = cut < 0 ? posix.basename(spec) : spec.slice(0, cut);
      return { entry: spec.slice(cut + 1), format: fluxFormatOf(key), place: `under the key ${key}` };
    }),
    // Not those of `env`, which the controller does not know.
    ...textsOf(valueAt(generator, 'envs')).map((entry) => ({
      entry,
      format: envFormatOf(entry),
      place: `as envs ${entry}`,
    })),
  ]);
  const patches = valuesOf(valueAt(root, 'patches')).flatMap((patch) => {
    const entry = stringAt(patch, 'path');
    return entry ? [{ entry, format: fluxFormatOf(entry), place: `as patch ${entry}` }] : [];
  });
  return [...generated, ...patches];
}
