/** SecretStores, and the classes that the CSI driver mounts (docs/kubernetes/external-secrets.md#stores, docs/kubernetes/external-secrets.md#the-csi-driver). */
import type { Branch } from '../../tree/tree.js';
import { leaf, list } from '../../tree/tree.js';
import { textMap } from '../manifest/manifest.js';
import { record } from '../object-literal.js';
import { finish } from './checked-object.js';
import type { KeyedFile } from './keyed-file.js';
import type { MountParameters, StoreProvider } from './provider.js';
import type { References } from './references.js';
import { usage } from './settings.js';
import type { Assignment } from './shapes/assignment.js';
import { storeShape } from './shapes/store-shapes.js';

export interface SecretStoreParts {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly clusterWide: boolean;
  /** Namespaces that may use a store of the whole cluster; none for all. */
  readonly namespaces: readonly string[];
  readonly provider: Pick<StoreProvider, 'field' | 'shape'>;
  /** What the provider's field says. */
  readonly described: Branch;
  readonly sets: readonly Assignment[];
  readonly references: References;
}

/** The object that says how to reach a store. Throws `usage`. */
export function secretStoreOf(parts: SecretStoreParts): Branch {
  const { name, namespace, clusterWide, namespaces, references } = parts;
  const { field, shape: ownShape } = parts.provider;
  if (namespaces.length > 0 && !clusterWide) {
    throw usage('--allow-namespaces belongs to --cluster-store', 'A SecretStore serves its own namespace alone.');
  }
  const conditions = [record({ namespaces: namespaces.map((one) => leaf(one)) })];
  const provider = record({ [field]: parts.described });
  const spec = record({ provider, conditions: namespaces.length > 0 ? conditions : undefined });
  const shape = storeShape({ [field]: ownShape });
  // Paths begin in the provider, unless they name a field of the store itself.
  const sets = parts.sets.map(({ path, text }) => ({
    text,
    path: shape.fields.has(path[0] ?? '') ? path : ['provider', field, ...path],
  }));
  finish(spec, { shape, sets, references });
  return record({
    apiVersion: 'external-secrets.io/v1',
    kind: clusterWide ? 'ClusterSecretStore' : 'SecretStore',
    metadata: record({ name, namespace: clusterWide ? undefined : namespace }),
    spec,
  });
}

export interface ProviderClassParts {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly mount: MountParameters;
  /** The Secret to make of the files while a pod mounts them. */
  readonly sync: Pick<KeyedFile, 'type' | 'labels' | 'annotations' | 'keys'> | undefined;
}

/** The object that says which files a pod finds. */
export function providerClassOf({ name, namespace, mount, sync }: ProviderClassParts): Branch {
  return record({
    apiVersion: 'secrets-store.csi.x-k8s.io/v1',
    kind: 'SecretProviderClass',
    metadata: record({ name, namespace }),
    spec: record({
      provider: mount.provider,
      parameters: textMap(mount.parameters),
      secretObjects: sync && list([syncedSecret(name, sync)]),
    }),
  });
}

function syncedSecret(secretName: string, sync: NonNullable<ProviderClassParts['sync']>): Branch {
  return record({
    secretName,
    type: sync.type ?? 'Opaque',
    labels: sync.labels.size > 0 ? textMap(sync.labels) : undefined,
    annotations: sync.annotations.size > 0 ? textMap(sync.annotations) : undefined,
    // The name of the file is that of the key.
    data: sync.keys.map(({ key }) => record({ objectName: key, key })),
  });
}
