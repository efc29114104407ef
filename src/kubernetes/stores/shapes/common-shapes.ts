/** What the definitions of the operator have in several places: references, log-ins of clouds, selectors. */
import { bounded, group, listOf } from './shape.js';

export const SECRET_KEY = group({ key: 'key', name: 'name', namespace: 'namespace' });
export const ACCOUNT = group({ audiences: 'texts', 'name!': 'name', namespace: 'namespace' });
export const AUTHORITY = group({
  key: 'key',
  'name!': 'name',
  namespace: 'namespace',
  'type!': ['Secret', 'ConfigMap'],
});
export const SELECTOR = group({
  matchExpressions: listOf(group({ 'key!': 'text', 'operator!': 'text', values: 'texts' })),
  matchLabels: 'textMap',
});
export const RETRIES = group({ maxRetries: 'whole', retryInterval: 'text' });
export const AWS_KEYS = group({
  accessKeyIDSecretRef: SECRET_KEY,
  secretAccessKeySecretRef: SECRET_KEY,
  sessionTokenSecretRef: SECRET_KEY,
});
export const AWS_AUTH = group({ jwt: group({ serviceAccountRef: ACCOUNT }), secretRef: AWS_KEYS });
export const GOOGLE_IDENTITY = group({
  clusterLocation: 'text',
  clusterName: 'text',
  clusterProjectID: 'text',
  'serviceAccountRef!': ACCOUNT,
});
/** A text of the length that the definitions ask for. */
export const SOME_TEXT = bounded('text', 'minLength 1', 'a text that is not empty', (text) => text !== '');
const AWS_REGION = bounded('text', 'maxLength 50, minLength 1, pattern ^[a-z0-9-]+$', 'a region', (text) =>
  /^[a-z0-9-]{1,50}$/.test(String(text)),
);
const GOOGLE_ACCOUNT = bounded(
  'text',
  'minLength 1, pattern ^.*@.*\\.iam\\.gserviceaccount\\.com$',
  'the address of a service account of Google Cloud',
  (text) => /^[^@]*@/.test(String(text)) && String(text).endsWith('.iam.gserviceaccount.com'),
);

export const GOOGLE_FEDERATION = group({
  audience: 'text',
  awsSecurityCredentials: group({
    'awsCredentialsSecretRef!': group({ 'name!': 'name', namespace: 'namespace' }),
    'region!': AWS_REGION,
  }),
  credConfig: group({ 'key!': 'key', 'name!': 'name', namespace: 'namespace' }),
  externalTokenEndpoint: 'text',
  gcpServiceAccountEmail: GOOGLE_ACCOUNT,
  serviceAccountRef: ACCOUNT,
});
export const AZURE_CLOUDS = ['PublicCloud', 'USGovernmentCloud', 'ChinaCloud', 'GermanCloud', 'AzureStackCloud'];
