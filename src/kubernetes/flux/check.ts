/** What would go wrong when Flux's controller decrypts a folder, found before it does (docs/kubernetes/flux.md#what-the-controller-decrypts). */

import { relative } from 'node:path';
import { SopsError } from '../../errors.js';
import { leaf, list } from '../../tree/tree.js';
import { systemReason } from '../../util/files/files.js';
import { realpathSync, statSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { type Finding, Findings } from '../kustomize/findings.js';
import {
  isFolder,
  type Kustomization,
  kustomizationFile,
  readKustomization,
  textsOf,
} from '../kustomize/kustomization.js';
import type { ObjectSet } from '../kustomize/object-set.js';
import { isBelow } from '../kustomize/sources.js';
import { BuildWalk, type WalkRules } from '../kustomize/walk.js';
import { describe, type Manifest, stringAt, valueAt, withEntry } from '../manifest/manifest.js';
import type { EncryptedContent } from './content.js';
import { generatedKustomization } from './generated.js';
import { ObjectPass } from './object-pass.js';
import { SourceIgnore } from './source-ignore.js';
import { SourcePass } from './source-pass.js';
import { sourceRoot } from './source-root.js';
import { UsePass } from './use-pass.js';

const FLUX_GROUP = 'kustomize.toolkit.fluxcd.io/';

export interface FluxOutcome {
  readonly findings: readonly Finding[];
  /** What the controller would decrypt. */
  readonly encrypted: readonly EncryptedContent[];
  /** How many encrypted objects their annotation leaves as they are. */
  readonly left: number;
  readonly kustomizations: number;
  /** How many files were looked at. */
  readonly files: number;
}

/**
 * Checks what the controller makes of a folder, and of the folders that Flux Kustomizations found there name, if they are in the
 * same source. No key is needed. Throws for a folder that cannot be read.
 */
export async function checkFlux(path: string, host: Host): Promise<FluxOutcome> {
  const folder = resolve(host.cwd, path);
  checkFolder(folder, path);
  const checker = new FluxChecker(sourceRoot(folder, host.cwd), host);
  await checker.check(folder, []);
  return checker.outcome;
}

/** `shown` is the folder as the user named it. */
function checkFolder(folder: string, shown: string): void {
  try {
    if (statSync(folder).isDirectory()) return;
  } catch (cause) {
    throw new SopsError('input-unreadable', `Error reading folder: ${shown}: ${systemReason(cause)}`, { cause });
  }
  throw new SopsError('input-unreadable', `Error reading folder: ${shown}: not a directory`, {
    hint: 'Name the folder that spec.path of the Flux Kustomization names.',
  });
}

class FluxChecker {
  private readonly findings = new Findings();
  /** By folder and components: what the controller decrypts for it. */
  private readonly targets = new Map<string, readonly EncryptedContent[]>();
  private readonly kustomizations = new Set<string>();
  private readonly files = new Set<string>();
  private readonly ignore: SourceIgnore;
  private left = 0;

  constructor(
    private readonly root: string,
    private readonly host: Host,
  ) {
    this.ignore = new SourceIgnore(root);
  }

  get outcome(): FluxOutcome {
    const { findings, targets, kustomizations, files, left } = this;
    const encrypted = [...targets.values()].flat();
    return { findings: findings.all, encrypted, left, kustomizations: kustomizations.size, files: files.size };
  }

  /** One folder that the controller builds; `components` are those that its Flux Kustomization adds. Returns what is decrypted. */
  async check(folder: string, components: readonly string[]): Promise<readonly EncryptedContent[]> {
    const id = [realpathSync(folder), ...components].join('\0');
    const known = this.targets.get(id);
    if (known) return known;
    this.targets.set(id, []);
    const one = this.kustomizationOf(folder);
    if (!one) return [];
    const { encrypted, objects } = await this.checkBuild(withComponents(one, components));
    this.targets.set(id, encrypted);
    await this.follow(objects);
    return encrypted;
  }

  private async checkBuild(one: Kustomization): Promise<{ encrypted: EncryptedContent[]; objects: ObjectSet }> {
    const { findings, host } = this;
    const walk = new BuildWalk(this.rules, findings, host);
    const objects = await walk.build(one);
    const sources = new SourcePass({ root: this.root, shown: (path) => this.shown(path) }, findings);
    await sources.visit(one);
    await new UsePass(sources.decrypted, findings, host).check(walk.files.uses, walk.mergedSealed);
    const pass = new ObjectPass(sources.decrypted, findings, host);
    await pass.check(objects, walk.touches);
    this.left += pass.left;
    for (const real of walk.kustomizations.keys()) this.kustomizations.add(real);
    for (const path of walk.looked) this.files.add(path);
    return { encrypted: [...sources.encrypted, ...pass.encrypted], objects };
  }

  private kustomizationOf(folder: string): Kustomization | undefined {
    try {
      if (kustomizationFile(folder) === undefined)
        return generatedKustomization(folder, this.shown(folder), this.ignore);
      // The controller writes a field into the one that it begins with, which is not empty then.
      return readKustomization(folder, this.host.cwd, { mayBeEmpty: true });
    } catch (error) {
      this.findings.addError(this.shown(folder), error);
      return undefined;
    }
  }

  private get rules(): WalkRules {
    const { findings, root, ignore } = this;
    return {
      boundary: () => ({
        folder: root,
        problem: 'lies outside the source, where the controller does not read',
        holdsFolders: true,
      }),
      isAbsent: (real) => ignore.leavesOut(real),
      charts: 'is inflated by no controller of Flux, and fails the build',
      async runPlugin({ config, field, one, objects }) {
        objects.isComplete = false;
        findings.add(
          one.file,
          `the controller runs no plug-ins, so ${describe(config)} under ${field} fails the build`,
        );
      },
    };
  }

  /** Kustomizations of Flux's own: what they build is part of what is checked, and must be decrypted there. */
  private async follow({ objects }: ObjectSet): Promise<void> {
    for (const { manifest, file } of objects) {
      if (!manifest || stringAt(manifest.root, 'kind') !== 'Kustomization') continue;
      if (stringAt(manifest.root, 'apiVersion')?.startsWith(FLUX_GROUP)) await this.followOne(manifest, file);
    }
  }

  private async followOne({ root }: Manifest, file: string): Promise<void> {
    const provider = stringAt(root, 'spec', 'decryption', 'provider');
    if (provider !== undefined && provider !== 'sops') {
      this.findings.add(file, `spec.decryption.provider is ${provider}, not sops`);
      return;
    }
    const folder = resolve(this.root, stringAt(root, 'spec', 'path')?.replace(/^\/+/, '') || '.');
    // What is not there is in another source.
    if (!isFolder(folder) || !isBelow(realpathSync(folder), this.root)) return;
    const [first] = await this.check(folder, textsOf(valueAt(root, 'spec', 'components')));
    if (provider === 'sops' || !first) return;
    this.findings.add(
      file,
      `${first.file} is encrypted, and spec.decryption is missing: {provider: sops, secretRef: {name: …}}`,
    );
  }

  private shown(path: string): string {
    return relative(this.host.cwd, path) || '.';
  }
}

function withComponents(one: Kustomization, components: readonly string[]): Kustomization {
  if (components.length === 0) return one;
  const all = [...textsOf(valueAt(one.root, 'components')), ...components].map((entry) => leaf(entry));
  return { ...one, root: withEntry(one.root, 'components', list(all)) };
}
