/** What Flux's controller decrypts after a build: objects, and files in the data of Secrets, by what stands in them (docs/kubernetes/flux.md#after-the-build). */

import { relative } from 'node:path';
import { looksEncrypted } from '../../cipher/encrypted-value.js';
import { canonicalStyle, printJson } from '../../formats/json/write.js';
import { formatNamed } from '../../formats/registry.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import { scopeOf } from '../../metadata/scope-of.js';
import { readEncrypted } from '../../operations/read/encrypted-files.js';
import { leaves } from '../../tree/leaves.js';
import type { TreePath } from '../../tree/path.js';
import { branch, item, type Value } from '../../tree/tree.js';
import { walk } from '../../tree/walk.js';
import { readFileSync, realpathSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { isDisabled } from '../kustomize/built-objects.js';
import { holdsCiphertext, sealedPart } from '../kustomize/ciphertext.js';
import type { Findings } from '../kustomize/findings.js';
import { envFormatOf, fluxFormatOf, markedFormats, markerOf } from '../kustomize/flux-formats.js';
import type { GeneratorSource } from '../kustomize/generator-files.js';
import type { BuildObject, ObjectSet } from '../kustomize/object-set.js';
import type { Touch } from '../kustomize/patches.js';
import { branchAt, describe, itemsOf, type Manifest, stringAt, valueAt } from '../manifest/manifest.js';
import { decodeDataValue } from '../manifest/secret.js';
import type { EncryptedContent } from './content.js';
import { mismatch, nestedProblem } from './conversion.js';

/** What the controller reads of an object before it decrypts anything. */
const READABLE = ['apiVersion', 'kind', 'metadata'] as const;

export class ObjectPass {
  readonly encrypted: EncryptedContent[] = [];
  /** How many encrypted objects their annotation leaves as they are. */
  left = 0;
  private readonly objectsIn = new Map<string, number>();

  constructor(
    /** What pass 1 has decrypted, links resolved. */
    private readonly decrypted: ReadonlySet<string>,
    private readonly findings: Findings,
    private readonly host: Host,
  ) {}

  async check({ objects }: ObjectSet, touches: readonly Touch[]): Promise<void> {
    for (const { file, manifest } of objects.map((object) => this.builtOf(object)))
      if (manifest) this.objectsIn.set(file, (this.objectsIn.get(file) ?? 0) + 1);
    for (const object of objects) await this.checkObject(object);
    for (const { file, object, fields } of touches) {
      const built = this.builtOf(object);
      if (!built.manifest?.sops || isDisabled(built.manifest.root) || this.isPlain(built.file)) continue;
      const what = `${fields.join(', ')} of ${describe(built.manifest)}`;
      this.findings.add(
        file,
        `changes ${what}, which is encrypted (${built.file}) and decrypted only after that: the controller fails on it`,
      );
    }
  }

  private async checkObject(object: BuildObject): Promise<void> {
    for (const source of object.sources) {
      if (object.id.kind === 'Secret') await this.checkSource(source);
    }
    const { manifest, file } = this.builtOf(object);
    if (!manifest || this.isPlain(file)) return;
    if (isDisabled(manifest.root)) this.left += sealedPart(manifest) === undefined ? 0 : 1;
    else if (manifest.sops) await this.checkSealed(manifest, file);
    else await this.checkPlain(manifest, file);
  }

  /** An object as it comes out of the build, and the file that it has its ciphertext from. */
  private builtOf({ manifest, file, merged }: BuildObject): Pick<BuildObject, 'manifest' | 'file'> {
    return merged && !this.isPlain(merged.file) ? merged : { manifest, file };
  }

  /** Whether a file of objects was decrypted before the build, since a patch is made of it, too. */
  private isPlain(file: string): boolean {
    try {
      return this.decrypted.has(realpathSync(resolve(this.host.cwd, file)));
    } catch {
      return false;
    }
  }

  private async checkSealed(manifest: Manifest, file: string): Promise<void> {
    const { root, sops } = manifest;
    if (stringAt(root, 'kind')?.endsWith('List') && valueAt(root, 'items')) {
      this.findings.add(
        file,
        `${describe(manifest)} is encrypted as a whole; a build takes its items out, and they stay encrypted`,
      );
      return;
    }
    if (!sops || !stringAt(sops, 'mac')) {
      this.findings.add(
        file,
        `${describe(manifest)} has SOPS metadata without a MAC, so the controller does not decrypt it`,
      );
      return;
    }
    this.encrypted.push(this.contentOf(manifest, file));
    for (const field of READABLE) {
      const value = valueAt(root, field);
      const hidden = value && firstSealed(value);
      if (!hidden) continue;
      const at = [field, ...hidden].join('.');
      this.findings.add(file, `${at} is encrypted, and must stay readable: encrypted_regex: ^(data|stringData)$`);
    }
    await this.checkSelection(manifest, file);
  }

  private async checkSelection(manifest: Manifest, file: string): Promise<void> {
    try {
      const plain = await plainLeaf(manifest);
      if (plain === undefined) return;
      const what = `${plain} of ${describe(manifest)}`;
      this.findings.add(
        file,
        `${what} is in plain text where the metadata says that it is encrypted: the controller fails on it`,
      );
    } catch (error) {
      this.findings.addError(file, error);
    }
  }

  /** Of several objects in a file each has metadata of its own. */
  private contentOf({ root, sops, origin }: Manifest, file: string): EncryptedContent {
    if (!sops) return { file };
    const bytes = Buffer.from(printJson(branch([...root.items, item('sops', sops)]), canonicalStyle()));
    const name = describe({ root, sops, origin, text: '' });
    return { file, part: { name, bytes, format: 'json', isAlone: this.objectsIn.get(file) === 1, keepsMac: false } };
  }

  private async checkPlain(manifest: Manifest, file: string): Promise<void> {
    if (stringAt(manifest.root, 'kind') !== 'Secret') {
      const sealed = sealedPart(manifest);
      if (sealed !== undefined) this.findings.add(file, `${sealed}, and the controller does not decrypt it there`);
      return;
    }
    for (const { key, value } of itemsOf(branchAt(manifest.root, 'data'))) {
      if (value.kind === 'leaf' && typeof value.value === 'string')
        await this.checkData(manifest, key, value.value, file);
    }
    for (const { node, path, valuePath } of leaves([manifest.root])) {
      if (path[0] === 'data' || typeof node.value !== 'string' || !holdsCiphertext(node.value)) continue;
      this.findings.add(
        file,
        `${describe(manifest)}: ${valuePath.join('.')} holds ciphertext, and the controller does not decrypt it there`,
      );
    }
  }

  /** A value of `data`: a file in base64. */
  private async checkData(manifest: Manifest, key: string, text: string, file: string): Promise<void> {
    const at = `${describe(manifest)}: data.${key}`;
    const bytes = decodeDataValue(text);
    const [format] = bytes ? markedFormats(bytes) : [];
    if (!bytes || format === undefined) {
      const stays = holdsCiphertext(bytes?.toString('latin1') ?? text);
      if (stays) this.findings.add(file, `${at} holds ciphertext that the controller does not know for a file of SOPS`);
      return;
    }
    const problem = await nestedProblem({
      bytes,
      name: undefined,
      to: fluxFormatOf(key),
      place: `under the key ${key}`,
    });
    if (problem !== undefined) this.findings.add(file, `${at} ${problem}`);
    else this.encrypted.push({ file, part: { name: at, bytes, format, isAlone: false, keepsMac: true } });
  }

  /** A file that became a value of a Secret: pass 1 has decrypted it by its key, or now its bytes decide. */
  private async checkSource({ place, key, isEnv }: GeneratorSource): Promise<void> {
    if (place.kind !== 'file') return;
    const { path } = place;
    const file = relative(this.host.cwd, path);
    const wasDecrypted = this.decrypted.has(realpathSync(path));
    try {
      if (isEnv) return await this.checkVariables(path, { file, key, wasDecrypted });
      if (wasDecrypted) return;
      const bytes = readFileSync(path);
      const [format] = markedFormats(bytes);
      if (format === undefined) return await this.checkUnmarked(path, file);
      const to = fluxFormatOf(key);
      const problem = await nestedProblem({ bytes, name: path, to, place: `under the key ${key}` });
      if (problem !== undefined) this.findings.add(file, problem);
      this.encrypted.push({ file });
    } catch (error) {
      this.findings.addError(file, error);
    }
  }

  private async checkUnmarked(path: string, file: string): Promise<void> {
    const found = await readEncrypted(path);
    if (!found) {
      if (holdsCiphertext(readFileSync(path, 'latin1')))
        this.findings.add(file, 'holds ciphertext of SOPS, and stays so');
      return;
    }
    const format = found.store.name;
    this.findings.add(
      file,
      `is encrypted as ${format}, but stays so: the controller goes by ${markerOf(format)}, which does not stand in it`,
    );
  }

  /** Variables must be in plain text before the build: kustomize makes a value of each. */
  private async checkVariables(
    path: string,
    { file, key, wasDecrypted }: { file: string; key: string; wasDecrypted: boolean },
  ): Promise<void> {
    const wanted = envFormatOf(key);
    if (wasDecrypted) {
      if (!formatNamed(wanted).variables)
        this.findings.add(file, `is decrypted as ${wanted}, and envs holds lines of NAME=value`);
      return;
    }
    const found = await readEncrypted(path);
    if (!found) return;
    const { name } = found.store;
    this.findings.add(
      file,
      name === wanted
        ? `is encrypted, and stays so: the controller looks at envs alone, for ${markerOf(wanted)}`
        : mismatch(name, wanted, `as envs ${key}`),
    );
  }
}

/** Keys and indexes that lead to the first ciphertext in a value. */
function firstSealed(value: Value): TreePath | undefined {
  for (const { node, valuePath } of leaves([value])) {
    if (typeof node.value === 'string' && looksEncrypted(node.value)) return valuePath;
  }
  return undefined;
}

/** The place of a value that is in plain text where the metadata has it encrypted, which SOPS does not decrypt; undefined for none. */
async function plainLeaf({ root, sops }: Manifest): Promise<string | undefined> {
  if (sops?.kind !== 'branch') return undefined;
  const { selection } = metadataFromBranch(sops);
  // The controller decrypts JSON, where comments select nothing.
  if (selection?.option.includes('comment')) return undefined;
  let found: string | undefined;
  walk([root], await scopeOf(selection, 'read'), {
    leaf({ value }, { path, selected }) {
      if (!selected || found !== undefined || value === null || value === '') return;
      if (typeof value !== 'string' || !looksEncrypted(value)) found = path.join('.');
    },
  });
  return found;
}
