/** `diff`: by key, on plaintext where there is a key; with git's words for revisions, index and stages; for people and programs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { generateIdentity } from '../../../../src/keys/age/x25519.js';
import { TestRepository } from '../../../support/repository.js';
import { type Ran, run } from '../../../support/run.js';
import { sampledTest } from '../../../support/sweep.js';

const test = sampledTest(6);

const alice = generateIdentity();
const bob = generateIdentity();
const KEY = { SOPS_AGE_KEY: alice.identity };
const TEXT = '# about\npassword: hunter2\nport: 1\nhosts: [a, b]\nempty: ""\n';
let repository: TestRepository;

beforeEach(async () => {
  repository = new TestRepository();
  configure({ alice: alice.recipient, bob: bob.recipient });
  repository.write({ 'app.yaml': TEXT, 'plain.yaml': 'a: 1\n' });
  await sops('encrypt', '-i', 'app.yaml');
  repository.commit();
});
afterEach(() => repository.remove());

function configure(people: Readonly<Record<string, string>>): void {
  const keys = Object.entries(people).map(([name, recipient]) => `  - &${name} ${recipient}\n`);
  const all = Object.keys(people).map((name) => `*${name}`);
  repository.write({
    '.sops.yaml': `keys:\n${keys.join('')}creation_rules:\n  - key_groups: [{age: [${all.join(', ')}]}]\n`,
  });
}

function runIn(
  words: readonly string[],
  env: Record<string, string>,
  stdin: Uint8Array = new Uint8Array(),
): Promise<Ran> {
  return run(words, { cwd: repository.folder, env: { ...repository.env, ...env }, stdin });
}

/** Runs as Alice what must succeed. */
async function sops(...words: readonly string[]): Promise<string> {
  const ran = await runIn(words, KEY);
  expect(ran.stderr).not.toMatch(/^(?:E|Failed|Incorrect)/m);
  expect(ran.status).toBe(0);
  return ran.stdout.toString();
}

/** Encrypts another text in the file's place. */
async function replace(text: string): Promise<void> {
  repository.write({ 'app.yaml': text });
  await sops('encrypt', '-i', 'app.yaml');
}

test('of two revisions everything encrypted that differs is told, as both have it, whatever the work tree holds', async () => {
  await replace(TEXT.replace('hunter2', 'other'));
  repository.write({ 'new.yaml': 'a: 1\n', 'plain.yaml': 'a: 2\n' });
  await sops('encrypt', '-i', 'new.yaml');
  repository.commit();
  repository.git('tag', 'later');
  repository.write({ 'app.yaml': 'gone: 1\n' });
  const there = await sops('diff', '--show-values', 'HEAD~1', 'later');
  expect(there).toContain('password: changed: "hunter2" → "other"');
  expect(there).toContain('new.yaml');
  expect(there).not.toContain('plain.yaml');
  expect(await sops('diff', '--show-values', 'later', 'HEAD~1')).toContain('password: changed: "other" → "hunter2"');
  expect(await sops('diff', 'HEAD', 'later')).toBe('');
  const lonely = await runIn(['diff', 'HEAD', 'app.yaml'], KEY);
  expect([lonely.status, lonely.stderr]).toEqual([100, expect.stringContaining('HEAD is a revision, and no file')]);
});

test('a rotation alone is no difference', async () => {
  await sops('rotate', '-i', 'app.yaml');
  const ran = await runIn(['diff', '--exit-code'], KEY);
  expect([ran.status, ran.stdout.toString(), ran.stderr]).toEqual([0, '', '']);
});

test('values and comments, masked: a mask is the same whatever it stands for', async () => {
  await replace('password: hunter3\nport: "1"\nhosts: [x, a, b]\nnew: {deep: long and secret}\nempty: ""\n');
  const ran = await runIn(['diff', '--exit-code', 'app.yaml'], KEY);
  expect(ran.stdout.toString()).toBe(
    [
      'app.yaml',
      '  - #: comment removed: ***',
      '  ~ password: changed: *** → ***',
      '  ~ port: changed, int → str: *** → ***',
      '  + hosts[0]: added, str: ***',
      '  + new.deep: added, str: ***',
      '',
    ].join('\n'),
  );
  expect(ran.status).toBe(1);
  const shown = await sops('diff', '--show-values');
  expect(shown).toContain('~ password: changed: "hunter2" → "hunter3"');
  expect(shown).toContain('- #: comment removed: " about"');
});

