import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { OTHER, Publishing, RECIPIENT, TOKEN } from '../../support/publishing.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(2);

const CANARY = 'canary-4f1c';
let publishing: Publishing;
beforeEach(async () => {
  publishing = await Publishing.start();
});
afterEach(() => publishing.close());

/** The JSON bodies that were sent. */
const bodies = () => publishing.http.received.filter(({ body }) => body !== '').map(({ body }) => JSON.parse(body));
const S3 = '  - s3_bucket: bkt\n';
const VAULT = '  - vault_path: p\n';

describe('before anything is sent', () => {
  test('a configuration is needed', async () => {
    const ran = await publishing.publish([]);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('config file not found') });
  });

  test('a file is needed', async () => {
    publishing.rules(S3);
    expect(await publishing.publish([])).toMatchObject({ status: 100, stderr: 'Error: no file specified\n' });
    expect(await publishing.publish(['absent.yaml'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('stat absent.yaml: no such file or directory'),
    });
  });

  test('a folder needs --recursive', async () => {
    publishing.rules(S3);
    expect(await publishing.publish(['.'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("can't operate on a directory without --recursive flag."),
    });
  });

  test('a wrong decryption order has its number', async () => {
    publishing.rules(S3);
    await publishing.seal('a.yaml', 'a: x\n');
    expect((await publishing.publish(['--decryption-order', 'age,age', 'a.yaml'])).status).toBe(112);
  });

  test('a plain file is not sent', async () => {
    publishing.rules(S3);
    publishing.write('a.yaml', `a: ${CANARY}\n`);
    const ran = await publishing.publish(['--yes', 'a.yaml']);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('sops metadata not found') });
    expect(publishing.requests).toEqual([]);
  });

  test('nor one to which somebody added a value by hand', async () => {
    publishing.rules(S3);
    await publishing.seal('a.yaml', 'a: x\n');
    publishing.write('a.yaml', `new:\n    b: ${CANARY}\n${publishing.read('a.yaml')}`);
    const ran = await publishing.publish(['--yes', 'a.yaml']);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('should be encrypted but is not') });
    expect(ran.stderr).toContain('key new.b');
    expect(ran.stderr).not.toContain(CANARY);
    expect(publishing.requests).toEqual([]);
  });

  test.each([VAULT, `  - s3_bucket: b\n    recreation_rule: {age: ${OTHER}}\n`])(
    'a file that was tampered with is not sent: %s',
    async (rule) => {
      publishing.rules(rule);
      await publishing.seal('a.yaml', 'a: x\nplain_unencrypted: y\n');
      publishing.write(
        'a.yaml',
        publishing.read('a.yaml').toString().replace('plain_unencrypted: y', 'plain_unencrypted: z'),
      );
      expect((await publishing.publish(['--yes', 'a.yaml'])).status).toBe(51);
      expect(publishing.requests).toEqual([]);
    },
  );

  test('no key, no plaintext', async () => {
    publishing.rules(VAULT);
    await publishing.seal('a.yaml', 'a: x\n');
    expect((await publishing.publish(['--yes', 'a.yaml'], { env: { SOPS_AGE_KEY: '' } })).status).toBe(128);
    expect(publishing.requests).toEqual([]);
  });
});

