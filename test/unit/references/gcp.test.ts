/** References to Google Cloud against a server of the tests' own: Secret Manager, Cloud Storage and Cloud KMS. */
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { crc32c } from '../../../src/util/text/crc32c.js';
import { Desk } from '../../support/desk.js';
import { type Ran, withoutNotes } from '../../support/run.js';
import { HttpService, type Received, type Reply, unusedPort } from '../keys/http-service.js';

const TOKEN = 'the-access-token';
const desk = new Desk();
afterAll(() => desk.remove());

/** Answers given before anything else, in order. */
const replies: Reply[] = [];
let service: HttpService;
beforeEach(async () => {
  service = await HttpService.start((request) => replies.shift() ?? answerTo(request));
});
afterEach(async () => {
  replies.length = 0;
  await service.close();
});

const json = (body: object, status = 200, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
const refusal = (code: number, status: string, headers?: Record<string, string>): Reply =>
  json({ error: { code, status, message: `the words of the service\nBearer ${TOKEN}` } }, code, headers);

const SECRETS: Readonly<Record<string, string>> = {
  'projects/p1/secrets/db/versions/latest': '{"password":"newest","port":5432}',
  'projects/p1/secrets/db/versions/3': '{"password":"third"}',
  'projects/p1/secrets/line/versions/latest': 'text\n',
  'projects/p1/secrets/empty/versions/latest': '',
  'projects/p1/locations/europe-west3/secrets/db/versions/latest': 'of a region',
};
const OBJECTS: Readonly<Record<string, string>> = { '': 'password: new\n', '12': 'password: old\n' };
const KEY = 'projects/p1/locations/global/keyRings/ring/cryptoKeys/key';

function answerTo({ path, body, headers, method }: Received): Reply {
  if (headers.authorization !== `Bearer ${TOKEN}`) return refusal(401, 'UNAUTHENTICATED');
  const url = new URL(path, 'http://server');
  if (method === 'POST') return url.pathname === `/v1/${KEY}:decrypt` ? opened(body) : refusal(404, 'NOT_FOUND');
  if (url.pathname.startsWith('/storage/')) return objectAt(url);
  const name = /^\/v1\/(.*):access$/.exec(url.pathname)?.[1] ?? '';
  const text = SECRETS[name];
  return text === undefined ? refusal(404, 'NOT_FOUND') : secret(name, text);
}

function secret(name: string, text: string, dataCrc32c: string | undefined = String(crc32c(Buffer.from(text)))): Reply {
  return json({ name, payload: { data: Buffer.from(text).toString('base64'), dataCrc32c } });
}

/** The stand-in for the cipher turns the bytes around. */
function opened(body: string): Reply {
  const bytes = Buffer.from(JSON.parse(body).ciphertext, 'base64').reverse();
  return json({ plaintext: bytes.toString('base64'), plaintextCrc32c: String(crc32c(bytes)) });
}

function objectAt(url: URL): Reply {
  const text = OBJECTS[url.searchParams.get('generation') ?? ''];
  if (url.pathname !== '/storage/v1/b/bucket/o/dir%2Fapp.yaml' || text === undefined) return refusal(404, 'NOT_FOUND');
  return { headers: { 'x-goog-hash': `crc32c=${checksum(text)},md5=AAAA` }, body: text };
}

function checksum(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32c(Buffer.from(text)));
  return bytes.toString('base64');
}

function refs(text: string, more: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const endpoints = Object.fromEntries(
    ['SECRETMANAGER', 'STORAGE', 'CLOUDKMS'].map((name) => [`CLOUDSDK_API_ENDPOINT_OVERRIDES_${name}`, service.url]),
  );
  const env = { ...endpoints, GOOGLE_OAUTH_ACCESS_TOKEN: TOKEN, METADATA_SERVER_DETECTION: 'none', ...more };
  return desk.run(['refs', 'get', text], { env });
}