test('who gained and lost access, by the names of both configurations, and whether they know the data key', async () => {
  const carol = generateIdentity();
  configure({ alice: alice.recipient, carol: carol.recipient });
  await sops('updatekeys', '--yes', '--keep-data-key', 'app.yaml');
  expect(await sops('diff')).toBe(
    [
      'app.yaml',
      `  + carol (${carol.recipient}): can read it now`,
      `  - bob (${bob.recipient}): can no longer read it, but still knows its data key`,
      '',
    ].join('\n'),
  );
  await sops('rotate', '-i', 'app.yaml');
  expect(await sops('diff')).toContain(`bob (${bob.recipient}): can no longer read it\n`);
});

test('how it is encrypted: selection, groups, threshold, and what stands in clear now', async () => {
  repository.write({
    '.sops.yaml': `creation_rules:\n  - encrypted_regex: ^password$\n    shamir_threshold: 2\n    key_groups: [{age: [${alice.recipient}]}, {age: [${bob.recipient}]}]\n`,
  });
  await replace(TEXT);
  const env = { SOPS_AGE_KEY: `${alice.identity}\n${bob.identity}` };
  const told = (await runIn(['diff'], env)).stdout.toString();
  expect(told).toContain('~ port: changed, stands in clear now: *** → ***');
  expect(told).toContain('~ key groups needed: changed: 1 → 2');
  expect(told).toContain('~ key groups: changed: 1 → 2');
  expect(told).toContain('~ selection: changed: unencrypted_suffix _unencrypted → encrypted_regex ^password$');
  expect(told).not.toContain('can read it now');
});

test('without a key: keys, readers, and which ciphertexts differ; not being able to tell is a failure', async () => {
  await sops('set', 'app.yaml', 'password', '"other"');
  const ran = await runIn(['diff', '--exit-code'], {});
  expect(ran.stdout.toString()).toBe(
    'app.yaml\n  ? password: ciphertext differs\n  1 ciphertext(s) differ; without a key nobody can tell whether the values do. The data key is the same, so they probably changed.\n',
  );
  expect(ran.status).toBe(128);
  expect(ran.stderr).toContain('app.yaml');
  const quiet = await runIn(['diff', '--no-key'], KEY);
  expect([quiet.status, quiet.stderr, quiet.stdout.toString()]).toEqual([0, '', ran.stdout.toString()]);

  await sops('set', 'app.yaml', 'more', '"x"');
  const sure = await runIn(['diff', '--exit-code'], {});
  expect(sure.stdout.toString()).toContain('+ more: added, str: ***');
  expect(sure.status).toBe(1);

  repository.git('checkout', '-q', 'app.yaml');
  await sops('rotate', '-i', 'app.yaml');
  const rotated = (await runIn(['diff'], {})).stdout.toString();
  expect(rotated).toMatch(/^app.yaml\n {2}\d ciphertexts differ, all of them: probably a new data key\./);
});

test('one side plain: values are compared, and that it is not encrypted is told', async () => {
  repository.write({ 'old.yaml': TEXT.replace('hunter2', 'was') });
  const told = await sops('diff', 'old.yaml', 'app.yaml');
  expect(told).toContain('old.yaml → app.yaml\n  ~ password: changed: *** → ***\n');
  expect(told).toContain('~ the file: changed: not encrypted → encrypted');
  expect((await runIn(['diff', 'old.yaml', 'app.yaml', '--no-key'], {})).stdout.toString()).toContain('? password:');
});

test('revisions, the index, stages and standard input; a file of that name wins', async () => {
  await sops('set', 'app.yaml', 'port', '2');
  repository.git('add', 'app.yaml');
  await sops('set', 'app.yaml', 'port', '3');
  const change = async (...words: readonly string[]): Promise<string | undefined> =>
    /: (\d → \d)$/m.exec(await sops('diff', '--show-values', ...words))?.[1];
  expect(await change('HEAD:app.yaml', ':app.yaml')).toBe('1 → 2');
  expect(await change(':0:app.yaml', './app.yaml')).toBe('2 → 3');
  expect(await change('--staged')).toBe('1 → 2');
  expect(await change()).toBe('1 → 3');
  const stdin = readFileSync(join(repository.folder, 'app.yaml'));
  const piped = await runIn(['diff', '--show-values', 'HEAD:app.yaml', '-'], KEY, stdin);
  expect(piped.stdout.toString()).toContain('HEAD:app.yaml → standard input\n  ~ port: changed: 1 → 3');
  writeFileSync(join(repository.folder, 'HEAD:app.yaml'), stdin);
  expect(await sops('diff', 'HEAD:app.yaml', 'app.yaml')).toBe('');

  const ours = repository.git('rev-parse', ':app.yaml');
  const lines = [1, 2, 3].map((stage) => `100644 ${ours} ${stage}\tapp.yaml`).join('\n');
  repository.git('update-index', '--force-remove', 'app.yaml');
  writeFileSync(join(repository.folder, 'stages'), `${lines}\n`);
  repository.git('config', 'alias.put-stages', '!git update-index --index-info < stages');
  repository.git('put-stages');
  expect(await change(':2:app.yaml', 'app.yaml')).toBe('2 → 3');
});

