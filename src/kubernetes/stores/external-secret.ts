/** ExternalSecrets and PushSecrets (docs/kubernetes/external-secrets.md#externalsecrets-and-pushsecrets), and what the operator's webhook refuses of them. */
import type { Branch } from '../../tree/tree.js';
import { record } from '../object-literal.js';
import { finish } from './checked-object.js';
import { clusterObject, type Spread, spreadFields } from './cluster-wide.js';
import type { KeyedFile } from './keyed-file.js';
import type { RemoteReference } from './provider.js';
import { usage } from './settings.js';
import type { Assignment } from './shapes/assignment.js';
import { CLUSTER_EXTERNAL_SECRET, CLUSTER_PUSH_SECRET, EXTERNAL_SECRET, PUSH_SECRET } from './shapes/secret-shapes.js';
import type { Group } from './shapes/shape.js';
import { type TemplateChoice, templateOf } from './template.js';

export const CREATION_POLICIES = ['Owner', 'Orphan', 'Merge', 'None', 'CreateOrMerge'] as const;
export const DELETION_POLICIES = ['Retain', 'Delete', 'Merge'] as const;
export const REFRESH_POLICIES = ['CreatedOnce', 'Periodic', 'OnChange'] as const;

export interface StoreReference {
  readonly name: string;
  readonly kind: 'SecretStore' | 'ClusterSecretStore';
}

/** A key of the Secret, and what it is called in the store. */
export interface KeyedRemote {
  readonly key: string;
  readonly remote: RemoteReference;
  readonly isBase64: boolean;
}

/** What all objects that are made here have. */
interface ObjectParts {
  readonly namespace: string | undefined;
  /** Undefined where nothing is read from a store. */
  readonly store: StoreReference | undefined;
  /** The namespaces that get it, where it is one of the whole cluster. */
  readonly spread: Spread | undefined;
  readonly sets: readonly Assignment[];
}

export interface ExternalSecretParts extends ObjectParts {
  readonly name: string;
  readonly refreshInterval: string;
  readonly refreshPolicy: (typeof REFRESH_POLICIES)[number] | undefined;
  readonly creationPolicy: (typeof CREATION_POLICIES)[number];
  readonly deletionPolicy: (typeof DELETION_POLICIES)[number];
  readonly file: Pick<KeyedFile, 'type' | 'immutable' | 'labels' | 'annotations'>;
  readonly template: TemplateChoice;
  readonly values: readonly KeyedRemote[];
  /** The entries of `dataFrom`. */
  readonly dataFrom: readonly Branch[];
}

/** The object that makes a Secret of what is in a store. Throws `usage` for what the webhook refuses. */
export function externalSecretOf(parts: ExternalSecretParts): Branch {
  checkExternalSecret(parts);
  const { name, store, refreshInterval, refreshPolicy, creationPolicy, deletionPolicy, file, dataFrom } = parts;
  const data = parts.values.map(({ key, remote, isBase64 }) =>
    record({
      secretKey: key,
      remoteRef: record({
        key: remote.key,
        property: remote.property,
        decodingStrategy: isBase64 ? 'Base64' : undefined,
      }),
    }),
  );
  const spec = record({
    refreshPolicy,
    refreshInterval,
    secretStoreRef: store && record({ name: store.name, kind: store.kind }),
    target: record({
      name,
      creationPolicy,
      deletionPolicy,
      immutable: file.immutable || undefined,
      template: templateOf(file, parts.template),
    }),
    data: data.length > 0 ? data : undefined,
    dataFrom: dataFrom.length > 0 ? dataFrom : undefined,
  });
  return wrapped(name, spec, parts, {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    prefix: 'externalSecret',
    shape: EXTERNAL_SECRET,
    clusterShape: CLUSTER_EXTERNAL_SECRET,
    takesNames: true,
  });
}

interface ObjectKind {
  readonly apiVersion: string;
  readonly kind: string;
  /** What the fields of its form for the cluster begin with. */
  readonly prefix: string;
  readonly shape: Group;
  readonly clusterShape: Group;
  /** Whether that form takes namespaces by name. */
  readonly takesNames: boolean;
}

