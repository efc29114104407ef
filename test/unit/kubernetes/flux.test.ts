/** `flux secret` and `flux check`: what the controller takes, held to outputs of its own code (fixtures/kubernetes/flux). */
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import { AGE_KEYS, INDEX, KUBERNETES } from '../../support/kubernetes.js';
import { fixturePath } from '../keys/entries.js';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.remove());

const TOKEN = 'hvs.CAESIcanaryCANARYcanary';

function lockedKey(): string {
  return readFileSync(fixturePath('identities/pgp-locked.asc'), 'utf8');
}

async function entriesOf(...words: string[]): Promise<Record<string, string>> {
  const ran = await desk.run(['flux', 'secret', ...words]);
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  const lines = ran.stdout.toString().split('\ndata:\n')[1]?.trimEnd().split('\n') ?? [];
  return Object.fromEntries(
    lines
      .map((line) => line.trim().split(': ') as [string, string])
      .map(([name, text]) => [name, Buffer.from(text, 'base64').toString()]),
  );
}

describe('flux secret', () => {
  test('prints a Secret that kubectl takes as it is', async () => {
    desk.write('age.txt', `# mine\n${desk.identity}\n`);
    const { stdout } = await desk.run(['flux', 'secret', '--namespace', 'flux-system', 'age.txt']);
    const data = Buffer.from(`# mine\n${desk.identity}\n`).toString('base64');
    expect(stdout.toString()).toBe(
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: sops-age\n  namespace: flux-system\ntype: Opaque\n' +
        `data:\n  age.agekey: ${data}\n`,
    );
  });

  test('names entries as the controller looks for them', async () => {
    desk.write('keys.txt', `${desk.identity}\n`);
    desk.write('team key.gpg.asc', '-----BEGIN PGP PRIVATE KEY BLOCK-----\n');
    desk.write('aws.yaml', 'aws_access_key_id: AKIA\naws_secret_access_key: x\n');
    desk.write('gcp.json', '{"type": "service_account", "client_email": "a@b", "private_key": "x"}');
    desk.write('azure.yaml', 'tenantId: t\nclientId: c\nclientSecret: s\n');
    desk.write('token', `${TOKEN}\n`);
    const words = ['keys.txt', 'team key.gpg.asc', 'aws.yaml', 'gcp.json', 'azure.yaml', 'token'];
    expect(Object.keys(await entriesOf(...words))).toEqual([
      'keys.agekey',
      'team-key.gpg.asc',
      'sops.aws-kms',
      'sops.gcp-kms',
      'sops.azure-kv',
      'sops.vault-token',
    ]);
  });

  test.each([
    ['what az prints', '{"appId": "a", "displayName": "d", "password": "p", "tenant": "t"}', 'sops.azure-kv'],
    ['a hybrid identity', 'AGE-SECRET-KEY-PQ-1QQQ\n', 'k.agekey'],
  ])('knows %s', async (_what, content, entry) => {
    desk.write('k.txt', content);
    expect(Object.keys(await entriesOf('k.txt'))).toEqual([entry]);
  });

  test('takes an entry by a name of the user’s, as it is', async () => {
    desk.write('opaque', 'one two\n');
    expect(await entriesOf('sops.vault-token=opaque')).toEqual({ 'sops.vault-token': 'one two\n' });
  });

  test.each([
    ['no key', 'CANARY value\n', [], 'key.txt holds no key that Flux could use'],
    [
      'an entry that would be passed over',
      'x',
      ['keys.txt=key.txt'],
      'the controller passes over an entry called keys.txt',
    ],
    ['an identity of a plug-in', 'AGE-PLUGIN-CANARY-1QQ\n', [], 'key.txt is an identity of a plug-in'],
    ['a protected identity', 'age-encryption.org/v1\nCANARY', [], 'key.txt is protected by a passphrase'],
    ['a PGP key with a passphrase', lockedKey(), [], 'key.txt is protected by a passphrase'],
    ['a public key', '-----BEGIN PGP PUBLIC KEY BLOCK-----\nCANARY', [], 'key.txt holds no private key'],
  ])('refuses %s, and shows nothing of it', async (_what, content, words, message) => {
    desk.write('key.txt', content);
    const ran = await desk.run(['flux', 'secret', ...(words.length > 0 ? words : ['key.txt'])]);
    expect(ran.status).toBe(1);
    expect(ran.stdout.length).toBe(0);
    expect(ran.stderr).toContain(message);
    expect(ran.stderr).not.toContain('CANARY');
  });

  test('refuses two entries of one name', async () => {
    for (const name of ['a.txt', 'a.key']) desk.write(name, `${desk.identity}\n`);
    const ran = await desk.run(['flux', 'secret', 'a.txt', 'a.key']);
    expect(ran.stderr).toContain('two files make the entry a.agekey');
  });

  test('encrypts by the creation rules of its file', async () => {
    desk.write('.sops.yaml', `creation_rules:\n  - encrypted_regex: ^data$\n    age: ${desk.recipient}\n`);
    desk.write('age.txt', `${desk.identity}\n`);
    const env = { SOPS_AGE_RECIPIENTS: '' };
    const words = ['flux', 'secret', 'age.txt', '--encrypt', '--output', 'keys.enc.yaml'];
    expect(await desk.run(words, { env })).toMatchObject({ status: 0, stderr: '' });
    expect(desk.text('keys.enc.yaml')).toMatch(/name: sops-age\n[\s\S]*age.agekey: ENC\[/);
    expect(desk.text('keys.enc.yaml')).not.toContain(Buffer.from(desk.identity).toString('base64').slice(0, 40));
    desk.write('a.yaml', await desk.encrypt('a.yaml', 'apiVersion: v1\nkind: Secret\n', '--allow-unencrypted'));
    expect(await desk.run(['flux', 'check', '--secret', 'keys.enc.yaml', '.'])).toMatchObject({ stderr: '' });
  });
});

describe('flux secret refuses', () => {
  test.each([
    ['recipients without --encrypt', ['--age', 'age1x', '--output', 'out'], 8, '--age belongs to --encrypt'],
    ['a selection without --encrypt', ['--encrypted-regex', '^data$'], 8, '--encrypted-regex belongs to --encrypt'],
    ['a name that no Secret has', ['--name', 'A\nb'], 1, '"A\\nb" is not a name for a Secret'],
    ['a namespace that there cannot be', ['--namespace', 'x\u001b[31m'], 1, '"x\\u001b[31m" is not a namespace'],
  ])('%s', async (_what, words, status, message) => {
    desk.write('age.txt', `${desk.identity}\n`);
    const ran = await desk.run(['flux', 'secret', 'age.txt', ...words]);
    expect(ran.status).toBe(status);
    expect(ran.stderr).toContain(message);
    expect(ran.stdout.toString()).toBe('');
    expect(existsSync(desk.path('out'))).toBe(false);
  });

  test.each([
    ['sops.aws-kms', 'holds no credentials of AWS in YAML'],
    ['sops.gcp-kms', 'holds no credentials of Google in JSON'],
    ['sops.azure-kv', 'holds no credentials of Azure'],
  ])('another content under %s', async (entry, message) => {
    desk.write('junk', `${TOKEN}\n`);
    const ran = await desk.run(['flux', 'secret', `${entry}=junk`]);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(`junk ${message}`);
    expect(ran.stderr).not.toContain(TOKEN);
  });

  test('a text without an identity, and calls it no locked one', async () => {
    desk.write('junk', `${TOKEN}\n`);
    const ran = await desk.run(['flux', 'secret', 'x.agekey=junk']);
    expect(ran).toMatchObject({ status: 1, stderr: 'junk holds no age identity (age-keygen makes one)\n' });
  });
});

/** A case of the vectors, in a repository of its own. */
function layOut(id: string): void {
  cpSync(join(KUBERNETES, 'flux', id, 'in'), desk.path('src'), { recursive: true });
  mkdirSync(desk.path('src/.git'));
}

async function check(...words: string[]): Promise<{ status: number; lines: string[] }> {
  const ran = await desk.run(['flux', 'check', ...words]);
  expect(ran.stderr).toBe('');
  return { status: ran.status, lines: ran.stdout.toString().trimEnd().split('\n') };
}

const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'format-mismatch': [
    'src/app/conf.enc: is encrypted as yaml, and under the key conf the controller takes it for binary',
  ],
  tampered: [
    'src/app/s.yaml: the MAC does not fit, so it was changed after encrypting; the controller would not notice',
  ],
};

