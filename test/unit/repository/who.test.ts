/** `who`: files against recipients, by their names, without any key; and since when files have their data keys. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { TestRepository } from '../../support/repository.js';
import { type Ran, run } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(4);

const alice = generateIdentity();
const bob = generateIdentity();
const SSH = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN carol@laptop';
let repository: TestRepository;

beforeEach(() => {
  repository = new TestRepository();
  repository.write({
    '.sops.yaml': [
      'keys:',
      `  - &alice ${alice.recipient}`,
      `  - &bob ${bob.recipient}`,
      `  - &nobody ${generateIdentity().recipient}`,
      'creation_rules:',
      '  - path_regex: ^a/',
      '    key_groups: [{age: [*bob, *alice]}]',
      '  - path_regex: ^b/',
      `    age: ${bob.recipient},${SSH}`,
      '  - path_regex: ^g/',
      '    key_groups: [{age: [*alice]}, {age: [*bob]}]',
      '',
    ].join('\n'),
    'a/x.yaml': 'k: hunter2\n',
    'b/y.env': 'K=hunter2\n',
    'g/z.json': '{"k": "hunter2"}\n',
    'plain.yaml': 'k: 1\n',
  });
});
afterEach(() => repository.remove());

function runIn(words: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return run(words, { cwd: repository.folder, env: { ...repository.env, ...env } });
}

async function sealAll(): Promise<void> {
  const ran = await runIn(['encrypt', '-i', 'a/x.yaml', 'b/y.env', 'g/z.json']);
  expect(ran.stderr).not.toContain('rror');
  expect(ran.status).toBe(0);
}

test('a letter for each recipient, those with names first, and a line for each encrypted file', async () => {
  await sealAll();
  const ran = await runIn(['who']);
  expect(ran.stdout.toString()).toBe(
    [
      `A  alice         ${alice.recipient}`,
      `B  bob           ${bob.recipient}`,
      `C  carol@laptop  ${SSH}`,
      '',
      'A B C  file',
      'x x .  a/x.yaml',
      '. x x  b/y.env',
      '1 2 .  g/z.json  (2 of 2 key groups are needed)',
      '',
    ].join('\n'),
  );
  expect(ran.status).toBe(0);
});

test('a link and what it leads to are one line, by the path of the file', async () => {
  await sealAll();
  const before = (await runIn(['who'])).stdout.toString();
  symlinkSync('g/z.json', join(repository.folder, '0.json'));
  symlinkSync(join('..', 'a', 'x.yaml'), join(repository.folder, 'b', 'a.yaml'));
  expect((await runIn(['who'])).stdout.toString()).toBe(before);
  const files = JSON.parse((await runIn(['who', '--json', 'b/a.yaml', 'a'])).stdout.toString()).files;
  expect(files).toEqual([expect.objectContaining({ file: 'a/x.yaml' })]);
});

test('a folder with a link is worked on by the path of the file, for which there is a rule', async () => {
  await sealAll();
  symlinkSync('g/z.json', join(repository.folder, '0.json'));
  const ran = await runIn(['updatekeys', '--check', '.']);
  expect(ran.stderr).not.toContain('0.json');
  expect([ran.status, ran.stdout.toString()]).toEqual([0, '']);
});

test('what somebody can read: by name, recipient or remark; alone or with others; somebody with nothing, and nobody', async () => {
  await sealAll();
  expect((await runIn(['who', '--can-read', 'alice'])).stdout.toString()).toBe(
    'a/x.yaml\ng/z.json  (together with 1 more of the key groups)\n',
  );
  expect((await runIn(['who', '--can-read', bob.recipient, 'b'])).stdout.toString()).toBe('b/y.env\n');
  expect((await runIn(['who', '--can-read', 'carol@laptop'])).stdout.toString()).toBe('b/y.env\n');
  const nothing = await runIn(['who', '--can-read', 'nobody']);
  expect([nothing.status, nothing.stdout.toString()]).toEqual([0, '']);
  const stranger = await runIn(['who', '--can-read', 'mallory']);
  expect(stranger.status).toBe(1);
  expect(stranger.stderr).toContain('"mallory" can read none of these files');
});

test('JSON has groups by recipient, and no value', async () => {
  await sealAll();
  const ran = await runIn(['who', '--json', '--can-read', 'alice', 'g', 'b']);
  const { version, files, recipients } = JSON.parse(ran.stdout.toString());
  expect(version).toBe(1);
  expect(files).toHaveLength(1);
  expect(files[0]).toMatchObject({ file: 'g/z.json', groups: [[alice.recipient], [bob.recipient]], threshold: 2 });
  expect(recipients).toContainEqual({ recipient: SSH, name: 'carol@laptop', type: 'age' });
  expect(ran.stdout.toString()).not.toContain('hunter2');
});

test('what cannot be looked at is told, and is no success', async () => {
  await sealAll();
  repository.write({ 'a/cut.yaml': 'k: ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str]\nsops:\n  mac: [\n' });
  const ran = await runIn(['who', 'a', 'gone.yaml']);
  expect(ran.stdout.toString()).toContain('x x  a/x.yaml');
  expect(ran.stderr).toContain('a/cut.yaml');
  expect(ran.stderr).toContain('gone.yaml');
  expect(ran.stderr).toContain('2 path(s) could not be looked at');
  expect(ran.status).not.toBe(0);
});

test('control characters of a file name or remark do not reach the terminal', async () => {
  const name = 'a/\u001b[31mx.yaml';
  repository.write({ [name]: 'k: v\n' });
  await runIn(['encrypt', '-i', name]);
  expect((await runIn(['who'])).stdout.toString()).toContain('a/\\x1b[31mx.yaml');
});

/** The file's claim of its last change: `who` does not need the MAC, which covers it. */
function dated(path: string, day: string): void {
  const absolute = join(repository.folder, path);
  writeFileSync(absolute, readFileSync(absolute, 'utf8').replace(/(lastmodified"?: ")[^"]+/, `$1${day}T00:00:00Z`));
}

async function ageOf(path: string): Promise<{ since: string; source: string }> {
  const ran = await runIn(['who', '--ages', '--json', path]);
  return JSON.parse(ran.stdout.toString()).files[0].dataKey;
}

test('the age of a data key outlives changes of values and recipients, and ends with a rotation', async () => {
  await sealAll();
  const sealed = readFileSync(join(repository.folder, 'a/x.yaml'));
  dated('a/x.yaml', '2024-03-01');
  repository.commit();
  writeFileSync(join(repository.folder, 'a/x.yaml'), sealed);
  const env = { SOPS_AGE_KEY: alice.identity };
  expect((await runIn(['set', 'a/x.yaml', 'k', '"other"'], env)).status).toBe(0);
  dated('a/x.yaml', '2024-05-01');
  repository.commit();
  expect(await ageOf('a/x.yaml')).toEqual({ since: '2024-03-01T00:00:00Z', source: 'git' });
  expect((await runIn(['who', '--ages', 'a'])).stdout.toString()).toContain('x x  2024-03-01      a/x.yaml');

  writeFileSync(join(repository.folder, 'a/x.yaml'), sealed);
  expect((await runIn(['rotate', '-i', 'a/x.yaml'], env)).status).toBe(0);
  dated('a/x.yaml', '2024-07-01');
  expect(await ageOf('a/x.yaml')).toEqual({ since: '2024-07-01T00:00:00Z', source: 'git' });
});

test('without history the file alone tells, and the key may be older', async () => {
  await sealAll();
  dated('a/x.yaml', '2024-03-01');
  expect(await ageOf('a/x.yaml')).toEqual({ since: '2024-03-01T00:00:00Z', source: 'file' });
  rmSync(join(repository.folder, '.git'), { recursive: true });
  expect(await ageOf('a/x.yaml')).toEqual({ since: '2024-03-01T00:00:00Z', source: 'file' });
  expect((await runIn(['who', '--ages', 'a'])).stdout.toString()).toContain('2024-03-01 or before  a/x.yaml');
});

test('no encrypted files', async () => {
  mkdirSync(join(repository.folder, 'empty'));
  expect((await runIn(['who', 'empty'])).stdout.toString()).toBe('No encrypted files.\n');
});

test('the page loads nothing, runs its own script alone, and takes no name for markup', async () => {
  repository.write({ 'a/<img src=x onerror=alert(1)>.yaml': 'k: hunter2\n' });
  await runIn(['encrypt', '-i', 'a/<img src=x onerror=alert(1)>.yaml']);
  await sealAll();
  const ran = await runIn(['who', '--html', 'who.html']);
  expect([ran.status, ran.stdout.toString()]).toEqual([0, '']);
  const page = readFileSync(join(repository.folder, 'who.html'), 'utf8');
  const script = /<script>(.*?)<\/script>/s.exec(page)?.[1] ?? '';
  const digest = createHash('sha256').update(script).digest('base64');
  expect(page).toContain(`default-src 'none'; style-src 'sha256-`);
  expect(page).toContain(`script-src 'sha256-${digest}'`);
  expect(page).not.toMatch(/<img|https?:|hunter2| on\w+="/);
  expect(page).toContain('a/&lt;img src=x onerror=alert(1)&gt;.yaml');
  expect(page).toContain('<th scope="row" data-key="a/x.yaml">a/x.yaml</th>');
  expect(page).toContain('<th scope="col" aria-sort="none"><button type="button">carol@laptop</button></th>');
  expect((await runIn(['who', '--html', 'who.html'])).status).toBe(0);
  expect((await runIn(['who', '--html', 'who.html', '--json'])).status).toBe(1);
});