/** The object with that `spec`, or the one of the cluster that makes such objects. Throws `usage`. */
function wrapped(name: string, spec: Branch, { namespace, spread, sets }: ObjectParts, kind: ObjectKind): Branch {
  const { apiVersion } = kind;
  if (!spread) {
    finish(spec, { shape: kind.shape, sets });
    return record({ apiVersion, kind: kind.kind, metadata: record({ name, namespace }), spec });
  }
  if (namespace !== undefined) {
    throw usage(`a Cluster${kind.kind} has no namespace`, 'See --namespaces and --namespace-labels.');
  }
  const cluster = { apiVersion, kind: `Cluster${kind.kind}`, prefix: kind.prefix };
  const made = clusterObject(cluster, name, spec, spreadFields(spread, kind.takesNames));
  const inner = `${kind.prefix}Spec`;
  // Paths begin in the object that is made, unless they name a field of the one around it.
  const paths = sets.map(({ path, text }) => ({
    text,
    path: kind.clusterShape.fields.has(path[0] ?? '') ? path : [inner, ...path],
  }));
  finish(made.spec, { shape: kind.clusterShape, sets: paths });
  return made.root;
}

const TOKEN_TYPE = 'kubernetes.io/service-account-token';

function checkExternalSecret(parts: ExternalSecretParts): void {
  const { values, dataFrom, creationPolicy, deletionPolicy, file } = parts;
  if (values.length + dataFrom.length === 0)
    throw usage('the file holds no key, and an ExternalSecret without data is refused');
  if (deletionPolicy === 'Delete' && ['Merge', 'None', 'CreateOrMerge'].includes(creationPolicy)) {
    throw usage(
      `--deletion-policy Delete does not go with --creation-policy ${creationPolicy}`,
      'The operator deletes only what it owns.',
    );
  }
  if (deletionPolicy === 'Merge' && creationPolicy === 'None') {
    throw usage('--deletion-policy Merge does not go with --creation-policy None: there is no Secret to merge with');
  }
  if (file.type === 'bootstrap.kubernetes.io/token') throw usage(`the operator makes no Secret of type ${file.type}`);
  if (file.type === TOKEN_TYPE && file.annotations.has('kubernetes.io/service-account.name')) {
    throw usage(`the operator makes no Secret of type ${TOKEN_TYPE} for a service account`);
  }
  const twice = values.find(({ key }, at) => values.findIndex((other) => other.key === key) !== at);
  if (twice) throw usage(`the key ${twice.key} stands twice`);
}

export interface PushSecretParts extends ObjectParts {
  /** The Secret whose values are sent. */
  readonly secret: string;
  readonly refreshInterval: string;
  readonly updatePolicy: 'Replace' | 'IfNotExists';
  readonly deletionPolicy: 'None' | 'Delete';
  readonly values: readonly KeyedRemote[];
  /** Sends all keys, also those that come later, to the secret of this name; empty for one that each key has to itself. */
  readonly allTo: string | undefined;
}

/** The object that sends the values of a Secret to a store. Throws `usage`. */
export function pushSecretOf(parts: PushSecretParts): Branch {
  const { secret, store, refreshInterval, updatePolicy, deletionPolicy, values, allTo } = parts;
  if (values.length === 0 && allTo === undefined) throw usage('the file holds no key, so there is nothing to push');
  const storeRef = store && record({ name: store.name, kind: store.kind });
  const data = values.map(({ key, remote }) =>
    record({
      match: record({
        secretKey: key,
        remoteRef: record({ remoteKey: remote.key, property: remote.property }),
      }),
    }),
  );
  const spec = record({
    refreshInterval,
    updatePolicy,
    deletionPolicy,
    secretStoreRefs: storeRef && [storeRef],
    selector: record({ secret: record({ name: secret }) }),
    data: allTo === undefined ? data : undefined,
    dataTo: allTo === undefined ? undefined : [record({ storeRef, remoteKey: allTo || undefined })],
  });
  return wrapped(`${secret}-push`, spec, parts, {
    apiVersion: 'external-secrets.io/v1alpha1',
    kind: 'PushSecret',
    prefix: 'pushSecret',
    shape: PUSH_SECRET,
    clusterShape: CLUSTER_PUSH_SECRET,
    takesNames: false,
  });
}