const SEALED = Buffer.from('denepo :k').toString('base64url');
const PARTS = 'project=p1&location=global&keyring=ring&crypto_key=key';

test('CRC-32C is that of RFC 3720', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
});

describe('what is read', () => {
  test.each<[string, string, string, Record<string, string>?]>([
    ['the newest version', 'ref+gcpsecrets://p1/db', '{"password":"newest","port":5432}'],
    ['a key of a secret', 'ref+gcpsecrets://p1/db#/port', '5432'],
    ['a version', 'ref+gcpsecrets://p1/db?version=3#/password', 'third'],
    ['the project of the environment', 'ref+gcpsecrets://db#/password', 'newest', { GCP_PROJECT: 'p1' }],
    ['a secret of one region', 'ref+gcpsecrets://p1/db?location=europe-west3', 'of a region'],
    ['a line break at the end', 'ref+gcpsecrets://p1/line', 'text\n'],
    ['none at the end', 'ref+gcpsecrets://p1/line?trim_nl=true', 'text'],
    ['an empty secret', 'ref+gcpsecrets://p1/empty', ''],
    ['nothing for what need not be there', 'ref+gcpsecrets://p1/none?optional=true', ''],
    ['something else for what is not there', 'ref+gcpsecrets://p1/none?fallback_value=other', 'other'],
    ['a map for what is not there', 'ref+gcpsecrets://p1/none?fallback_value=%7B%22a%22%3A1%7D#/a', '1'],
    ['what is there, whatever else could be', 'ref+gcpsecrets://p1/line?fallback_value=other', 'text\n'],
    ['an object', 'ref+gcs://bucket/dir/app.yaml', 'password: new\n'],
    ['a key of an object', 'ref+gcs://bucket/dir/app.yaml#/password', 'new'],
    ['an older object', 'ref+gcs://bucket/dir/app.yaml?generation=12#/password', 'old'],
    ['what KMS opens', `ref+gkms://${SEALED}?${PARTS}`, 'k: opened'],
    ['a key in what KMS opens', `ref+gkms://${SEALED}?${PARTS}#/k`, 'opened'],
  ])('%s', async (_, text, value, more) => {
    const ran = await refs(text, more);
    expect([withoutNotes(ran), ran.status, ran.stdout.toString()]).toEqual(['', 0, value]);
  });
});

