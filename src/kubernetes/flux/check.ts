/** What would go wrong when Flux's controller decrypts a folder, found before it does (spec kubernetes-and-stores.md section 1.7). */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { looksEncrypted } from '../../cipher/encrypted-value.js';
import { SopsError } from '../../errors.js';
import { type EncryptedFile, filesBelow, readEncrypted } from '../../operations/encrypted-files.js';
import { isSystemError, statOf, systemReason } from '../../util/files.js';
import type { Host } from '../../util/host.js';
import { formatOfKey, formatOfMarker, isDisabled, MOST_BYTES } from '../kustomize/built.js';
import type { Finding } from '../kustomize/check.js';
import {
  configMapFiles,
  isFolder,
  type Kustomization,
  kustomizationFile,
  kustomizationsBelow,
  PLUGIN_FIELDS,
  partsOf,
  patchFiles,
  pluginConfigs,
  secretGeneratorFiles,
} from '../kustomize/kustomization.js';
import { isBelow } from '../kustomize/sources.js';
import { describe, leavesBelow, type Manifest, stringAt, valueAt } from '../manifest/manifest.js';
import { readManifests } from '../manifest/read.js';
import { sourceRoot } from './source-root.js';

const MANIFEST = /\.(?:ya?ml|json)$/;
/** What the controller reads of an object before it decrypts anything. */
const READABLE = ['apiVersion', 'kind', 'metadata'] as const;
const FLUX_GROUP = 'kustomize.toolkit.fluxcd.io/';

export interface FluxOutcome {
  readonly findings: readonly Finding[];
  /** Paths of the encrypted files that the controller would decrypt, as shown. */
  readonly encrypted: readonly string[];
}

