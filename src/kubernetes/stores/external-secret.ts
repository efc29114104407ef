/** ExternalSecrets and PushSecrets (docs/kubernetes/external-secrets.md#externalsecrets-and-pushsecrets), and what the operator's webhook refuses of them. */
import { type Branch, branch } from '../../tree/tree.js';
import { textMap } from '../manifest/manifest.js';
import { record } from '../object-literal.js';
import type { KeyedFile } from './keyed-file.js';
import type { RemoteReference } from './provider.js';
import { usage } from './settings.js';

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

export interface ExternalSecretParts {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly store: StoreReference;
  readonly refreshInterval: string;
  readonly refreshPolicy: (typeof REFRESH_POLICIES)[number] | undefined;
  readonly creationPolicy: (typeof CREATION_POLICIES)[number];
  readonly deletionPolicy: (typeof DELETION_POLICIES)[number];
  readonly file: Pick<KeyedFile, 'type' | 'immutable' | 'labels' | 'annotations'>;
  readonly values: readonly KeyedRemote[];
}

/** The object that makes a Secret of what is in a store. Throws `usage` for what the webhook refuses. */
export function externalSecretOf(parts: ExternalSecretParts): Branch {
  checkExternalSecret(parts);
  const { name, namespace, store, refreshInterval, refreshPolicy, creationPolicy, deletionPolicy, file } = parts;
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
  return record({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: record({ name, namespace }),
    spec: record({
      refreshPolicy,
      refreshInterval,
      secretStoreRef: record({ name: store.name, kind: store.kind }),
      target: record({
        name,
        creationPolicy,
        deletionPolicy,
        immutable: file.immutable || undefined,
        template: templateOf(file),
      }),
      data,
    }),
  });
}

/** What makes the Secret the one of the file beside its values; undefined when there is nothing. */
function templateOf({ type, labels, annotations }: ExternalSecretParts['file']): Branch | undefined {
  const metadata = branch([
    ...record({ labels: labels.size > 0 ? textMap(labels) : undefined }).items,
    ...record({ annotations: annotations.size > 0 ? textMap(annotations) : undefined }).items,
  ]);
  const special = type === 'Opaque' ? undefined : type;
  if (special === undefined && metadata.items.length === 0) return undefined;
  return record({
    engineVersion: 'v2',
    type: special,
    metadata: metadata.items.length > 0 ? metadata : undefined,
  });
}

const TOKEN_TYPE = 'kubernetes.io/service-account-token';

function checkExternalSecret({ values, creationPolicy, deletionPolicy, file }: ExternalSecretParts): void {
  if (values.length === 0) throw usage('the file holds no key, and an ExternalSecret without data is refused');
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

export interface PushSecretParts {
  /** The Secret whose values are sent. */
  readonly secret: string;
  readonly namespace: string | undefined;
  readonly store: StoreReference;
  readonly refreshInterval: string;
  readonly updatePolicy: 'Replace' | 'IfNotExists';
  readonly deletionPolicy: 'None' | 'Delete';
  readonly values: readonly KeyedRemote[];
}

/** The object that sends the values of a Secret to a store. Throws `usage`. */
export function pushSecretOf(parts: PushSecretParts): Branch {
  const { secret, namespace, store, refreshInterval, updatePolicy, deletionPolicy, values } = parts;
  if (values.length === 0) throw usage('the file holds no key, so there is nothing to push');
  const data = values.map(({ key, remote }) =>
    record({
      match: record({
        secretKey: key,
        remoteRef: record({ remoteKey: remote.key, property: remote.property }),
      }),
    }),
  );
  return record({
    apiVersion: 'external-secrets.io/v1alpha1',
    kind: 'PushSecret',
    metadata: record({ name: `${secret}-push`, namespace }),
    spec: record({
      refreshInterval,
      updatePolicy,
      deletionPolicy,
      secretStoreRefs: [record({ name: store.name, kind: store.kind })],
      selector: record({ secret: record({ name: secret }) }),
      data,
    }),
  });
}
