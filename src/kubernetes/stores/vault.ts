/** HashiCorp Vault: a secret is a map, so a value is a member of one. */
import type { Branch } from '../../tree/tree.js';
import { withoutSurrounding } from '../../util/trim.js';
import { record, yamlOfList } from '../object-literal.js';
import type { MountedValue, MountParameters, RemoteReference, StorePlace, StoreProvider } from './provider.js';
import type { References } from './references.js';
import { type Settings, usage } from './settings.js';

const AUTH = ['token', 'approle', 'kubernetes', 'jwt', 'userpass', 'cert'] as const;
type Auth = (typeof AUTH)[number];
/** The member that holds a value which has a secret to itself. */
export const SINGLE_MEMBER = 'value';
const DEFAULT_MOUNT = 'secret';
const SCHEMES = ['https:', 'http:'];
const SETTINGS = [
  'server',
  'mount',
  'kv-version',
  'vault-namespace',
  'auth',
  'auth-mount',
  'role',
  'username',
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
    mountSettings: ['server', 'mount', 'kv-version', 'vault-namespace', 'auth-mount', 'role'],
    mountDecodes: true,

    remoteOf({ to, layout }: StorePlace, key: string): RemoteReference {
      const path = withoutSurrounding(to, '/');
      if (path === '') throw usage('--to must be a path below the mount, e.g. team/app');
      return layout !== 'per_key' ? { key: path, property: key } : { key: `${path}/${key}`, property: SINGLE_MEMBER };
    },

    storeSpec(settings: Settings, references: References): Branch {
      const authority = settings.text('authority');
      const auth = authOf(settings);
      return record({
        vault: record({
          server: settings.url('server', SCHEMES),
          path: mountOf(settings),
          version: `v${versionOf(settings)}`,
          namespace: settings.text('vault-namespace'),
          caProvider: authority === undefined ? undefined : references.authority(authority),
          auth: record({ [AUTH_FIELDS[auth]]: authSpec(auth, settings, references) }),
        }),
      });
    },

    mount(values: readonly MountedValue[], settings: Settings): MountParameters {
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
      const parameters = new Map([
        [`${prefix}Address`, settings.url('server', SCHEMES)],
        ['roleName', settings.required('role', 'pods log in with the role of their service account')],
        ...(namespace === undefined ? [] : [[`${prefix}Namespace`, namespace] as const]),
        ...(authMount === undefined ? [] : [[`${prefix}AuthMountPath`, authMount] as const]),
        ['objects', yamlOfList(objects)],
      ]);
      return { provider: name, parameters };
    },
  };
}

/** By method: its field in `auth`. */
const AUTH_FIELDS: Readonly<Record<Auth, string>> = {
  token: 'tokenSecretRef',
  approle: 'appRole',
  kubernetes: 'kubernetes',
  jwt: 'jwt',
  userpass: 'userPass',
  cert: 'cert',
};

const DEFAULT_PATHS: Readonly<Partial<Record<Auth, string>>> = {
  approle: 'approle',
  kubernetes: 'kubernetes',
  jwt: 'jwt',
  userpass: 'userpass',
  cert: 'cert',
};

function authOf(settings: Settings): Auth {
  return settings.choice('auth', AUTH) ?? (settings.text('role') === undefined ? 'token' : 'kubernetes');
}

function authSpec(auth: Auth, settings: Settings, references: References): Branch {
  const path = settings.text('auth-mount') ?? DEFAULT_PATHS[auth];
  const account = settings.text('service-account');
  const credentials = (key: string): Branch =>
    references.secret(settings.required('credentials', `the log-in ${auth} is in a Secret`), key);
  const role = (): string => settings.required('role', `the log-in ${auth} needs it`);
  switch (auth) {
    case 'token':
      return credentials('token');
    case 'approle':
      return record({ path, roleId: role(), secretRef: credentials('secret-id') });
    case 'kubernetes':
      return record({
        mountPath: path,
        role: role(),
        serviceAccountRef: account === undefined ? undefined : references.serviceAccount(account),
      });
    case 'jwt':
      return record({ path, role: settings.text('role'), ...jwtToken(settings, references, credentials) });
    case 'userpass':
      return record({
        path,
        username: settings.required('username', 'the log-in userpass needs it'),
        secretRef: credentials('password'),
      });
    case 'cert': {
      const secret = settings.required('credentials', 'the log-in cert is in a Secret');
      const [clientCert, secretRef] = ['tls.crt', 'tls.key'].map((key) => references.secretKey(secret, key));
      return record({ path, clientCert, secretRef });
    }
  }
}

/** The token of a service account, or one that lies in a Secret. */
function jwtToken(settings: Settings, references: References, credentials: (key: string) => Branch) {
  const account = settings.text('service-account');
  if (account === undefined) return { secretRef: credentials('token') };
  const serviceAccountRef = references.serviceAccount(account);
  return { kubernetesServiceAccountToken: record({ serviceAccountRef }) };
}

function mountOf(settings: Settings): string {
  const mount = withoutSurrounding(settings.text('mount') ?? DEFAULT_MOUNT, '/');
  if (mount === '') throw usage('--mount must name the mount of the secrets engine');
  return mount;
}

function versionOf(settings: Settings): '1' | '2' {
  return settings.choice('kv-version', ['1', '2']) ?? '2';
}
