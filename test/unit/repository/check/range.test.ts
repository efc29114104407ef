/** `check --since`: every commit of a range, by its own rules; `--fix` and `--decrypt`. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { generateIdentity } from '../../../../src/keys/age/x25519.js';
import { checkRange } from '../../../../src/repository/check/range.js';
import { CheckedRepository } from '../../../support/checked-repository.js';
import { run } from '../../../support/run.js';
import { sampledTest } from '../../../support/sweep.js';
import { hostIn } from '../../config/support.js';

const test = sampledTest(6);

const PLAIN = 'password: hunter2\n';
let repository: CheckedRepository;

beforeEach(async () => {
  repository = new CheckedRepository();
  await repository.seal('secrets/good.yaml', PLAIN);
  repository.commit();
  repository.git('checkout', '--quiet', '-b', 'topic');
});
afterEach(() => {
  repository.remove();
});

describe('commits', () => {
  test('what was added and taken out again is found, with its commit', async () => {
    repository.write({ 'secrets/a.yaml': PLAIN });
    const bad = repository.commit();
    repository.git('rm', '--quiet', 'secrets/a.yaml');
    repository.commit();
    const { findings } = await repository.check(['--since', 'main']);
    expect(findings).toMatchObject([{ rule: 'not-encrypted', path: 'secrets/a.yaml', commit: bad }]);
    expect((await repository.check(['--since', 'main', '--tip'])).findings).toEqual([]);
    expect(await repository.found()).toEqual([]);
  });

  test('a finding that stays is reported once; main going on does not count', async () => {
    repository.write({ 'secrets/a.yaml': PLAIN });
    repository.commit();
    repository.write({ 'secrets/a.yaml': `${PLAIN}more: 1\n` });
    repository.commit();
    repository.git('checkout', '--quiet', 'main');
    repository.write({ 'secrets/of-main.yaml': PLAIN });
    repository.commit();
    repository.git('checkout', '--quiet', 'topic');
    expect(await repository.found(['--since', 'main'])).toEqual(['not-encrypted secrets/a.yaml']);
    repository.git('merge', '--quiet', '--no-edit', 'main');
    expect(await repository.found(['--since', 'main'])).toEqual(['not-encrypted secrets/a.yaml']);
    expect(await repository.found(['--since', 'main', 'elsewhere'])).toEqual([]);
  });

  test('each by the configuration that it holds; changed rules have all files looked at', async () => {
    repository.write({
      'secrets/a.yaml': PLAIN,
      '.sops.yaml': repository.read('.sops.yaml').replace('^secrets/', '^none/'),
    });
    repository.commit();
    const ofOldRules = 'not-encrypted secrets/a.yaml';
    expect(await repository.found(['--since', 'main'])).toEqual([ofOldRules, 'no-creation-rule secrets/good.yaml']);
    repository.write({ 'secrets/b.yaml': PLAIN });
    repository.commit();
    expect(await repository.found(['--since', 'main'])).toEqual([ofOldRules, 'no-creation-rule secrets/good.yaml']);
  });
});

describe('the rules of commits', () => {
  test('a merge that brings a rule for what the other side has in plaintext', async () => {
    repository.git('checkout', '--quiet', 'main');
    const rules = repository.read('.sops.yaml');
    repository.write({ '.sops.yaml': rules.replace('^secrets/', '^none/') });
    repository.git('rm', '--quiet', '-r', 'secrets');
    repository.commit();
    repository.git('checkout', '--quiet', '-B', 'topic');
    repository.write({ 'secrets/a.yaml': PLAIN });
    repository.commit();
    repository.git('checkout', '--quiet', 'main');
    repository.write({ '.sops.yaml': rules, 'secrets/of-main.yaml': PLAIN });
    repository.commit();
    expect(await repository.found(['--since', 'topic'])).toContain('not-encrypted secrets/of-main.yaml');
    // As a build of a pull request has it: the branch, merged into where it is to go.
    repository.git('checkout', '--quiet', '--detach', 'main');
    repository.git('merge', '--quiet', '--no-edit', 'topic');
    expect(await repository.found(['--since', 'main'])).toEqual(['not-encrypted secrets/a.yaml']);
    repository.git('checkout', '--quiet', 'topic');
    repository.git('merge', '--quiet', '--no-edit', 'main');
    expect(await repository.found(['--since', 'main'])).toEqual(['not-encrypted secrets/a.yaml']);
  });

  test('a content that was there under other rules is another one under these', async () => {
    const rules = repository.read('.sops.yaml');
    repository.write({ '.sops.yaml': rules.replace('^secrets/', '^none/') });
    repository.commit();
    repository.write({ 'secrets/a.yaml': PLAIN });
    repository.commit();
    repository.git('rm', '--quiet', 'secrets/a.yaml');
    repository.write({ '.sops.yaml': rules });
    repository.commit();
    repository.write({ 'secrets/a.yaml': PLAIN });
    const bad = repository.commit();
    repository.git('rm', '--quiet', 'secrets/a.yaml');
    repository.commit();
    const { findings } = await repository.check(['--since', 'main']);
    expect(findings.filter(({ rule }) => rule === 'not-encrypted')).toMatchObject([{ commit: bad }]);
  });

  test('rules that are gone count as changed ones', async () => {
    repository.write({ 'secrets/public/.sops.yaml': 'creation_rules: []\n' });
    repository.commit();
    repository.write({ 'secrets/public/a.yaml': PLAIN });
    repository.commit();
    expect(await repository.found(['--since', 'main'])).toEqual([]);
    repository.git('rm', '--quiet', 'secrets/public/.sops.yaml');
    expect(await repository.found(['--staged'])).toEqual(['not-encrypted secrets/public/a.yaml']);
    repository.commit();
    expect(await repository.found(['--since', 'HEAD~1'])).toEqual(['not-encrypted secrets/public/a.yaml']);
  });

  test('what git is told to show in place of a commit is not what is pushed', async () => {
    repository.write({ 'secrets/a.yaml': PLAIN });
    const bad = repository.commit();
    repository.git('checkout', '--quiet', '-b', 'clean', 'main');
    repository.git('replace', bad, repository.commit('clean'));
    repository.git('checkout', '--quiet', 'topic');
    expect(await repository.found(['--since', 'main'])).toEqual(['not-encrypted secrets/a.yaml']);
  });

  test.each([
    ['a link to another file', '.', (text: string) => text],
    ['in a folder with a line break', 'a\nb', (text: string) => text.replace('^secrets/', 'plain')],
  ])('a configuration: %s', async (_, folder, change) => {
    const rules = change(repository.read('.sops.yaml'));
    repository.git('rm', '--quiet', '-r', '.');
    repository.write({ 'conf/rules.yaml': rules });
    const path = folder === '.' ? 'secrets/plain.yaml' : `${folder}/plain.yaml`;
    repository.write({ [path]: PLAIN });
    symlinkSync(join(folder === '.' ? '' : '..', 'conf/rules.yaml'), join(repository.folder, folder, '.sops.yaml'));
    repository.git('add', '-A');
    expect(await repository.found(['--staged'])).toEqual([`not-encrypted ${path}`]);
    repository.commit();
    expect(await repository.found(['--since', 'main'])).toEqual([`not-encrypted ${path}`]);
  });
});

describe('what commits are looked at', () => {
  test('no common ancestor, no such commit, a shallow clone: an error with what to do', async () => {
    repository.git('checkout', '--quiet', '--orphan', 'alone');
    repository.commit('alone');
    const unrelated = await repository.sops(['check', '--since', 'main']);
    expect(unrelated.status).toBe(1);
    expect(unrelated.stderr).toContain('fetch-depth: 0');
    expect((await repository.sops(['check', '--since', 'nothing'])).stderr).toContain('fetch-depth: 0');
    repository.git('checkout', '--quiet', 'topic');
    for (const name of ['one', 'two', 'three']) {
      repository.write({ [name]: name });
      repository.commit();
    }
    const shallow = mkdtempSync(join(tmpdir(), 'shallow-'));
    const url = `file://${repository.folder}`;
    execFileSync('git', ['clone', '--quiet', '--depth=2', '--branch', 'topic', url, shallow], { env: repository.env });
    const ran = await run(['check', '--since', 'HEAD~1'], { cwd: shallow, env: repository.env });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('shallow');
    rmSync(shallow, { recursive: true });
  });

  test('for pre-push: from commits that may not be here', async () => {
    repository.write({ 'secrets/a.yaml': PLAIN });
    const to = repository.commit();
    const host = hostIn(repository.folder, { PATH: process.env.PATH ?? '' });
    const from = ['0123456789012345678901234567890123456789'];
    const { findings, files } = await checkRange({ from, to }, { paths: [] }, host);
    expect(findings.map(({ path }) => path)).toEqual(['secrets/a.yaml']);
    expect(files).toBe(3);
    expect((await checkRange({ from: [to], to }, { paths: [] }, host)).files).toBe(0);
  });
});

describe('--fix', () => {
  test('encrypts, and gives files the recipients of their rule', async () => {
    const other = generateIdentity().recipient;
    repository.write({ 'secrets/a.yaml': PLAIN, 'secrets/b.env': 'A=1\n' });
    await repository.seal('secrets/c.yaml', PLAIN, '--age', `${repository.key.recipient},${other}`);
    const ran = await repository.sops(['check', '--fix']);
    expect(ran.stderr.split('\n').filter((line) => line.startsWith('fixed '))).toEqual([
      'fixed secrets/a.yaml',
      'fixed secrets/b.env',
      'fixed secrets/c.yaml',
    ]);
    expect(ran.status).toBe(0);
    expect(repository.read('secrets/a.yaml')).not.toContain('hunter2');
    expect(await repository.found()).toEqual([]);
  });

  test('through a link, and by the rules above a configuration that has none', async () => {
    repository.write({ 'secrets/a.yaml': PLAIN, 'secrets/b.yaml': PLAIN });
    repository.write({ 'secrets/.sops.yaml': 'stores:\n  yaml:\n    indent: 2\n' });
    symlinkSync('secrets/a.yaml', join(repository.folder, 'link.yaml'));
    expect(await repository.check(['--fix', 'link.yaml'])).toMatchObject({ findings: [], problems: [] });
    expect(repository.read('secrets/a.yaml')).toContain('ENC[');
    const within = await repository.check(['--fix', 'b.yaml'], { folder: 'secrets' });
    expect(within).toMatchObject({ findings: [], problems: [] });
  });

  test('what takes a key that is not there stays a finding; the rest is fixed', async () => {
    const other = generateIdentity().recipient;
    await repository.seal('secrets/c.yaml', PLAIN, '--age', other);
    repository.write({ 'secrets/d.yaml': PLAIN });
    const ran = await repository.sops(['check', '--fix']);
    expect(ran.status).toBe(128);
    expect(ran.stdout.toString()).toContain('[recipients-differ]');
    expect(await repository.found()).toEqual(['recipients-differ secrets/c.yaml']);
  });

  const ruled = (rest: string): void =>
    repository.write({ '.sops.yaml': `creation_rules:\n  - path_regex: ^secrets/\n    ${rest}\n` });

  test('gives files the selection and the order of recipients of their rule, at once', async () => {
    const other = generateIdentity().recipient;
    const { recipient } = repository.key;
    await repository.seal('secrets/good.yaml', 'user: me\npassword: hunter2\n', '--encrypted-regex', '^password$');
    const [kept] = /^password: .*$/m.exec(repository.read('secrets/good.yaml')) ?? [''];
    ruled(`age: "${other},${recipient}"\n    encrypted_regex: ^(user|password)$\n    mac_only_encrypted: true`);
    const rules = ['mac-only-encrypted-differs', 'plain-value', 'recipients-differ', 'selection-differs'];
    expect((await repository.check()).findings.map(({ rule }) => rule).sort()).toEqual(rules);
    const ran = await repository.sops(['check', '--fix']);
    expect(ran.stderr).toBe('fixed secrets/good.yaml\n');
    expect(ran.status).toBe(0);
    const text = repository.read('secrets/good.yaml');
    expect(text).toContain(`\n${kept}\n`);
    expect(text).toMatch(/^user: ENC\[/);
    expect((await repository.sops(['decrypt', 'secrets/good.yaml'])).stdout.toString()).toContain('user: me\n');

    ruled(`age: "${recipient},${other}"\n    encrypted_regex: ^(user|password)$\n    mac_only_encrypted: true`);
    expect(await repository.found()).toEqual(['recipients-reordered secrets/good.yaml']);
    expect((await repository.sops(['check', '--fix'])).status).toBe(0);
    expect(repository.read('secrets/good.yaml')).toContain(`\n${kept}\n`);
  });

  test('a selection by which something would be readable is left; the recipients are not', async () => {
    const other = generateIdentity().recipient;
    await repository.seal('secrets/good.yaml', 'user: me\npassword: hunter2\n');
    ruled(`age: "${other},${repository.key.recipient}"\n    encrypted_regex: ^password$`);
    const ran = await repository.sops(['check', '--fix']);
    expect(ran.stderr).toContain('fixed secrets/good.yaml\n');
    expect(ran.stderr).toContain('left the selection of secrets/good.yaml');
    expect(ran.stdout.toString()).toContain('1 value(s) or comment(s) that are encrypted now would be readable');
    expect(ran.status).toBe(1);
    expect(repository.read('secrets/good.yaml')).toMatch(/^user: ENC\[/);
    expect(repository.read('secrets/good.yaml')).toContain(other);
    expect(await repository.found()).toEqual(['selection-differs secrets/good.yaml']);
  });

  test('a selection that a baseline accepts stays, whatever else the rule changes', async () => {
    const other = generateIdentity().recipient;
    const { recipient } = repository.key;
    await repository.seal('secrets/good.yaml', 'user: me\npassword: hunter2\n', '--age', `${recipient},${other}`);
    ruled(`age: "${recipient},${other}"\n    encrypted_regex: ^password$`);
    await repository.sops(['check', '--baseline', 'known.json', '--write-baseline']);
    ruled(`age: "${other},${recipient}"\n    encrypted_regex: ^password$`);
    const before = repository.read('secrets/good.yaml');
    const ran = await repository.sops(['check', '--fix', '--baseline', 'known.json']);
    expect(ran.stderr).toBe('');
    expect(ran.stdout.toString()).toContain('[recipients-reordered]');
    expect(repository.read('secrets/good.yaml')).toBe(before);
  });

  test('a selection that takes a key which is not there says so, and stays a finding', async () => {
    ruled(`age: ${repository.key.recipient}\n    encrypted_regex: ^pass`);
    const before = repository.read('secrets/good.yaml');
    const ran = await repository.sops(['check', '--fix'], { env: { SOPS_AGE_KEY: '' } });
    expect(ran.status).toBe(128);
    expect(ran.stderr).toContain('secrets/good.yaml');
    expect(ran.stderr).toContain(repository.key.recipient);
    expect(ran.stdout.toString()).toContain('[selection-differs]');
    expect(repository.read('secrets/good.yaml')).toBe(before);
  });

  test("values that were put in by hand are nobody's to fix", async () => {
    repository.change('secrets/good.yaml', (text) => text.replace(/^password: .*$/m, 'password: x'));
    const before = repository.read('secrets/good.yaml');
    expect((await repository.sops(['check', '--fix'])).status).toBe(1);
    expect(repository.read('secrets/good.yaml')).toBe(before);
  });
});

describe('--decrypt', () => {
  test('compares every MAC', async () => {
    const decrypt = async (): Promise<[number, string]> => {
      const ran = await repository.sops(['check', '--decrypt']);
      return [ran.status, ran.stdout.toString()];
    };
    await repository.seal('secrets/two.yaml', 'a: 1\nb: 2\nc_unencrypted: x\n');
    expect((await decrypt())[0]).toBe(0);
    repository.change('secrets/two.yaml', (text) => text.replace('c_unencrypted: x', 'c_unencrypted: y'));
    expect(await repository.found()).toEqual([]);
    const [status, text] = await decrypt();
    expect(status).toBe(1);
    expect(text).toContain('[mac-mismatch]');
    repository.change('secrets/two.yaml', (all) => {
      const [, one = '', two = ''] = /^a: (.*)\nb: (.*)$/m.exec(all) ?? [];
      return all.replace(one, '@').replace(two, one).replace('@', two);
    });
    expect((await decrypt())[1]).toContain('[not-decryptable]');
  });

  test('without a key that is not a pass', async () => {
    const ran = await repository.sops(['check', '--decrypt'], { env: { SOPS_AGE_KEY: '' } });
    expect(ran.status).toBe(128);
    expect(ran.stdout.toString()).toContain('1 problem(s)');
  });
});
