/** `import git-crypt`: contents that git-crypt encrypted, from the index or the work tree, opened by its keys, sealed for SOPS. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { foreignFile, gitCryptContent, gitCryptKey, gitCryptKeyFile } from '../../support/import.js';
import { TestRepository } from '../../support/repository.js';
import { type Ran, run } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const desk = new Desk();
afterEach(() => desk.clear());
afterAll(() => desk.remove());

const key = gitCryptKey();
const team = gitCryptKey();
const ATTRIBUTES = '*.key filter=git-crypt diff=git-crypt\n/team/** filter=git-crypt-team diff=git-crypt-team\n';

test('a file of the real git-crypt, outside of any repository', async () => {
  desk.write('a.secret', foreignFile('git-crypt/a.secret.encrypted'));
  desk.write('key', foreignFile('git-crypt/key'));
  const ran = await desk.run(['import', 'git-crypt', '--key-file', 'key', 'a.secret']);
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  expect(ran.stdout.toString()).toBe(
    'a.secret was imported into a.enc.secret (1 value); a.secret itself is left as it is\n',
  );
  expect(desk.read('a.secret')).toEqual(foreignFile('git-crypt/a.secret.encrypted'));
  expect((await desk.run(['decrypt', 'a.enc.secret'])).stdout).toEqual(foreignFile('git-crypt/a.secret.plain'));
});

let repository: TestRepository;

function layOutRepository(): void {
  repository = new TestRepository();
  repository.write({
    '.gitattributes': ATTRIBUTES,
    'a.key': gitCryptContent('secret', key),
    'empty.key': gitCryptContent('', key),
    'team/x.yaml': gitCryptContent('a: 1 # c\n', team),
    'team/.env.ci': gitCryptContent('A=1\n', team),
    'other.txt': 'plain\n',
  });
  repository.commit();
}

function runHere(words: readonly string[], folder = ''): Promise<Ran> {
  const env = { ...repository.env, SOPS_AGE_RECIPIENTS: desk.recipient, SOPS_AGE_KEY: desk.identity };
  return run(words, { cwd: join(repository.folder, folder), env });
}

async function plaintextOf(target: string): Promise<string> {
  return (await runHere(['decrypt', target])).stdout.toString();
}

/** As `git-crypt unlock` leaves them behind. */
function unlock(): void {
  repository.write({
    '.git/git-crypt/keys/default': gitCryptKeyFile([key]),
    '.git/git-crypt/keys/team': gitCryptKeyFile([team], 'team'),
    'a.key': 'secret',
    'empty.key': '',
    'team/x.yaml': 'a: 1 # c\n',
    'team/.env.ci': 'A=1\n',
  });
}

const TARGETS = 'empty.enc.key,a.enc.key,team/.env.ci.enc.env,team/x.enc.yaml'.split(',').sort();

async function expectAll(ran: Ran): Promise<void> {
  expect(ran.status).toBe(0);
  expect(
    repository
      .git('ls-files', '-o')
      .split('\n')
      .filter((path) => path.includes('.enc'))
      .sort(),
  ).toEqual(TARGETS);
  expect(await plaintextOf('a.enc.key')).toBe('secret');
  expect(await plaintextOf('empty.enc.key')).toBe('');
  expect(await plaintextOf('team/x.enc.yaml')).toBe('a: 1 # c\n');
  expect(await plaintextOf('team/.env.ci.enc.env')).toBe('A=1\n');
}