describe('flux check', () => {
  test.each(INDEX.flux.map(({ id }) => id))('vector %s, with the keys it is for', async (id) => {
    layOut(id);
    const secret = (await desk.run(['flux', 'secret', AGE_KEYS])).stdout;
    desk.write('secret.yaml', secret);
    const { status, lines } = await check('src/app', '--secret', 'secret.yaml');
    const expected = EXPECTED[id] ?? [];
    expect(lines.slice(0, -1)).toEqual(expected);
    expect(status).toBe(expected.length > 0 ? 1 : 0);
    expect(lines.at(-1)).toMatch(id === 'disabled' ? /on 0 encrypted/ : /on [1-4] encrypted/);
  });

  test('tells of a Secret whose entry has another name, and of one that opens nothing', async () => {
    layOut('wrong-suffix');
    const good = (await desk.run(['flux', 'secret', AGE_KEYS])).stdout.toString();
    desk.write('secret.yaml', good.replace('age.agekey', 'keys.txt'));
    expect((await check('src/app', '--secret', 'secret.yaml')).lines).toEqual([
      expect.stringContaining('secret.yaml: the controller passes over the entry keys.txt'),
      'src/app/s.yaml: the Secret has no entry for its keys (age)',
      expect.stringMatching(
        /^looked at 1 kustomization\(s\) and 2 file\(s\), tried secret\.yaml on 1 encrypted file\(s\): 2 finding\(s\)$/,
      ),
    ]);
    desk.write('other.txt', desk.identity);
    desk.write('secret.yaml', (await desk.run(['flux', 'secret', 'other.txt'])).stdout);
    const { lines } = await check('src/app', '--secret', 'secret.yaml');
    expect(lines[0]).toBe('src/app/s.yaml: the Secret holds none of its keys');
  });

  test.each([
    ['resources: ["a\\0b.yaml"]', 'is not there'],
    [`resources: [${'x'.repeat(5000)}.yaml]`, 'is not there'],
    ['secretGenerator: [{files: ["k=a\\0b"], envs: ["\\0"]}]', 'is not there'],
    ['patches: [{path: "a\\0b.yaml"}]', 'is not there'],
  ])('takes a path that none can be for a missing one: %.40s', async (text, finding) => {
    desk.write('kustomization.yaml', `${text}\n`);
    const { status, lines } = await check('.');
    expect(status).toBe(1);
    expect(lines[0]).toContain(finding);
  });

  test('takes a Flux Kustomization for a path that none can be', async () => {
    const spec = 'spec: {path: "a\\0b"}';
    desk.write(
      'f.yaml',
      `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: f}\n${spec}\n`,
    );
    expect((await check('.')).status).toBe(0);
  });
});

