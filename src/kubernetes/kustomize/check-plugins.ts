/** Plug-ins in a check: whether kustomize would run them, and what comes of those that decrypt. */
import { findProgram } from '../../exec/find-program.js';
import { trailOf } from '../../run/audit-trail.js';
import { resolve } from '../../util/files/paths.js';
import type { Session } from '../../util/host/host.js';
import { branchAt, describe, itemsOf, type Manifest, stringAt, valueAt } from '../manifest/manifest.js';
import { isSecret, secretProblems } from '../manifest/secret.js';
import { decryptBuilt } from './built-objects.js';
import type { Findings } from './findings.js';
import { generate } from './generate.js';
import { ksopsPlan } from './ksops-plan.js';
import { type Kustomization, krmFunctionOf } from './kustomization.js';
import { legacyPath, pluginHomes } from './launcher.js';
import { type ObjectSet, objectFrom } from './object-set.js';
import { isOwnKind, ownPlan } from './own-plan.js';
import { BEHAVIOR, type GeneratorPlan } from './plan.js';
import { concurrencyLimit } from './plugin-run.js';
import { Sources } from './sources.js';
import type { PluginCall } from './walk.js';

/** Flags of kustomize that decide which plug-ins run. */
export const PLUGINS_FLAG = '--enable-alpha-plugins';
export const EXEC_FLAG = '--enable-exec';

/** Programs that read the configuration of ksops, whatever kind it says it is of. */
const KSOPS_PROGRAMS = /(?:^|\/)(?:ksops|sops-ts-kustomize)$/;

export class PluginChecker {
  /** How many generators of encrypted files were looked at. */
  generators = 0;
  /** What they list, absolute. */
  readonly files = new Set<string>();

  constructor(
    private readonly flags: readonly string[],
    private readonly findings: Findings,
    private readonly host: Session,
  ) {}

  async run(call: PluginCall): Promise<void> {
    const { config, field, one, objects } = call;
    await this.checkCall(config, one, field);
    const file = config.origin.file ?? one.file;
    const isOwn = isOwnKind(config.root);
    if (!isOwn && !isKsops(config)) {
      objects.isComplete = false;
      this.findings.add(file, `what ${describe(config)} under ${field} makes of the build was not looked at`);
    } else if (field === 'generators') await this.generate(call);
    else if (isOwn && field === 'transformers') await this.transform(call);
    else if (isOwn)
      this.findings.add(file, `${describe(config)} under ${field} would change the build, which no validator may`);
    else
      this.findings.add(
        file,
        `ksops under ${field} decrypts nothing of the build, and fails it or takes its place: list it under generators`,
      );
  }

  /** Whether kustomize would run a plug-in with the flags in use, and finds it. */
  private async checkCall(config: Manifest, one: Kustomization, field: string): Promise<void> {
    const file = config.origin.file ?? one.file;
    const apiVersion = stringAt(config.root, 'apiVersion') ?? '';
    const kind = stringAt(config.root, 'kind') ?? '';
    const call = krmFunctionOf(config.root);
    if (!this.isOn(PLUGINS_FLAG)) {
      this.findings.add(file, `${kind} under ${field} needs ${PLUGINS_FLAG}: the build fails without it`);
    } else if (call && !this.isOn(EXEC_FLAG)) {
      this.findings.add(
        file,
        `${kind} under ${field} is skipped without a word, since ${EXEC_FLAG} is not among the flags`,
      );
    }
    if (!call) await this.checkLegacy(file, { apiVersion, kind });
    else await this.checkProgram(file, stringAt(call, 'exec', 'path'), one);
  }

  private async checkProgram(file: string, program: string | undefined, one: Kustomization): Promise<void> {
    if (program === undefined) return;
    const found = await findProgram(program, this.host.fork({ cwd: one.folder }));
    const where = program.includes('/') ? "below the kustomization's folder" : 'on PATH';
    if (!found) this.findings.add(file, `the program ${program} is not ${where}: see sops-ts kustomize install`);
  }

  private async checkLegacy(file: string, kind: { apiVersion: string; kind: string }): Promise<void> {
    const homes = pluginHomes(this.host).map((home) => resolve(this.host.cwd, home));
    for (const home of homes) if (await findProgram(legacyPath(home, kind), this.host)) return;
    this.findings.add(
      file,
      `no plug-in for ${kind.apiVersion} ${kind.kind} where kustomize looks: see sops-ts kustomize install --legacy`,
    );
  }

  private isOn(flag: string): boolean {
    return this.flags.some((word) => word === flag || word === `${flag}=true`);
  }

