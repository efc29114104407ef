/** References to Azure Key Vault against a server of the tests' own: values, versions, and which vaults get a token. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, vi } from 'vitest';
import { Desk } from '../../support/desk.js';
import { type Ran, withoutNotes } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';
import { addAz, CERTIFICATE, TENANT, TLS, TOKEN } from '../keys/azure-service.js';
import { HttpService, type Received, type Reply, unusedPort } from '../keys/http-service.js';
import { ProgramFolder } from '../keys/programs.js';

const test = sampledTest(6);

const OLD = '78deebed173b48e48f55abf87ed4cf71';
const SECRETS: Readonly<Record<string, string>> = {
  'db/': '{"password":"newest","port":5432}',
  [`db/${OLD}`]: 'the old one',
  'empty/': '',
};
const desk = new Desk();
const programs = new ProgramFolder();
/** Answers to whoever has a token, in order. */
const replies: Reply[] = [];
let service: HttpService;
/** The domain that the vault says its tokens are for; the usual one when empty. */
let domain = '';

beforeAll(() => {
  addAz(programs);
  // The SDK looks at the process's own environment.
  vi.stubEnv('PATH', `${programs.path}:${process.env.PATH}`);
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'AzureCLICredential');
});
beforeEach(async () => {
  service = await HttpService.start(answerTo, TLS);
});
afterEach(async () => {
  replies.length = 0;
  domain = '';
  await service.close();
});
afterAll(() => {
  vi.unstubAllEnvs();
  programs.remove();
  desk.remove();
});

const json = (body: object, status = 200, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
const refusal = (status: number, code: string, headers?: Record<string, string>): Reply =>
  json({ error: { code, message: `the words of the vault\r\nBearer ${TOKEN}` } }, status, headers);

function answerTo({ path, headers }: Received): Reply {
  const url = new URL(service.url);
  if (headers.authorization !== `Bearer ${TOKEN}`) {
    const resource = domain || url.host.slice('127.'.length);
    const challenge = `Bearer authorization="https://login.microsoftonline.com/${TENANT}", resource="https://${resource}"`;
    return json({ error: { code: 'Unauthorized' } }, 401, { 'www-authenticate': challenge });
  }
  const reply = replies.shift();
  if (reply) return reply;
  const [, name = '', version = ''] = /^\/secrets\/([\w-]+)(?:\/(\w*))?\?api-version=7\.4$/.exec(path) ?? [];
  const value = SECRETS[`${name}/${version}`];
  return value === undefined ? refusal(404, 'SecretNotFound') : json({ value, id: `${service.url}/secrets/${name}` });
}

const vault = (): string => new URL(service.url).host;
const refs = (text: string, more: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  desk.run(['refs', 'get', text.replace('{vault}', vault())], { env: { SSL_CERT_FILE: CERTIFICATE, ...more } });

describe('what is read', () => {
  test.each<[string, string, string, Record<string, string>?]>([
    ['the newest version', 'ref+azurekeyvault://{vault}/db', '{"password":"newest","port":5432}'],
    ['a key of a secret', 'ref+azurekeyvault://{vault}/db#/port', '5432'],
    ['a version', `ref+azurekeyvault://{vault}/db/${OLD}`, 'the old one'],
    ['with a slash at the end', 'ref+azurekeyvault://{vault}/db/', '{"password":"newest","port":5432}'],
    ['an empty secret', 'ref+azurekeyvault://{vault}/empty', ''],
    ['by the log-in that is chosen', `ref+azurekeyvault://{vault}/db/${OLD}`, 'the old one', { AZKV_AUTH: 'cli' }],
  ])('%s', async (_, text, value, more) => {
    const ran = await refs(text, more);
    expect([withoutNotes(ran), ran.status, ran.stdout.toString()]).toEqual(['', 0, value]);
  });
});

describe('what is refused', () => {
  test.each([
    ['a secret that is not there', 'ref+azurekeyvault://{vault}/none', 66, '/secrets/none'],
    ['a vault alone', 'ref+azurekeyvault://{vault}', 65, 'VAULT/NAME'],
    ['a name with what no name has', 'ref+azurekeyvault://{vault}/a_b', 65, 'VAULT/NAME'],
    ['a way out of the secrets', 'ref+azurekeyvault://{vault}/../keys', 65, 'VAULT/NAME'],
  ])('%s', async (_, text, status, words) => {
    const ran = await refs(text);
    expect([ran.status, ran.stdout.toString()]).toEqual([status, '']);
    expect(ran.stderr).toContain(words);
  });

  test.each([
    ['no right', refusal(403, 'Forbidden'), 77],
    ['more patience than there is', refusal(429, 'Throttled', { 'retry-after': '3600' }), 69],
    ['an answer without a value', json({ id: 'x' }), 69],
    ['half an answer', { body: '{"value":"hunter2' }, 69],
  ])('%s', async (_, reply, status) => {
    replies.push(reply);
    const ran = await refs('ref+azurekeyvault://{vault}/db');
    expect([ran.status, ran.stdout.toString()]).toEqual([status, '']);
    expect(ran.stderr).toContain(`${service.url}/secrets/db`);
    expect(ran.stderr).not.toMatch(new RegExp(`hunter2|${TOKEN}`));
  });

  test('a vault that asks for patience is asked again', async () => {
    replies.push(refusal(429, 'Throttled', { 'retry-after': '0' }));
    const ran = await refs('ref+azurekeyvault://{vault}/db#/password');
    expect([ran.status, ran.stdout.toString()]).toEqual([0, 'newest']);
  });

  test('a vault that is down', async () => {
    const ran = await refs(`ref+azurekeyvault://127.0.0.1:${await unusedPort()}/db`);
    expect([ran.status, ran.stdout.toString()]).toEqual([69, '']);
    expect(ran.stderr).toContain('connection refused');
  });

  test('a log-in that there is not', async () => {
    const ran = await refs('ref+azurekeyvault://{vault}/db', { AZKV_AUTH: 'magic' });
    expect([ran.status, service.received]).toEqual([77, []]);
    expect(ran.stderr).toContain('AZKV_AUTH is one of');
  });

  test('a vault that asks for a token of others gets none', async () => {
    domain = 'vault.azure.net';
    const ran = await refs('ref+azurekeyvault://{vault}/db');
    expect([ran.status, ran.stdout.toString()]).toEqual([77, '']);
    expect(service.received.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  });

  test('a file does not choose a host that is not a cloud', async () => {
    desk.write('doc.yaml', `a: ref+azurekeyvault://${vault()}/db#/password\n`);
    const evaluate = (...flags: string[]) =>
      desk.run(['refs', 'eval', ...flags, 'doc.yaml'], { env: { SSL_CERT_FILE: CERTIFICATE } });
    const ran = await evaluate();
    expect([ran.status, ran.stdout.toString(), service.received]).toEqual([78, '', []]);
    expect(ran.stderr).toContain('--allow-ref azurekeyvault');
    expect((await evaluate('--allow-ref', 'azurekeyvault')).stdout.toString()).toBe('a: newest\n');
  });

  test('a vault of a cloud needs nobody to allow it', async () => {
    desk.write('cloud.yaml', 'a: ref+azurekeyvault://no-such-vault/db\n');
    const HTTPS_PROXY = `http://127.0.0.1:${await unusedPort()}`;
    const ran = await desk.run(['refs', 'eval', 'cloud.yaml'], { env: { HTTPS_PROXY } });
    expect(ran.status).toBe(69);
    expect(ran.stderr).toContain('https://no-such-vault.vault.azure.net/secrets/db');
  });
});
