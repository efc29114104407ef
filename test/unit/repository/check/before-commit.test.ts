/** What a commit makes readable is found whatever its own rules say: by what the files were before, and by the rules before and beside it. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { CheckedRepository } from '../../../support/checked-repository.js';
import { sampledTest } from '../../../support/sweep.js';

const test = sampledTest(8);

const PLAIN = 'user: ann\npassword: hunter2\n';
let repository: CheckedRepository;
const staged = (): Promise<string[]> => repository.found(['--staged']);

beforeEach(async () => {
  repository = new CheckedRepository();
  await repository.seal('secrets/a.yaml', PLAIN);
  repository.write({ 'plain.yaml': PLAIN });
  repository.commit();
});
afterEach(() => repository.remove());

const without = (path: string): void => rmSync(join(repository.folder, path));

/** Ways to put a rule out of force. */
const WEAKENED: readonly (readonly [string, () => void])[] = [
  ['is taken out', () => without('.sops.yaml')],
  ['is narrowed', () => repository.change('.sops.yaml', (text) => text.replace('^secrets/', '^other/'))],
  ['selects less', () => repository.change('.sops.yaml', (text) => `${text}    encrypted_regex: ^none$\n`)],
  [
    'is hidden by a new one below it',
    () => repository.write({ 'secrets/.sops.yaml': repository.read('.sops.yaml').replace('^secrets/', '^other/') }),
  ],
  ['has no rules any more', () => repository.write({ '.sops.yaml': 'creation_rules: []\n' })],
];

describe.each(WEAKENED)('with a configuration that %s', (_how, weaken) => {
  test('a file that turns plaintext', async () => {
    repository.write({ 'secrets/a.yaml': PLAIN });
    weaken();
    repository.git('add', '-A');
    expect(await staged()).toContain('no-longer-encrypted secrets/a.yaml');
    const id = repository.commit();
    expect(await repository.found(['--since', 'HEAD~'])).toContain('no-longer-encrypted secrets/a.yaml');
    expect(await repository.found(['--since', 'HEAD~', '--tip'])).toContain('no-longer-encrypted secrets/a.yaml');
    const { findings } = await repository.check(['--since', 'HEAD~']);
    expect(findings.find(({ rule }) => rule === 'no-longer-encrypted')).toMatchObject({ commit: id, line: 1 });
  });

  test('a new plaintext', async () => {
    repository.write({ 'secrets/new.yaml': PLAIN });
    weaken();
    repository.git('add', '-A');
    expect(await staged()).toContain('not-encrypted secrets/new.yaml');
    repository.commit();
    expect(await repository.found(['--since', 'HEAD~'])).toContain('not-encrypted secrets/new.yaml');
  });
});

describe('without any rule', () => {
  beforeEach(() => {
    without('.sops.yaml');
    repository.commit();
  });

  test.each([
    ['in the same format', PLAIN, ['no-longer-encrypted secrets/a.yaml']],
    ['in part', 'password: hunter2\n', ['no-longer-encrypted secrets/a.yaml']],
    ['as what is no YAML', '{ password: hunter2\n', ['no-longer-encrypted secrets/a.yaml']],
    ['with other keys', 'see: elsewhere\n', []],
    ['with references', 'user: ref+vault://a#b\npassword: "${PASSWORD}"\n', []],
    ['with defaults', 'user: {{ .x }}{{ "ann" }}\npassword: ${P:-hunter2}\n', ['no-longer-encrypted secrets/a.yaml']],
    ['with a text as a reference', 'password: ref+echo://hunter2\n', ['no-longer-encrypted secrets/a.yaml']],
    ['with a reference and a value', 'user: ref+vault://a#b\npassword: x\n', ['no-longer-encrypted secrets/a.yaml']],
    ['with no value', 'user:\npassword: ""\n', []],
    ['empty', '', []],
    ['allowed', 'user: "" # nobody\npassword: none # sops-ts:allow it is an example now\n', []],
  ])('a file that is plain now, %s', async (_how, text, findings) => {
    repository.write({ 'secrets/a.yaml': text });
    repository.git('add', '-A');
    expect(await staged()).toEqual(findings);
  });

  test('one that was encrypted in one piece', async () => {
    await repository.seal('key.bin', 'bytes', '--age', repository.key.recipient);
    repository.commit();
    repository.write({ 'key.bin': 'bytes' });
    repository.git('add', '-A');
    expect(await staged()).toEqual(['no-longer-encrypted key.bin']);
    repository.git('rm', '-q', '-f', 'key.bin');
    expect(await staged()).toEqual([]);
  });

  test('in a merge, which neither side had so', async () => {
    repository.git('checkout', '-q', '-b', 'topic');
    repository.write({ b: '' });
    repository.commit();
    repository.git('checkout', '-q', 'main');
    repository.write({ c: '' });
    repository.commit();
    repository.git('merge', '-q', '--no-commit', '--no-ff', 'topic');
    repository.write({ 'secrets/a.yaml': PLAIN });
    repository.git('add', '-A');
    expect(await staged()).toEqual(['no-longer-encrypted secrets/a.yaml']);
    repository.commit();
    expect(await repository.found(['--since', 'HEAD~'])).toEqual(['no-longer-encrypted secrets/a.yaml']);
  });
});

describe('rules of the work tree that are not staged', () => {
  test('have a new file encrypted', async () => {
    repository.write({ 'team/new.yaml': PLAIN });
    repository.git('add', '-A');
    expect(await staged()).toEqual([]);
    repository.write({ 'team/.sops.yaml': repository.read('.sops.yaml').replace('^secrets/', '^new') });
    expect(await staged()).toEqual(['not-encrypted team/new.yaml']);
    without('team/.sops.yaml');
    repository.change('.sops.yaml', (text) => text.replace('^secrets/', '^(secrets|team)/'));
    const { findings } = await repository.check(['--staged']);
    expect(findings).toMatchObject([{ path: 'team/new.yaml', next: expect.stringContaining('git add .sops.yaml') }]);
  });

  test('say nothing when they are broken, nor of a file that was plain before', async () => {
    repository.write({ 'team/new.yaml': PLAIN, 'plain.yaml': `${PLAIN}more: 1\n` });
    repository.git('add', '-A');
    repository.change('.sops.yaml', (text) => text.replace('^secrets/', '^plain'));
    expect(await staged()).toEqual([]);
    repository.write({ '.sops.yaml': 'creation_rules: [' });
    expect(await repository.check(['--staged'])).toMatchObject({ findings: [], problems: [] });
  });
});

test('the first commit has no rules before it, also where it has a configuration below another', async () => {
  const fresh = new CheckedRepository();
  try {
    fresh.write({
      'docs/.sops.yaml': fresh.read('.sops.yaml').replace('^secrets/', '^other/'),
      'docs/secrets/a.yaml': PLAIN,
    });
    fresh.git('add', '-A');
    expect(await fresh.check(['--staged'])).toMatchObject({ findings: [], problems: [] });
  } finally {
    fresh.remove();
  }
});

test('a rule that is put right for a file that was plain all along raises nothing', async () => {
  repository.change('.sops.yaml', (text) => text.replace('^secrets/', '^(secrets|plain)'));
  repository.commit();
  repository.change('.sops.yaml', (text) => text.replace('^(secrets|plain)', '^secrets/'));
  repository.write({ 'plain.yaml': `${PLAIN}more: 1\n` });
  repository.git('add', '-A');
  expect(await staged()).toEqual([]);
  repository.commit();
  expect(await repository.found(['--since', 'HEAD~'])).toEqual([]);
});