  /** Opens what a generator lists, as a build would. */
  private async generate({ config, one, objects }: PluginCall): Promise<void> {
    this.generators += 1;
    const file = config.origin.file ?? one.file;
    const host = this.hostIn(one);
    const plan = this.planOf(config, file);
    if (!plan) {
      objects.isComplete = false;
      return;
    }
    this.note(plan, one.folder);
    const sources = new Sources(host, concurrencyLimit(host));
    // One by one, so that each file that fails is told, not the first alone.
    const lists = [
      ...plan.files.map((entry) => ({ ...plan, files: [entry], secrets: [] })),
      ...plan.secrets.map((entry) => ({ ...plan, files: [], secrets: [entry] })),
    ];
    for (const single of lists) {
      try {
        const made = (await generate(single, sources, host)).flatMap((part) => part.objects);
        for (const object of made) this.absorb(object, file, objects);
      } catch (error) {
        objects.isComplete = false;
        this.findings.addError(file, error, 2);
      }
    }
  }

  private note({ files, secrets }: GeneratorPlan, folder: string): void {
    const lists = secrets.flatMap((secret) => [...secret.files, ...secret.binaryFiles, ...secret.envs]);
    for (const { path } of [...files, ...lists]) this.files.add(resolve(folder, path));
  }

  private planOf(config: Manifest, file: string, isTransformer = false): GeneratorPlan | undefined {
    try {
      return isOwnKind(config.root) ? ownPlan(config, isTransformer) : ksopsPlan(config);
    } catch (error) {
      this.findings.addError(file, error, 2);
      return undefined;
    }
  }

  /** Warnings of a run are findings elsewhere; files are relative to the kustomization. */
  private hostIn(one: Kustomization): Session {
    return this.host.fork({ cwd: one.folder, warn: () => undefined });
  }

  private absorb(object: Manifest, generator: string, objects: ObjectSet): void {
    const file = object.origin.file === undefined ? generator : `${generator}: ${object.origin.file}`;
    if (isSecret(object.root)) {
      for (const { text } of secretProblems(object)) this.findings.add(file, `${describe(object)}: ${text}`);
    }
    const behavior = stringAt(object.root, 'metadata', 'annotations', BEHAVIOR);
    if (behavior === 'merge' && isSecret(object.root) && itemsOf(branchAt(object.root, 'stringData')).length > 0) {
      this.findings.add(
        file,
        `${describe(object)}: merge drops the stringData of both sides; use data (dataOnly: true)`,
      );
    }
    const problem = objects.absorb(objectFrom(object, file), behavior);
    if (problem !== undefined) this.findings.add(file, problem);
  }

  /** Our own kind as a transformer: what is encrypted in the build is decrypted, and its own objects are added. */
  private async transform(call: PluginCall): Promise<void> {
    const { config, one, objects } = call;
    const file = config.origin.file ?? one.file;
    const plan = this.planOf(config, file, true);
    if (!plan) return;
    const host = this.hostIn(one);
    const { keyServices } = new Sources(host, concurrencyLimit(host));
    const trail = trailOf({ kind: 'file', path: '.' }, host);
    const rules = { keyServices, trail, skipMac: plan.ignoreMac, heedsAnnotation: false };
    for (const object of objects.objects) {
      if (!object.manifest) continue;
      try {
        const manifest = await decryptBuilt(object.manifest, rules);
        if (manifest === object.manifest) continue;
        if (!plan.ignoreMac && !macIgnoresPlainText(object.manifest)) {
          this.findings.add(
            object.file,
            `${describe(manifest)} gets annotations before ${describe(config)} decrypts it, so its MAC cannot fit: macPolicy: skip, or list it in a generator`,
          );
        }
        objects.replace(object, { ...object, manifest });
      } catch (error) {
        this.findings.addError(object.file, error);
        objects.replace(object, { ...object, manifest: undefined });
      }
    }
    if (plan.files.length + plan.secrets.length > 0) await this.generate(call);
  }
}

/** Whether the MAC is that of the encrypted values alone. */
function macIgnoresPlainText({ sops }: Manifest): boolean {
  const found = sops && valueAt(sops, 'mac_only_encrypted');
  return found?.kind === 'leaf' && found.value === true;
}

function isKsops({ root }: Manifest): boolean {
  if (stringAt(root, 'apiVersion')?.startsWith('viaduct.ai/')) return true;
  const call = krmFunctionOf(root);
  return call !== undefined && KSOPS_PROGRAMS.test(stringAt(call, 'exec', 'path') ?? '');
}
