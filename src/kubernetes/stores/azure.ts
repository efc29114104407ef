/** Azure Key Vault secrets. */
import { keyVaultPlace } from '../../remotes/secret-names.js';
import type { Branch } from '../../tree/tree.js';
import { leaf, list } from '../../tree/tree.js';
import { record, yamlOf } from '../object-literal.js';
import type { MountedValue, MountParameters, RemoteReference, StorePlace, StoreProvider } from './provider.js';
import type { References } from './references.js';
import { type Settings, usage } from './settings.js';
import { AZURE } from './shapes/store-shapes.js';

const NAME = /^[0-9a-zA-Z-]{1,127}$/;
const AUTH = ['ServicePrincipal', 'ManagedIdentity', 'WorkloadIdentity'] as const;
const ENVIRONMENTS = ['PublicCloud', 'USGovernmentCloud', 'ChinaCloud', 'GermanCloud'] as const;
/** By the operator's word for a cloud: the CSI provider's. */
const CLOUDS: Readonly<Record<(typeof ENVIRONMENTS)[number], string>> = {
  PublicCloud: 'AzurePublicCloud',
  USGovernmentCloud: 'AzureUSGovernmentCloud',
  ChinaCloud: 'AzureChinaCloud',
  GermanCloud: 'AzureGermanCloud',
};

export const azureStoreProvider: StoreProvider = {
  name: 'azure',
  settings: ['vault-url', 'tenant', 'auth', 'client-id', 'credentials', 'service-account', 'environment'],
  mountSettings: ['vault-url', 'tenant', 'client-id', 'environment', 'auth'],
  mountParameters: ['usePodIdentity', 'cloudEnvFileName'],
  mountDecodes: true,

  remoteOf({ to, layout }: StorePlace, key: string): RemoteReference {
    if (layout !== 'per_key') return { key: checkedName(to), property: key };
    return { key: checkedName(mapped(to === '' ? key : `${to}-${key}`)), property: undefined };
  },

  field: 'azurekv',
  shape: AZURE,
  storeSpec(settings: Settings, references: References): Branch {
    return record({
      vaultUrl: settings.url('vault-url'),
      tenantId: settings.text('tenant'),
      environmentType: settings.choice('environment', ENVIRONMENTS),
      ...(settings.hasOwnLogin ? {} : authSpec(settings, references)),
    });
  },

  placeOf(named, fileName) {
    const place = keyVaultPlace(named);
    if (!place) return undefined;
    const settings = new Map([['vault-url', place.origin]]);
    return { to: place.nameFor(fileName), settings };
  },

  mount(values: readonly MountedValue[], settings: Settings, place: StorePlace): MountParameters {
    if (place.layout !== 'per_key') {
      throw usage(
        'the Azure provider of the CSI driver cannot take a JSON secret apart',
        'Publish one secret for each key, and say --per-key here.',
      );
    }
    const environment = settings.choice('environment', ENVIRONMENTS);
    const objects = values.map(({ file, remote, isBase64 }) =>
      leaf(
        yamlOf(
          record({
            objectName: remote.key,
            objectType: 'secret',
            objectAlias: file,
            objectEncoding: isBase64 ? 'base64' : undefined,
          }),
        ),
      ),
    );
    const parameters = new Map([
      ['keyvaultName', new URL(settings.url('vault-url')).hostname.split('.')[0] ?? ''],
      ['tenantID', settings.required('tenant')],
      ...identityOf(settings),
      ...(environment === undefined ? [] : [['cloudName', CLOUDS[environment]] as const]),
      ['objects', yamlOf(record({ array: list(objects) }))],
    ]);
    return { provider: 'azure', parameters };
  },
};

/** Who the driver is there: a workload identity by its client, or an identity of the node's machine. */
function identityOf(settings: Settings): (readonly [string, string])[] {
  const client = settings.text('client-id');
  const auth = settings.choice('auth', ['WorkloadIdentity', 'ManagedIdentity'] as const);
  if (auth !== 'ManagedIdentity') return client === undefined ? [] : [['clientID', client]];
  const own = client === undefined ? [] : [['userAssignedIdentityID', client] as const];
  return [['useVMManagedIdentity', 'true'], ...own];
}

function authSpec(settings: Settings, references: References): Readonly<Record<string, string | Branch | undefined>> {
  const account = settings.text('service-account');
  const authType = settings.choice('auth', AUTH) ?? (account === undefined ? 'ServicePrincipal' : 'WorkloadIdentity');
  switch (authType) {
    case 'ServicePrincipal': {
      settings.required('tenant', 'a service principal belongs to one');
      const credentials = settings.required('credentials', 'the log-in ServicePrincipal is in a Secret');
      const clientId = references.secretKey(credentials, 'client-id');
      const clientSecret = references.secretKey(credentials, 'client-secret');
      return { authType, authSecretRef: record({ clientId, clientSecret }) };
    }
    case 'ManagedIdentity':
      return { authType, identityId: settings.text('client-id') };
    case 'WorkloadIdentity':
      return {
        authType,
        serviceAccountRef: account === undefined ? undefined : references.serviceAccount(account),
      };
  }
}

/** Key Vault takes no other characters; `publish` maps them alike. */
function mapped(name: string): string {
  return name.replaceAll(/[_./]/g, '-');
}

function checkedName(name: string): string {
  if (NAME.test(name)) return name;
  throw usage(
    `${JSON.stringify(name)} is not a name that Key Vault takes`,
    'Names are made of letters, digits and - (127 at most).',
  );
}
