/** Going through a build as kustomize does: what it reads, in its order, and the objects that come of it. */

import { realpathSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { append } from '../../util/lists.js';
import { describe, type Manifest, stringAt, valueAt, valuesOf } from '../manifest/manifest.js';
import { readManifests } from '../manifest/read.js';
import { BuildFiles, type FileRules } from './build-files.js';
import type { Findings } from './findings.js';
import { type Generated, generatedBy } from './generator-files.js';
import { type Kustomization, PLUGIN_FIELDS, readBuildFile, readKustomization, textsOf } from './kustomization.js';
import { describeId, ObjectSet, objectFrom } from './object-set.js';
import { applyPatch, type Patch, patchesOf, type Touch } from './patches.js';
import { isInline, placeOf } from './places.js';
import { isBelow } from './sources.js';

export type PluginField = (typeof PLUGIN_FIELDS)[number];

export interface PluginCall {
  readonly config: Manifest;
  readonly field: PluginField;
  readonly one: Kustomization;
  readonly objects: ObjectSet;
}

/** What differs between the programs that build. */
export interface WalkRules extends FileRules {
  /** What becomes of a configuration that is not kustomize's own. Puts what it makes into the objects. */
  runPlugin(call: PluginCall): Promise<void>;
}

/** What was gone through. */
export class BuildWalk {
  readonly kustomizations = new Map<string, Kustomization>();
  readonly files: BuildFiles;
  /** Where patches change objects that are encrypted. */
  readonly touches: Touch[] = [];
  /** The files of encrypted patches that were merged into their objects, ciphertext and metadata; as shown. */
  readonly mergedSealed = new Set<string>();
  private readonly done = new Map<string, ObjectSet>();

  constructor(
    private readonly rules: WalkRules,
    readonly findings: Findings,
    private readonly host: Host,
  ) {
    this.files = new BuildFiles(rules, findings, host);
  }

  /** The files that were read, the folders of kustomizations standing for theirs. */
  get looked(): Set<string> {
    return new Set([...this.files.uses.map(({ path }) => path), ...this.kustomizations.keys()]);
  }

  /** The objects of a kustomization's build. What cannot be read is a finding. */
  async build(one: Kustomization): Promise<ObjectSet> {
    const objects = new ObjectSet();
    const real = realpathSync(one.folder);
    this.kustomizations.set(real, one);
    this.files.checkStructure(one, 'Kustomization');
    await this.target({ one, objects, above: [real] });
    return objects;
  }

  /** Reads the kustomization of a folder and does what it says. A component works on what is there already. */
  private async folder(
    folder: string,
    objects: ObjectSet,
    { kind, above }: { readonly kind: 'Kustomization' | 'Component'; readonly above: readonly string[] },
  ): Promise<ObjectSet> {
    const real = realpathSync(folder);
    const known = kind === 'Kustomization' ? this.done.get(real) : undefined;
    if (known) return known;
    try {
      const one = readKustomization(folder, this.host.cwd);
      this.kustomizations.set(real, one);
      this.files.checkStructure(one, kind);
      await this.target({ one, objects, above: [...above, real] });
    } catch (error) {
      objects.isComplete = false;
      this.findings.addError(this.files.shown(folder), error);
    }
    if (kind === 'Kustomization') this.done.set(real, objects);
    return objects;
  }

  /** One kustomization, in the order in which kustomize works on it. */
  private async target(at: Target): Promise<void> {
    const { one, objects } = at;
    const { root } = one;
    const plugins = new Map<PluginField, ObjectSet>();
    for (const field of PLUGIN_FIELDS) plugins.set(field, await this.pluginConfigs(field, at));
    for (const field of ['resources', 'bases']) {
      for (const entry of textsOf(valueAt(root, field))) await this.resource(entry, field, at);
    }
    this.files.settings(one);
    for (const [field, kind] of [
      ['configMapGenerator', 'ConfigMap'],
      ['secretGenerator', 'Secret'],
    ] as const) {
      for (const entry of valuesOf(valueAt(root, field)))
        this.generate(generatedBy(entry, kind, one.folder), field, at);
    }
    this.charts(at);
    await this.runPlugins('generators', plugins, at);
    for (const entry of textsOf(valueAt(root, 'components'))) await this.component(entry, at);
    for (const patch of patchesOf(root)) this.patch(patch, at);
    const text = (field: string): string => stringAt(root, field) ?? '';
    objects.rename(text('namePrefix'), text('nameSuffix'), text('namespace') || undefined);
    await this.runPlugins('transformers', plugins, at);
    await this.runPlugins('validators', plugins, at);
  }

  /** A file of objects, or the folder of another kustomization. */
  private async resource(entry: string, field: string, at: Target): Promise<void> {
    const { one, objects } = at;
    const place = placeOf(entry, one.folder);
    if (place.kind === 'file') this.objectsOf(place.path, field, at);
    else if (place.kind === 'folder') await this.base(entry, place.path, at);
    else {
      objects.isComplete = false;
      this.files.unreadable(place, entry, one);
    }
  }

  private async base(entry: string, folder: string, at: Target): Promise<void> {
    if (!this.isOpen(entry, folder, at)) return;
    const made = await this.folder(folder, new ObjectSet(), { kind: 'Kustomization', above: at.above });
    for (const problem of at.objects.addAll(made)) this.findings.add(at.one.file, problem);
  }

  private async component(entry: string, at: Target): Promise<void> {
    const place = placeOf(entry, at.one.folder);
    if (place.kind === 'folder') {
      if (!this.isOpen(entry, place.path, at)) return;
      await this.folder(place.path, at.objects, { kind: 'Component', above: at.above });
    } else {
      at.objects.isComplete = false;
      if (place.kind === 'file') this.findings.add(at.one.file, `${entry} is a file; components are folders`);
      else this.files.unreadable(place, entry, at.one);
    }
  }

  /** Whether a folder may be built within another: kustomize goes neither in circles nor upwards. */
  private isOpen(entry: string, folder: string, { one, objects, above }: Target): boolean {
    const real = realpathSync(folder);
    const problem = entry.startsWith('/')
      ? 'is an absolute path, which kustomize refuses for a folder'
      : above.some((ancestor) => isBelow(ancestor, real))
        ? 'leads back to where it is named'
        : this.files.outside(real, this.rules.boundary(one), 'folder');
    if (problem === undefined) return true;
    objects.isComplete = false;
    this.findings.add(one.file, `${entry} ${problem}`);
    return false;
  }

  private objectsOf(path: string, field: string, { one, objects }: Target): void {
    if (!this.files.isReadable({ path, purpose: 'objects', field }, one)) return;
    const file = this.files.shown(path);
    try {
      for (const manifest of readManifests(readBuildFile(path, file), { file })) {
        this.add(manifest, file, objects);
      }
    } catch (error) {
      objects.isComplete = false;
      this.findings.addError(file, error);
    }
  }

  private add(manifest: Manifest, file: string, objects: ObjectSet): void {
    const missing = [['kind'], ['metadata', 'name']].find((path) => !stringAt(manifest.root, ...path));
    if (missing) this.findings.add(file, `${describe(manifest)} has no ${missing.join('.')}, and stops the build`);
    const problem = objects.append(objectFrom(manifest, file));
    if (problem !== undefined && !missing) this.findings.add(file, problem);
  }

  private generate(generated: Generated, field: string, { one, objects }: Target): void {
    const { kind, name, namespace, sources, behavior, problems } = generated;
    for (const problem of problems) this.findings.add(one.file, problem);
    const purpose = kind === 'Secret' ? 'secret' : 'config-map';
    const readable = sources.filter(({ entry }) => this.files.use(entry, { purpose, field }, one));
    const id = { group: '', version: 'v1', kind, name, namespace };
    const object = { id, earlier: [], manifest: undefined, file: one.file, sources: readable };
    const problem = objects.absorb(object, behavior);
    if (problem !== undefined) this.findings.add(one.file, problem);
  }

  private charts({ one, objects }: Target): void {
    const charts = valuesOf(valueAt(one.root, 'helmCharts'));
    const old = valuesOf(valueAt(one.root, 'helmChartInflationGenerator'));
    for (const chart of [...charts, ...old]) this.files.chart(chart, one);
    if (charts.length + old.length > 0) objects.isComplete = false;
  }

  private patch(patch: Patch, { one, objects }: Target): void {
    if (patch.path !== undefined && !this.files.use(patch.path, { purpose: 'patch', field: patch.field }, one)) return;
    const path = patch.path === undefined ? undefined : resolve(one.folder, patch.path);
    const file = path === undefined ? one.file : this.files.shown(path);
    try {
      const bytes = path === undefined ? Buffer.from(patch.text ?? '') : readBuildFile(path, file);
      const { problems, touches, isMergedSealed } = applyPatch(bytes, patch, file, objects);
      for (const problem of problems) this.findings.add(file, problem);
      append(this.touches, touches);
      if (isMergedSealed) this.mergedSealed.add(file);
    } catch (error) {
      this.findings.addError(file, error);
    }
  }

  /** The configurations of plug-ins: files, whole builds, and what stands in the list itself. */
  private async pluginConfigs(field: PluginField, { one, above }: Target): Promise<ObjectSet> {
    const objects = new ObjectSet();
    const at = { one, objects, above };
    for (const entry of textsOf(valueAt(one.root, field))) {
      if (!isInline(entry)) await this.resource(entry, field, at);
      else {
        try {
          for (const manifest of readManifests(Buffer.from(entry), { file: one.file }))
            this.add(manifest, one.file, objects);
        } catch (error) {
          this.findings.addError(one.file, error);
        }
      }
    }
    return objects;
  }

  private async runPlugins(
    field: PluginField,
    plugins: ReadonlyMap<PluginField, ObjectSet>,
    at: Target,
  ): Promise<void> {
    for (const { manifest, id } of plugins.get(field)?.objects ?? []) {
      if (!manifest) {
        this.findings.add(
          at.one.file,
          `${describeId(id)} under ${field} is made by a generator, and was not looked at`,
        );
      } else if (id.group === '' && id.version === 'builtin') this.builtin(manifest, field, at);
      else await this.rules.runPlugin({ config: manifest, field, one: at.one, objects: at.objects });
    }
  }

  /** Kustomize's own plug-ins, configured in a file of their own. */
  private builtin(config: Manifest, field: PluginField, at: Target): void {
    const { one } = at;
    const kind = stringAt(config.root, 'kind') ?? '';
    const file = config.origin.file ?? one.file;
    const generates = BUILTIN_GENERATORS.has(kind);
    if (generates !== (field === 'generators') || !(generates || BUILTIN_TRANSFORMERS.test(kind))) {
      this.findings.add(file, `builtin ${kind} is nothing that stands under ${field}`);
    } else if (kind === 'SecretGenerator' || kind === 'ConfigMapGenerator') {
      const made = kind === 'SecretGenerator' ? 'Secret' : 'ConfigMap';
      this.generate(generatedBy(config.root, made, one.folder), kind, at);
    } else if (kind === 'HelmChartInflationGenerator') {
      this.files.chart(config.root, one);
      at.objects.isComplete = false;
    } else if (generates) {
      at.objects.isComplete = false;
      this.findings.add(file, `what ${describe(config)} makes was not looked at`);
    } else {
      for (const patch of patchesOf(config.root, kind)) this.patch(patch, at);
      for (const entry of valuesOf(valueAt(config.root, 'replacements'))) {
        const path = stringAt(entry, 'path');
        if (path) this.files.use(path, { purpose: 'settings', field: kind }, one);
      }
      if (/^(?:Prefix|Suffix|Namespace)/.test(kind)) this.renameBy(config, at.objects);
    }
  }

  private renameBy({ root }: Manifest, objects: ObjectSet): void {
    const isNamespace = stringAt(root, 'kind') === 'NamespaceTransformer';
    const namespace = isNamespace ? stringAt(root, 'metadata', 'namespace') : undefined;
    objects.rename(stringAt(root, 'prefix') ?? '', stringAt(root, 'suffix') ?? '', namespace);
  }
}

interface Target {
  readonly one: Kustomization;
  readonly objects: ObjectSet;
  /** The folders whose kustomizations led here, links resolved, the own one too. */
  readonly above: readonly string[];
}

const BUILTIN_GENERATORS: ReadonlySet<string> = new Set([
  'SecretGenerator',
  'ConfigMapGenerator',
  'HelmChartInflationGenerator',
  'IAMPolicyGenerator',
]);
const BUILTIN_TRANSFORMERS =
  /^(?:Annotations|Hash|ImageTag|Label|Namespace|PatchJson6902|PatchStrategicMerge|Patch|PrefixSuffix|Prefix|Suffix|Replacement|ReplicaCount|ValueAdd)Transformer$/;
