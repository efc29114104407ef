/** SecretStores and ClusterSecretStores, `external-secrets.io/v1`, and what several stores have in `spec.provider`. */
import { itemOf } from '../../../tree/tree.js';
import {
  ACCOUNT,
  AUTHORITY,
  AWS_AUTH,
  AWS_KEYS,
  AZURE_CLOUDS,
  GOOGLE_FEDERATION,
  GOOGLE_IDENTITY,
  RETRIES,
  SECRET_KEY,
  SELECTOR,
} from './common-shapes.js';
import { countOf, type Group, group, listOf, ONE, type ShapeRule } from './shape.js';

/** The operator takes the first that it finds, so that a second one would be passed over without a word. */
const ONE_LOGIN: ShapeRule = {
  says: 'exactly one way to log in is needed',
  holds: (auth) =>
    countOf(auth, 'appRole', 'cert', 'gcp', 'iam', 'jwt', 'kubernetes', 'ldap', 'tokenSecretRef', 'userPass') === 1,
};

const VAULT_AUTH = group(
  {
    appRole: group({ path: 'text', roleId: 'text', roleRef: SECRET_KEY, 'secretRef!': SECRET_KEY }),
    cert: group({ clientCert: SECRET_KEY, path: 'text', secretRef: SECRET_KEY, vaultRole: 'text' }),
    gcp: group({
      location: 'text',
      path: 'text',
      projectID: 'text',
      'role!': 'text',
      secretRef: group({ secretAccessKeySecretRef: SECRET_KEY }),
      serviceAccountRef: ACCOUNT,
      workloadIdentity: GOOGLE_IDENTITY,
    }),
    iam: group({
      externalID: 'text',
      jwt: group({ serviceAccountRef: ACCOUNT }),
      path: 'text',
      region: 'text',
      role: 'text',
      secretRef: AWS_KEYS,
      vaultAwsIamServerID: 'text',
      'vaultRole!': 'text',
    }),
    jwt: group({
      kubernetesServiceAccountToken: group({
        audiences: 'texts',
        expirationSeconds: 'whole',
        'serviceAccountRef!': ACCOUNT,
      }),
      path: 'text',
      role: 'text',
      secretRef: SECRET_KEY,
    }),
    kubernetes: group({ mountPath: 'text', 'role!': 'text', secretRef: SECRET_KEY, serviceAccountRef: ACCOUNT }),
    ldap: group({ path: 'text', secretRef: SECRET_KEY, 'username!': 'text' }),
    namespace: 'text',
    tokenSecretRef: SECRET_KEY,
    userPass: group({ path: 'text', secretRef: SECRET_KEY, 'username!': 'text' }),
  },
  ONE_LOGIN,
);

const RESERVED = ['esoNamespace', 'esoStoreName', 'esoStoreKind'];
const NO_RESERVED_TAGS: ShapeRule = {
  says: `customSessionTags cannot have ${RESERVED.join(', ')}, which the operator puts in`,
  holds: (aws) => {
    const tags = itemOf(aws, 'customSessionTags')?.value;
    return tags?.kind !== 'branch' || countOf(tags, ...RESERVED) === 0;
  },
};

export const AWS = group(
  {
    additionalRoles: 'texts',
    auth: AWS_AUTH,
    customSessionTags: 'textMap',
    externalID: 'text',
    prefix: 'text',
    'region!': 'text',
    role: 'text',
    secretsManager: group({ forceDeleteWithoutRecovery: 'flag', recoveryWindowInDays: 'whole' }),
    'service!': ['SecretsManager', 'ParameterStore', 'CertificateManager'],
    sessionTags: listOf(group({ 'key!': 'text', 'value!': 'text' })),
    sessionTagsPolicy: ['None', 'Simple', 'Custom'],
    transitiveTagKeys: 'texts',
  },
  NO_RESERVED_TAGS,
);

export const GOOGLE = group({
  auth: group({
    secretRef: group({ secretAccessKeySecretRef: SECRET_KEY }),
    workloadIdentity: GOOGLE_IDENTITY,
    workloadIdentityFederation: GOOGLE_FEDERATION,
  }),
  location: 'text',
  projectID: 'text',
  secretVersionSelectionPolicy: 'text',
});

export const AZURE = group({
  authSecretRef: group({
    clientCertificate: SECRET_KEY,
    clientId: SECRET_KEY,
    clientSecret: SECRET_KEY,
    tenantId: SECRET_KEY,
  }),
  authType: ['ServicePrincipal', 'ManagedIdentity', 'WorkloadIdentity'],
  customCloudConfig: group({
    'activeDirectoryEndpoint!': 'text',
    keyVaultDNSSuffix: 'text',
    keyVaultEndpoint: 'text',
    resourceManagerEndpoint: 'text',
  }),
  environmentType: AZURE_CLOUDS,
  identityId: 'text',
  serviceAccountRef: ACCOUNT,
  tenantId: 'text',
  useAzureSDK: 'flag',
  'vaultUrl!': 'text',
});

export const VAULT = group({
  auth: VAULT_AUTH,
  caBundle: 'text',
  caProvider: AUTHORITY,
  checkAndSet: group({ required: 'flag' }),
  forwardInconsistent: 'flag',
  headers: 'textMap',
  namespace: 'text',
  path: 'text',
  readYourWrites: 'flag',
  'server!': 'text',
  tls: group({ certSecretRef: SECRET_KEY, keySecretRef: SECRET_KEY }),
  version: ['v1', 'v2'],
});

export const KUBERNETES = group({
  auth: group(
    {
      cert: group({ 'clientCert!': SECRET_KEY, 'clientKey!': SECRET_KEY }),
      serviceAccount: ACCOUNT,
      token: group({ 'bearerToken!': SECRET_KEY }),
    },
    ONE,
  ),
  authRef: SECRET_KEY,
  remoteNamespace: 'namespace',
  server: group({ caBundle: 'text', caProvider: AUTHORITY, url: 'text' }),
});

/** The `spec` of a store of one of some providers, by their fields. */
export function storeShape(providers: Readonly<Record<string, Group>>): Group {
  return group({
    conditions: listOf(
      group({ namespaceRegexes: 'texts', namespaceSelector: SELECTOR, namespaces: listOf('namespace') }),
    ),
    controller: 'text',
    'provider!': group(providers, ONE),
    refreshInterval: 'any',
    retrySettings: RETRIES,
  });
}
