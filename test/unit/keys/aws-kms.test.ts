/** The AWS KMS provider: the contract, names of keys, what is sent with which credentials, roles and profiles. */
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { afterAll, beforeAll, beforeEach, describe, expect, vi } from 'vitest';
import { sessionNameOf } from '../../../src/keys/aws-kms/arn.js';
import { awsKmsProvider } from '../../../src/keys/aws-kms/aws-kms.js';
import type { KeyFields, MasterKey } from '../../../src/keys/provider.js';
import { trustKeys } from '../../../src/keys/trust.js';
import { settingsFor } from '../../../src/services/aws/settings.js';
import { sessionOf } from '../../../src/util/host/session.js';
import { sampledTest } from '../../support/sweep.js';
import { AwsService, ROLE_TOKEN } from './aws-service.js';
import { startDeafServer } from './deaf-server.js';
import { fixturePath, fixtureText } from './entries.js';
import { hostOf } from './host.js';
import { HttpService, unusedPort } from './http-service.js';
import { ProgramFolder } from './programs.js';
import { providerContract } from './provider-contract.js';

const test = sampledTest(4);

const ARN = 'arn:aws:kms:eu-central-1:123456789012:key/7714839b-3234-4fce-a6c6-31b434d17a52';
const ALIAS = 'arn:aws-cn:kms:cn-north-1:123456789012:alias/team/sops';
const ROLE = 'arn:aws:iam::123456789012:role/sops';
const PART = Buffer.alloc(32, 9);
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'the-secret-key' };

// Without credentials the SDK would ask the machine it runs on; it reads this from the process.
vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');

providerContract('AWS KMS', async () => {
  const service = await AwsService.start();
  const endpoint = { AWS_ENDPOINT_URL: service.http.url };
  const env = { ...KEYS, AWS_SESSION_TOKEN: 'the-session-token', ...endpoint };
  const nowhere = { AWS_ENDPOINT_URL: `http://127.0.0.1:${await unusedPort()}` };
  return {
    provider: awsKmsProvider,
    host: hostOf({ env }),
    text: `${ARN}+${ROLE}`,
    keyString: `${ARN}+${ROLE}`,
    otherText: ALIAS,
    malformed: [
      'arn:aws:kms:eu-central-1:123456789012:key/',
      'arn:aws:kms:evil.example/:123456789012:key/k1',
      'arn:aws:s3:eu-central-1:123456789012:key/k1',
      'k1',
    ],
    secrets: [KEYS.AWS_SECRET_ACCESS_KEY, 'the-session-token', ROLE_TOKEN, 'rolesecret'],
    withoutCredentials: { host: hostOf({ env: endpoint }), text: ARN },
    unreachable: { host: hostOf({ env: { ...env, ...nowhere } }), text: ARN },
    requests: () => service.http.received.length,
    answer: (mode) => {
      service.mode = mode;
    },
    close: () => service.http.close(),
  };
});

const keyOf = (fields: Record<string, string | ReadonlyMap<string, string>>, enc = ''): MasterKey => ({
  type: 'kms',
  fields: new Map(Object.entries({ arn: ARN, aws_profile: '', ...fields })),
  enc,
});

