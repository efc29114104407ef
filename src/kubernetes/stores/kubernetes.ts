/** Secrets of another namespace or cluster as a store. */
import { clusterPlace } from '../../remotes/secret-names.js';
import type { Branch } from '../../tree/tree.js';
import { record } from '../object-literal.js';
import { checkedName, checkNamespace } from './checks.js';
import type { RemoteReference, StorePlace, StoreProvider } from './provider.js';
import type { References } from './references.js';
import { type Settings, usage } from './settings.js';
import { KUBERNETES } from './shapes/store-shapes.js';

/** In every namespace since Kubernetes 1.20. */
const CLUSTER_AUTHORITY = 'kube-root-ca.crt';

export const kubernetesProvider: StoreProvider = {
  name: 'kubernetes',
  holdsBytes: true,
  settings: ['server', 'remote-namespace', 'service-account', 'credentials', 'authority'],
  mountSettings: [],
  mountParameters: [],
  mountDecodes: false,

  remoteOf({ to, layout }: StorePlace, key: string): RemoteReference {
    if (layout === 'per_key') throw usage('a Secret holds all keys: --per-key is not for a store of kubernetes');
    return { key: checkedName(to.split('/').at(-1) ?? '', '--to'), property: key };
  },

  field: 'kubernetes',
  shape: KUBERNETES,
  storeSpec(settings: Settings, references: References): Branch {
    const namespace = settings.text('remote-namespace');
    const server = record({
      url: settings.text('server') === undefined ? undefined : settings.url('server'),
      caProvider: references.authority(settings.text('authority') ?? CLUSTER_AUTHORITY),
    });
    return record({
      remoteNamespace: namespace === undefined ? undefined : checkNamespace(namespace, '--remote-namespace'),
      server,
      auth: settings.hasOwnLogin ? undefined : authSpec(settings, references),
    });
  },

  /** With a layout the keys of the Secret are not those of the file. */
  placeOf(named, fileName, rule) {
    const place = rule.settings.get('layout') === undefined ? clusterPlace(named) : undefined;
    if (!place) return undefined;
    const settings = new Map([['remote-namespace', place.namespace]]);
    return { to: place.nameFor(fileName), settings };
  },
};

function authSpec(settings: Settings, references: References): Branch {
  const account = settings.text('service-account');
  const credentials = settings.text('credentials');
  if ((account === undefined) === (credentials === undefined)) {
    throw usage('a store of kubernetes needs one of --service-account and --credentials (a Secret with a token)');
  }
  if (account !== undefined) return record({ serviceAccount: references.serviceAccount(account) });
  return record({ token: record({ bearerToken: references.secret(credentials ?? '', 'token') }) });
}
