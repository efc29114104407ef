/** Publishing to moto, an emulator of Google's storage and a real OpenBao; and the requests of the real sops beside ours. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BAO, Bao, ROOT_TOKEN } from '../support/bao.js';
import { MOTO, Moto } from '../support/moto.js';
import { announceSkipped, SOPS } from '../support/programs.js';
import { CASES, OTHER, Publishing } from '../support/publishing.js';
import { type SopsOptions, sopsIn } from '../support/sops.js';
import { STORAGE_EMULATOR, StorageEmulator } from '../support/storage-emulator.js';

const PLAIN = '# why\nsecret: hello\nlist: [1, {two: 2}]\nint: 5\nfloat: 1.5\n';
const DOCUMENTS: readonly [name: string, plain: string][] = [
  ['a.yaml', 'a: x\nb: {c: [1, 2.5, true, null, ""]}\nd: 2024-01-02T03:04:05+02:00\n'],
  ['int.yaml', 'i: -9223372036854775808\nj: 9223372036854775807\nf: 1e21\ng: 0.000001\n'],
  ['text.yaml', 'html: "<&>\\u2028"\nlong: |\n  one\n  two\nemoji: 😀\n'],
  ['merge.yaml', 'base: &b {x: 1}\nmerged: {<<: *b, y: 2}\nalias: *b\n'],
  ['docs.yaml', 'a: 1\nk: {x: 1}\n---\nk: {y: 2}\nz: 3\n'],
  ['a.json', '{"b": [1], "a": {"x": null, "m": {}}}\n'],
  ['a.env', '# c\nA=1\nB="q"\n'],
  ['a.ini', 'top = 1\n[s]\nk = v\n'],
  ['a.txt', 'some\ttext\n'],
];
const counts = { moto: 3, gcs: 2, bao: 8, sops: CASES.length + DOCUMENTS.length };
if (!MOTO) announceSkipped(counts.moto, 'there is no moto_server');
if (!STORAGE_EMULATOR) announceSkipped(counts.gcs, 'there is no gcp-storage-emulator');
if (!BAO) announceSkipped(counts.bao, 'there is no bao program');
if (!SOPS) announceSkipped(counts.sops, 'there is no sops program');

let publishing: Publishing;
beforeEach(async () => {
  publishing = await Publishing.start();
});
afterEach(() => publishing.close());

const theirs = (words: readonly string[], options: SopsOptions = {}) =>
  sopsIn(publishing.folder, ['publish', ...words], {
    ...options,
    env: { PATH: process.env.PATH ?? '', AWS_EC2_METADATA_DISABLED: 'true', ...publishing.env, ...options.env },
  });

describe.skipIf(!MOTO)('S3', () => {
  let moto: Moto;
  let client: S3Client;
  beforeAll(async () => {
    moto = await Moto.start();
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    client = new S3Client({ region: 'us-east-1', endpoint: moto.url, credentials, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: 'bkt' }));
  });
  afterAll(() => moto.stop());
  const stored = async (Key: string) => {
    const { Body, ContentType } = await client.send(new GetObjectCommand({ Bucket: 'bkt', Key }));
    return { type: ContentType, text: (await Body?.transformToString()) ?? '' };
  };
  const env = () => ({ AWS_ENDPOINT_URL: moto.url });

  test('a folder, byte for byte', async () => {
    publishing.rules('  - {s3_bucket: bkt, s3_prefix: team/}\n');
    for (const name of ['top/a.yaml', 'top/deep/ü b+c%.json']) await publishing.seal(name, '{"a": "ü"}\n');
    expect(await publishing.publish(['--yes', '--recursive', 'top'], { env: env() })).toMatchObject({ status: 0 });
    for (const name of ['a.yaml', 'deep/ü b+c%.json']) {
      expect(await stored(`team/${name}`)).toEqual({
        type: 'application/octet-stream',
        text: publishing.read(`top/${name}`).toString(),
      });
    }
  });

  test('for other recipients', async () => {
    publishing.rules(`  - {s3_bucket: bkt, recreation_rule: {age: ${OTHER}}}\n`);
    await publishing.seal('a.yaml', PLAIN);
    expect((await publishing.publish(['--yes', 'a.yaml'], { env: env() })).status).toBe(0);
    expect(await publishing.decrypt((await stored('a.yaml')).text, 'a.yaml', 'age-other.txt')).toBe(PLAIN);
  });

  test('a bucket that is not there', async () => {
    publishing.rules('  - s3_bucket: other\n');
    await publishing.seal('a.yaml', PLAIN);
    expect(await publishing.publish(['--yes', 'a.yaml'], { env: env() })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('failed to upload to s3://other/a.yaml: NoSuchBucket'),
    });
  });
});

describe.skipIf(!STORAGE_EMULATOR)('Google Cloud Storage', () => {
  let emulator: StorageEmulator;
  beforeAll(async () => {
    emulator = await StorageEmulator.start('bkt');
  });
  afterAll(() => emulator.stop());
  const env = () => ({ STORAGE_EMULATOR_HOST: emulator.url });

  test('a file, byte for byte', async () => {
    publishing.rules('  - {gcs_bucket: bkt, gcs_prefix: team/}\n');
    await publishing.seal('ü b.yaml', PLAIN);
    expect(await publishing.publish(['--yes', 'ü b.yaml'], { env: env() })).toMatchObject({ status: 0 });
    expect(await emulator.read('bkt', 'team/ü b.yaml')).toEqual(publishing.read('ü b.yaml'));
  });

  test('a bucket that is not there', async () => {
    publishing.rules('  - gcs_bucket: other\n');
    await publishing.seal('a.yaml', PLAIN);
    expect(await publishing.publish(['--yes', 'a.yaml'], { env: env() })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('failed to upload to gcs://other/a.yaml: googleapi: Error 404'),
    });
  });
});

describe.skipIf(!BAO)('OpenBao', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bao-'));
  let bao: Bao;
  beforeAll(async () => {
    bao = await Bao.start(folder);
    bao.run('secrets', 'enable', '-path=kv1', '-version=1', 'kv');
  });
  afterAll(async () => {
    await bao.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const env = () => ({ VAULT_ADDR: bao.url, VAULT_TOKEN: ROOT_TOKEN, VAULT_CACERT: bao.authority });
  const publish = (words: readonly string[] = [], more: Record<string, string> = {}) =>
    publishing.publish(['--yes', 'a.yaml', ...words], { env: { ...env(), ...more } });
  const held = (mount: string, path: string) => bao.run('kv', 'get', '-format=json', `-mount=${mount}`, path);
  const versionOf = (path: string) => JSON.parse(held('secret', path)).data.metadata.version as number;

  test('KV 2: written once, and again only when something is another', async () => {
    publishing.rules('  - vault_path: team/once\n');
    await publishing.seal('a.yaml', PLAIN);
    expect((await publish()).stderr).toBe('1 file published.\n');
    expect(JSON.parse(held('secret', 'team/once/a.yaml')).data.data).toMatchObject({
      secret: 'hello',
      list: [1, { two: 2 }],
      int: 5,
      float: 1.5,
    });
    expect((await publish()).stderr).toBe('1 file already up to date.\n');
    expect(versionOf('team/once/a.yaml')).toBe(1);
    await publishing.seal('a.yaml', PLAIN.replace('int: 5', 'int: 6'));
    expect((await publish()).stderr).toBe('1 file published.\n');
    expect(versionOf('team/once/a.yaml')).toBe(2);
  });

  test('KV 2: --managed-by marks it beside the marks of others', async () => {
    publishing.rules('  - vault_path: team/marked\n');
    await publishing.seal('a.yaml', PLAIN);
    await publish();
    bao.run('kv', 'metadata', 'put', '-mount=secret', '-custom-metadata=team=red', 'team/marked/a.yaml');
    expect((await publish(['--managed-by', 'external-secrets'])).stderr).toBe('1 file already up to date.\n');
    expect(JSON.parse(held('secret', 'team/marked/a.yaml')).data.metadata.custom_metadata).toEqual({
      team: 'red',
      'managed-by': 'external-secrets',
    });
  });

  test('KV 2: a deleted secret comes back', async () => {
    publishing.rules('  - vault_path: team/deleted\n');
    await publishing.seal('a.yaml', PLAIN);
    await publish();
    bao.run('kv', 'delete', '-mount=secret', 'team/deleted/a.yaml');
    expect((await publish()).stderr).toBe('1 file published.\n');
    expect(versionOf('team/deleted/a.yaml')).toBe(2);
  });

  test('KV 2 that insists on check-and-set', async () => {
    bao.run('secrets', 'enable', '-path=strict', '-version=2', 'kv');
    bao.run('write', 'strict/config', 'cas_required=true');
    publishing.rules('  - {vault_path: p, vault_kv_mount_name: strict}\n');
    await publishing.seal('a.yaml', 'a: x\n');
    expect((await publish()).stderr).toBe('1 file published.\n');
    await publishing.seal('a.yaml', 'a: y\n');
    expect((await publish()).stderr).toBe('1 file published.\n');
    expect(JSON.parse(held('strict', 'p/a.yaml')).data.data).toEqual({ a: 'y' });
  });

  test('KV 1', async () => {
    publishing.rules('  - {vault_path: p, vault_kv_mount_name: kv1, vault_kv_version: 1}\n');
    await publishing.seal('a.yaml', 'a: {x: 1}\n');
    expect((await publish(['--omit-extensions'])).stderr).toBe('1 file published.\n');
    expect(JSON.parse(held('kv1', 'p/a')).data).toEqual({ a: { x: 1 } });
  });

  test('a token that may only write', async () => {
    publishing.rules('  - vault_path: blind\n');
    await publishing.seal('a.yaml', 'a: x\n');
    const policy = join(publishing.folder, 'policy.hcl');
    publishing.write('policy.hcl', 'path "secret/data/blind/*" { capabilities = ["create", "update"] }');
    bao.run('policy', 'write', 'blind', policy);
    const token = bao.run('token', 'create', '-policy=blind', '-field=token');
    const ran = await publish([], { VAULT_TOKEN: token });
    expect(ran.status).toBe(0);
    expect(ran.stderr).toContain('Cannot check if destination secret already exists in secret/data/blind/a.yaml');
    expect(versionOf('blind/a.yaml')).toBe(1);
  });

  test.each([
    ['no right', '  - vault_path: p\n', { VAULT_TOKEN: 'none' }, 'Vault answered 403'],
    ['no engine', '  - {vault_path: p, vault_kv_mount_name: nowhere}\n', {}, 'Is the engine mounted there'],
  ])('%s', async (_, rule, more, reason) => {
    publishing.rules(rule);
    await publishing.seal('a.yaml', 'a: x\n');
    expect(await publish([], more)).toMatchObject({ status: 1, stderr: expect.stringContaining(reason) });
  });
});

describe.skipIf(!SOPS)('the real sops sends the same', () => {
  /** What reached the server since the last call. */
  function taken() {
    return publishing.http.received.splice(0).map(({ method, path, headers, body }) => {
      const type = headers['content-type']?.replace(/boundary=.*/, '');
      return { method, path, type: method === 'GET' ? undefined : type, body };
    });
  }
  /** Bodies without what differs by intention: the version to replace. */
  const values = (requests: ReturnType<typeof taken>) =>
    requests.map(({ method, path, body }) => {
      if (body === '') return [method, path];
      const { options, ...rest } = JSON.parse(body);
      return [method, path, rest];
    });

  test.each(DOCUMENTS)('values of %s to Vault', async (name, plain) => {
    publishing.rules('  - vault_path: p\n');
    await publishing.seal(name, plain);
    expect(await theirs(['--yes', name])).toMatchObject({ status: 0 });
    const wanted = taken();
    expect(await publishing.publish(['--yes', name])).toMatchObject({ status: 0 });
    expect(values(taken())).toEqual(values(wanted));
  });

  test.each(CASES.filter(({ id }) => id !== 'vault-list-of-maps'))('$id', async ({ id, rule, file, plain, args }) => {
    publishing.rules(rule);
    await publishing.seal(file, plain);
    const words = [...args, args.includes('--recursive') ? (file.split('/')[0] ?? '') : file];
    const ran = await theirs(words);
    const wanted = taken();
    const own = await publishing.publish(words);
    expect(own.status).toBe(ran.status);
    const sent = taken();
    const place = ({ method, path }: (typeof sent)[number]) => `${method} ${path}`;
    expect(sent.map(place)).toEqual(wanted.map(place));
    if (id.startsWith('vault')) expect(values(sent)).toEqual(values(wanted));
    else expect(sent.map(({ type }) => type)).toEqual(wanted.map(({ type }) => type));
    if (id === 's3' || id === 's3-omit-ext') expect(sent).toEqual(wanted);
    expect(own.stdout.toString()).toBe(ran.stdout.toString());
  });

  test('sops reads what is encrypted anew', async () => {
    publishing.rules(`  - {s3_bucket: bkt, recreation_rule: {age: ${OTHER}, encrypted_regex: ^secret$}}\n`);
    await publishing.seal('a.yaml', PLAIN);
    expect((await publishing.publish(['--yes', 'a.yaml'])).status).toBe(0);
    publishing.write('sent.yaml', taken()[0]?.body ?? '');
    const key = publishing.otherIdentity;
    const ran = await sopsIn(publishing.folder, ['decrypt', 'sent.yaml'], { env: { SOPS_AGE_KEY: key } });
    expect(ran).toMatchObject({ status: 0 });
    expect(ran.stdout.toString()).toContain('secret: hello');
  });
});