describe('in a repository', () => {
  beforeEach(layOutRepository);
  afterEach(() => repository.remove());

  test('unlocked: the keys are those of the repository, and what is to be done next is told', async () => {
    unlock();
    const ran = await runHere(['import', 'git-crypt', '.']);
    await expectAll(ran);
    expect(ran.stderr).toContain("git's history still holds 4 sources with what the key of git-crypt opens");
    const next = ran.stdout.toString().match(/^next: .*$/gm);
    expect(next).toEqual([
      expect.stringContaining('once more: a.enc.key, empty.enc.key, team/.env.ci.enc.env, team/x.enc.yaml'),
      expect.stringContaining('git rm the sources before git-crypt is taken out'),
      'next: take filter=git-crypt and diff=git-crypt out of .gitattributes:1, .gitattributes:2',
      expect.stringContaining('git-crypt lock --all'),
    ]);
    expect(readFileSync(join(repository.folder, 'a.key'), 'utf8')).toBe('secret');
    // What was made is not taken for a source.
    expect((await runHere(['import', 'git-crypt', 'team/x.enc.yaml', '--dry-run'])).status).not.toBe(0);
    const again = await runHere(['import', 'git-crypt', '.', '--output-dir', 'out', '--json', '--dry-run']);
    expect(JSON.parse(again.stdout.toString())).toMatchObject({ done: 4, failed: 0 });
  });

  test('locked: the keys are named, and those that git tracks are found', async () => {
    repository.write({ 'k/one': gitCryptKeyFile([key]), 'k/two': gitCryptKeyFile([team], 'team') });
    repository.git('add', 'k');
    const ran = await runHere(['import', 'git-crypt', '--key-file', 'k/one,k/two', '.']);
    await expectAll(ran);
    expect(ran.stdout.toString()).toContain('finding: k/one: the old key is tracked by git');
    expect(readFileSync(join(repository.folder, 'a.key'))).toEqual(gitCryptContent('secret', key));
  });

  test('from a folder within, and one that a rule is for', async () => {
    unlock();
    repository.write({ '.sops.yaml': `creation_rules: [{path_regex: 'team/x', age: ${desk.recipient}}]\n` });
    const env = { ...repository.env, SOPS_AGE_KEY: desk.identity };
    const ran = await run(['import', 'git-crypt', '.'], { cwd: join(repository.folder, 'team'), env });
    expect(ran.status).toBe(1);
    expect(ran.stdout.toString()).toContain('x.yaml was imported into x.enc.yaml (1 value)');
    expect(ran.stderr).toContain('no matching creation rules found');
    expect(await plaintextOf('team/x.enc.yaml')).toBe('a: 1 # c\n');
  });
});

describe('in a repository, what is not as it should be', () => {
  beforeEach(layOutRepository);
  afterEach(() => repository.remove());

  test('without a key nothing is written', async () => {
    const ran = await runHere(['import', 'git-crypt', '.']);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('no key team of git-crypt is here');
    expect(ran.stderr).toContain('for --key-name team');
    expect(ran.stderr).toContain('4 of 4 files failed');
    expect(repository.git('status', '--porcelain')).toBe('');
  });

  test('a key of another name is told', async () => {
    repository.write({ '.git/k': gitCryptKeyFile([key]) });
    const ran = await runHere(['import', 'git-crypt', '--key-file', '.git/k', 'team/x.yaml']);
    expect(ran.stderr).toContain('the key does not open it, or it was changed');
    expect(ran.stderr).toContain('(its attributes name the key team)');
  });

  test('what differs from the index, is not in it, or stands there in clear', async () => {
    unlock();
    repository.write({ 'a.key': 'changed', 'new.key': 'new', 'clear.key': 'clear', 'team/x.yaml': 'a: 1 # c\r\n' });
    repository.git('add', 'clear.key');
    const ran = await runHere(['import', 'git-crypt', '.']);
    expect(ran.status).toBe(8);
    expect(ran.stderr).toContain('the work tree and the index of git hold different contents\n  in file a.key');
    expect(ran.stderr).toContain('git has nothing of it yet, so that git-crypt never encrypted it\n  in file new.key');
    expect(ran.stderr).toContain('clear.key: git holds it in clear');
    expect(await plaintextOf('clear.enc.key')).toBe('clear');
    // Line ends are the checkout's.
    expect(await plaintextOf('team/x.enc.yaml')).toBe('a: 1 # c\n');
  });

  test('a name with a line break is looked up, too', async () => {
    repository.write({ 'b\nc.key': gitCryptContent('other', key) });
    repository.commit();
    unlock();
    repository.write({ 'b\nc.key': 'other' });
    expect(await runHere(['import', 'git-crypt', 'b\nc.key', 'a.key'])).toMatchObject({ status: 0 });
    expect(await plaintextOf('b\nc.enc.key')).toBe('other');
  });

  test('a linked work tree has the keys of its repository', async () => {
    unlock();
    repository.git('worktree', 'add', '--quiet', 'linked');
    const ran = await runHere(['import', 'git-crypt', 'a.key'], 'linked');
    expect(ran).toMatchObject({ status: 0 });
    expect(await plaintextOf('linked/a.enc.key')).toBe('secret');
  });

  test('what was secret must not stand in clear', async () => {
    unlock();
    const ran = await runHere([
      'import',
      'git-crypt',
      'team/x.yaml',
      '--encrypted-regex',
      '^b$',
      '--allow-unencrypted',
    ]);
    expect(ran.status).toBe(0);
    const refused = await runHere([
      'import',
      'git-crypt',
      'team/x.yaml',
      '--encrypted-regex',
      '^b$',
      '--output',
      'y.yaml',
    ]);
    expect(refused.status).toBe(1);
    expect(refused.stdout.toString()).toBe('');
  });
});

