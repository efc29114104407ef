/** Sealed Secrets exchanged with the real kubeseal, both ways: scopes, key sizes, values, and what must not open. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { Desk } from '../support/desk.js';
import { announceSkipped, findTool } from '../support/programs.js';
import { sealedPath } from '../support/sealed.js';

const KUBESEAL = findTool('kubeseal', 'KUBESEAL_BIN', ['--version']);
const SCOPES = ['strict', 'namespace-wide', 'cluster-wide'];
/** 2048, 3072 and 4096 bits. */
const KEYS = ['a', 'b', 'c'];
const PAIRS = SCOPES.flatMap((scope) => KEYS.map((key) => [scope, key] as const));
const NEVER = 12;
if (!KUBESEAL) announceSkipped(2 * PAIRS.length + NEVER + 4, 'kubeseal is neither on PATH nor in KUBESEAL_BIN');

const desk = new Desk();
afterAll(() => desk.remove());

/** What must come out again, byte for byte. */
const VALUES: Readonly<Record<string, Buffer>> = {
  empty: Buffer.alloc(0),
  one: Buffer.from('x'),
  'text.txt': Buffer.from('pässwörd 🔑\n"quoted" \\ back\n'),
  bytes: Buffer.from([0, 255, 128, 10, 13]),
  large: randomBytes(100_000),
};

function secretText(values: Readonly<Record<string, Buffer>> = VALUES): string {
  const data = Object.entries(values).map(([key, bytes]) => `  ${key}: "${bytes.toString('base64')}"\n`);
  return `apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: prod\n  labels: {app: db}\ntype: Opaque\ndata:\n${data.join('')}`;
}

function kubeseal(args: readonly string[], input: string) {
  const env = { PATH: process.env.PATH ?? '', HOME: desk.path('home'), KUBECONFIG: desk.path('none') };
  const ran = spawnSync(KUBESEAL ?? '', args, { input, env, cwd: desk.folder, encoding: 'utf8', maxBuffer: 2 ** 26 });
  return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr };
}

const certificate = (key: string): string[] => ['--cert', sealedPath(`keys/${key}.cert.pem`)];
const keyFile = (key: string): string => sealedPath(`keys/${key}.key.pem`);
const theirSeal = (text: string, key: string, ...more: string[]): string =>
  kubeseal([...certificate(key), '-o', 'yaml', ...more], text).stdout;
const theirOpen = (text: string, key: string) =>
  kubeseal(['--recovery-unseal', '--recovery-private-key', keyFile(key), '-o', 'yaml'], text);

async function ours(words: readonly string[], stdin: string): Promise<string> {
  const ran = await desk.run(words, { stdin });
  expect(ran.status, ran.stderr).toBe(0);
  return ran.stdout.toString();
}
const ourSeal = (text: string, key: string, ...more: string[]) => ours(['seal', ...certificate(key), ...more], text);
const ourOpen = (text: string, key: string, ...more: string[]) =>
  ours(['unseal', '--private-key', keyFile(key), ...more], text);

/** The values of a printed Secret; kubeseal prints null for an empty one. */
function valuesOf(text: string): Record<string, Buffer> {
  const data = parseAllDocuments(text)[0]?.toJS().data as Record<string, string | null>;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value ?? '', 'base64')]));
}
const objectOf = (text: string) => parseAllDocuments(text.replaceAll(/: null$/gm, ': ""'))[0]?.toJS();

