/** What ExternalSecrets read, and from which stores: names only (docs/kubernetes/access.md#external-secrets). */
import { SopsError } from '../../errors.js';
import type { Branch } from '../../tree/tree.js';
import { branchAt, describe, type Manifest, stringAt, valueAt, valuesOf } from '../manifest/manifest.js';

/** One secret, or all that a search may meet. */
export type RemoteRead =
  | { readonly kind: 'secret'; readonly key: string; readonly withMetadata: boolean }
  | { readonly kind: 'find'; readonly path: string; readonly byTags: boolean };

export interface ExternalRead {
  readonly of: Manifest;
  readonly read: RemoteRead;
  /** The reference to the store, as it stands in the object. */
  readonly store: { readonly kind: string; readonly name: string };
}

export interface GeneratorUse {
  readonly of: Manifest;
  readonly kind: string;
  readonly name: string;
}

/** The `spec` that says what is read; undefined for other objects. */
function specOf({ root }: Manifest): Branch | undefined {
  if (!stringAt(root, 'apiVersion')?.startsWith('external-secrets.io/')) return undefined;
  const kind = stringAt(root, 'kind');
  if (kind === 'ExternalSecret') return branchAt(root, 'spec');
  return kind === 'ClusterExternalSecret' ? branchAt(root, 'spec', 'externalSecretSpec') : undefined;
}

/** All reads and generators of an object; none for other objects. Throws `document-invalid` for entries without a key or a store. */
export function externalReads(of: Manifest): { reads: ExternalRead[]; generators: GeneratorUse[] } {
  const reads: ExternalRead[] = [];
  const generators: GeneratorUse[] = [];
  const spec = specOf(of);
  if (!spec) return { reads, generators };
  for (const field of ['data', 'dataFrom']) {
    for (const entry of valuesOf(valueAt(spec, field))) {
      const generator = branchAt(entry, 'sourceRef', 'generatorRef');
      if (generator) generators.push({ of, ...referenceOf(generator, of, '') });
      else reads.push({ of, read: readOf(entry, of), store: storeOf(entry, spec, of) });
    }
  }
  return { reads, generators };
}

function readOf(entry: Branch | ReturnType<typeof valuesOf>[number], of: Manifest): RemoteRead {
  const find = branchAt(entry, 'find');
  if (find) {
    return { kind: 'find', path: stringAt(find, 'path') ?? '', byTags: branchAt(find, 'tags') !== undefined };
  }
  const remote = branchAt(entry, 'remoteRef') ?? branchAt(entry, 'extract');
  const key = remote && stringAt(remote, 'key');
  if (!remote || key === undefined || key === '') throw invalidObject(of, 'an entry names no key of the store');
  return { kind: 'secret', key, withMetadata: stringAt(remote, 'metadataPolicy') === 'Fetch' };
}

function storeOf(entry: Parameters<typeof stringAt>[0], spec: Branch, of: Manifest): ExternalRead['store'] {
  const store = branchAt(entry, 'sourceRef', 'storeRef') ?? branchAt(spec, 'secretStoreRef');
  if (!store) throw invalidObject(of, 'it names no store');
  return referenceOf(store, of, 'SecretStore');
}

function referenceOf(reference: Branch, of: Manifest, otherwise: string): { kind: string; name: string } {
  const name = stringAt(reference, 'name');
  if (name === undefined) throw invalidObject(of, 'a reference of it has no name');
  return { kind: stringAt(reference, 'kind') ?? otherwise, name };
}

/** The object that is meant, among those that were read. A namespace that either leaves out fits any. */
export function objectNamed(
  { kind, name }: { readonly kind: string; readonly name: string },
  from: Manifest,
  manifests: readonly Manifest[],
): Manifest | undefined {
  const home = stringAt(from.root, 'kind')?.startsWith('Cluster')
    ? undefined
    : stringAt(from.root, 'metadata', 'namespace');
  return manifests.find(({ root }) => {
    if (stringAt(root, 'kind') !== kind || stringAt(root, 'metadata', 'name') !== name) return false;
    const namespace = stringAt(root, 'metadata', 'namespace');
    return kind.startsWith('Cluster') || namespace === undefined || home === undefined || namespace === home;
  });
}

/** `spec.provider` of the store of a read. Throws `document-invalid` when the store is not among the objects. */
export function providerOfRead({ of, store }: ExternalRead, manifests: readonly Manifest[]): Branch {
  const found = objectNamed(store, of, manifests);
  const provider = found && branchAt(found.root, 'spec', 'provider');
  if (provider) return provider;
  throw invalidObject(
    of,
    `its ${store.kind} ${store.name} is not among the files`,
    'Name the file with the store, too: it tells where the secrets are.',
  );
}

/** An error about an object, with its file. */
export function invalidObject(of: Manifest, problem: string, hint?: string): SopsError {
  const { file } = of.origin;
  return new SopsError('document-invalid', `${describe(of)}: ${problem}`, {
    ...(file === undefined ? {} : { file }),
    ...(hint === undefined ? {} : { hint }),
  });
}