describe('the question', () => {
  beforeEach(async () => {
    publishing.rules(S3);
    await publishing.seal('a.yaml', 'a: x\n');
  });
  const asked = () => `uploading ${publishing.folder}/a.yaml to s3://bkt/a.yaml ? (y/n): `;

  test.each(['y\n', 'yes\n', 'Y', '\nwhat\ny\n'])('%j sends', async (stdin) => {
    const ran = await publishing.publish(['a.yaml'], { stdin });
    expect(ran).toMatchObject({ status: 0, stderr: '1 file published.\n' });
    expect(ran.stdout.toString()).toBe(asked().repeat(stdin.startsWith('\n') ? 3 : 1));
    expect(publishing.requests).toEqual(['PUT /bkt/a.yaml?x-id=PutObject']);
  });

  test.each(['n\n', 'no\n'])('%j is an error for a lone file', async (stdin) => {
    const ran = await publishing.publish(['a.yaml'], { stdin });
    expect(ran).toMatchObject({ status: 1, stderr: `Publication of ${publishing.folder}/a.yaml canceled\n` });
    expect(publishing.requests).toEqual([]);
  });

  test.each<[NodeJS.Platform, string]>([
    ['win32', '/bkt/sub/a.yaml'],
    ['linux', '/bkt/sub%5Ca.yaml'],
    ['darwin', '/bkt/sub%5Ca.yaml'],
  ])('on %s a path of backslashes is called %s there', async (platform, place) => {
    publishing.rules(S3);
    await publishing.seal('sub\\a.yaml', 'a: x\n');
    const ran = await publishing.publish(['--yes', '--recursive', '.'], { platform });
    expect(ran).toMatchObject({ status: 0 });
    expect(publishing.requests).toContainEqual(expect.stringMatching(new RegExp(`^PUT ${place}(?:\\?|$)`)));
  });

  test('with --recursive the others are still asked about', async () => {
    await publishing.seal('b.yaml', 'b: x\n');
    const ran = await publishing.publish(['--recursive', '.'], { stdin: 'n\ny\n' });
    expect(ran).toMatchObject({ status: 0, stderr: '1 file published, 1 file canceled.\n' });
    expect(ran.stdout.toString()).toContain(`Publication of ${publishing.folder}/a.yaml canceled\n`);
    expect(publishing.requests).toEqual(['PUT /bkt/b.yaml?x-id=PutObject']);
  });

  test('when nobody answers, that is the end', async () => {
    await publishing.seal('b.yaml', 'b: x\n');
    const ran = await publishing.publish(['--recursive', '.']);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('EOF') });
    expect(ran.stdout.toString()).toBe(asked());
    expect(ran.stderr).not.toContain('published');
  });

  test('what was sent before is summed up all the same', async () => {
    await publishing.seal('b.yaml', 'b: x\n');
    const ran = await publishing.publish(['--recursive', '.'], { stdin: 'y\n' });
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('1 file published.\nEOF') });
    expect(ran.stderr).toContain('This file was not sent');
  });
});

describe('a folder', () => {
  test('every file in order, named by its path, but no hidden ones nor the configuration', async () => {
    publishing.write('rules.yaml', `destination_rules:\n  - {s3_bucket: bkt, s3_prefix: pre-}\n`);
    for (const name of ['top/b.yaml', 'top/a/z.json', 'top/a.yaml', 'top/.hidden.yaml', 'top/.d/x.yaml'])
      await publishing.seal(name, '{"a": 1}\n');
    publishing.write('top/rules.yaml', publishing.read('rules.yaml'));
    symlinkSync('../elsewhere.yaml', join(publishing.folder, 'top', 'link.yaml'));
    await publishing.seal('elsewhere.yaml', 'a: x\n');
    const ran = await publishing.publish(['--yes', '--recursive', '--config', 'top/rules.yaml', 'top']);
    expect(ran).toMatchObject({ status: 0, stderr: '4 files published.\n' });
    expect(publishing.requests.map((request) => request.replace(/\?.*/, ''))).toEqual([
      'PUT /bkt/pre-a/z.json',
      'PUT /bkt/pre-a.yaml',
      'PUT /bkt/pre-b.yaml',
      'PUT /bkt/pre-link.yaml',
    ]);
  });

  test('a link to a folder, or to nothing, fails as in SOPS, and is not passed over', async () => {
    publishing.rules(`  - {s3_bucket: bkt}\n`);
    await publishing.seal('top/a.yaml', 'a: x\n');
    await publishing.seal('other/b.yaml', 'b: x\n');
    symlinkSync('../other', join(publishing.folder, 'top', 'linked'));
    symlinkSync('../nothing', join(publishing.folder, 'top', 'loose'));
    const ran = await publishing.publish(['--yes', '--recursive', 'top']);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('top/linked: is a directory');
    expect(ran.stderr).toContain('top/loose');
    expect(ran.stderr).toContain('1 file published, 2 files failed.');
  });

  test('a file that fails is named, the others are sent, and the status is 1', async () => {
    publishing.rules(`  - {path_regex: yaml$, s3_bucket: bkt}\n`);
    await publishing.seal('a.yaml', 'a: x\n');
    publishing.write('b.yaml', 'plain: x\n');
    publishing.write('c.txt', 'no rule');
    await publishing.seal('d.yaml', 'd: x\n');
    const ran = await publishing.publish(['--yes', '--recursive', '.']);
    expect(ran.status).toBe(1);
    expect(publishing.requests).toHaveLength(2);
    expect(ran.stderr).toContain('in file b.yaml');
    expect(ran.stderr).toContain('c.txt');
    expect(ran.stderr).toContain('2 files published, 2 files failed.\nfailed publishing 2 file(s)\n');
  });

  test('two files that would have one name: the second is not sent', async () => {
    publishing.rules(S3);
    await publishing.seal('a.json', '{"a": 1}\n');
    await publishing.seal('a.yaml', 'a: x\n');
    for (const more of [[], ['--dry-run']]) {
      const ran = await publishing.publish(['--yes', '--recursive', '--omit-extensions', '.', ...more]);
      expect(ran.status).toBe(1);
      expect(ran.stderr).toContain(`s3://bkt/a is where ${publishing.folder}/a.json goes already`);
    }
    expect(publishing.requests).toHaveLength(1);
  });

  test('a file named with --recursive keeps its name', async () => {
    publishing.rules(S3);
    await publishing.seal('top/a.yaml', 'a: x\n');
    expect((await publishing.publish(['--yes', '--recursive', 'top/a.yaml'])).status).toBe(0);
    expect(publishing.requests).toEqual(['PUT /bkt/a.yaml?x-id=PutObject']);
  });

  test('none is said', async () => {
    publishing.rules(S3);
    expect(await publishing.publish(['--recursive', '--yes', '.'])).toMatchObject({
      status: 0,
      stderr: 'No files were found; nothing was published.\n',
    });
  });
});