describe.skipIf(!KUBESEAL)('Sealed Secrets and the real kubeseal', () => {
  test.each(PAIRS)('kubeseal opens what we sealed: %s, key %s', async (scope, key) => {
    const sealed = await ourSeal(secretText(), key, '--scope', scope);
    const opened = theirOpen(sealed, key);
    expect(opened.status, opened.stderr).toBe(0);
    expect(valuesOf(opened.stdout)).toEqual(VALUES);
    expect(objectOf(opened.stdout)).toEqual(objectOf(await ourOpen(sealed, key, '--keep-owner')));
  });

  test.each(PAIRS)('we open what kubeseal sealed: %s, key %s', async (scope, key) => {
    const sealed = theirSeal(secretText(), key, '--scope', scope);
    expect(valuesOf(await ourOpen(sealed, key))).toEqual(VALUES);
    expect(await ours(['seal', 'verify', '--private-key', keyFile(key)], sealed)).toContain('5 values open');
  });

  const small = secretText({ k: Buffer.from('v') });
  const touched: [string, string, (text: string) => string][] = [
    ['renamed', 'strict', (text) => text.replaceAll('name: db', 'name: web')],
    ['moved', 'strict', (text) => text.replaceAll('namespace: prod', 'namespace: evil')],
    ['moved', 'namespace-wide', (text) => text.replaceAll('namespace: prod', 'namespace: evil')],
    ['widened', 'strict', (text) => annotated(text, 'namespace-wide')],
    ['widened', 'namespace-wide', (text) => annotated(text, 'cluster-wide')],
    [
      'tampered',
      'cluster-wide',
      (text) => text.replace(/(k: A[^\n]{300})(.)/, (_, head, one) => `${head}${one === 'A' ? 'B' : 'A'}`),
    ],
  ];

  test.each(touched.flatMap((row) => [['ours', ...row] as const, ['theirs', ...row] as const]))(
    'neither opens what was sealed (%s) and then %s: %s',
    async (whose, _what, scope, change) => {
      const seal = whose === 'ours' ? ourSeal : theirSeal;
      const sealed = await seal(small, 'a', '--scope', scope);
      const changed = change(sealed);
      expect(changed).not.toBe(sealed);
      const their = theirOpen(changed, 'a');
      expect([their.status, their.stderr]).toEqual([1, 'error: no key could decrypt secret (k)\n']);
      const our = await desk.run(['unseal', '--private-key', keyFile('a')], { stdin: changed });
      expect([our.status, our.stdout.length]).toEqual([1, 0]);
      expect(our.stderr).toContain('no key could decrypt secret (k)');
    },
  );

  test('single values pass in both directions', async () => {
    const flags = ['--raw', '--name', 'db', '--namespace', 'prod'];
    const object = (raw: string): string =>
      `apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: db, namespace: prod}\nspec:\n  encryptedData: {k: ${raw}}\n`;
    const our = await ours(['seal', '-', ...flags, ...certificate('a')], 'line\n');
    expect(valuesOf(theirOpen(object(our), 'a').stdout).k?.toString()).toBe('line\n');
    const their = kubeseal([...flags, ...certificate('a')], 'line\n').stdout;
    expect(valuesOf(await ourOpen(object(their), 'a')).k?.toString()).toBe('line\n');
  });

  test('each merges into what the other made, and all of it opens', async () => {
    const more = secretText({ extra: Buffer.from('e') });
    desk.write('t.yaml', theirSeal(small, 'a', '--scope', 'cluster-wide'));
    await ours(['seal', '-', '--merge-into', 't.yaml', ...certificate('a')], more);
    expect(valuesOf(theirOpen(desk.text('t.yaml'), 'a').stdout)).toEqual({
      k: Buffer.from('v'),
      extra: Buffer.from('e'),
    });
    desk.write('t.yaml', await ourSeal(small, 'a'));
    const merged = kubeseal(
      [...certificate('a'), '-o', 'yaml', '--merge-into', 't.yaml'],
      secretText({ k2: Buffer.from('2') }),
    );
    expect(merged.status, merged.stderr).toBe(0);
    expect(valuesOf(await ourOpen(desk.text('t.yaml'), 'a'))).toEqual({ k: Buffer.from('v'), k2: Buffer.from('2') });
  });

  test('what was re-encrypted opens with the other key', async () => {
    const sealed = theirSeal(secretText(), 'a');
    const words = ['seal', '-', '--re-encrypt', '--private-key', keyFile('a'), ...certificate('c')];
    expect(valuesOf(theirOpen(await ours(words, sealed), 'c').stdout)).toEqual(VALUES);
  });

  test('a Secret that was encrypted with SOPS goes through', async () => {
    desk.write(
      's.enc.yaml',
      await desk.encrypt('s.enc.yaml', secretText(), '--encrypted-regex', '^(data|stringData)$'),
    );
    const sealed = await ours(['seal', 's.enc.yaml', ...certificate('b')], '');
    expect(valuesOf(theirOpen(sealed, 'b').stdout)).toEqual(VALUES);
  });
});

function annotated(text: string, scope: string): string {
  const line = `    sealedsecrets.bitnami.com/${scope}: "true"\n`;
  const has = text.includes('\nmetadata:\n  annotations:\n');
  return text.replace(
    has ? '\nmetadata:\n  annotations:\n' : '\nmetadata:\n',
    (head) => `${head}${has ? '' : '  annotations:\n'}${line}`,
  );
}
