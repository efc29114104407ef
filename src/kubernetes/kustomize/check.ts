/** `kustomize check`: what would go wrong in a build, found before it (spec kubernetes-and-stores.md section 1.8). */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { SopsError } from '../../errors.js';
import { findProgram } from '../../exec/find-program.js';
import type { Host } from '../../util/host.js';
import { branchAt, describe, itemsOf, type Manifest, stringAt } from '../manifest/manifest.js';
import { readManifests } from '../manifest/read.js';
import { ciphertextIn } from '../manifest/ready.js';
import { isSecret, secretProblems } from '../manifest/secret.js';
import { encryptedSources } from './encrypted-sources.js';
import { generate } from './generate.js';
import { ksopsPlan } from './ksops-plan.js';
import {
  type Kustomization,
  krmFunctionOf,
  kustomizationsBelow,
  PLUGIN_FIELDS,
  pluginConfigs,
} from './kustomization.js';
import { legacyPath, pluginHomes } from './launcher.js';
import { isOwnKind, ownPlan } from './own-plan.js';
import { BEHAVIOR, type GeneratorPlan } from './plan.js';
import { concurrencyLimit } from './plugin-run.js';
import { Sources } from './sources.js';

/** What is wrong, and in which file. */
export interface Finding {
  readonly file: string;
  readonly text: string;
}

export interface CheckOutcome {
  readonly findings: readonly Finding[];
  readonly kustomizations: number;
  readonly generators: number;
}

/** Flags of kustomize that decide which plug-ins run. */
const PLUGINS_FLAG = '--enable-alpha-plugins';
const EXEC_FLAG = '--enable-exec';

/**
 * Checks a folder's kustomization and all below it. `flags` are those that the build will have; undefined for both that plug-ins
 * need. Files are decrypted to be checked, and nothing of them is told. Throws for a kustomization that cannot be read.
 */
export async function checkKustomizations(
  path: string,
  flags: readonly string[] | undefined,
  host: Host,
): Promise<CheckOutcome> {
  const kustomizations = kustomizationsBelow(resolve(host.cwd, path), host.cwd);
  const checker = new Checker(flags ?? [PLUGINS_FLAG, EXEC_FLAG], host);
  for (const one of kustomizations) await checker.check(one);
  checker.checkTwice();
  return { findings: checker.findings, kustomizations: kustomizations.length, generators: checker.generators };
}

class Checker {
  readonly findings: Finding[] = [];
  generators = 0;
  private readonly made: Manifest[] = [];

  constructor(
    private readonly flags: readonly string[],
    private readonly host: Host,
  ) {}

  async check(one: Kustomization): Promise<void> {
    for (const field of PLUGIN_FIELDS) {
      for (const config of pluginConfigs(one, field, this.host.cwd)) {
        await this.checkCall(config, one, field);
        const isOurs = isOwnKind(config.root) || stringAt(config.root, 'apiVersion')?.startsWith('viaduct.ai/');
        if (field === 'generators' && isOurs) await this.checkGenerator(config, one);
      }
    }
    await this.checkPlainSecrets(one);
  }

  /** Whether kustomize would run a plug-in with the flags in use, and finds it. */
  private async checkCall(config: Manifest, one: Kustomization, field: string): Promise<void> {
    const file = config.origin.file ?? one.file;
    const apiVersion = stringAt(config.root, 'apiVersion') ?? '';
    const kind = stringAt(config.root, 'kind') ?? '';
    if (apiVersion === 'builtin') return;
    const call = krmFunctionOf(config.root);
    if (!this.isOn(PLUGINS_FLAG)) {
      this.add(file, `${kind} under ${field} needs ${PLUGINS_FLAG}: the build fails without it`);
    } else if (call && !this.isOn(EXEC_FLAG)) {
      this.add(file, `${kind} under ${field} is skipped without a word, since ${EXEC_FLAG} is not among the flags`);
    }
    if (!call) await this.checkLegacy(file, { apiVersion, kind });
    else await this.checkProgram(file, stringAt(call, 'exec', 'path'), one);
  }

  private async checkProgram(file: string, program: string | undefined, one: Kustomization): Promise<void> {
    if (program === undefined) return;
    const found = await findProgram(program, { ...this.host, cwd: one.folder });
    const where = program.includes('/') ? "below the kustomization's folder" : 'on PATH';
    if (!found) this.add(file, `the program ${program} is not ${where}: see sops-ts kustomize install`);
  }

