/** `seal` beyond kubeseal: encrypted and other files, targets, and what is refused. */
import { statSync, symlinkSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { Desk } from '../../../support/desk.js';
import { sealedPath } from '../../../support/sealed.js';
import { sampledTest } from '../../../support/sweep.js';
import { CANARY, CERT, KEY, SCOPE, sealingOn, secret, text } from './sealing.js';

const test = sampledTest(2);

const desk = new Desk();
afterAll(() => desk.remove());
const { done, refused, opened } = sealingOn(desk);

describe('an encrypted file', () => {
  test('is a manifest: it is decrypted in memory, and sealed', async () => {
    desk.write('s.enc.yaml', await desk.encrypt('s.enc.yaml', secret(), '--encrypted-regex', '^(data|stringData)$'));
    const before = desk.names();
    const sealed = await done(['seal', 's.enc.yaml', ...CERT]);
    expect(sealed).not.toContain(CANARY);
    expect(sealed).not.toContain('sops');
    expect(desk.names()).toEqual(before);
    const { data, metadata } = await opened(sealed);
    expect(metadata).toEqual({ name: 'db', namespace: 'prod' });
    expect(text(data.password)).toBe(CANARY);
  });

  test('with several Secrets gives as many', async () => {
    const two = `${secret()}---\n${secret('', 'other').replace('name: db', 'name: web')}`;
    desk.write('two.yaml', await desk.encrypt('two.yaml', two, '--encrypted-regex', '^(data|stringData)$'));
    const sealed = await done(['seal', 'two.yaml', ...CERT]);
    expect(parseAllDocuments(sealed).map((one) => one.toJS().metadata.name)).toEqual(['db', 'web']);
  });

  test('of variables has a key for each', async () => {
    desk.write('app.env', await desk.encrypt('app.env', `# note\nUSER=admin\nPASS="${CANARY}"\nEMPTY=\n`));
    const { data, type } = await opened(await done(['seal', 'app.env', '--name', 'app', '-n', 'prod', ...CERT]));
    const values = Object.entries(data as Record<string, string>).map(([key, value]) => [key, text(value)]);
    expect(values).toEqual([
      ['EMPTY', ''],
      ['PASS', `"${CANARY}"`],
      ['USER', 'admin'],
    ]);
    expect(type).toBe('Opaque');
  });

  test.each([
    ['config.json', `{"a": "${CANARY}"}\n`],
    ['values.yaml', `a: ${CANARY} # note\n`],
    ['app.ini', `[a]\nb = ${CANARY}\n`],
    ['key.bin', Buffer.from([0, 255, 254, 10])],
  ])('%s of any other kind is one value, byte for byte', async (name, content) => {
    desk.write(name, await desk.encrypt(name, content));
    const { data } = await opened(await done(['seal', name, '--name', 'app', '-n', 'prod', ...CERT]));
    expect(Object.keys(data)).toEqual([name]);
    expect(Buffer.from(data[name], 'base64').equals(Buffer.from(content))).toBe(true);
  });

  test.each([
    ['yaml', secret()],
    ['json', JSON.stringify(parse(secret()))],
  ])('can come from standard input without a name, as %s', async (format, content) => {
    const sealed = await desk.encrypt(`s.${format}`, content, '--encrypted-regex', '^(data|stringData)$');
    expect(text((await opened(await done(['seal', ...CERT], sealed))).data.password)).toBe(CANARY);
  });

  test('is never sealed as ciphertext', async () => {
    const sealed = (await desk.encrypt('s.yaml', secret(), '--encrypted-regex', '^(data|stringData)$')).toString();
    await refused(['seal', ...CERT], 'is still encrypted', sealed.replace(/sops:\n[\s\S]*/, ''));
    await refused(['seal', ...CERT, '--input-type', 'binary'], 'encrypted as yaml', sealed);
    // A name that says nothing of the format.
    desk.write('secrets.sops', await desk.encrypt('v.yaml', `a: ${CANARY}\n`));
    await done(['seal', 'secrets.sops', '--raw', '--name', 'a', '-n', 'b', ...CERT]);
    await done(['seal', 'secrets.sops', '--input-type', 'yaml', '--raw', '--name', 'a', '-n', 'b', ...CERT]);
  });

  test('that cannot be opened stops it', async () => {
    desk.write('s.enc.yaml', await desk.encrypt('s.enc.yaml', secret(), '--encrypted-regex', '^(data|stringData)$'));
    const ran = await desk.run(['seal', 's.enc.yaml', ...CERT], { env: { SOPS_AGE_KEY: '' } });
    expect(ran).toMatchObject({ status: 128 });
    expect(ran.stdout.toString()).toBe('');
  });

  test('that was tampered with stops it', async () => {
    const sealed = await desk.encrypt('s.enc.yaml', secret(), '--encrypted-regex', '^(data|stringData)$');
    desk.write('s.enc.yaml', sealed.toString().replace('namespace: prod', 'namespace: evil'));
    await refused(['seal', 's.enc.yaml', ...CERT], /MAC mismatch|integrity/);
  });
});

describe('what is sealed', () => {
  test('leaves nothing of the plaintext in annotations', async () => {
    const annotations = `  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: ${CANARY}\n    kubecfg.ksonnet.io/last-applied-configuration: ${CANARY}\n    note: kept\n`;
    const sealed = await done(['seal', ...CERT], secret(annotations));
    expect(sealed).not.toContain(CANARY);
    expect(sealed).toContain('note: kept');
  });

  test('is not passed by verify when there is nothing in it', async () => {
    const sealed = await done(['seal', ...CERT], secret());
    const without = sealed.replace(/encryptedData:\n(?: {4}.*\n)+/, 'encryptedData: {}\n');
    expect(without).toContain('encryptedData: {}');
    await refused(['seal', 'verify', ...KEY], 'SealedSecret prod/db holds no encrypted value', without);
  });

  test('is opened by verify, which prints no value', async () => {
    const sealed = await done(['seal', ...CERT], secret());
    expect(await done(['seal', 'verify', ...KEY], sealed)).toBe('SealedSecret prod/db: 1 value opens\n');
    await refused(
      ['seal', 'verify', '--private-key', sealedPath('keys/b.key.pem')],
      'no key could decrypt secret (password)',
      sealed,
    );
  });

  test('never opens after it was renamed, moved, widened or narrowed', async () => {
    const strict = await done(['seal', ...CERT], secret());
    const annotated = (scope: string): string => `metadata:\n  annotations:\n    ${SCOPE}/${scope}: "true"\n`;
    const texts = [
      strict.replaceAll('name: db', 'name: web'),
      strict.replaceAll('namespace: prod', 'namespace: evil'),
      strict.replace('metadata:\n', annotated('namespace-wide')),
      strict.replace('metadata:\n', annotated('cluster-wide')),
    ];
    const wide = await done(['seal', '--scope', 'namespace-wide', ...CERT], secret());
    texts.push(wide.replaceAll('namespace: prod', 'namespace: evil'), wide.replaceAll(/ {2,6}annotations:\n.*\n/g, ''));
    for (const touched of texts) await refused(['unseal', ...KEY], 'no key could decrypt secret (password)', touched);
    const renamed = wide.replaceAll('name: db', 'name: web');
    expect(text((await opened(renamed)).data.password)).toBe(CANARY);
  });

  test.each(['strict', 'namespace-wide', 'cluster-wide'])(
    'has the scope %s of the flag, whatever its annotations say',
    async (scope) => {
      const annotations = `  annotations:\n    ${SCOPE}/cluster-wide: "true"\n`;
      const sealed = parse(await done(['seal', '--scope', scope, ...CERT], secret(annotations)));
      const expected = scope === 'strict' ? undefined : { [`${SCOPE}/${scope}`]: 'true' };
      expect(sealed.metadata.annotations).toEqual(expected);
      expect(sealed.spec.template.metadata.annotations).toEqual(expected);
    },
  );

  test('goes to a file in its form', async () => {
    desk.write('plain.yaml', secret());
    await done(['seal', 'plain.yaml', ...CERT, '-w', 'out.yaml', '-o', 'json']);
    expect(desk.text('out.yaml')).toMatch(/^---\napiVersion: bitnami/);
    await done(['seal', 'plain.yaml', ...CERT, '-w', 'out.json']);
    expect(JSON.parse(desk.text('out.json')).kind).toBe('SealedSecret');
    expect(statSync(desk.path('out.json')).mode & 0o044).toBe(0o044);
  });

  test('never takes the place of its own source', async () => {
    desk.write('own.yaml', secret());
    symlinkSync('own.yaml', desk.path('link.yaml'));
    await refused(['seal', 'own.yaml', ...CERT, '-w', './own.yaml'], 'the place of its own source');
    await refused(['seal', 'own.yaml', ...CERT, '-w', 'link.yaml'], 'the place of its own source');
    await refused(['seal', 'own.yaml', ...CERT, '--raw', '-n', 'a', '--name', 'b', '-w', 'own.yaml'], 'its own source');
    expect(desk.text('own.yaml')).toBe(secret());
  });

  test('is warned of when its type asks for more', async () => {
    const ran = await desk.run(['seal', ...CERT], { stdin: secret('type: kubernetes.io/tls\n') });
    expect([ran.status, ran.stderr]).toEqual([0, expect.stringContaining('needs the key tls.crt')]);
  });

  test('can leave out what null stands for', async () => {
    const sealed = await done(
      ['seal', ...CERT],
      secret('type: null\nimmutable: null\n').replace('name: db', 'name: db\n  creationTimestamp: null'),
    );
    expect(sealed).not.toContain('null');
  });

  test('can come from SEALED_SECRETS_ variables', async () => {
    const env = { SEALED_SECRETS_CERT: sealedPath('keys/a.cert.pem'), SEALED_SECRETS_FORMAT: 'json' };
    const ran = await desk.run(['seal'], { env, stdin: secret() });
    expect(JSON.parse(ran.stdout.toString()).kind).toBe('SealedSecret');
  });
});

describe('a single value', () => {
  test('is the whole input, without a line end behind the output', async () => {
    const raw = await done(['seal', '--raw', '--name', 'db', '-n', 'prod', ...CERT], `${CANARY}\n`);
    expect(raw).toMatch(/^AQ[A-Za-z0-9+/]+=*$/);
    const object = `apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: db, namespace: prod}\nspec:\n  encryptedData: {k: ${raw}}\n`;
    expect(text((await opened(object)).data.k)).toBe(`${CANARY}\n`);
  });

  test('asks for the names that its scope needs', async () => {
    await refused(
      ['seal', '--raw', '-n', 'prod', ...CERT],
      'must provide the --name flag with --raw and --scope strict',
    );
    await refused(['seal', '--raw', '--scope', 'namespace-wide', ...CERT], 'must provide the --namespace flag');
    await done(['seal', '--raw', '--scope', 'cluster-wide', ...CERT], 'v');
  });
});

describe('merging into a file', () => {
  beforeEach(async () => {
    const two = `${secret()}  user: admin\n`;
    desk.write('target.yaml', `# ours\n${(await done(['seal', ...CERT], two)).replace('---\n', '')}`);
  });
  const merge = (...more: string[]): string[] => ['seal', '-', '--merge-into', 'target.yaml', ...CERT, ...more];

  test('replaces the values of the input alone, and keeps comments and order', async () => {
    const before = desk.text('target.yaml').split('\n');
    await done(merge(), 'apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {password: new}\n');
    const after = desk
      .text('target.yaml')
      .replace(/^---\n/, '')
      .split('\n');
    expect(after.filter((line, at) => line !== before[at]).map((line) => line.trim().split(':')[0])).toEqual([
      'password',
    ]);
    const { data } = await opened(desk.text('target.yaml'));
    expect([text(data.user), text(data.password)]).toEqual(['admin', 'new']);
  });

  test('makes the maps of a template that has none', async () => {
    const bare = desk.text('target.yaml').replace(/ {2}template:\n(?: {4}.*\n)*/, '');
    desk.write('target.yaml', bare);
    const labelled =
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\n  labels: {app: db}\nstringData: {password: new}\n';
    await done(merge(), labelled);
    expect(parse(desk.text('target.yaml')).spec.template.metadata.labels).toEqual({ app: 'db' });
  });

  test('removes what the input does not have, if asked', async () => {
    await done(merge('--prune'), secret('', 'new'));
    expect(Object.keys(parse(desk.text('target.yaml')).spec.encryptedData)).toEqual(['password']);
  });

  test('takes variables, too', async () => {
    desk.write('more.env', 'TOKEN=t\n');
    await done(['seal', 'more.env', '--merge-into', 'target.yaml', ...CERT]);
    expect(Object.keys((await opened(desk.text('target.yaml'))).data)).toEqual(['TOKEN', 'password', 'user']);
  });

  test('refuses another scope, name or namespace, and leaves the file alone', async () => {
    const before = desk.text('target.yaml');
    await refused(merge('--scope', 'cluster-wide'), 'SealedSecret prod/db is strict, not cluster-wide', secret());
    await refused(
      merge(),
      'is strict, not namespace-wide',
      secret(`  annotations:\n    ${SCOPE}/namespace-wide: "true"\n`),
    );
    await refused(merge('--name', 'web'), 'name mismatch', secret());
    await refused(merge('-n', 'evil'), 'namespace mismatch', secret());
    await refused(merge(), 'takes one Secret', `${secret()}---\n${secret()}`);
    await refused(merge(), 'secret.data is empty', 'apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n');
    expect(desk.text('target.yaml')).toBe(before);
    await refused(['seal', '-', '--merge-into', 'none.yaml', ...CERT], 'non-existent file', secret());
    desk.write('plain.yaml', secret());
    await refused(['seal', '-', '--merge-into', 'plain.yaml', ...CERT], 'is not a SealedSecret', secret());
  });
});

describe('what is refused', () => {
  test.each([
    [
      'a ConfigMap',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata: {a: eA==}\n',
      'only Secrets',
    ],
    ['a Secret of another group', secret().replace('v1', 'evil/v1'), 'only Secrets'],
    ['bare numbers', secret('', '007'), 'stringData.password is not quoted'],
    ['bare words', secret('', 'yes'), 'stringData.password is not quoted'],
    ['what is not base64', secret().replace('stringData', 'data'), 'data.password is not standard base64'],
    ['a key that cannot be one', secret().replace('password', '"a b"'), 'not made of letters'],
    ['a name that cannot be one', secret().replace('name: db', 'name: a/b'), 'is not a name for a Secret'],
    ['a namespace that cannot be one', secret().replace('namespace: prod', 'namespace: a.b'), 'is not a namespace'],
    ['duplicate keys', `${secret()}  password: x\n`, 'twice'],
    ['text that is not an object', 'just: text\n', 'no secrets found'],
    ['labels that are a list', secret('  labels: [a]\n'), 'metadata.labels is not a map'],
    ['metadata that is a list', secret().replace(/metadata:\n.*\n.*\n/, 'metadata: [a]\n'), 'metadata is not a map'],
    ['nothing', '', 'no secrets found'],
    ['more than 1 MiB', secret('', 'x'.repeat(1_100_000)), 'larger than 1 MiB'],
  ])('%s', async (_what, input, message) => {
    await refused(['seal', ...CERT], message, input);
  });

  test('a List is taken apart', async () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [parse(secret()), parse(secret('', 'two'))] };
    expect(parseAllDocuments(await done(['seal', ...CERT], JSON.stringify(list)))).toHaveLength(2);
  });

  test('flags that exclude each other, or nothing', async () => {
    await refused(['seal', '--raw', '--merge-into', 'f', ...CERT], 'cannot use both --raw and --merge-into');
    await refused(['seal', '--prune', ...CERT], '--prune belongs to --merge-into');
    await refused(['seal', ...KEY, ...CERT], '--private-key belongs to --re-encrypt');
    await refused(['seal', '--scope', 'wide', ...CERT], '"wide" is not a scope');
    await refused(['seal', '-o', 'toml', ...CERT], 'unsupported output format: toml', secret());
    await refused(['seal', 'a', 'b', ...CERT], 'one file at a time');
    await refused(['seal'], 'sealing needs a certificate', secret());
    await refused(['seal', 'none.yaml', ...CERT], 'non-existent file');
    await refused(['unseal', '-'], 'the private key is missing');
  });

  test('keys with names of objects in them do no harm', async () => {
    const hostile = secret().replace('password', '__proto__');
    const { data } = await opened(await done(['seal', ...CERT], hostile));
    expect(text(Object.entries(data as Record<string, string>)[0]?.[1] ?? '')).toBe(CANARY);
  });
});

test('values of a file that no Secret can hold are refused', async () => {
  desk.write('big.env', `A=${'x'.repeat(600_000)}\nB=${'x'.repeat(600_000)}\n`);
  await refused(
    ['seal', 'big.env', ...CERT, '--name', 'big', '-n', 'prod'],
    'Secret big: its values are larger than 1 MiB',
  );
});