/** Checks a folder and what its kustomizations name. No key is needed. Throws for what cannot be read. */
export async function checkFlux(path: string, host: Host): Promise<FluxOutcome> {
  const folder = resolve(host.cwd, path);
  checkFolder(folder, path);
  const checker = new FluxChecker(sourceRoot(folder), host);
  if (kustomizationFile(folder) === undefined) {
    // The controller makes a kustomization of all manifests then.
    for await (const file of manifestsBelow(folder)) await checker.checkObjects(file);
  } else {
    for (const one of kustomizationsBelow(folder, host.cwd)) await checker.checkKustomization(one);
  }
  return { findings: checker.findings, encrypted: [...checker.encrypted] };
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

/** The files that the controller takes for manifests where no kustomization names any. */
async function* manifestsBelow(folder: string): AsyncGenerator<string> {
  for await (const file of filesBelow(folder, { skipsHidden: true })) if (MANIFEST.test(file)) yield file;
}

class FluxChecker {
  readonly findings: Finding[] = [];
  readonly encrypted = new Set<string>();

  constructor(
    private readonly root: string,
    private readonly host: Host,
  ) {}

  async checkKustomization(one: Kustomization): Promise<void> {
    for (const field of PLUGIN_FIELDS) {
      for (const config of pluginConfigs(one, field, this.host.cwd)) {
        if (stringAt(config.root, 'apiVersion') === 'builtin') continue;
        this.add(one.file, `the controller runs no plug-ins, so ${describe(config)} under ${field} fails the build`);
      }
    }
    for (const file of [...partsOf(one).files, ...patchFiles(one)]) {
      if (MANIFEST.test(file)) await this.checkObjects(file);
    }
    for (const file of secretGeneratorFiles(one)) {
      const key = file.formatName.slice(file.formatName.lastIndexOf('/') + 1);
      await this.checkSource(file.path, key, file.isEnv);
    }
    for (const file of configMapFiles(one)) {
      if (await this.encryptedAt(file)) {
        this.add(this.shown(file), 'is encrypted, and stays so in a ConfigMap: only secretGenerator is decrypted');
      }
    }
  }

  /** A file of objects that a build takes as they are. */
  async checkObjects(path: string): Promise<void> {
    if (!this.isReachable(path)) return;
    const shown = this.shown(path);
    let objects: Manifest[];
    try {
      objects = readManifests(readFileSync(path), { file: shown });
    } catch (error) {
      return this.addError(shown, error);
    }
    for (const object of objects) await this.checkObject(object, shown);
  }

  private async checkObject(object: Manifest, shown: string): Promise<void> {
    await this.checkFluxObject(object, shown);
    if (!object.sops || isDisabled(object.root)) return;
    this.encrypted.add(shown);
    for (const field of READABLE) {
      const value = valueAt(object.root, field);
      if (!value) continue;
      const hidden = [...leavesBelow(value)].find(
        ([, leaf]) => typeof leaf.value === 'string' && looksEncrypted(leaf.value),
      );
      if (!hidden) continue;
      const at = [field, ...hidden[0]].join('.');
      this.add(shown, `${at} is encrypted, and must stay readable: encrypted_regex: ^(data|stringData)$`);
    }
  }

  /** A Kustomization of Flux's own: without `decryption` it stops at the first encrypted object. */
  private async checkFluxObject({ root }: Manifest, shown: string): Promise<void> {
    if (stringAt(root, 'kind') !== 'Kustomization' || !stringAt(root, 'apiVersion')?.startsWith(FLUX_GROUP)) return;
    const provider = stringAt(root, 'spec', 'decryption', 'provider');
    if (provider === 'sops') return;
    if (provider !== undefined) return this.add(shown, `spec.decryption.provider is ${provider}, not sops`);
    const path = resolve(this.root, stringAt(root, 'spec', 'path') ?? '.');
    if (!isBelow(path, this.root) || !isFolder(path)) return;
    for await (const file of manifestsBelow(path)) {
      if (!(await this.encryptedAt(file))) continue;
      const target = this.shown(file);
      return this.add(
        shown,
        `${target} is encrypted, and spec.decryption is missing: {provider: sops, secretRef: {name: …}}`,
      );
    }
  }

  /** A file that a Secret is made of: the ending of its key decides what the controller takes it for. */
  private async checkSource(path: string, key: string, isEnv: boolean): Promise<void> {
    if (!this.isReachable(path)) return;
    const found = await this.encryptedAt(path);
    if (!found) return;
    const shown = this.shown(path);
    this.encrypted.add(shown);
    const byKey = formatOfKey(key);
    const wanted = isEnv && byKey === 'binary' ? 'dotenv' : byKey;
    const actual = formatOfMarker(Buffer.from(found.bytes), key) ?? found.store.name;
    if (actual === wanted) return;
    const place = isEnv ? `as envs ${key}` : `under the key ${key}`;
    this.add(shown, `is encrypted as ${actual}, and ${place} the controller takes it for ${wanted}`);
  }

  /** Whether the controller opens a file at all: it goes through no link out of the source, and passes over large ones. */
  private isReachable(path: string): boolean {
    const stat = statOf(path);
    const shown = this.shown(path);
    if (!stat?.isFile()) {
      this.add(shown, 'is not there');
      return false;
    }
    if (!isBelow(realpathSync(path), this.root)) {
      this.add(shown, 'lies outside the source, where the controller does not read');
      return false;
    }
    if (stat.size > MOST_BYTES) {
      this.add(shown, 'is larger than 5 MiB, and would not be decrypted');
      return false;
    }
    return true;
  }

  private async encryptedAt(path: string): Promise<EncryptedFile | null> {
    try {
      return await readEncrypted(path);
    } catch (error) {
      this.addError(this.shown(path), error);
      return null;
    }
  }

  private shown(path: string): string {
    return relative(this.host.cwd, path);
  }

  private add(file: string, text: string): void {
    if (!this.findings.some((one) => one.file === file && one.text === text)) this.findings.push({ file, text });
  }

  private addError(file: string, error: unknown): void {
    if (isSystemError(error)) this.add(file, `cannot be read: ${systemReason(error)}`);
    else if (error instanceof SopsError) this.add(file, error.message.split('\n', 1)[0] ?? '');
    else throw error;
  }
}