  private async checkLegacy(file: string, kind: { apiVersion: string; kind: string }): Promise<void> {
    const homes = pluginHomes(this.host).map((home) => resolve(this.host.cwd, home));
    for (const home of homes) if (await findProgram(legacyPath(home, kind), this.host)) return;
    this.add(
      file,
      `no plug-in for ${kind.apiVersion} ${kind.kind} where kustomize looks: see sops-ts kustomize install --legacy`,
    );
  }

  private isOn(flag: string): boolean {
    return this.flags.some((word) => word === flag || word === `${flag}=true`);
  }

  /** Opens what a generator lists, as a build would. */
  private async checkGenerator(config: Manifest, one: Kustomization): Promise<void> {
    this.generators += 1;
    const file = config.origin.file ?? one.file;
    const host: Host = { ...this.host, cwd: one.folder, warn: () => undefined };
    let plan: GeneratorPlan;
    try {
      plan = isOwnKind(config.root) ? ownPlan(config) : ksopsPlan(config);
    } catch (error) {
      this.addError(file, error);
      return;
    }
    const sources = new Sources(host, concurrencyLimit(host));
    // One by one, so that each file that fails is told, not the first alone.
    const lists = [
      ...plan.files.map((entry) => ({ ...plan, files: [entry], secrets: [] })),
      ...plan.secrets.map((entry) => ({ ...plan, files: [], secrets: [entry] })),
    ];
    for (const single of lists) {
      try {
        const objects = (await generate(single, sources, host)).flatMap((part) => part.objects);
        for (const object of objects) this.checkObject(object, file);
      } catch (error) {
        this.addError(file, error);
      }
    }
  }

  private checkObject(object: Manifest, generator: string): void {
    const file = object.origin.file === undefined ? generator : `${generator}: ${object.origin.file}`;
    this.made.push({ ...object, origin: { ...object.origin, file } });
    if (!isSecret(object.root)) return;
    for (const { text } of secretProblems(object)) this.add(file, `${describe(object)}: ${text}`);
    const merges = stringAt(object.root, 'metadata', 'annotations', BEHAVIOR) === 'merge';
    if (merges && itemsOf(branchAt(object.root, 'stringData')).length > 0) {
      this.add(file, `${describe(object)}: merge drops the stringData of both sides; use data (dataOnly: true)`);
    }
  }

  /** Two objects of one identity fail the build unless one merges or replaces. */
  checkTwice(): void {
    const seen = new Map<string, Manifest>();
    for (const object of this.made) {
      if (stringAt(object.root, 'metadata', 'annotations', BEHAVIOR) !== undefined) continue;
      const id = `${stringAt(object.root, 'apiVersion')} ${describe(object)}`;
      const before = seen.get(id);
      if (before) this.add(object.origin.file ?? '', `${describe(object)} comes out of ${before.origin.file}, too`);
      else seen.set(id, object);
    }
  }

  /** A Secret in plain text where others are encrypted was most likely forgotten. */
  private async checkPlainSecrets({ folder }: Kustomization): Promise<void> {
    const encrypted = new Set((await this.encryptedOf(folder)).map(({ path }) => path));
    if (encrypted.size === 0) return;
    for (const name of readdirSync(folder)) {
      if (!/\.(?:ya?ml|json)$/.test(name) || encrypted.has(name)) continue;
      const shown = relative(this.host.cwd, join(folder, name));
      for (const object of this.objectsOf(join(folder, name), shown)) {
        const holds =
          itemsOf(branchAt(object.root, 'data')).length + itemsOf(branchAt(object.root, 'stringData')).length;
        if (isSecret(object.root) && holds > 0 && !ciphertextIn(object)) {
          this.add(shown, `${describe(object)} is in plain text beside encrypted files`);
        }
      }
    }
  }

  private async encryptedOf(folder: string) {
    try {
      return await encryptedSources(folder);
    } catch (error) {
      this.addError(relative(this.host.cwd, folder) || '.', error);
      return [];
    }
  }

  private objectsOf(path: string, shown: string): Manifest[] {
    try {
      return readManifests(readFileSync(path), { file: shown });
    } catch {
      // Whatever it is, it is no Secret in plain text that kustomize could read.
      return [];
    }
  }

  private add(file: string, text: string): void {
    if (!this.findings.some((one) => one.file === file && one.text === text)) this.findings.push({ file, text });
  }

  private addError(file: string, error: unknown): void {
    if (!(error instanceof SopsError)) throw error;
    this.add(file, error.message.split('\n').slice(0, 2).join(' '));
  }
}