describe('the names of keys', () => {
  test('spaces go, the role is split off at the first +arn:', async () => {
    const keys = await awsKmsProvider.parse(` ${ARN} + ${ROLE}+arn:x , ${ALIAS},a+b`, hostOf());
    expect(keys.map((key) => Object.fromEntries(key.fields))).toEqual([
      { arn: ARN, aws_profile: '', role: `${ROLE}+arn:x` },
      { arn: ALIAS, aws_profile: '' },
      { arn: 'a+b', aws_profile: '' },
    ]);
  });

  const context = new Map([
    ['stage', 'prod'],
    ['app', 'web'],
  ]);
  test.each<[string, Record<string, string | ReadonlyMap<string, string>>]>([
    [ARN, {}],
    [`${ARN}+${ROLE}`, { role: ROLE }],
    [`${ARN}|app:web,stage:prod`, { context }],
    [`${ARN}||dev`, { aws_profile: 'dev' }],
    [`${ARN}+${ROLE}|app:web,stage:prod|dev`, { aws_profile: 'dev', context, role: ROLE }],
  ])('key string %s', (text, fields) => {
    expect(awsKmsProvider.keyString(keyOf(fields))).toBe(text);
  });

  test.each(['', ARN.slice(1), `${ARN}\n`, 'arn:aws:kms::1:key/k', 'arn:aws:kms:a:x:key/k'])(
    '%j is refused when it is used',
    async (arn) => {
      const key = keyOf({ arn }, 'AAAA');
      const refusal = { code: 'key', message: `no valid ARN found in '${arn}'` };
      await expect(awsKmsProvider.wrap(key, PART, hostOf())).rejects.toMatchObject(refusal);
      await expect(awsKmsProvider.unwrap(key, hostOf())).rejects.toMatchObject(refusal);
    },
  );

  test.each([
    ['my-host_1.ex', 'sops@myhost_1.ex'],
    ['ci-runner_7.example', 'sops@cirunner_7.example'],
    ['A[]^\\x+/%ä :', 'sops@A[]^\\x'],
    ['h'.repeat(80), `sops@${'h'.repeat(59)}`],
  ])('the host %s gives the session %s', (host, name) => expect(sessionNameOf(host)).toBe(name));
});

let service: AwsService;
const folder = new ProgramFolder();
beforeAll(async () => {
  service = await AwsService.start();
});
beforeEach(() => service.http.received.splice(0));
afterAll(async () => {
  await service.http.close();
  folder.remove();
});
const hostWith = (env: Record<string, string>) =>
  hostOf({ env: { AWS_ENDPOINT_URL: service.http.url, ...env }, cwd: folder.path });