describe('flux check refuses', () => {
  test('names a folder that is not there, or is none', async () => {
    desk.write('a.yaml', 'a: 1\n');
    const absent = await desk.run(['flux', 'check', 'nope']);
    expect(absent).toMatchObject({
      status: 2,
      stderr:
        'Error reading folder: nope: no such file or directory\n  Is the name written right? A relative one counts from the working directory.\n',
    });
    const file = await desk.run(['flux', 'check', 'a.yaml']);
    expect(file.status).toBe(2);
    expect(file.stderr).toContain('Error reading folder: a.yaml: not a directory\n');
  });

  test.each([
    ['data: hunter2-canary', 'data of the Secret is not a map'],
    ['data: {a.agekey: "hunter2-canary!"}', 'data.a.agekey of the Secret is not base64'],
    ['stringData: {a.agekey: [hunter2-canary]}', 'stringData.a.agekey of the Secret is not text'],
  ])('refuses a decryption Secret with %s', async (part, message) => {
    desk.write('bad.yaml', `apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n${part}\n`);
    const ran = await desk.run(['flux', 'check', '--secret', 'bad.yaml', '.']);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(`${message}\n  in file bad.yaml`);
    expect(ran.stderr).not.toContain('canary');
  });
});

describe('flux check finds', () => {
  test('does not count on the user’s own keys', async () => {
    desk.write(
      'mine.yaml',
      await desk.encrypt(
        'mine.yaml',
        'apiVersion: v1\nkind: Secret\nmetadata: {name: m}\ndata: {a: eA==}\n',
        '--encrypted-regex',
        '^data$',
      ),
    );
    desk.write('secret.yaml', (await desk.run(['flux', 'secret', AGE_KEYS])).stdout);
    const { status, lines } = await check('.', '--secret', 'secret.yaml');
    expect(lines[0]).toBe('mine.yaml: the Secret holds none of its keys');
    expect(status).toBe(1);
  });

  test('finds what must stay readable', async () => {
    desk.write('s.yaml', await desk.encrypt('s.yaml', 'apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n'));
    const { lines } = await check('.');
    expect(lines.slice(0, -1)).toEqual(
      ['apiVersion', 'kind', 'metadata.name'].map(
        (at) => `s.yaml: ${at} is encrypted, and must stay readable: encrypted_regex: ^(data|stringData)$`,
      ),
    );
  });

  test('finds a Kustomization without decryption, plug-ins, ConfigMaps and links that lead out', async () => {
    mkdirSync(desk.path('repo/apps'), { recursive: true });
    mkdirSync(desk.path('repo/.git'));
    const sealed = await desk.encrypt(
      's.yaml',
      'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: eA==}\n',
      '--encrypted-regex',
      '^data$',
    );
    writeFileSync(desk.path('repo/apps/s.yaml'), sealed);
    writeFileSync(desk.path('outside.yaml'), sealed);
    symlinkSync('../../outside.yaml', desk.path('repo/apps/link.yaml'));
    writeFileSync(desk.path('repo/apps/app.env'), await desk.encrypt('app.env', 'A=1\n'));
    writeFileSync(
      desk.path('repo/apps/sync.yaml'),
      'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\nspec: {path: ./apps}\n',
    );
    writeFileSync(
      desk.path('repo/apps/gen.yaml'),
      'apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: g}\nfiles: [s.yaml]\n',
    );
    writeFileSync(
      desk.path('repo/apps/kustomization.yaml'),
      'resources: [s.yaml, link.yaml, sync.yaml]\ngenerators: [gen.yaml]\nconfigMapGenerator:\n- {name: c, envs: [app.env]}\n',
    );
    const { status, lines } = await check('repo/apps');
    expect(status).toBe(1);
    expect(lines.slice(0, -1)).toEqual([
      'repo/apps/link.yaml: lies outside the source, where the controller does not read',
      'repo/apps/kustomization.yaml: the controller runs no plug-ins, so ksops g under generators fails the build',
      'repo/apps/app.env: is encrypted, and stays so in a ConfigMap: only secretGenerator is decrypted',
      'repo/apps/sync.yaml: repo/apps/s.yaml is encrypted, and spec.decryption is missing: {provider: sops, secretRef: {name: …}}',
    ]);
  });
});
