/** HashiCorp Vault: a secret is a map, so a value is a member of one. */
import type { DestinationRule } from '../../config/model.js';
import type { Branch } from '../../tree/tree.js';
import { withoutSurrounding } from '../../util/text/trim.js';
import { record, yamlOfList } from '../object-literal.js';
import type {
  MountedValue,
  MountParameters,
  RemoteReference,
  RulePlace,
  StorePlace,
  StoreProvider,
} from './provider.js';
import type { References } from './references.js';
import { type SettingName, type Settings, usage } from './settings.js';
import { VAULT } from './shapes/store-shapes.js';
import { vaultLogin } from './vault-login.js';

/** The member that holds a value which has a secret to itself. */
export const SINGLE_MEMBER = 'value';
const DEFAULT_MOUNT = 'secret';
const SCHEMES = ['https:', 'http:'];
const SETTINGS: readonly SettingName[] = [
  'server',
  'mount',
  'kv-version',
  'vault-namespace',
  'auth',
  'auth-mount',
  'role',
  'username',
  'region',
  'project',
  'cluster-name',
  'cluster-location',
  'credentials',
  'service-account',
  'authority',
];

/** A Vault, or what speaks as one: to the operator both are `vault`, to the CSI driver they are not. */
interface Kind {
  readonly name: 'vault' | 'openbao';
  /** What the names of the CSI provider's parameters begin with. */
  readonly prefix: 'vault' | 'bao';
}

export const vaultStoreProvider = providerOf({ name: 'vault', prefix: 'vault' });
export const openBaoStoreProvider = providerOf({ name: 'openbao', prefix: 'bao' });

function providerOf({ name, prefix }: Kind): StoreProvider {
  return {
    name,
    settings: SETTINGS,
    mountSettings: ['server', 'mount', 'kv-version', 'vault-namespace', 'auth-mount', 'role', 'authority'],
    mountParameters: [
      ...['CADirectory', 'TLSServerName', 'TLSClientCertPath', 'TLSClientKeyPath', 'SkipTLSVerify'].map(
        (one) => `${prefix}${one}`,
      ),
      'audience',
    ],
    mountDecodes: true,

    remoteOf({ to, layout }: StorePlace, key: string): RemoteReference {
      const path = withoutSurrounding(to, '/');
      if (path === '') throw usage('--to must be a path below the mount, e.g. team/app');
      return layout !== 'per_key' ? { key: path, property: key } : { key: `${path}/${key}`, property: SINGLE_MEMBER };
    },

    field: 'vault',
    shape: VAULT,
    storeSpec(settings: Settings, references: References): Branch {
      const authority = settings.text('authority');
      return record({
        server: settings.url('server', SCHEMES),
        path: mountOf(settings),
        version: `v${versionOf(settings)}`,
        namespace: settings.text('vault-namespace'),
        caProvider: authority === undefined ? undefined : references.authority(authority),
        auth: settings.hasOwnLogin ? undefined : vaultLogin(settings, references),
      });
    },

    placeOf,

    mount: (values, settings) => mountParametersOf({ name, prefix }, values, settings),
  };
}

function placeOf(named: string, fileName: string, rule: DestinationRule): RulePlace {
  const to = [...named.split('/'), fileName].filter((segment) => segment !== '').join('/');
  return { to, layout: 'json', isDocument: true, settings: settingsIn(rule) };
}

/** By field of a rule: the flag that says the same of a store. */
const RULE_FIELDS: readonly (readonly [string, string])[] = [
  ['vault_address', 'server'],
  ['vault_kv_mount_name', 'mount'],
  ['vault_kv_version', 'kv-version'],
];

function settingsIn(rule: DestinationRule): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const [field, flag] of RULE_FIELDS) {
    const value = rule.settings.get(field);
    if (value !== undefined) settings.set(flag, flag === 'kv-version' && value !== '1' ? '2' : value);
  }
  return settings;
}

/** What a pod mounts. */
function mountParametersOf(
  { name, prefix }: Kind,
  values: readonly MountedValue[],
  settings: Settings,
): MountParameters {
  const mount = mountOf(settings);
  const folder = versionOf(settings) === '2' ? `${mount}/data` : mount;
  const objects = values.map(({ file, remote, isBase64 }) =>
    record({
      objectName: file,
      secretPath: `${folder}/${remote.key}`,
      secretKey: remote.property,
      encoding: isBase64 ? 'base64' : undefined,
    }),
  );
  const namespace = settings.text('vault-namespace');
  const authMount = settings.text('auth-mount');
  const authority = authorityPath(settings);
  const parameters = new Map([
    [`${prefix}Address`, settings.url('server', SCHEMES)],
    ['roleName', settings.required('role', 'pods log in with the role of their service account')],
    ...(namespace === undefined ? [] : [[`${prefix}Namespace`, namespace] as const]),
    ...(authMount === undefined ? [] : [[`${prefix}AuthMountPath`, authMount] as const]),
    ...(authority === undefined ? [] : [[`${prefix}CACertPath`, authority] as const]),
    ['objects', yamlOfList(objects)],
  ]);
  return { provider: name, parameters };
}

/** The driver's provider reads a file of its own pod. */
function authorityPath(settings: Settings): string | undefined {
  const path = settings.text('authority');
  if (path === undefined || path.startsWith('/')) return path;
  throw usage(
    '--authority is the path of a file here',
    "It is one in the pod of the driver's provider, e.g. /vault/tls/ca.crt.",
  );
}

function mountOf(settings: Settings): string {
  const mount = withoutSurrounding(settings.text('mount') ?? DEFAULT_MOUNT, '/');
  if (mount === '') throw usage('--mount must name the mount of the secrets engine');
  return mount;
}

function versionOf(settings: Settings): '1' | '2' {
  return settings.choice('kv-version', ['1', '2']) ?? '2';
}
