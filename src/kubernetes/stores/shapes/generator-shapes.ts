/** Generators, `generators.external-secrets.io/v1alpha1`: what stands in `spec`, by kind. */
import {
  ACCOUNT,
  AUTHORITY,
  AWS_AUTH,
  AZURE_CLOUDS,
  GOOGLE_FEDERATION,
  RETRIES,
  SECRET_KEY,
  SOME_TEXT,
} from './common-shapes.js';
import { bounded, countOf, type Group, group, listOf, mapOf, ONE, type ShapeRule } from './shape.js';
import { VAULT } from './store-shapes.js';

const A_TIME = bounded('whole', 'minimum 1', 'a whole number from 1 on', (value) => Number(value) >= 1);
const KEY_SIZE = bounded(
  'whole',
  'maximum 8192, minimum 256',
  'a whole number from 256 to 8192',
  (value) => Number(value) >= 256 && Number(value) <= 8192,
);
const ONE_OWNER: ShapeRule = {
  says: 'exactly one of projectID and groupID is needed',
  holds: (spec) => countOf(spec, 'projectID', 'groupID') === 1,
};

export const GENERATORS: Readonly<Record<string, Group>> = {
  ACRAccessToken: group({
    'auth!': group({
      managedIdentity: group({ identityId: 'text' }),
      servicePrincipal: group({ 'secretRef!': group({ clientId: SECRET_KEY, clientSecret: SECRET_KEY }) }),
      workloadIdentity: group({ serviceAccountRef: ACCOUNT }),
    }),
    environmentType: AZURE_CLOUDS,
    'registry!': 'text',
    scope: 'text',
    tenantId: 'text',
  }),
  BeyondtrustWorkloadCredentialsDynamicSecret: group({
    controller: 'text',
    'provider!': group({
      'auth!': group({ 'apikey!': group({ 'token!': SECRET_KEY }) }),
      caBundle: 'text',
      caProvider: AUTHORITY,
      folderPath: 'text',
      'server!': group({ 'apiUrl!': 'text', 'siteId!': 'text' }),
    }),
    retrySettings: RETRIES,
  }),
  CloudsmithAccessToken: group({
    apiUrl: 'text',
    'orgSlug!': 'text',
    'serviceAccountRef!': ACCOUNT,
    'serviceSlug!': 'text',
  }),
  ECRAuthorizationToken: group({ auth: AWS_AUTH, 'region!': 'text', role: 'text', scope: 'text' }),
  Fake: group({ controller: 'text', data: 'textMap' }),
  GCRAccessToken: group({
    'auth!': group({
      secretRef: group({ secretAccessKeySecretRef: SECRET_KEY }),
      workloadIdentity: group({
        'clusterLocation!': 'text',
        'clusterName!': 'text',
        clusterProjectID: 'text',
        'serviceAccountRef!': ACCOUNT,
      }),
      workloadIdentityFederation: GOOGLE_FEDERATION,
    }),
    'projectID!': 'text',
  }),
  GithubAccessToken: group({
    'appID!': 'text',
    'auth!': group({ 'privateKey!': group({ 'secretRef!': SECRET_KEY }) }),
    'installID!': 'text',
    permissions: 'textMap',
    repositories: 'texts',
    url: 'text',
  }),
  GitlabDeployToken: group(
    {
      'auth!': group({ 'token!': group({ 'secretRef!': SECRET_KEY }) }),
      expiresAt: 'text',
      groupID: SOME_TEXT,
      'name!': SOME_TEXT,
      projectID: SOME_TEXT,
      'scopes!': listOf(
        [
          'read_repository',
          'read_registry',
          'write_registry',
          'read_package_registry',
          'write_package_registry',
          'read_virtual_registry',
          'write_virtual_registry',
        ],
        1,
      ),
      url: 'text',
      username: 'text',
    },
    ONE_OWNER,
  ),
  Grafana: group({
    'auth!': group({
      basic: group({ 'password!': group({ key: 'key', name: 'name' }), 'username!': 'text' }),
      token: group({ key: 'key', name: 'name' }),
    }),
    'serviceAccount!': group({ 'name!': 'text', 'role!': 'text', secondsToLive: A_TIME }),
    'url!': 'text',
  }),
  MFA: group({ algorithm: 'text', length: 'whole', 'secret!': SECRET_KEY, timePeriod: 'whole', when: 'text' }),
  Password: group({
    allowRepeat: 'flag',
    digits: 'whole',
    encoding: ['base64', 'base64url', 'base32', 'hex', 'raw'],
    length: 'whole',
    noUpper: 'flag',
    secretKeys: 'texts',
    symbolCharacters: 'text',
    symbols: 'whole',
  }),
  QuayAccessToken: group({ 'robotAccount!': 'text', 'serviceAccountRef!': ACCOUNT, url: 'text' }),
  SSHKey: group({ comment: 'text', keySize: KEY_SIZE, keyType: ['rsa', 'ecdsa', 'ed25519'] }),
  STSSessionToken: group({
    auth: AWS_AUTH,
    'region!': 'text',
    requestParameters: group({ serialNumber: 'text', sessionDuration: 'whole', tokenCode: 'text' }),
    role: 'text',
  }),
  UUID: group({}),
  VaultDynamicSecret: group({
    allowEmptyResponse: 'flag',
    controller: 'text',
    getParameters: mapOf('texts'),
    method: 'text',
    parameters: 'any',
    'path!': 'text',
    'provider!': VAULT,
    resultType: ['Data', 'Auth', 'Raw'],
    retrySettings: RETRIES,
  }),
  Webhook: group({
    auth: group({ ntlm: group({ 'passwordSecret!': SECRET_KEY, 'usernameSecret!': SECRET_KEY }) }, ONE),
    body: 'text',
    caBundle: 'text',
    caProvider: AUTHORITY,
    headers: 'textMap',
    method: 'text',
    'result!': group({ jsonPath: 'text' }),
    secrets: listOf(group({ 'name!': 'text', 'secretRef!': group({ key: 'key', name: 'name' }) })),
    timeout: 'text',
    'url!': 'text',
  }),
};