describe('keys', () => {
  const old = gitCryptKey();
  const source = gitCryptContent('text', old);

  test.each<[string, Buffer]>([
    ['an older version', gitCryptKeyFile([old, key])],
    ['of the format before 0.4', old],
    ['with a name', gitCryptKeyFile([old], 'x')],
  ])('%s', async (_, file) => {
    desk.write('s', source);
    desk.write('k', file);
    expect(await desk.run(['import', 'git-crypt', '--key-file', 'k', 's'])).toMatchObject({ status: 0 });
    expect((await desk.run(['decrypt', 's.enc'])).stdout.toString()).toBe('text');
  });

  test.each<[string, Buffer, string]>([
    ['others', gitCryptKeyFile([key, team]), 'none of 2 keys opens it'],
    ['no key file', Buffer.from('x'), 'it does not begin like one'],
    ['cut off', gitCryptKeyFile([old]).subarray(0, 80), 'it is cut off'],
    ['cut within a number', gitCryptKeyFile([old]).subarray(0, 18), 'it is cut off'],
    ['without a key', gitCryptKeyFile([]), 'there is no key in it'],
    ['of a format to come', Buffer.concat([Buffer.from('\0GITCRYPTKEY\0\0\0\x03')]), 'of a format that is not known'],
    [
      'with something new in it',
      Buffer.from('\0GITCRYPTKEY\0\0\0\x02\0\0\0\x07\0\0\0\0\0\0\0\0'),
      'something in it that is not known',
    ],
    ['with half of a key', Buffer.from('\0GITCRYPTKEY\0\0\0\x02\0\0\0\0\0\0\0\0'), 'has not both of its keys'],
  ])('%s', async (_, file, message) => {
    desk.write('s', source);
    desk.write('k', file);
    const ran = await desk.run(['import', 'git-crypt', '--key-file', 'k', 's']);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(message);
    expect(desk.names()).toEqual(['k', 's']);
  });

  test.each([
    [['--key-file', 'gone', 's'], 'cannot read the key of git-crypt'],
    [['s'], 'no key of git-crypt is here'],
    [['k'], 'this is not a file that git-crypt encrypts'],
    [['empty'], 'nothing to import'],
  ])('%j', async (words, message) => {
    desk.write('s', source);
    desk.write('k', gitCryptKeyFile([old]));
    mkdirSync(desk.path('empty'));
    const ran = await desk.run(['import', 'git-crypt', ...words]);
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toContain(message);
  });
});

describe('what was changed does not open', () => {
  const whole = gitCryptContent('some text', key);
  const changed = (at: number) => Buffer.from(whole.map((byte, index) => (index === at ? byte ^ 1 : byte)));

  test.each<[string, Buffer, string]>([
    ['the mark', changed(3), 'this is not a file that git-crypt encrypts'],
    ['the nonce', changed(12), 'the HMAC of git-crypt does not fit'],
    ['the first byte', changed(22), 'the HMAC of git-crypt does not fit'],
    ['the last byte', changed(30), 'the HMAC of git-crypt does not fit'],
    ['cut', whole.subarray(0, -1), 'the HMAC of git-crypt does not fit'],
    ['cut in the nonce', whole.subarray(0, 15), 'cut off within the header of git-crypt'],
  ])('%s', async (_, bytes, message) => {
    desk.write('s', bytes);
    desk.write('k', gitCryptKeyFile([key]));
    const ran = await desk.run(['import', 'git-crypt', '--key-file', 'k', 's']);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(message);
    expect(desk.names()).toEqual(['k', 's']);
  });
});
