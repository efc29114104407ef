/** Every command on every kind of broken file, and without its key: the error names the file, also the only one. */
import { mkdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { Desk } from '../../support/desk.js';
import { sample, sampledTest } from '../../support/sweep.js';

const test = sampledTest(2);

const desk = new Desk();
const env = { EDITOR: 'false', SOPS_AGE_RECIPIENTS: '' };
const SEALED = new URL('../../../fixtures/sealed-secrets/', import.meta.url);
const MANIFEST = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  a: x\n';
let sealed: string;
let manifest: Buffer;
beforeAll(async () => {
  manifest = await desk.encrypt('m.yaml', MANIFEST, '--encrypted-regex', '^(data|stringData)$');
  sealed = (await desk.encrypt('x.yaml', 'a: x\nb: 1\n')).toString();
});
afterAll(() => desk.remove());

/** By file name. */
const BROKEN: Readonly<Record<string, () => string | undefined>> = {
  'plain.yaml': () => 'a: x\n',
  'syntax.yaml': () => 'a: [\n',
  'syntax.json': () => '{"a": \n',
  'empty.yaml': () => '',
  'mac.yaml': () => sealed.replace(/mac: .*/, 'mac: nonsense'),
  'tampered.yaml': () => sealed.replace(/^a: ENC\[AES256_GCM,data:./m, 'a: ENC[AES256_GCM,data:*'),
  'part.yaml': () => sealed.replace(/^a: .*/m, 'a: plain'),
  'metadata.yaml': () => sealed.replace(/^ +lastmodified: .*\n/m, ''),
  'absent.yaml': () => undefined,
};

const LINES: readonly string[] = [
  'decrypt F',
  '-d F',
  'decrypt --extract zz F',
  'encrypt F',
  'rotate F',
  '-r F',
  'set F zz.y[0] "1" --idempotent',
  'set F a bare',
  'unset F zz',
  'edit F',
  'F',
  'updatekeys --yes F',
  'groups add -i -f F --age RECIPIENT',
  'groups delete -i -f F 7',
  'exec-env F -- false-program-of-no-name',
  'exec-env F -- true',
  'exec-file F -- true',
  'publish --yes F',
  'filestatus F',
  'why F',
  'doctor F',
  'kustomize generate F',
  'kustomize decrypt F',
  'kustomize check .',
  'flux check .',
  'seal --cert CERT F',
  'seal --cert F CERT',
  'seal --cert CERT --merge-into F good-secret.yaml',
  'seal --re-encrypt --cert CERT --private-key KEY F',
  'seal verify --private-key KEY F',
  'unseal --private-key KEY F',
  'unseal --private-key F good-sealed.yaml',
  'emit external-secret --provider vault --to vault/x --name n --store s F',
  'emit push-secret --provider vault --to vault/x --name n --store s F',
  'emit vault-policy F',
  'emit rbac --service-account a/b F',
  'emit secret-provider-class --provider vault --server https://v --role r --to vault/x --name n F',
  'revoke --yes RECIPIENT .',
  'helm downloader secrets://F',
];

/** Which go by what they find. */
const FOLDERS = /^(?:doctor|kustomize (?:build|check)|flux|revoke)/;

function layOutKeys(): void {
  for (const name of ['cert.pem', 'key.pem']) desk.write(name, readFileSync(new URL(`keys/a.${name}`, SEALED)));
  for (const name of ['sealed.yaml', 'secret.yaml']) {
    desk.write(`good-${name}`, readFileSync(new URL(`strict/${name}`, SEALED)));
  }
}

function wordsOf(line: string, name: string): string[] {
  return line.split(' ').map((word) =>
    word
      .replace('RECIPIENT', desk.recipient)
      .replace(/^(secrets:\/\/)?F$/, `$1${name}`)
      .replace('CERT', 'cert.pem')
      .replace('KEY', 'key.pem'),
  );
}

/** Without warnings, logs and progress; the last one is empty. */
function linesOf(stderr: string): string[] {
  return stderr.split('\n').filter((one) => !/^(?:warning|\[|Syncing)/.test(one));
}

describe.each(Object.keys(BROKEN))('%s', (name) => {
  beforeEach(() => {
    desk.clear();
    const content = BROKEN[name]?.();
    if (content !== undefined) desk.write(name, content);
    desk.write(
      'kustomization.yaml',
      `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [${name}]\n`,
    );
    layOutKeys();
    const [own, other] = [desk.recipient, generateIdentity().recipient];
    desk.write('.sops.yaml', `creation_rules:\n  - path_regex: ^other$\n    age: ${own},${other}\n`);
  });

  test.each(sample(LINES, 4, Object.keys(BROKEN).indexOf(name)))('%s', async (line) => {
    const { status, stdout, stderr } = await desk.run(wordsOf(line, name), { env });
    if (status === 0 || status === 127) return;
    expect(stderr + stdout.toString()).toContain(name);
    expect(linesOf(stderr).length).toBeLessThanOrEqual(6);
  });
});

const NEEDS_KEY: readonly string[] = [
  'decrypt F',
  '-d F',
  'decrypt -i F',
  'rotate -i F',
  'set F a "1"',
  'unset F a',
  'edit F',
  'updatekeys --yes F',
  'groups add -i -f F --age RECIPIENT',
  'exec-env F -- true',
  'exec-file F -- true',
  'kustomize generate F',
  'seal --cert CERT F',
  'revoke --yes RECIPIENT .',
  'helm downloader secrets://F',
];

describe('a file whose key is not there', () => {
  test.each(NEEDS_KEY)('%s', async (line) => {
    desk.clear();
    desk.write('manifest.yaml', manifest);
    layOutKeys();
    if (line.startsWith('updatekeys'))
      desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient},${generateIdentity().recipient}\n`);
    const { status, stderr } = await desk.run(wordsOf(line, 'manifest.yaml'), { env: { ...env, SOPS_AGE_KEY: '' } });
    expect(status, stderr).toBeGreaterThan(0);
    expect(stderr).toContain('Failed to get the data key required to decrypt the SOPS file.\nGroup 0: FAILED');
    expect(stderr).toContain('manifest.yaml');
    expect(linesOf(stderr).length, stderr).toBeLessThanOrEqual(6);
  });
});

test('a recipient that cannot be used is reported with the file', async () => {
  desk.clear();
  desk.write('plain.yaml', 'a: x\n');
  const { stderr } = await desk.run(['encrypt', '--age', 'age1nonsense', 'plain.yaml'], { env });
  expect(stderr).toContain('in file plain.yaml');
});

describe('a folder', () => {
  test.each(
    sample(
      LINES.filter((line) => line !== 'F' && !FOLDERS.test(line)),
      4,
    ),
  )('%s', async (line) => {
    desk.clear();
    layOutKeys();
    mkdirSync(desk.path('dir'));
    desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient}\n`);
    const { status, stdout, stderr } = await desk.run(wordsOf(line, 'dir'), { env });
    if (status === 0 || status === 127 || line === 'set F a bare' || line.startsWith('-r')) return;
    expect(stderr + stdout.toString()).toContain('dir');
  });
});

test('updatekeys names its file where there is no configuration', async () => {
  desk.clear();
  desk.write('sealed.yaml', sealed);
  const { stderr } = await desk.run(['updatekeys', '--yes', 'sealed.yaml'], { env });
  expect(stderr).toContain('config file not found');
  expect(stderr).toContain('sealed.yaml');
});

test('without a configuration the next steps are named', async () => {
  desk.clear();
  desk.write('p.yaml', 'a: x\n');
  const { stderr } = await desk.run(['encrypt', 'p.yaml'], { env });
  expect(stderr).toContain('p.yaml');
  expect(stderr).toContain('--age');
  expect(stderr).toContain('sops-ts init');
});

test('without a rule the configuration and why are named', async () => {
  desk.clear();
  desk.write('p.yaml', 'a: x\n');
  desk.write('.sops.yaml', `creation_rules:\n  - path_regex: ^other$\n    age: ${desk.recipient}\n`);
  const { stderr } = await desk.run(['encrypt', 'p.yaml'], { env });
  expect(stderr).toContain('.sops.yaml');
  expect(stderr).toContain('sops-ts why p.yaml');
});

test('of several files the one is named that failed', async () => {
  const other = generateIdentity();
  desk.write('good.yaml', sealed);
  desk.write('foreign.yaml', await desk.encrypt('x.yaml', 'a: x\n', '--age', other.recipient));
  const ran = await desk.run(['exec-env', 'good.yaml', 'foreign.yaml', '--', 'true']);
  expect([ran.status, ran.stderr]).toEqual([128, expect.stringContaining('in file foreign.yaml')]);
  const absent = await desk.run(['exec-env', 'good.yaml', 'absent.yaml', '--', 'true']);
  expect(absent.stderr).toContain('absent.yaml: no such file or directory\n  Is the name written right?');
});

test.each([
  [['trust', '/nonexistent'], 'open /nonexistent/.sops.yaml'],
  [['seal', '--cert', 'none.pem', 'good-secret.yaml'], 'none.pem'],
  [['unseal', 'good-secret.yaml', '--private-key', 'none.pem'], 'none.pem'],
  [['flux', 'check', 'none'], 'none'],
])('%s names what is not there, and a next step', async (words, name) => {
  desk.write('good-secret.yaml', MANIFEST);
  const { status, stderr } = await desk.run(words);
  expect(status).not.toBe(0);
  const [first, ...others] = stderr.trimEnd().split('\n');
  expect(first).toContain(`${name}: no such file or directory`);
  expect(others).toEqual(['  Is the name written right? A relative one counts from the working directory.']);
});
