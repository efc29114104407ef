/** The Huawei Cloud provider: the contract, key ids, signatures, regions, credentials and projects. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fromInstance, fromPod } from '../../../src/keys/hc-kms/credentials.js';
import { huaweiProvider } from '../../../src/keys/hc-kms/hc-kms.js';
import { iamEndpoint, kmsEndpoint } from '../../../src/keys/hc-kms/regions.js';
import { readRegions } from '../../../src/keys/hc-kms/regions-file.js';
import { signRequest } from '../../../src/keys/hc-kms/signature.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import { run, withoutNotes } from '../../support/run.js';
import { hostOf } from './host.js';
import { unusedPort } from './http-service.js';
import { ACCESS_KEY, HuaweiService, ID_TOKEN, isSigned, SECRET_KEY, SESSION_TOKEN } from './huawei-service.js';
import { ProgramFolder } from './programs.js';
import { providerContract } from './provider-contract.js';
import { Playback, recordingOf } from './wire.js';

const UUID = '0d0466b0-e727-4d9c-b35d-f84bb474a37f';
const KEY = `tr-west-1:${UUID}`;
const ENDPOINT = 'HUAWEICLOUD_SDK_REGION_KMS_TR_WEST_1';
const KEYS = { HUAWEICLOUD_SDK_AK: ACCESS_KEY, HUAWEICLOUD_SDK_SK: SECRET_KEY };
const PROJECT = { HUAWEICLOUD_SDK_PROJECT_ID: 'p1' };
const PART = Buffer.alloc(32, 9);

providerContract('Huawei Cloud KMS', async () => {
  const service = await HuaweiService.start();
  const endpoint = { [ENDPOINT]: service.http.url };
  const env = { ...KEYS, ...PROJECT, HUAWEICLOUD_SDK_SECURITY_TOKEN: SESSION_TOKEN, ...endpoint };
  return {
    provider: huaweiProvider,
    host: hostOf({ env }),
    text: KEY,
    keyString: KEY,
    otherText: 'tr-west-1:another',
    malformed: ['nocolon', ':x', 'tr-west-1:', 'mars-1:key'],
    secrets: [SECRET_KEY, SESSION_TOKEN],
    // Half of the keys: then the machine's metadata service is not asked.
    withoutCredentials: { host: hostOf({ env: { ...endpoint, HUAWEICLOUD_SDK_AK: ACCESS_KEY } }), text: KEY },
    unreachable: { host: hostOf({ env: { ...env, [ENDPOINT]: `http://127.0.0.1:${await unusedPort()}` } }), text: KEY },
    requests: () => service.http.received.length,
    answer: (mode) => {
      service.mode = mode;
    },
    close: () => service.http.close(),
  };
});

describe('key ids', () => {
  test('a list is trimmed, empty items are skipped, an entry stays as it is given', async () => {
    const keys = await huaweiProvider.parse(` ${KEY} ,, a: b:c\n,`, hostOf());
    expect(keys.map((key) => key.fields.get('key_id'))).toEqual([KEY, 'a: b:c']);
    const entry = await huaweiProvider.parseEntry?.(new Map([['key_id', ' a : b ']]), hostOf());
    expect(entry?.fields.get('key_id')).toBe(' a : b ');
  });

  test.each([
    ['nocolon', `invalid key ID format: expected 'region:key-uuid', got "nocolon"`],
    [' : x', 'region cannot be empty in key ID: ": x"'],
    ['r: ', 'key UUID cannot be empty in key ID: "r:"'],
  ])('%j is refused', async (text, message) => {
    await expect(huaweiProvider.parse(text, hostOf())).rejects.toMatchObject({ code: 'key', message });
    await expect(huaweiProvider.parseEntry?.(new Map([['key_id', text]]), hostOf())).rejects.toMatchObject({ message });
  });
});

describe('signatures', () => {
  const key = { accessKey: ACCESS_KEY, secretKey: SECRET_KEY };
  const signed = (path: string, headers: Record<string, string> = {}) => {
    const url = new URL(path, 'https://kms.example');
    return {
      url,
      headers: signRequest({ method: 'POST', url, headers, body: '{}' }, key, Date.UTC(2026, 0, 2, 3, 4, 5, 678)),
    };
  };

  test('are what the description says', () => {
    const { headers } = signed('/v1.0/p1/kms/encrypt-data', { 'X-Project-Id': 'p1' });
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    expect(lower['x-sdk-date']).toBe('20260102T030405Z');
    expect(lower.authorization).toMatch(/ SignedHeaders=x-project-id;x-sdk-date, /);
    expect(isSigned({ method: 'POST', path: '/v1.0/p1/kms/encrypt-data', headers: lower, body: '{}' })).toBe(true);
    expect(isSigned({ method: 'POST', path: '/v1.0/p2/kms/encrypt-data', headers: lower, body: '{}' })).toBe(false);
    expect(isSigned({ method: 'POST', path: '/v1.0/p1/kms/encrypt-data', headers: lower, body: '{ }' })).toBe(false);
  });

  test('encode what is not unreserved, and sort the query', () => {
    const { headers } = signed("/a%20b/(x)?z=1&a=b%20c&a='");
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const path = '/a%20b/%28x%29?a=b%20c&a=%27&z=1';
    expect(isSigned({ method: 'POST', path, headers: lower, body: '{}' })).toBe(true);
  });
});

describe('regions', () => {
  const folder = new ProgramFolder();
  afterAll(() => folder.remove());
  const endpoint = async (region: string, env: Record<string, string> = {}) =>
    (await kmsEndpoint(region, hostOf({ env, cwd: folder.path }))).href;

  test.each([
    ['cn-north-4', 'https://kms.cn-north-4.myhuaweicloud.com/'],
    ['eu-west-101', 'https://kms.eu-west-101.myhuaweicloud.eu/'],
  ])('%s', async (region, url) => expect(await endpoint(region)).toBe(url));

  test('the variable counts before the file, the file before the list', async () => {
    mkdirSync(join(folder.path, '.huaweicloud'));
    folder.write('.huaweicloud/regions.yaml', 'KMS:\n  - id: cn-north-4\n    endpoint: https://of-home.example\n');
    folder.write(
      'named.yaml',
      'kms:\n- {}\n'.replace('- {}', '- id: \'mars-1\'\n  endpoint: "http://of-file.example" # x'),
    );
    const home = { HOME: folder.path };
    expect(await endpoint('cn-north-4', home)).toBe('https://of-home.example/');
    const named = { ...home, HUAWEICLOUD_SDK_REGIONS_FILE: 'named.yaml' };
    expect(await endpoint('mars-1', named)).toBe('http://of-file.example/');
    expect(await endpoint('cn-north-4', named)).toBe('https://kms.cn-north-4.myhuaweicloud.com/');
    const variable = { ...named, HUAWEICLOUD_SDK_REGION_KMS_MARS_1: 'https://one.example/x,https://two.example' };
    expect(await endpoint('mars-1', variable)).toBe('https://one.example/x');
  });

  test.each([
    ['mars-1', {}, /^invalid region "mars-1": region id 'mars-1' is not in .*\[ae-ad-1, .*, tr-west-1\]$/],
    ['evil.example/', {}, /^invalid region/],
    [
      'mars-1',
      { HUAWEICLOUD_SDK_REGION_KMS_MARS_1: 'ftp://x' },
      /^the endpoint in HUAWEICLOUD_SDK_REGION_KMS_MARS_1 is not a URL$/,
    ],
    ['mars-1', { HUAWEICLOUD_SDK_REGIONS_FILE: '/' }, /^cannot read the regions file \/: is a directory$/],
  ])('%s with %j is refused', async (region, env, message) => {
    await expect(endpoint(region, env)).rejects.toMatchObject({ code: 'key', message: expect.stringMatching(message) });
  });

  test('a regions file of several services and endpoints', () => {
    const text = [
      '---',
      '# comment',
      'IoTDA:',
      '  - id: r1',
      '    endpoint: https://wrong.example',
      'KMS: # ours',
      '  - endpoint: https://one.example',
      "    id: 'r1'",
      '',
      '  - id: r2',
      '    endpoints:',
      '      - https://two.example   # first',
      '      - https://three.example',
      '  - id: without',
      'ECS:',
      '- id: r3',
      '  endpoint: https://wrong.example',
    ];
    expect([...readRegions(text.join('\r\n'), 'f')]).toEqual([
      ['r1', 'https://one.example'],
      ['r2', 'https://two.example'],
    ]);
  });

  test.each([
    'KMS: [{id: r1, endpoint: x}]',
    'KMS:\n  - &a\n    id: x',
    'KMS:\n  - id: |\n      x',
    '- x',
    'KMS:\n  "id": x',
    'KMS:\n  - {id: r1}',
  ])('of another shape it is refused: %j', (text) =>
    expect(() => readRegions(text, 'f')).toThrow(/^failed to resolve file: 'f': line \d is not understood$/),
  );

  test.each([
    ['cn-north-4', {}, 'https://iam.cn-north-4.myhuaweicloud.com/'],
    ['eu-west-101', {}, 'https://iam.myhuaweicloud.com/'],
    ['mars-1', {}, 'https://iam.myhuaweicloud.com/'],
    ['cn-north-4', { HUAWEICLOUD_SDK_IAM_ENDPOINT: 'iam.example' }, 'https://iam.example/'],
  ])('the identity service of %s with %j', (region, env, url) => {
    expect(iamEndpoint(hostOf({ env }), region).href).toBe(url);
  });
});

let service: HuaweiService;
const folder = new ProgramFolder();
beforeAll(async () => {
  service = await HuaweiService.start();
  folder.write('token', ID_TOKEN);
  mkdirSync(join(folder.path, '.huaweicloud'));
});
beforeEach(() => {
  service.http.received.splice(0);
  service.projects = ['p1'];
});
afterAll(async () => {
  await service.http.close();
  folder.remove();
});

const key = (enc = ''): MasterKey => ({ type: 'hckms', fields: new Map([['key_id', KEY]]), enc });
const hostWith = (env: Record<string, string>) =>
  hostOf({
    env: { [ENDPOINT]: service.http.url, HUAWEICLOUD_SDK_IAM_ENDPOINT: service.http.url, ...env },
    cwd: folder.path,
  });
const wrapWith = (env: Record<string, string>) => huaweiProvider.wrap(key(), PART, hostWith(env));
const ENCRYPT = 'POST /v1.0/p1/kms/encrypt-data';

describe('credentials', () => {
  test('from the environment, before the file', async () => {
    folder.write('.huaweicloud/credentials', '[basic]\nak=x\nsk=y\n');
    await wrapWith({ ...KEYS, ...PROJECT, HOME: folder.path });
    expect(service.paths).toEqual([ENCRYPT]);
    expect(service.http.received[0]?.headers).toMatchObject({
      'content-type': 'application/json;charset=UTF-8',
      'x-project-id': 'p1',
    });
  });

  test.each(['.huaweicloud/credentials', 'elsewhere'])('from the file %s', async (name) => {
    folder.write(
      name,
      `ak = other\n[global]\nak=g\n[basic] ; x\n# c\nak = ${ACCESS_KEY} # mine\nsk="${SECRET_KEY}"\nproject_id: p1\nsecurity_token = st\n`,
    );
    const env = name === 'elsewhere' ? { HUAWEICLOUD_SDK_CREDENTIALS_FILE: 'elsewhere' } : { HOME: folder.path };
    await wrapWith(env);
    expect(service.http.received[0]?.headers['x-security-token']).toBe('st');
    expect(service.paths).toEqual([ENCRYPT]);
  });

  test('from an identity provider: once for a run', async () => {
    const host = hostWith({
      HUAWEICLOUD_SDK_IDP_ID: 'idp',
      HUAWEICLOUD_SDK_ID_TOKEN_FILE: 'token',
      ...KEYS,
      ...PROJECT,
    });
    await huaweiProvider.wrap(key(), PART, host);
    await huaweiProvider.wrap(key(), PART, host);
    expect(service.paths).toEqual([
      'POST /v3.0/OS-AUTH/id-token/tokens',
      'POST /v3.0/OS-CREDENTIAL/securitytokens',
      ENCRYPT,
      ENCRYPT,
    ]);
    expect(service.http.received.at(-1)?.headers['x-security-token']).toBe(SESSION_TOKEN);
  });

  test('an identity provider that does not know the token', async () => {
    folder.write('stale', 'stale');
    const error = await wrapWith({ HUAWEICLOUD_SDK_IDP_ID: 'idp', HUAWEICLOUD_SDK_ID_TOKEN_FILE: 'stale' }).catch(
      (caught) => caught,
    );
    expect(error).toMatchObject({
      code: 'key',
      message:
        'failed to create HuaweiCloud KMS client: failed to get HuaweiCloud credentials: the identity service answered 401',
    });
  });

  const temporary = { accessKey: 'AKTEMP', secretKey: 'the-temporary-secret', securityToken: SESSION_TOKEN };

  test.each([true, false])('from the metadata service, with tokens: %s', async (wantsTokens) => {
    service.wantsTokens = wantsTokens;
    const found = await fromInstance(hostOf({ env: { HTTP_PROXY: 'http://127.0.0.1:1' } }), service.http.url);
    expect(found).toMatchObject(temporary);
    expect(found.until).toBeGreaterThan(Date.now());
  });

  test('from the pod identity service', async () => {
    const variables = {
      HC_CONTAINER_CREDENTIALS_FULL_URI: `${service.http.url}/pod`,
      HC_CONTAINER_AUTHORIZATION_TOKEN_FILE: 'token',
    };
    expect(await fromPod(hostWith(variables))).toMatchObject(temporary);
    folder.write('stale', 'stale');
    const stale = hostWith({ ...variables, HC_CONTAINER_AUTHORIZATION_TOKEN_FILE: 'stale' });
    await expect(fromPod(stale)).rejects.toMatchObject({
      message: 'failed to get HuaweiCloud credentials: the pod identity service answered 401',
    });
    await expect(fromPod(hostWith({}))).rejects.toMatchObject({ code: 'key' });
  });

  test.each([
    [
      { HUAWEICLOUD_SDK_IDP_ID: 'idp', HUAWEICLOUD_SDK_ID_TOKEN_FILE: 'absent' },
      /cannot read the token file absent: no such file or directory$/,
    ],
    [{ HUAWEICLOUD_SDK_SK: 'x' }, /: of HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK \(.*\) one is missing$/],
    [{ HUAWEICLOUD_SDK_CREDENTIALS_FILE: '/' }, /: cannot read \/: is a directory$/],
  ])('%j', async (env, message) => {
    await expect(wrapWith(env)).rejects.toMatchObject({ code: 'key', message: expect.stringMatching(message) });
    expect(service.http.received).toEqual([]);
  });
});

describe('without a project id', () => {
  test('it is looked up, once for a run', async () => {
    const host = hostWith(KEYS);
    const enc = await huaweiProvider.wrap(key(), PART, host);
    expect(await huaweiProvider.unwrap(key(enc), host)).toEqual(PART);
    expect(service.paths).toEqual(['GET /v3/projects?name=tr-west-1', ENCRYPT, 'POST /v1.0/p1/kms/decrypt-data']);
  });

  test('at the identity service of the credentials', async () => {
    folder.write('own', `[basic]\nak=${ACCESS_KEY}\nsk=${SECRET_KEY}\niam_endpoint=${service.http.url}\n`);
    await wrapWith({ HUAWEICLOUD_SDK_CREDENTIALS_FILE: 'own', HUAWEICLOUD_SDK_IAM_ENDPOINT: 'http://127.0.0.1:1' });
    expect(service.paths).toHaveLength(2);
  });

  test.each([
    [[], 'there is none'],
    [['a', 'b'], 'multiple project ids found: [a,b]'],
  ])('%j are not one', async (projects, reason) => {
    service.projects = projects;
    await expect(wrapWith(KEYS)).rejects.toMatchObject({
      code: 'key',
      message: `failed to create HuaweiCloud KMS client: failed to get project id of region 'tr-west-1' automatically: ${reason}`,
      hint: 'Set HUAWEICLOUD_SDK_PROJECT_ID.',
    });
  });

  test('a refusal says why, without the secrets that the service quotes', async () => {
    const env = {
      HUAWEICLOUD_SDK_AK: ACCESS_KEY,
      HUAWEICLOUD_SDK_SK: 'wrong',
      HUAWEICLOUD_SDK_SECURITY_TOKEN: SESSION_TOKEN,
    };
    await expect(wrapWith(env)).rejects.toMatchObject({
      message: expect.stringMatching(
        /the identity service answered 403: APIGW.0301 verify aksk signature fail, token …$/,
      ),
    });
  });
});

describe('as the real sops talks to it', () => {
  const recording = recordingOf('hckms');
  const env = (url: string) => ({
    HUAWEICLOUD_SDK_AK: 'ak',
    HUAWEICLOUD_SDK_SK: 'sk',
    HUAWEICLOUD_SDK_PROJECT_ID: 'proj',
    [ENDPOINT]: url,
  });

  const compare = (
    received: Playback['received'],
    exchanges: typeof recording.on_encrypt,
    random: Record<string, unknown> = {},
  ) => {
    expect(received.map(({ method, path }) => [method, path])).toEqual(
      exchanges.map(({ method, path }) => [method, path]),
    );
    for (const [at, { headers, body }] of exchanges.entries()) {
      for (const [name, value] of Object.entries(headers))
        expect(received[at]?.headers[name.toLowerCase()]).toBe(value);
      expect(JSON.parse(received[at]?.body ?? '')).toEqual({ ...JSON.parse(body), ...random });
    }
  };

  test('decrypt', async () => {
    const playback = await Playback.start(recording, recording.on_decrypt);
    const ran = await run(['decrypt', playback.encrypted], { cwd: playback.folder, env: env(playback.url) });
    expect([ran.status, withoutNotes(ran)]).toEqual([0, '']);
    expect(ran.stdout.toString()).toBe(recording.plaintext);
    compare(playback.received, recording.on_decrypt);
    await playback.close();
  });

  test('encrypt, leaving nothing behind', async () => {
    const playback = await Playback.start(recording, recording.on_encrypt);
    const words = ['encrypt', '--hckms', KEY, playback.plain];
    const ran = await run(words, { cwd: playback.folder, env: { HOME: playback.folder, ...env(playback.url) } });
    expect([ran.status, withoutNotes(ran)]).toEqual([0, '']);
    compare(playback.received, recording.on_encrypt, { plain_text: expect.any(String) });
    expect(ran.stdout.toString()).toContain(JSON.parse(recording.on_encrypt[0]?.response ?? '').cipher_text);
    expect(existsSync(join(playback.folder, '.huaweicloud'))).toBe(false);
    await playback.close();
  });
});
