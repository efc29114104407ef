/** How the operator logs in at Vault: every way that its definitions have (docs/kubernetes/external-secrets.md#log-ins-of-vault). */
import type { Branch } from '../../tree/tree.js';
import { record } from '../object-literal.js';
import type { References } from './references.js';
import { accountOrSecret, type SettingName, type Settings, usage } from './settings.js';

const AUTH = ['token', 'approle', 'kubernetes', 'jwt', 'userpass', 'cert', 'ldap', 'iam', 'gcp'] as const;
type Auth = (typeof AUTH)[number];

/** By method: its field in `auth`. */
const AUTH_FIELDS: Readonly<Record<Auth, string>> = {
  token: 'tokenSecretRef',
  approle: 'appRole',
  kubernetes: 'kubernetes',
  jwt: 'jwt',
  userpass: 'userPass',
  cert: 'cert',
  ldap: 'ldap',
  iam: 'iam',
  gcp: 'gcp',
};

const DEFAULT_PATHS: Readonly<Partial<Record<Auth, string>>> = {
  approle: 'approle',
  kubernetes: 'kubernetes',
  jwt: 'jwt',
  userpass: 'userpass',
  cert: 'cert',
  ldap: 'ldap',
  gcp: 'gcp',
};

/** What only one way to log in takes. */
const BELONGING: readonly (readonly [SettingName, Auth])[] = [
  ['region', 'iam'],
  ['project', 'gcp'],
  ['cluster-name', 'gcp'],
  ['cluster-location', 'gcp'],
];

/** `auth` of a store of Vault, with one way to log in. Throws `usage` for what a way needs and is not said. */
export function vaultLogin(settings: Settings, references: References): Branch {
  const auth = authOf(settings);
  for (const [name, of] of BELONGING) {
    if (auth === of || settings.text(name) === undefined) continue;
    throw usage(`--${name} says nothing about the log-in ${auth}`, `It belongs to --auth ${of}.`);
  }
  return record({ [AUTH_FIELDS[auth]]: authSpec(auth, settings, references) });
}

function authOf(settings: Settings): Auth {
  return settings.choice('auth', AUTH) ?? (settings.text('role') === undefined ? 'token' : 'kubernetes');
}

function authSpec(auth: Auth, settings: Settings, references: References): Branch {
  const path = settings.text('auth-mount') ?? DEFAULT_PATHS[auth];
  const credentials = (key: string): Branch =>
    references.secret(settings.required('credentials', `the log-in ${auth} is in a Secret`), key);
  const role = (): string => settings.required('role', `the log-in ${auth} needs it`);
  switch (auth) {
    case 'token':
      return credentials('token');
    case 'approle':
      return record({ path, roleId: role(), secretRef: credentials('secret-id') });
    case 'kubernetes':
      return record({ mountPath: path, role: role(), ...podToken(settings, references) });
    case 'jwt':
      return record({ path, role: settings.text('role'), ...jwtToken(settings, references, credentials) });
    case 'userpass':
    case 'ldap':
      return record({
        path,
        username: settings.required('username', `the log-in ${auth} needs it`),
        secretRef: credentials('password'),
      });
    case 'iam':
      return record({ path, vaultRole: role(), region: settings.text('region'), ...awsIdentity(settings, references) });
    case 'gcp':
      return record({
        path,
        role: role(),
        projectID: settings.text('project'),
        ...googleIdentity(settings, references),
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

/** The token of a service account, one in a Secret, or else the operator's own. */
function podToken(settings: Settings, references: References) {
  const { account, credentials } = accountOrSecret(settings);
  if (account !== undefined) return { serviceAccountRef: references.serviceAccount(account) };
  return credentials === undefined ? {} : { secretRef: references.secret(credentials, 'token') };
}

/** Who the operator is at AWS; without either, its own pod. */
function awsIdentity(settings: Settings, references: References) {
  const { account, credentials } = accountOrSecret(settings);
  if (account !== undefined) return { jwt: record({ serviceAccountRef: references.serviceAccount(account) }) };
  if (credentials === undefined) return {};
  const accessKeyIDSecretRef = references.secretKey(credentials, 'access-key-id');
  const secretAccessKeySecretRef = references.secretKey(credentials, 'secret-access-key');
  return { secretRef: record({ accessKeyIDSecretRef, secretAccessKeySecretRef }) };
}

/** Who the operator is at Google; without either, its own pod. */
function googleIdentity(settings: Settings, references: References) {
  const { account, credentials } = accountOrSecret(settings);
  if (credentials !== undefined) {
    const secretAccessKeySecretRef = references.secret(credentials, 'secret-access-credentials');
    return { secretRef: record({ secretAccessKeySecretRef }) };
  }
  if (account === undefined) return {};
  const workloadIdentity = record({
    clusterName: settings.text('cluster-name'),
    clusterLocation: settings.text('cluster-location'),
    serviceAccountRef: references.serviceAccount(account),
  });
  return { workloadIdentity };
}