const scopes = () =>
  service.http.received
    .map(({ headers }) => /Credential=(\S+?)\/\d+\/([^,]+)\//.exec(headers.authorization ?? ''))
    .map((found) => `${found?.[1]} ${found?.[2]}`);

describe('what is sent', () => {
  test('the region of the ARN, whatever the environment says', async () => {
    const host = hostWith({ ...KEYS, AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-2' });
    const enc = await awsKmsProvider.wrap(keyOf({ arn: ALIAS }), PART, host);
    expect(await awsKmsProvider.unwrap(keyOf({ arn: ALIAS }, enc), host)).toEqual(new Uint8Array(PART));
    expect(scopes()).toEqual(Array(2).fill('AKIAEXAMPLE cn-north-1/kms'));
    expect(service.calls).toEqual([
      { KeyId: ALIAS, Plaintext: PART.toString('base64'), EncryptionContext: {} },
      { KeyId: ALIAS, CiphertextBlob: enc, EncryptionContext: {} },
    ]);
  });

  test('the context, which is needed again', async () => {
    const context = new Map([
      ['__proto__', 'x'],
      ['app', 'web'],
    ]);
    const host = hostWith(KEYS);
    const enc = await awsKmsProvider.wrap(keyOf({ context }), PART, host);
    expect(Object.entries(service.calls[0]?.EncryptionContext ?? {})).toEqual([...context]);
    expect(await awsKmsProvider.unwrap(keyOf({ context }, enc), host)).toHaveLength(32);
    await expect(awsKmsProvider.unwrap(keyOf({ context: new Map([['app', 'api']]) }, enc), host)).rejects.toMatchObject(
      {
        code: 'key',
        message: 'failed to decrypt sops data key with AWS KMS: InvalidCiphertextException',
      },
    );
  });

  test('a context that SOPS before 3.3.0 sent with one value for all names', async () => {
    const context = (...values: string[]) => new Map(values.map((value, at) => [`name${at}`, value]));
    const host = hostWith(KEYS);
    const enc = await awsKmsProvider.wrap(keyOf({ context: context('b', 'b', 'b') }), PART, host);
    const old = keyOf({ context: context('a', 'b', 'a') }, enc);
    expect(await awsKmsProvider.unwrap(old, host)).toEqual(new Uint8Array(PART));
    expect(host.warned).toEqual([
      expect.stringMatching(/^a version of SOPS before 3\.3\.0 used arn:.* with a wrong encryption context/),
    ]);
    service.http.received.splice(0);
    // It was wrapped anew, with the context as it stands.
    expect(await awsKmsProvider.unwrap(old, host)).toEqual(new Uint8Array(PART));
    expect(service.calls).toHaveLength(1);
    const other = keyOf({ context: context('c', 'd') }, enc);
    await expect(awsKmsProvider.unwrap(other, host)).rejects.toMatchObject({
      message: 'failed to decrypt sops data key with AWS KMS: InvalidCiphertextException',
    });
    expect(other.enc).toBe(enc);
  });

  test('to a server that the file of AWS_CA_BUNDLE vouches for', async () => {
    const tls = { key: fixtureText('tls/localhost.key'), cert: fixtureText('tls/localhost.crt') };
    const secure = await HttpService.start(() => ({ body: JSON.stringify({ CiphertextBlob: 'AAAA' }) }), tls);
    const env = { ...KEYS, AWS_ENDPOINT_URL: secure.url };
    for (const variable of ['AWS_CA_BUNDLE', 'SSL_CERT_FILE']) {
      const host = hostOf({ env: { ...env, [variable]: fixturePath('tls/localhost.crt') } });
      expect(await awsKmsProvider.wrap(keyOf({}), PART, host)).toBe('AAAA');
    }
    await expect(awsKmsProvider.wrap(keyOf({}), PART, hostOf({ env }))).rejects.toMatchObject({
      message: expect.stringMatching(/^failed to encrypt sops data key with AWS KMS: cannot reach .*certificate/),
    });
    await secure.close();
  });

  test('endpoints of the services', async () => {
    const sts = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_STS: service.http.url };
    const host = hostOf({ env: { ...KEYS, ...sts, AWS_ENDPOINT_URL_KMS: service.http.url } });
    trustKeys(host, 'kms', [`${ARN}+${ROLE}`]);
    await awsKmsProvider.wrap(keyOf({ role: ROLE }), PART, host);
    expect(scopes()).toEqual(['AKIAEXAMPLE eu-central-1/sts', 'ROLEID eu-central-1/kms']);
  });

  test('nothing, when an endpoint is not a URL or its proxy none', async () => {
    const wrapping = (env: Record<string, string>) =>
      awsKmsProvider.wrap(keyOf({}), PART, hostOf({ env: { ...KEYS, ...env } }));
    const bad = { AWS_ENDPOINT_URL_KMS: 'localhost' };
    await expect(wrapping(bad)).rejects.toMatchObject({ code: 'key', message: 'AWS_ENDPOINT_URL_KMS is not a URL' });
    await expect(wrapping({ HTTPS_PROXY: '::' })).rejects.toMatchObject({
      code: 'key',
      message: expect.stringMatching(/the proxy in HTTPS_PROXY is not a URL$/),
    });
  });

  test('base64 that is not', async () => {
    await expect(awsKmsProvider.unwrap(keyOf({}, 'A%'), hostWith(KEYS))).rejects.toMatchObject({
      code: 'key',
      message: 'error base64-decoding encrypted data key: it is not base64',
    });
    expect(service.http.received).toEqual([]);
  });
});

describe('with a role', () => {
  const named: [string, Record<string, string>, readonly (string | KeyFields)[]][] = [
    ['a flag or a rule', {}, [`${ALIAS}, ${ARN} + ${ROLE}`]],
    ['key_groups', {}, [new Map([['role', ROLE]])]],
    ['the variable of keys', { SOPS_KMS_ARN: `${ARN}+${ROLE}` }, []],
    ['the allow list', { SOPS_AWS_ROLE_ALLOWLIST: `arn:aws:iam::1:role/a, ${ROLE}` }, []],
    ['an allow list that takes all', { SOPS_AWS_ROLE_ALLOWLIST: 'all' }, []],
  ];
  test.each(named)('that %s names: it is assumed once, without more than its names', async (_, env, keys) => {
    const host = hostWith({ ...KEYS, ...env });
    trustKeys(host, 'kms', keys);
    const enc = await awsKmsProvider.wrap(keyOf({ role: ROLE }), PART, host);
    await awsKmsProvider.unwrap(keyOf({ role: ROLE }, enc), host);
    expect(service.sessions).toEqual([
      { Action: 'AssumeRole', Version: '2011-06-15', RoleArn: ROLE, RoleSessionName: sessionNameOf(hostname()) },
    ]);
    expect(scopes()).toEqual(['AKIAEXAMPLE eu-central-1/sts', ...Array(2).fill('ROLEID eu-central-1/kms')]);
    expect(service.http.received.map(({ headers }) => headers['x-amz-security-token'])).toEqual([
      undefined,
      ROLE_TOKEN,
      ROLE_TOKEN,
    ]);
  });

  test.each<[Record<string, string>, string]>([
    [{}, `the role ${ROLE} is named by the file only, so your credentials are not used with it`],
    [{ SOPS_AWS_ROLE_ALLOWLIST: 'none' }, `Allowlist does not allow ${ROLE}`],
    [{ SOPS_AWS_ROLE_ALLOWLIST: `${ROLE}2` }, `Allowlist does not allow ${ROLE}`],
    [
      { SOPS_KMS_ARN: `${ARN}+${ROLE}2` },
      `the role ${ROLE} is named by the file only, so your credentials are not used with it`,
    ],
  ])('that only the file names, nothing is sent (%j)', async (env, message) => {
    const host = hostWith({ ...KEYS, ...env });
    await expect(awsKmsProvider.unwrap(keyOf({ role: ROLE }, 'AAAA'), host)).rejects.toMatchObject({
      code: 'key',
      message,
      hint: expect.stringContaining('SOPS_AWS_ROLE_ALLOWLIST'),
    });
    expect(service.http.received).toEqual([]);
  });

  test.each([
    ['refused', 'AccessDenied: not you'],
    ['empty', 'the answer has no credentials'],
  ])('that cannot be assumed (%s)', async (name, reason) => {
    const role = `arn:aws:iam::123456789012:role/${name}`;
    const host = hostWith({ ...KEYS, SOPS_AWS_ROLE_ALLOWLIST: 'all' });
    await expect(awsKmsProvider.wrap(keyOf({ role }), PART, host)).rejects.toMatchObject({
      code: 'key',
      message: `failed to assume role '${role}': ${reason}`,
    });
  });
});

describe('with a profile', () => {
  const config = folder.write(
    'config',
    `[default]\nregion=us-east-1\n[profile dev]\nrole_arn=${ROLE}\nsource_profile=base\n`,
  );
  const credentials = folder.write(
    'credentials',
    ['default', 'base', 'other']
      .map((name) => `[${name}]\naws_access_key_id=ID-${name}\naws_secret_access_key=s\n`)
      .join(''),
  );
  const files = { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: 'credentials' };
  expect(credentials).toContain(folder.path);

  test.each<[string, Record<string, string>, string, string]>([
    ['the default one', {}, '', 'ID-default'],
    ['the one of AWS_PROFILE', { AWS_PROFILE: 'other' }, '', 'ID-other'],
    ['keys of the environment before that', { AWS_PROFILE: 'other', ...KEYS }, '', 'AKIAEXAMPLE'],
    ['the one of the key before all', { AWS_PROFILE: 'default', ...KEYS }, 'other', 'ID-other'],
  ])('%s', async (_, env, profile, id) => {
    await awsKmsProvider.wrap(keyOf({ aws_profile: profile }), PART, hostWith({ ...files, ...env }));
    expect(scopes()).toEqual([`${id} eu-central-1/kms`]);
  });

  test.each([
    ['token', `${folder.path}/token`],
    ['/run/token', '/run/token'],
  ])('the token file %s of a workload begins at the folder of the call', async (named, path) => {
    const settings = await settingsFor('eu-central-1', '', hostWith({ ...files, AWS_WEB_IDENTITY_TOKEN_FILE: named }));
    expect(settings).toMatchObject({ webIdentityTokenFile: path });
  });

  test('in a pipe, which gives it once', async () => {
    const pipe = `${folder.path}/pipe`;
    execFileSync('mkfifo', [pipe]);
    const host = sessionOf(hostWith({ ...files, AWS_PROFILE: 'piped', AWS_CONFIG_FILE: pipe }));
    const wrapped = awsKmsProvider.wrap(keyOf({}), PART, host);
    await writeFile(pipe, '[profile piped]\nregion=x\naws_access_key_id=ID-piped\naws_secret_access_key=s\n');
    await wrapped;
    expect(scopes()).toEqual(['ID-piped eu-central-1/kms']);
    expect(await settingsFor('', 'piped', host)).toMatchObject({ region: 'x' });
  });

  test('whose keys were changed since the last run in this process, or which was not there then', async () => {
    const wrap = () => awsKmsProvider.wrap(keyOf({}), PART, hostWith({ AWS_SHARED_CREDENTIALS_FILE: 'turning' }));
    await expect(wrap()).rejects.toMatchObject({ code: 'key' });
    for (const id of ['ID-before', 'ID-after']) {
      folder.write('turning', `[default]\naws_access_key_id=${id}\naws_secret_access_key=s\n`);
      await wrap();
    }
    expect(scopes()).toEqual(['ID-before eu-central-1/kms', 'ID-after eu-central-1/kms']);
  });

  test.each(['absent', 'config', 'profile dev'])('%s that does not exist', async (profile) => {
    const host = hostWith({ ...files, ...KEYS });
    await expect(awsKmsProvider.wrap(keyOf({ aws_profile: profile }), PART, host)).rejects.toMatchObject({
      code: 'key',
      message: `could not load AWS config: failed to get shared config profile, ${profile}`,
      hint: expect.stringContaining(config),
    });
    const named = hostWith({ ...files, AWS_PROFILE: profile });
    await expect(awsKmsProvider.wrap(keyOf({}), PART, named)).rejects.toMatchObject({ code: 'key' });
    expect(service.http.received).toEqual([]);
  });
});

describe('with the token of a workload', () => {
  const profile = `role_arn=${ROLE}\nrole_session_name=job\nweb_identity_token_file=${folder.path}/own-token\n`;
  const variables = { AWS_WEB_IDENTITY_TOKEN_FILE: 'token', AWS_ROLE_ARN: ROLE, AWS_ROLE_SESSION_NAME: 'job' };
  test.each<[string, Record<string, string>, string]>([
    ['that the environment names', variables, 'token'],
    ['that a profile names', { AWS_CONFIG_FILE: 'workload', AWS_PROFILE: 'job' }, 'own-token'],
  ])('%s: the endpoint is asked that the environment names', async (_, env, file) => {
    folder.write('workload', `[profile job]\n${profile}`);
    for (const name of ['token', 'own-token']) folder.write(name, `text of ${name}`);
    await awsKmsProvider.wrap(keyOf({}), PART, hostWith({ AWS_SHARED_CREDENTIALS_FILE: 'none', ...env }));
    expect(service.sessions).toEqual([
      {
        Action: 'AssumeRoleWithWebIdentity',
        Version: '2011-06-15',
        RoleArn: ROLE,
        RoleSessionName: 'job',
        WebIdentityToken: `text of ${file}`,
      },
    ]);
    expect(scopes().at(-1)).toBe('ROLEID eu-central-1/kms');
  });

  test('that is not there', async () => {
    const env = { ...variables, AWS_SHARED_CREDENTIALS_FILE: 'none', AWS_WEB_IDENTITY_TOKEN_FILE: 'absent' };
    await expect(awsKmsProvider.wrap(keyOf({}), PART, hostWith(env))).rejects.toMatchObject({
      code: 'key',
      message: expect.stringContaining(`cannot read the token file ${folder.path}/absent: no such file or directory`),
    });
  });
});

describe('a service that does not answer', () => {
  test('is let go when nobody waits any more', async () => {
    const server = await startDeafServer();
    const host = hostOf({ env: { ...KEYS, AWS_ENDPOINT_URL: `http://127.0.0.1:${server.port}` } });
    const opening = awsKmsProvider.unwrap(keyOf({}, 'AAAA'), host, AbortSignal.timeout(300));
    await expect(opening).rejects.toMatchObject({ code: 'key' });
    await vi.waitFor(() => expect(server.connections()).toBe(0));
    await server.close();
  });
});
