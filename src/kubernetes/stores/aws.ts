/** AWS: Secrets Manager and the Parameter Store. */
import type { DestinationRule } from '../../config/model.js';
import { nameBelow } from '../../remotes/secret-names.js';
import type { Branch } from '../../tree/tree.js';
import { withoutTrailing } from '../../util/text/trim.js';
import { record, yamlOfList } from '../object-literal.js';
import type { MountedValue, MountParameters, RemoteReference, StorePlace, StoreProvider } from './provider.js';
import type { References } from './references.js';
import { accountOrSecret, type Settings, usage } from './settings.js';
import { AWS } from './shapes/store-shapes.js';

interface Service {
  readonly name: 'aws' | 'aws-ssm';
  /** The operator's word for it. */
  readonly service: string;
  /** The CSI provider's word for it. */
  readonly objectType: string;
  /** What a name, or an ARN, is made of. */
  readonly names: RegExp;
}

/** By a role of the service account (IRSA), or by EKS Pod Identity. */
const AUTH = ['ServiceAccount', 'PodIdentity'] as const;
const REGION = /^[a-z]{2,}(?:-[a-z0-9]+)+$/;

export const secretsManagerProvider = providerOf({
  name: 'aws',
  service: 'SecretsManager',
  objectType: 'secretsmanager',
  names: /^(?:arn:[\w+=,.@:/!-]{1,2000}|[\w/+=.@-]{1,512})$/,
});

export const parameterStoreProvider = providerOf({
  name: 'aws-ssm',
  service: 'ParameterStore',
  objectType: 'ssmparameter',
  names: /^(?:arn:[\w+=,.@:/!-]{1,2000}|[\w./-]{1,1011})$/,
});

function providerOf(service: Service): StoreProvider {
  return {
    name: service.name,
    settings: ['region', 'role', 'prefix', 'auth', 'credentials', 'service-account'],
    mountSettings: ['region', 'prefix', 'auth'],
    mountParameters: ['failoverRegion', 'pathTranslation', 'preferredAddressType'],
    mountDecodes: false,

    remoteOf({ to, layout }: StorePlace, key: string): RemoteReference {
      const name = layout !== 'per_key' ? to : `${withoutTrailing(to, '/')}/${key}`;
      if (!service.names.test(name)) throw usage(`${JSON.stringify(name)} is not a name that ${service.service} takes`);
      return { key: name, property: layout !== 'per_key' ? key : undefined };
    },

    field: 'aws',
    shape: AWS,
    storeSpec(settings: Settings, references: References): Branch {
      return record({
        service: service.service,
        region: regionOf(settings),
        role: settings.text('role'),
        prefix: settings.text('prefix'),
        auth: authSpec(settings, references),
      });
    },

    placeOf: (named, fileName, rule) => ({ to: nameBelow(named, fileName), settings: regionIn(rule) }),

    mount: (values, settings, place) => mountParametersOf(service, values, { settings, place }),
  };
}

function regionIn({ settings }: DestinationRule): ReadonlyMap<string, string> {
  const region = settings.get('aws_region');
  return region === undefined ? new Map() : new Map([['region', region]]);
}

/** What a pod mounts. */
function mountParametersOf(
  { objectType }: Service,
  values: readonly MountedValue[],
  { settings, place }: { readonly settings: Settings; readonly place: StorePlace },
): MountParameters {
  const prefix = settings.text('prefix') ?? '';
  const objects =
    place.layout !== 'per_key'
      ? [record({ objectName: `${prefix}${place.to}`, objectType, jmesPath: values.map(memberOf) })]
      : values.map(({ file, remote }) =>
          record({ objectName: `${prefix}${remote.key}`, objectType, objectAlias: file }),
        );
  const parameters = new Map([
    ['region', regionOf(settings)],
    ...(settings.choice('auth', AUTH) === 'PodIdentity' ? [['usePodIdentity', 'true'] as const] : []),
    ['objects', yamlOfList(objects)],
  ]);
  return { provider: 'aws', parameters };
}

/** A member of a JSON secret. A name that is not an identifier of JMESPath stands in quotes. */
function memberOf({ file, remote }: MountedValue): Branch {
  const member = remote.property ?? '';
  return record({ path: /^[A-Za-z_]\w*$/.test(member) ? member : JSON.stringify(member), objectAlias: file });
}

function authSpec(settings: Settings, references: References): Branch | undefined {
  const { account, credentials } = accountOrSecret(settings);
  const isOfPod = settings.choice('auth', AUTH) === 'PodIdentity';
  if (isOfPod && (account ?? credentials) !== undefined) {
    throw usage('--auth PodIdentity is the log-in of the pod itself', 'Leave out --credentials and --service-account.');
  }
  if (account !== undefined) return record({ jwt: record({ serviceAccountRef: references.serviceAccount(account) }) });
  if (credentials === undefined) return undefined;
  const accessKeyIDSecretRef = references.secretKey(credentials, 'access-key-id');
  const secretAccessKeySecretRef = references.secretKey(credentials, 'secret-access-key');
  return record({ secretRef: record({ accessKeyIDSecretRef, secretAccessKeySecretRef }) });
}

function regionOf(settings: Settings): string {
  const region = settings.required('region');
  if (REGION.test(region)) return region;
  throw usage(`--region ${JSON.stringify(region)} is not a region of AWS`, 'Regions look like eu-central-1.');
}