test('flags behind the file count', async () => {
  publishing.rules(S3);
  await publishing.seal('a.enc.yaml', 'a: x\n');
  expect((await publishing.publish(['a.enc.yaml', '--yes', '--omit-extensions', '--verbose'])).stderr).toBe(
    `File ${publishing.folder}/a.enc.yaml published to s3://bkt/a.enc\n1 file published.\n`,
  );
});

describe('a place that refuses', () => {
  beforeEach(() => publishing.seal('a.yaml', `a: ${CANARY}\n`));

  test.each([
    [
      'S3',
      S3,
      '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>',
      'AccessDenied: Access Denied',
    ],
    ['GCS', '  - gcs_bucket: bkt\n', '{"error":{"code":403,"message":"no rights"}}', 'Error 403: no rights'],
    ['Vault', VAULT, '{"errors":["permission denied"]}', 'Vault answered 403: permission denied'],
  ])('%s: the status is 1, and the reason is given', async (_, rule, body, reason) => {
    publishing.rules(rule);
    publishing.answer = () => ({ status: 403, headers: { 'content-type': 'application/xml' }, body });
    const ran = await publishing.publish(['--yes', '--verbose', 'a.yaml']);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(reason);
    for (const secret of [CANARY, TOKEN, 'aws-secret']) expect(ran.stderr).not.toContain(`${secret} `);
    expect(ran.stderr).not.toContain(CANARY);
  });

  test.each([
    ['S3', S3, { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }],
    ['GCS', '  - gcs_bucket: bkt\n', { STORAGE_EMULATOR_HOST: '127.0.0.1:9' }],
    ['Vault', VAULT, { VAULT_ADDR: 'http://127.0.0.1:9' }],
  ])('%s: one that is not there', async (_, rule, env) => {
    publishing.rules(rule);
    const ran = await publishing.publish(['--yes', 'a.yaml'], { env });
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('connection refused') });
  });

  test('S3 needs a region, which a profile may give', async () => {
    publishing.rules(S3);
    expect(await publishing.publish(['--yes', 'a.yaml'], { env: { AWS_REGION: '' } })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('there is no AWS region'),
    });
    publishing.write('.home/.aws/config', '[default]\noutput=json\n[profile other]\nregion = eu-west-3\n');
    const env = { AWS_REGION: '', AWS_PROFILE: 'other', AWS_CONFIG_FILE: join(publishing.folder, '.home/.aws/config') };
    expect((await publishing.publish(['--yes', 'a.yaml'], { env })).status).toBe(0);
    expect(publishing.http.received.at(-1)?.headers.authorization).toContain('/eu-west-3/s3/');
  });

  test('a prefix that leaves the bucket', async () => {
    publishing.rules('  - {s3_bucket: bkt, s3_prefix: ../other/}\n');
    expect(await publishing.publish(['--yes', 'a.yaml'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('segment . or ..'),
    });
    expect(publishing.requests).toEqual([]);
  });
});

