/** `kustomize check`: what would go wrong in a build, found before it (docs/kubernetes/kustomize.md#commands). */

import { join, relative } from 'node:path';
import { systemCode } from '../../util/files/files.js';
import { lstatSync, readdirSync, readFileSync, realpathSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host, Session } from '../../util/host/host.js';
import { ciphertextIn } from '../manifest/decrypted-check.js';
import { branchAt, describe, itemsOf, type Manifest } from '../manifest/manifest.js';
import { readManifests } from '../manifest/read.js';
import { isSecret } from '../manifest/secret.js';
import type { FilePurpose, FileUse } from './build-files.js';
import { EXEC_FLAG, PLUGINS_FLAG, PluginChecker } from './check-plugins.js';
import { encryptedPart, sealedPart } from './ciphertext.js';
import { encryptedSources } from './encrypted-sources.js';
import { type Finding, Findings } from './findings.js';
import { isFolderForSure, type Kustomization, readKustomization } from './kustomization.js';
import type { ObjectSet } from './object-set.js';
import { BuildWalk, type WalkRules } from './walk.js';

export interface CheckOutcome {
  readonly findings: readonly Finding[];
  readonly kustomizations: number;
  readonly generators: number;
  /** How many files were looked at, the kustomizations among them. */
  readonly files: number;
}

const UNRESTRICTED = /^LoadRestrictionsNone$/i;

/** What becomes of a file that is encrypted where kustomize reads it as it is. */
const AS_IT_IS: Readonly<Record<Exclude<FilePurpose, 'objects'>, string>> = {
  patch: 'and kustomize applies it as it is: sops-ts kustomize build decrypts it',
  settings: 'and kustomize reads it as it is',
  values: 'and Helm reads it as it is: secrets:// in the values of Helm decrypts',
  secret:
    'and kustomize puts it into the Secret as it is: list it in a generator (sops-ts kustomize init), or use sops-ts kustomize build',
  'config-map': 'and kustomize puts it into the ConfigMap as it is: list it in a generator (sops-ts kustomize init)',
};
const LISTED =
  'kustomize hands it on so: list the file in a generator (sops-ts kustomize init), or use sops-ts kustomize build';

/**
 * Checks a folder's kustomization and all that its build reads. `flags` are those that the build will have; undefined for both that
 * plug-ins need. Files of generators are decrypted to be checked, and nothing of them is told. Throws for a kustomization that
 * cannot be read.
 */
export async function checkKustomizations(
  path: string,
  flags: readonly string[] | undefined,
  host: Session,
): Promise<CheckOutcome> {
  const folder = resolve(host.cwd, path);
  const outermost = readKustomization(folder, host.cwd);
  const given = flags ?? [PLUGINS_FLAG, EXEC_FLAG];
  const findings = new Findings();
  const plugins = new PluginChecker(given, findings, host);
  const walk = new BuildWalk(rulesOf(given, plugins, host), findings, host);
  const objects = await walk.build(outermost);
  const checker = new Checker(findings, host);
  for (const use of walk.files.uses) await checker.checkUse(use);
  checker.checkObjects(objects);
  for (const one of walk.kustomizations.values()) await checker.checkPlainSecrets(one);
  return {
    findings: findings.all,
    kustomizations: walk.kustomizations.size,
    generators: plugins.generators,
    files: new Set([...walk.looked, ...plugins.files]).size,
  };
}

function rulesOf(flags: readonly string[], plugins: PluginChecker, host: Host): WalkRules {
  const words = flags.flatMap((flag) => flag.split('='));
  const restricts = !words.some(
    (word, index) => word === '--load-restrictor' && UNRESTRICTED.test(words[index + 1] ?? ''),
  );
  const inflates = flags.some((flag) => flag === '--enable-helm' || flag === '--enable-helm=true');
  return {
    boundary({ folder }) {
      if (!restricts) return undefined;
      const problem = `is not in or below ${relative(host.cwd, folder) || '.'}, where kustomize reads files`;
      return { folder: realpathSync(folder), problem, holdsFolders: false };
    },
    charts: inflates
      ? 'was not looked at: what comes of it cannot be judged here'
      : 'needs --enable-helm: the build fails without it',
    runPlugin: (call) => plugins.run(call),
  };
}

class Checker {
  constructor(
    private readonly findings: Findings,
    private readonly host: Host,
  ) {}

  /** A file that kustomize reads as it is must not be encrypted. Objects are looked at when all are there. */
  async checkUse({ path, purpose }: FileUse): Promise<void> {
    if (purpose === 'objects') return;
    const file = relative(this.host.cwd, path);
    try {
      const part = await encryptedPart(path);
      if (part === 'file') this.findings.add(file, `is encrypted, ${AS_IT_IS[purpose]}`);
      else if (part === 'values')
        this.findings.add(file, 'holds ciphertext of SOPS without its metadata, which nobody can decrypt');
    } catch (error) {
      this.findings.addError(file, error);
    }
  }

  checkObjects({ objects }: ObjectSet): void {
    for (const { manifest, file } of objects.map((object) => object.merged ?? object)) {
      const sealed = manifest && sealedPart(manifest);
      if (sealed !== undefined) this.findings.add(file, `${sealed}; ${LISTED}`);
    }
  }

  /** A Secret in plain text where others are encrypted was most likely forgotten. */
  async checkPlainSecrets({ folder }: Kustomization): Promise<void> {
    const encrypted = new Set((await this.encryptedOf(folder)).map(({ path }) => path));
    if (encrypted.size === 0) return;
    for (const name of readdirSync(folder)) {
      if (!/\.(?:ya?ml|json)$/.test(name) || encrypted.has(name) || isFolderForSure(join(folder, name))) continue;
      const shown = relative(this.host.cwd, join(folder, name));
      for (const object of this.objectsOf(join(folder, name), shown)) {
        const holds =
          itemsOf(branchAt(object.root, 'data')).length + itemsOf(branchAt(object.root, 'stringData')).length;
        if (isSecret(object.root) && holds > 0 && !ciphertextIn(object)) {
          this.findings.add(shown, `${describe(object)} is in plain text beside encrypted files`);
        }
      }
    }
  }

  private async encryptedOf(folder: string) {
    try {
      return await encryptedSources(folder);
    } catch (error) {
      this.findings.addError(relative(this.host.cwd, folder) || '.', error, 2);
      return [];
    }
  }

  private objectsOf(path: string, shown: string): Manifest[] {
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(path);
    } catch (error) {
      // A link that leads nowhere holds nothing, as editors make them, nor does what was removed meanwhile.
      if (systemCode(error) !== 'ENOENT' || lstatSync(path, { throwIfNoEntry: false })?.isFile()) {
        this.findings.addError(shown, error);
      }
      return [];
    }
    try {
      return readManifests(bytes, { file: shown });
    } catch {
      // Whatever it is, it is not a Secret in plain text that kustomize could read.
      return [];
    }
  }
}
