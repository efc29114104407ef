/** Publishing to Vault: what is compared, which version is replaced, and where the token goes (docs/publish.md#vault-kv). */
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { defaultAnswer, Publishing, TOKEN } from '../../support/publishing.js';
import { sampledTest } from '../../support/sweep.js';
import { HttpService, type Reply } from '../keys/http-service.js';

const test = sampledTest(2);

let publishing: Publishing;
beforeEach(async () => {
  publishing = await Publishing.start();
  publishing.rules('  - vault_path: p\n');
});
afterEach(() => publishing.close());

const MISMATCH = { status: 400, body: '{"errors":["check-and-set parameter did not match the current version"]}' };
const secret = (data: string, version: number, status = 200): Reply => ({
  status,
  body: `{"data":{"data":${data},"metadata":{"version":${version},"deletion_time":""}}}`,
});
/** Answers readings and writings in turn; the last answer of each stands. */
function answers(readings: Reply[], writings: Reply[] = [{ body: '{}' }]): void {
  const next = (list: Reply[]): Reply => (list.length > 1 ? list.shift() : list[0]) ?? { body: '{}' };
  publishing.answer = ({ method }) => next(method === 'GET' ? readings : writings);
}
const written = () => publishing.http.received.filter(({ method }) => method === 'PUT').map(({ body }) => body);

describe('what is there already', () => {
  test.each([
    [
      'maps in any order, lists, null, true',
      'a: {x: 1, y: [t, {z: null}]}\nb: true\n',
      '{"b":true,"a":{"y":["t",{"z":null}],"x":1}}',
    ],
    ['a float that comes back as an integer', 'f: 1.0\ng: 1e3\nh: 0.5\n', '{"f":1,"g":1000,"h":5e-1}'],
    ['an integer that Vault rounds', 'i: 9007199254740993\n', '{"i":9007199254740992}'],
    ['a date', 'd: 2024-01-02\n', '{"d":"2024-01-02T00:00:00Z"}'],
    ['hostile keys', '"__proto__": {a: x}\nconstructor: y\n', '{"constructor":"y","__proto__":{"a":"x"}}'],
  ])('is not written again: %s', async (_, plain, there) => {
    await publishing.seal('a.yaml', plain);
    answers([secret(there, 4)]);
    expect((await publishing.publish(['--yes', 'a.yaml'])).stderr).toMatch(
      /^(?:warning: .*\n)?1 file already up to date\.\n$/,
    );
    expect(written()).toEqual([]);
  });

  test.each([
    ['an integer next to it', 'i: 9007199254740993\n', '{"i":9007199254740990}'],
    ['another type', 'a: "5"\n', '{"a":5}'],
    ['one more', 'a: x\n', '{"a":"x","b":"y"}'],
    ['one less', 'a: x\nb: y\n', '{"a":"x"}'],
    ['a list in another order', 'a: [x, y]\n', '{"a":["y","x"]}'],
    ['a key of the prototype', '"__proto__": x\n', '{"a":"x"}'],
    ['no map', 'a: x\n', '[1]'],
  ])('is written when it is another: %s', async (_, plain, there) => {
    await publishing.seal('a.yaml', plain);
    answers([secret(there, 4)]);
    expect((await publishing.publish(['--yes', 'a.yaml'])).stderr).toMatch(/^(?:warning: .*\n)?1 file published\.\n$/);
    expect(written()).toHaveLength(1);
    expect(written()[0]).toContain('"options":{"cas":4}');
  });
});

describe('check-and-set', () => {
  beforeEach(() => publishing.seal('a.yaml', 'a: x\n'));

  test('a secret that was never there', async () => {
    await publishing.publish(['--yes', 'a.yaml']);
    expect(written()).toEqual(['{"data":{"a":"x"},"options":{"cas":0}}']);
  });

  test('a secret that was deleted has a version', async () => {
    answers([secret('null', 7, 404)]);
    await publishing.publish(['--yes', 'a.yaml']);
    expect(written()).toEqual(['{"data":{"a":"x"},"options":{"cas":7}}']);
  });

  test('somebody was faster: it is read and written once more', async () => {
    answers([secret('{}', 1), secret('{"b":"y"}', 2)], [MISMATCH, { body: '{}' }]);
    const ran = await publishing.publish(['--yes', 'a.yaml']);
    expect([ran.status, written().map((body) => JSON.parse(body).options.cas)]).toEqual([0, [1, 2]]);
    expect(ran.stderr).toContain('secret/data/p/a.yaml: somebody wrote version 2 meanwhile');
  });

  test('somebody was faster with the same', async () => {
    answers([secret('{}', 1), secret('{"a":"x"}', 2)], [MISMATCH]);
    expect((await publishing.publish(['--yes', 'a.yaml'])).stderr).toBe('1 file already up to date.\n');
    expect(written()).toHaveLength(1);
  });

  test('somebody is faster every time: that is an error', async () => {
    answers([secret('{}', 1), secret('{}', 2)], [MISMATCH]);
    const ran = await publishing.publish(['--yes', 'a.yaml']);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('check-and-set parameter did not match') });
    expect(written()).toHaveLength(2);
  });

  test('somebody was faster, and what they wrote cannot be read: nothing is written over it', async () => {
    answers([secret('{}', 1), { status: 403, body: '{"errors":["permission denied"]}' }], [MISMATCH, { body: '{}' }]);
    expect((await publishing.publish(['--yes', 'a.yaml'])).status).toBe(1);
    expect(written()).toHaveLength(1);
  });

  test('who may not read writes without it, and is warned', async () => {
    answers([{ status: 403, body: '{"errors":["permission denied"]}' }]);
    const ran = await publishing.publish(['--yes', 'a.yaml']);
    expect(ran.status).toBe(0);
    expect(ran.stderr).toContain(
      'warning: Cannot check if destination secret already exists in secret/data/p/a.yaml. New version will be created even if the data has not been changed. The reason: Vault answered 403: permission denied.',
    );
    expect(written()).toEqual(['{"data":{"a":"x"}}']);
  });
});