describe('a recreation rule', () => {
  const recreate = (more = '') => publishing.rules(`  - s3_bucket: bkt\n    recreation_rule: {age: ${OTHER}${more}}\n`);
  const sent = () => publishing.http.received[0]?.body ?? '';
  const PLAIN = '# why\nsecret: a\nport: 5 # note\nopen: b\n';

  test('keeps what it leaves open, and says so', async () => {
    recreate();
    await publishing.seal('a.yaml', PLAIN, '--encrypted-regex', '^secret$', '--mac-only-encrypted');
    const ran = await publishing.publish(['--yes', 'a.yaml']);
    expect(ran.status).toBe(0);
    expect(ran.stderr).toContain(
      'recreation rule of destination rule 1 of .sops.yaml does not say otherwise, so what the file has stays: encrypted_regex "^secret$" and mac_only_encrypted',
    );
    expect(sent()).toMatch(/^open: b$/m);
    expect(sent()).toMatch(/^secret: ENC/m);
    expect(sent()).toContain('encrypted_regex: ^secret$');
    expect(await publishing.decrypt(sent(), 'a.yaml', 'age-other.txt')).toBe(PLAIN);
    await expect(publishing.decrypt(sent(), 'a.yaml')).rejects.toThrow();
  });

  test('decides otherwise', async () => {
    recreate(', encrypted_suffix: en');
    await publishing.seal('a.yaml', PLAIN, '--encrypted-regex', '^secret$');
    expect((await publishing.publish(['--yes', 'a.yaml'])).status).toBe(0);
    expect(sent()).toMatch(/^open: ENC/m);
    expect(sent()).toMatch(/^secret: a$/m);
    expect(await publishing.decrypt(sent(), 'a.yaml', 'age-other.txt')).toBe(PLAIN);
  });

  test('that would encrypt nothing sends nothing', async () => {
    recreate(', encrypted_regex: ^sceret$');
    await publishing.seal('a.yaml', PLAIN);
    const ran = await publishing.publish(['--yes', 'a.yaml']);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('nothing would be encrypted') });
    expect(publishing.requests).toEqual([]);
  });

  test('makes a new data key', async () => {
    recreate();
    await publishing.seal('a.yaml', 'a: x\n');
    expect((await publishing.publish(['--yes', 'a.yaml'])).status).toBe(0);
    const valueIn = (text: string) => /^a: (.*)$/m.exec(text)?.[1];
    expect(valueIn(sent())).not.toBe(valueIn(publishing.read('a.yaml').toString()));
  });

  test('without recipients has no effect, which is said', async () => {
    publishing.rules('  - {s3_bucket: bkt, recreation_rule: {encrypted_regex: ^secret$}}\n');
    await publishing.seal('a.yaml', PLAIN);
    expect((await publishing.publish(['--yes', 'a.yaml'])).stderr).toContain('names no recipients');
    expect(sent()).toBe(publishing.read('a.yaml').toString());
  });

  test('may ask for several key groups', async () => {
    const groups = `key_groups: [{age: [${RECIPIENT}]}, {age: [${OTHER}]}]`;
    publishing.rules(`  - {s3_bucket: bkt, recreation_rule: {${groups}, shamir_threshold: 2}}\n`);
    await publishing.seal('a.yaml', PLAIN);
    const ran = await publishing.publish(['--yes', 'a.yaml']);
    expect(ran.stdout.toString()).toContain('+++ shamir_threshold: 2');
    expect(sent()).toContain('shamir_threshold: 2');
    await expect(publishing.decrypt(sent(), 'a.yaml')).rejects.toThrow();
  });

  test('has no effect on Vault, which is said', async () => {
    publishing.rules(`${VAULT}    recreation_rule: {age: ${OTHER}}\n`);
    await publishing.seal('a.yaml', 'a: x\n');
    expect((await publishing.publish(['--yes', 'a.yaml'])).stderr).toContain('has no effect');
    expect(bodies()).toEqual([{ data: { a: 'x' }, options: { cas: 0 } }]);
  });
});

describe('--dry-run', () => {
  test('shows keys, masks values, and contacts nobody', async () => {
    publishing.rules(VAULT);
    await publishing.seal('a.yaml', `a: ${CANARY}\nb: {c: [1, x]}\n`);
    const ran = await publishing.publish(['--dry-run', 'a.yaml']);
    expect(ran).toMatchObject({ status: 0, stderr: '1 file would be published (--dry-run).\n' });
    expect(ran.stdout.toString()).toBe(
      `${publishing.folder}/a.yaml would be sent to ${publishing.http.url}/v1/secret/data/p/a.yaml: these values, decrypted:\n` +
        '{\n  "a": "********",\n  "b": {\n    "c": [\n      "********",\n      "********"\n    ]\n  }\n}\n',
    );
    expect(publishing.requests).toEqual([]);
  });

  test('shows what recipients change', async () => {
    publishing.rules(`  - s3_bucket: bkt\n    recreation_rule: {age: ${OTHER}}\n`);
    await publishing.seal('a.yaml', 'a: x\n');
    const ran = await publishing.publish(['--dry-run', 'a.yaml']);
    expect(ran.stdout.toString()).toContain(`+++ ${OTHER}`);
    expect(ran.stdout.toString()).toContain('would be sent to s3://bkt/a.yaml: the encrypted file\n');
    expect(publishing.requests).toEqual([]);
  });

  test('finds what would fail', async () => {
    publishing.rules(VAULT);
    await publishing.seal('a.yaml', 'a: x\n');
    writeFileSync(
      join(publishing.folder, 'a.yaml'),
      publishing.read('a.yaml').toString().replace('mac: ENC', 'mac: END'),
    );
    expect((await publishing.publish(['--dry-run', 'a.yaml'])).status).toBe(51);
  });
});