test('--since takes what the branch changed, without what the other one did; new, gone and renamed files', async () => {
  repository.git('checkout', '-q', '-b', 'work');
  repository.git('mv', 'app.yaml', 'moved.yaml');
  repository.write({ 'new.yaml': 'k: v\n', 'plain.yaml': 'a: 2\n' });
  await sops('encrypt', '-i', 'new.yaml');
  repository.commit();
  repository.git('checkout', '-q', 'main');
  await sops('set', 'app.yaml', 'port', '9');
  repository.commit();
  repository.git('checkout', '-q', 'work');
  expect(await sops('diff', '--since', 'main')).toBe(
    `new.yaml (new)\n  + k: added, str: ***\n  + alice (${alice.recipient}): can read it now\n  + bob (${bob.recipient}): can read it now\n`,
  );
  repository.git('rm', '-q', 'new.yaml');
  expect(await sops('diff', 'new.yaml')).toContain('new.yaml (gone)\n  - k: removed: ***\n');
});

test('Markdown takes nothing that files say for markup', async () => {
  await replace('"a|b`c": 1\n"<img src=x>": 2\n"[x](y)": "| `` |"\n');
  const told = await sops('diff', '--format', 'markdown', '--show-values');
  expect(told).toContain('### `app.yaml`\n\n| | | before | after |\n|---|---|---|---|\n');
  expect(told).toContain('| ``a\\|b`c`` | added, int |  | `1` |');
  expect(told).toContain('| `<img src=x>` | added, int |');
  expect(told).toContain('| ```"\\| `` \\|"``` |');
});

test('JSON: the values only if asked for', async () => {
  await sops('set', 'app.yaml', 'port', '2');
  const data = JSON.parse(await sops('diff', '--format', 'json'));
  expect(data).toMatchObject({
    version: 1,
    files: [
      {
        before: 'app.yaml',
        after: 'app.yaml',
        file: 'both',
        differs: true,
        changes: [
          {
            place: 'port',
            path: ['port'],
            document: 0,
            of: 'value',
            kind: 'changed',
            before: { type: 'int', encrypted: true },
          },
        ],
        gained: [],
        lost: [],
        settings: [],
        dataKey: 'same',
      },
    ],
  });
  expect(JSON.stringify(data)).not.toContain('"value":');
  expect(await sops('diff', '--format', 'json', '--show-values')).toContain('"value": 2');
});

test('a file that is broken keeps no other from being compared', async () => {
  const text = readFileSync(join(repository.folder, 'app.yaml'), 'utf8');
  repository.write({ 'a-broken.yaml': text.replace(/^sops:/m, 'sops: ['), 'z-new.yaml': text });
  repository.git('add', '-N', '.');
  const ran = await runIn(['diff'], KEY);
  expect(ran.stderr).toContain('a-broken.yaml');
  expect(ran.stdout.toString()).toContain('z-new.yaml');
  expect(ran.status).toBe(1);
  expect((await runIn(['diff', '--exit-code'], KEY)).status).toBe(2);
});

test('failures give more than 1 with --exit-code, and name what failed', async () => {
  for (const [words, said, status] of [
    [['HEAD:gone.yaml', 'app.yaml'], 'there is no such file in HEAD', 100],
    [['nowhere:app.yaml', 'app.yaml'], 'git knows no revision nowhere', 100],
    [['--since', 'nowhere'], 'git knows no revision nowhere', 2],
    [['--format', 'xml'], '--format is one of', 2],
    [['.', 'app.yaml'], 'is a folder', 100],
  ] as const) {
    const ran = await runIn(['diff', '--exit-code', ...words], KEY);
    expect(ran.stderr).toContain(said);
    expect([words, ran.status]).toEqual([words, status]);
  }
  const text = readFileSync(join(repository.folder, 'app.yaml'), 'utf8');
  repository.write({ 'app.yaml': text.replace(/^empty: .*$/m, 'empty: "forged"') });
  const forged = await runIn(['diff', '--exit-code'], KEY);
  expect(forged.status).toBeGreaterThan(1);
  expect(forged.stdout.toString()).toBe('');
});
