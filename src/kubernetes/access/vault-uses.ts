/** Which paths of Vault manifests and references read (docs/kubernetes/access.md#vault). */

import { SopsError } from '../../errors.js';
import { readDocuments } from '../../formats/yaml/documents.js';
import type { Branch, Value } from '../../tree/tree.js';
import { append } from '../../util/lists.js';
import { branchAt, describe, type Manifest, stringAt, valueAt, valuesOf } from '../manifest/manifest.js';
import {
  type ExternalRead,
  externalReads,
  type GeneratorUse,
  invalidObject,
  objectNamed,
  providerOfRead,
} from './external-reads.js';
import { type AccessSources, CIPHERTEXT_START, knownPath, type NamedReference } from './sources.js';
import { type Capability, type KvVersion, kvPath, type VaultAccess, type VaultMounts } from './vault-mounts.js';

/** One path that something reads. */
export interface VaultUse extends VaultAccess {
  /** Undefined where whoever reads chooses it. */
  readonly server: string | undefined;
  /** Empty for the root; undefined where whoever reads chooses it. */
  readonly namespace: string | undefined;
  /** What reads it, for people. */
  readonly by: string;
}

/** All paths, in the order of the files. Throws `document-invalid` and `reference-malformed` for what cannot be told. */
export function vaultUses({ manifests, references }: AccessSources, mounts: VaultMounts): VaultUse[] {
  const uses: VaultUse[] = [];
  for (const manifest of manifests) {
    const { reads, generators } = externalReads(manifest);
    for (const read of reads) append(uses, externalUses(read, manifests));
    for (const generator of generators) append(uses, generatorUses(generator, manifests));
    append(uses, mountedUses(manifest));
  }
  for (const reference of references) {
    if (['vault', 'openbao'].includes(reference.scheme)) uses.push(referenceUse(reference, mounts));
  }
  return uses;
}

/** A secret of an ExternalSecret is below the mount of its store, or has the mount in its name. */
function externalUses(external: ExternalRead, manifests: readonly Manifest[]): VaultUse[] {
  const { of, read } = external;
  const vault = branchAt(providerOfRead(external, manifests), 'vault');
  if (!vault) return [];
  const at = { server: stringAt(vault, 'server'), namespace: stringAt(vault, 'namespace') ?? '', by: describe(of) };
  const version: KvVersion = stringAt(vault, 'version') === 'v1' ? '1' : '2';
  const place = placeOf(read.kind === 'find' ? read.path : read.key, stringAt(vault, 'path'), version, of);
  if (read.kind === 'secret') {
    const data: VaultUse = { ...at, path: kvPath(place.mount, place.below, version), capabilities: ['read'] };
    if (!read.withMetadata || version === '1') return [data];
    return [data, { ...at, path: kvPath(place.mount, place.below, version, 'metadata'), capabilities: ['read'] }];
  }
  if (version === '1') throw invalidObject(of, 'find is not for a store of version v1');
  // The operator goes down folder by folder and reads what fits: how, only it can tell.
  const below = place.below === '' ? '*' : `${place.below}/*`;
  const listing: readonly Capability[] = read.byTags ? ['list', 'read'] : ['list'];
  return [
    { ...at, path: kvPath(place.mount, below, version, 'metadata'), capabilities: listing },
    { ...at, path: kvPath(place.mount, below, version), capabilities: ['read'] },
  ];
}