describe('what is refused', () => {
  const PLACE = 'projects/p1/secrets/db/versions/latest';

  test.each([
    ['a secret that is not there', 'ref+gcpsecrets://p1/none', 66, 'projects/p1/secrets/none/versions/latest'],
    ['a key that is not there', 'ref+gcpsecrets://p1/none?optional=true#/a', 66, 'no value found'],
    ['no project', 'ref+gcpsecrets://db', 65, 'GCP_PROJECT'],
    ['more than a name', 'ref+gcpsecrets://p1/db/x', 65, 'PROJECT/NAME'],
    ['a path instead of a project', 'ref+gcpsecrets://../db', 65, 'PROJECT/NAME'],
    ['a host instead of a location', 'ref+gcpsecrets://p1/db?location=evil.example', 65, 'location'],
    ['a truth value that is not one', 'ref+gcpsecrets://p1/db?optional=maybe', 65, 'optional is true or false'],
    ['an object that is not there', 'ref+gcs://bucket/none', 66, 'gs://bucket/none'],
    ['a generation that is not a number', 'ref+gcs://bucket/dir/app.yaml?generation=x', 65, 'generation'],
    ['a key that is named in part', `ref+gkms://${SEALED}?project=p1`, 65, 'location'],
    ['a ciphertext that is not one', `ref+gkms://a!b?${PARTS}`, 65, 'URL-safe base64'],
  ])('%s', async (_, text, status, words) => {
    const ran = await refs(text);
    expect([ran.status, ran.stdout.toString()]).toEqual([status, '']);
    expect(ran.stderr).toContain(words);
  });

  test.each([
    ['no right', refusal(403, 'PERMISSION_DENIED'), 77],
    ['no valid token', refusal(401, 'UNAUTHENTICATED'), 77],
    ['a version that is disabled', refusal(400, 'FAILED_PRECONDITION'), 66],
    ['a wrong request', refusal(400, 'INVALID_ARGUMENT'), 65],
    ['more patience than there is', refusal(429, 'RESOURCE_EXHAUSTED', { 'retry-after': '3600' }), 69],
    ['a value that is not the one of its checksum', secret(PLACE, 'hunter2', '1'), 69],
    ['a value without a checksum', json({ payload: { data: 'aHVudGVyMg==' } }), 69],
    ['half an answer', { body: '{"payload":{"data":"aHVudGVyMg==' }, 69],
  ])('%s', async (_, reply, status) => {
    replies.push(reply);
    const ran = await refs('ref+gcpsecrets://p1/db');
    expect([ran.status, ran.stdout.toString()]).toEqual([status, '']);
    expect(ran.stderr).toContain('projects/p1/secrets/db/versions/latest');
    expect(ran.stderr).not.toMatch(/hunter2|aHVudGVyMg|the-access-token/);
  });

  test('an object that does not fit its checksum', async () => {
    replies.push({ headers: { 'x-goog-hash': `crc32c=${checksum('another')}` }, body: 'hunter2' });
    const ran = await refs('ref+gcs://bucket/dir/app.yaml');
    expect([ran.status, ran.stdout.toString()]).toEqual([69, '']);
    expect(ran.stderr).not.toContain('hunter2');
  });

  test('an object that is unpacked on its way has another checksum', async () => {
    const headers = { 'x-goog-hash': `crc32c=${checksum('packed')}`, 'x-goog-stored-content-encoding': 'gzip' };
    replies.push({ headers, body: 'unpacked' });
    expect((await refs('ref+gcs://bucket/dir/app.yaml')).stdout.toString()).toBe('unpacked');
  });

  test('a service that asks for patience is asked again', async () => {
    replies.push(
      refusal(429, 'RESOURCE_EXHAUSTED', { 'retry-after': '1' }),
      refusal(503, 'UNAVAILABLE', { 'retry-after': '0' }),
    );
    const ran = await refs('ref+gcpsecrets://p1/db#/password');
    expect([ran.status, ran.stdout.toString()]).toEqual([0, 'newest']);
    expect(service.received).toHaveLength(3);
  });

  test('a service that is down is not what optional means', async () => {
    const down = `http://127.0.0.1:${await unusedPort()}`;
    const ran = await refs('ref+gcpsecrets://p1/db?optional=true', {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER: down,
    });
    expect([ran.status, ran.stdout.toString()]).toEqual([69, '']);
    expect(ran.stderr).toContain('connection refused');
  });

  test('optional is for what is not there, or may not be read', async () => {
    replies.push(refusal(403, 'PERMISSION_DENIED'), refusal(401, 'UNAUTHENTICATED'));
    const ask = () => refs('ref+gcpsecrets://p1/db?optional=true');
    expect([(await ask()).status, (await ask()).status]).toEqual([0, 77]);
    expect((await refs('ref+gcpsecrets://p1/db?optional=true', { GOOGLE_OAUTH_ACCESS_TOKEN: '' })).status).toBe(77);
  });

  test('credentials that cannot be read are no service that is down', async () => {
    const ran = await refs('ref+gcpsecrets://p1/db', { GOOGLE_APPLICATION_CREDENTIALS: '/nowhere/at/all.json' });
    expect([ran.status, ran.stdout.toString()]).toEqual([77, '']);
  });

  test('nobody to ask for', async () => {
    const ran = await refs('ref+gcpsecrets://p1/db', { GOOGLE_OAUTH_ACCESS_TOKEN: '' });
    expect([ran.status, ran.stdout.toString()]).toEqual([77, '']);
    expect(service.received).toEqual([]);
  });
});