describe('what is sent', () => {
  test.each([
    ['the last of equal keys, in documents and maps', 'k: 1\nm: {a: 1}\n---\nk: 2\n', '{"k":2,"m":{"a":1}}'],
    ['no comments', '# one\nl: [1, 2] # two\n', '{"l":[1,2]}'],
    [
      'integers to the last digit',
      'i: -9223372036854775808\nj: 9223372036854775807\n',
      '{"i":-9223372036854775808,"j":9223372036854775807}',
    ],
    ['hostile keys', '"__proto__": {polluted: x}\n', '{"__proto__":{"polluted":"x"}}'],
    ['maps in lists in lists', 'l: [[{a: {b: [{}]}}]]\n', '{"l":[[{"a":{"b":[{}]}}]]}'],
  ])('%s', async (_, plain, json) => {
    await publishing.seal('a.yaml', plain);
    expect((await publishing.publish(['--yes', 'a.yaml'])).status).toBe(0);
    expect(written()).toEqual([`{"data":${json},"options":{"cas":0}}`]);
  });

  test('an integer that Vault cannot hold is sent, with a warning that does not quote it', async () => {
    await publishing.seal('a.yaml', 'a: {b: [9007199254740993]}\nc: 9007199254740992\n');
    const ran = await publishing.publish(['--yes', 'a.yaml']);
    expect(ran.stderr).toContain('a.yaml: integers of a.b are larger than Vault keeps exactly');
    expect(ran.stderr).not.toContain('9007');
  });

  test('empty lists and maps, where sops sends null', async () => {
    await publishing.seal('a.yaml', 'l: []\nm: {}\nn: [{}, []]\n');
    await publishing.publish(['--yes', 'a.yaml']);
    expect(written()).toEqual(['{"data":{"l":[],"m":{},"n":[{},[]]},"options":{"cas":0}}']);
  });

  test('dotenv and INI', async () => {
    await publishing.seal('a.env', 'A=1\n#c\nB=x y\n');
    await publishing.seal('a.ini', '[s]\nk = v\n');
    await publishing.publish(['--yes', 'a.env']);
    await publishing.publish(['--yes', 'a.ini']);
    expect(written().map((body) => JSON.parse(body).data)).toEqual([
      { A: '1', B: 'x y' },
      { DEFAULT: {}, s: { k: 'v' } },
    ]);
  });

  test('bytes that are not UTF-8 are refused, where sops sends others', async () => {
    await publishing.seal('a.bin', Buffer.from([255, 254]));
    const ran = await publishing.publish(['--yes', 'a.bin']);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('bytes that are not UTF-8') });
    expect(publishing.requests).toEqual([]);
  });

  test('no number that JSON cannot say', async () => {
    await publishing.seal('a.yaml', 'a: .inf\n');
    expect((await publishing.publish(['--yes', 'a.yaml'])).status).toBe(4);
    expect(publishing.requests).toEqual([]);
  });
});

describe('where the token goes', () => {
  beforeEach(() => publishing.seal('a.yaml', 'a: x\n'));

  test('to the address of the rule, not to an agent or VAULT_ADDR', async () => {
    const other = await HttpService.start(defaultAnswer);
    publishing.rules(`  - {vault_path: /p/, vault_address: "${other.url}"}\n`);
    await publishing.publish(['--yes', 'a.yaml'], {
      env: { VAULT_AGENT_ADDR: publishing.http.url, SOPS_HC_VAULT_ALLOWLIST: other.url },
    });
    expect(publishing.requests).toEqual([]);
    expect(other.received.map(({ path, headers }) => [path, headers['x-vault-token']])).toEqual([
      ['/v1/secret/data/p/a.yaml', TOKEN],
      ['/v1/secret/data/p/a.yaml', TOKEN],
    ]);
    await other.close();
  });

  test('to an agent instead of VAULT_ADDR', async () => {
    await publishing.publish(['--yes', 'a.yaml'], {
      env: { VAULT_AGENT_ADDR: publishing.http.url, VAULT_ADDR: 'http://127.0.0.1:9' },
    });
    expect(publishing.requests).toHaveLength(2);
  });

  test('to no other endpoint of the server', async () => {
    for (const path of ['../../sys', 'a/./b']) {
      publishing.rules(`  - {vault_path: "${path}"}\n`);
      expect((await publishing.publish(['--yes', 'a.yaml'])).status).toBe(1);
    }
    expect(publishing.requests).toEqual([]);
  });

  test('names are encoded', async () => {
    publishing.rules('  - {vault_path: "a b?x"}\n');
    await publishing.publish(['--yes', 'a.yaml']);
    expect(publishing.requests[0]).toBe('GET /v1/secret/data/a%20b%3Fx/a.yaml');
  });
});
