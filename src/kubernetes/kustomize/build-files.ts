/** The files that a build reads: where they are, whether they may be read, and what for. */

import { relative } from 'node:path';
import type { Value } from '../../tree/tree.js';
import { realpathSync } from '../../util/files/fs.js';
import type { Host } from '../../util/host/host.js';
import { stringAt, valueAt, valuesOf } from '../manifest/manifest.js';
import type { Findings } from './findings.js';
import { type Kustomization, textsOf } from './kustomization.js';
import { structureProblems } from './kustomization-fields.js';
import { type BuildPlace, filePlace } from './places.js';
import { isBelow } from './sources.js';

/** What a file is read for. `settings`: what kustomize itself is told; `values`: of a Helm chart. */
export type FilePurpose = 'objects' | 'patch' | 'settings' | 'values' | 'secret' | 'config-map';

/** A file that a build reads, absolute, and what for. */
export interface FileUse {
  readonly path: string;
  readonly purpose: FilePurpose;
  /** What names it, e.g. `patches`. */
  readonly field: string;
}

export interface Boundary {
  /** Links resolved. */
  readonly folder: string;
  /** What is said of what lies elsewhere. */
  readonly problem: string;
  /** Whether the folders of other kustomizations must lie in it, too. */
  readonly holdsFolders: boolean;
}

/** What of the rules of a build is about files. */
export interface FileRules {
  /** Where a kustomization's files must lie; undefined: anywhere. */
  boundary(one: Kustomization): Boundary | undefined;
  /** Whether something is here that is not there when the build is made. */
  isAbsent?(real: string): boolean;
  /** What is wrong with charts of Helm in a build. */
  readonly charts: string;
}

export class BuildFiles {
  readonly uses: FileUse[] = [];

  constructor(
    private readonly rules: FileRules,
    private readonly findings: Findings,
    private readonly host: Host,
  ) {}

  checkStructure(one: Kustomization, kind: string): void {
    const { root, file, documents } = one;
    for (const problem of structureProblems(root)) this.findings.add(file, problem);
    if (documents > 1) this.findings.add(file, 'holds several documents, of which kustomize reads the first alone');
    const own = stringAt(root, 'kind') || 'Kustomization';
    if (own !== kind) this.findings.add(file, `is of the kind ${own}, where a ${kind} is wanted`);
    const wanted = own === 'Component' ? 'kustomize.config.k8s.io/v1alpha1' : 'kustomize.config.k8s.io/v1beta1';
    const apiVersion = stringAt(root, 'apiVersion') || wanted;
    if (apiVersion !== wanted) this.findings.add(file, `has the apiVersion ${apiVersion}; kustomize takes ${wanted}`);
  }

  settings(one: Kustomization): void {
    const { root } = one;
    const named = ['configurations', 'crds'].flatMap((field) =>
      textsOf(valueAt(root, field)).map((entry): [string, string] => [field, entry]),
    );
    const openapi = stringAt(root, 'openapi', 'path');
    if (openapi !== undefined) named.push(['openapi', openapi]);
    for (const entry of valuesOf(valueAt(root, 'replacements'))) {
      const path = stringAt(entry, 'path');
      if (path) named.push(['replacements', path]);
    }
    for (const [field, entry] of named) this.use(entry, { purpose: 'settings', field }, one);
  }

  /** Notes a file that is named, if it can be read. Returns whether it can. */
  use(entry: string, as: Pick<FileUse, 'purpose' | 'field'>, one: Kustomization): boolean {
    const place = filePlace(entry, one.folder);
    if (place.kind === 'file') return this.isReadable({ path: place.path, ...as }, one);
    this.unreadable(place, entry, one);
    return false;
  }

  isReadable(use: FileUse, one: Kustomization): boolean {
    this.uses.push(use);
    const problem = this.outside(realpathSync(use.path), this.rules.boundary(one), 'file');
    if (problem !== undefined) this.findings.add(this.shown(use.path), problem);
    return problem === undefined;
  }

  /** What is wrong with where something lies. */
  outside(real: string, boundary: Boundary | undefined, what: 'file' | 'folder'): string | undefined {
    if (this.rules.isAbsent?.(real))
      return 'is left out of the source: .sourceignore, or the defaults, can be told to take it in';
    if (!boundary || isBelow(real, boundary.folder)) return undefined;
    return what === 'file' || boundary.holdsFolders ? boundary.problem : undefined;
  }

  unreadable(place: BuildPlace, entry: string, one: Kustomization): void {
    if (place.kind === 'remote') {
      this.findings.add(one.file, `${entry} is remote, and was not looked at: what it holds cannot be judged here`);
    } else if (place.kind === 'folder') this.findings.add(one.file, `${entry} is a folder, where a file is wanted`);
    else if (place.kind === 'missing') this.findings.add(this.shown(place.path), 'is not there');
  }

  chart(chart: Value, one: Kustomization): void {
    const name = stringAt(chart, 'name') ?? stringAt(chart, 'chartName') ?? '';
    this.findings.add(one.file, `the Helm chart ${name} ${this.rules.charts}`);
    const values = [stringAt(chart, 'valuesFile'), stringAt(chart, 'values')].filter((path) => path !== undefined);
    for (const entry of [...values, ...textsOf(valueAt(chart, 'additionalValuesFiles'))]) {
      this.use(entry, { purpose: 'values', field: 'helmCharts' }, one);
    }
  }

  shown(path: string): string {
    return relative(this.host.cwd, path) || '.';
  }
}