/** As the operator takes keys: with the mount and `data/` in front of the path or without. */
function placeOf(
  key: string,
  storePath: string | undefined,
  version: KvVersion,
  of: Manifest,
): { mount: string; below: string } {
  const clean = plainPath(key, of);
  const given = storePath === undefined ? '' : plainPath(storePath, of);
  const [first = '', ...rest] = clean.split('/');
  const mount = given === '' ? first : given;
  const hasMount = given !== '' && `${clean}/`.startsWith(`${given}/`);
  const below = given === '' ? rest.join('/') : hasMount ? clean.slice(given.length + 1) : clean;
  if (mount === '') throw invalidObject(of, 'neither its store nor the key names a mount');
  const isWholePath = given === '' || hasMount;
  return { mount, below: version === '2' && isWholePath ? below.replace(/^data\//, '') : below };
}

/** Credentials that the operator's generator asks for. Other generators use no Vault. */
function generatorUses({ of, kind, name }: GeneratorUse, manifests: readonly Manifest[]): VaultUse[] {
  if (kind !== 'VaultDynamicSecret' && kind !== 'ClusterGenerator') return [];
  const found = objectNamed({ kind, name }, of, manifests);
  if (!found) throw invalidObject(of, `its ${kind} ${name} is not among the files`, 'Name the file with it, too.');
  const spec =
    kind === 'VaultDynamicSecret'
      ? branchAt(found.root, 'spec')
      : branchAt(found.root, 'spec', 'generator', 'vaultDynamicSecretSpec');
  if (!spec) return [];
  const path = stringAt(spec, 'path');
  if (path === undefined) throw invalidObject(found, 'spec.path is missing');
  const provider = branchAt(spec, 'provider');
  return [
    {
      path: plainPath(path, found),
      capabilities: [capabilityOf(stringAt(spec, 'method'))],
      server: provider && stringAt(provider, 'server'),
      namespace: (provider && stringAt(provider, 'namespace')) ?? '',
      by: describe(of),
    },
  ];
}

/** What the CSI driver's providers read: a path of the API for each object, in a list that stands there as text. */
function mountedUses(of: Manifest): VaultUse[] {
  const { root } = of;
  if (stringAt(root, 'kind') !== 'SecretProviderClass') return [];
  const prefix = { vault: 'vault', openbao: 'bao' }[stringAt(root, 'spec', 'provider') ?? ''];
  if (prefix === undefined) return [];
  const parameters = (name: string): string | undefined => stringAt(root, 'spec', 'parameters', name);
  const at = {
    server: parameters(`${prefix}Address`),
    namespace: parameters(`${prefix}Namespace`) ?? '',
    by: describe(of),
  };
  return objectsIn(parameters('objects') ?? '', of).map((object) => {
    const path = stringAt(object, 'secretPath');
    if (path === undefined) throw invalidObject(of, 'one of its objects has no secretPath');
    return { ...at, path: plainPath(path, of), capabilities: [capabilityOf(stringAt(object, 'method'))] };
  });
}

function objectsIn(text: string, of: Manifest): Value[] {
  // The reader takes maps only.
  const indented = text.replaceAll(/^/gm, '  ');
  const [document] = text.trim() === '' ? [] : readDocuments(`objects:\n${indented}\n`);
  const objects: Branch | undefined = document?.root;
  const found = valuesOf(objects && valueAt(objects, 'objects'));
  if (found.length === 0) throw invalidObject(of, 'parameters.objects holds no list of objects');
  return found;
}

function capabilityOf(method: string | undefined): Capability {
  const word = (method ?? 'GET').toUpperCase();
  return word === 'GET' ? 'read' : word === 'LIST' ? 'list' : 'update';
}

/** Without a fragment, the last step is the field. */
function referenceUse(reference: NamedReference & { file: string | undefined }, mounts: VaultMounts): VaultUse {
  const { parameters, keys, shown, file } = reference;
  const steps = knownPath(reference, file)
    .split('/')
    .filter((step) => step !== '');
  const place = (keys.length > 0 ? steps : steps.slice(0, -1)).join('/');
  const access = mounts.access(place);
  if (!access) {
    throw new SopsError('reference-malformed', `${shown} names no secret below a mount`, {
      hint: 'It is vault://MOUNT/PATH#/KEY, or vault://MOUNT/PATH/FIELD.',
      ...(file === undefined ? {} : { file }),
    });
  }
  const host = parameters.get('host');
  const server = parameters.get('address') ?? (host && `${parameters.get('proto') ?? 'https'}://${host}`);
  return {
    ...access,
    server: server || undefined,
    namespace: parameters.get('namespace'),
    by: `${shown}${file === undefined ? '' : ` in ${file}`}`,
  };
}

/** A path without empty steps. Throws `document-invalid` for one that is encrypted. */
function plainPath(path: string, of: Manifest): string {
  if (path.includes(CIPHERTEXT_START)) {
    throw invalidObject(
      of,
      'the path of a secret is encrypted',
      'Decrypt it and give the result as -, or let its rule leave spec readable.',
    );
  }
  return path
    .split('/')
    .filter((step) => step !== '')
    .join('/');
}
