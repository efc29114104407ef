/** `import ansible-vault`: whole files and single values that Ansible Vault encrypted, opened by passwords, sealed for SOPS. */
import { chmodSync, mkdirSync } from 'node:fs';
import { afterAll, afterEach, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { foreignFile, vaultText, vaultValue } from '../../support/import.js';
import { TestRepository } from '../../support/repository.js';
import { type Ran, run } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(4);

const desk = new Desk();
afterEach(() => desk.clear());
afterAll(() => desk.remove());

async function plaintextOf(target: string): Promise<string> {
  return (await desk.run(['decrypt', target])).stdout.toString();
}

/** Imports `in.yml` into `o.yml` with the password `pw`. */
async function importText(text: string | Uint8Array, ...words: string[]): Promise<Ran> {
  desk.write('in.yml', text);
  desk.write('pw', ' pw\n');
  const flags = ['--vault-password-file', 'pw', '--output', 'o.yml', ...words];
  return desk.run(['import', 'ansible-vault', 'in.yml', ...flags]);
}

async function imported(text: string): Promise<string> {
  expect(await importText(text)).toMatchObject({ status: 0, stderr: '' });
  expect(desk.text('in.yml')).toBe(text);
  return plaintextOf('o.yml');
}

describe('files of the real ansible-vault', () => {
  test.each([
    ['v11.yml', 'v11.sops.yml', 2],
    ['v12.yml', 'v12.sops.yml', 2],
    ['inline.yml', 'inline.sops.yml', 1],
  ])('%s', async (name, target, count) => {
    const source = foreignFile(`ansible-vault/${name}`);
    desk.write(name, source);
    desk.write('pw', foreignFile('ansible-vault/pw'));
    const ran = await desk.run(['import', 'ansible-vault', '--vault-password-file', 'pw', name]);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    const values = `${count} ${count === 1 ? 'value' : 'values'}`;
    expect(ran.stdout.toString()).toContain(`${name} was imported into ${target} (${values}); ${name} itself is left`);
    expect(ran.stdout.toString()).toContain('next: Ansible reads the targets with the collection community.sops');
    expect(desk.read(name)).toEqual(source);
    expect(await plaintextOf(target)).toBe(
      count === 1 ? 'k: secret value\n' : foreignFile('ansible-vault/p.yml').toString(),
    );
  });
});

describe('values in YAML: all else stays byte for byte', () => {
  const v = (text: string, indent?: number) => vaultValue(text, 'pw', indent === undefined ? {} : { indent });

  test.each<[string, string, string]>([
    [
      'comments, blank lines, order',
      `# top\na: 1 # keep\n\nb: ${v('hunter2')}\n\n# between\nc:   "x"\nd: ${v('z')}\n# end\n`,
      '# top\na: 1 # keep\n\nb: hunter2\n\n# between\nc:   "x"\nd: z\n# end\n',
    ],
    [
      'strings, whatever they look like',
      `a: ${v('123')}\nb: ${v('yes')}\nc: ${v('')}\n`,
      'a: "123"\nb: "yes"\nc: ""\n',
    ],
    ['lines', `a: ${v('x\ny\n', 6)}\nb: ${v('x\ny', 2)}\n`, 'a: |\n      x\n      y\nb: |-\n  x\n  y\n'],
    [
      'anchors and aliases',
      `a: &n ${v('s')}\nb: *n\nc: !vault &m |${v('t').slice('!vault |'.length)}\nd: *m\n`,
      'a: &n s\nb: *n\nc: &m t\nd: *m\n',
    ],
    [
      'blanks, tabs and carriage returns where Ansible has put a block far in',
      `a: ${v('x\r\ny', 10)}\nb: ${v(' x\n', 10)}\nc: ${v('\tx\ny', 4)}\nd: ${v('x\n\n\n', 10)}\n`,
      'a: "x\\r\\ny"\nb: " x\\n"\nc: |4-\n    \tx\n    y\nd: "x\\n\\n\\n"\n',
    ],
    ['lists and depth', `l:\n  - ${v('s')}\n  - x: ${v('t')}\n    y: 2\n`, 'l:\n  - s\n  - x: t\n    y: 2\n'],
    ['several documents', `a: ${v('s')}\n---\nb: ${v('t')}\n`, 'a: s\n---\nb: t\n'],
    ['other tags', `a: !unsafe "{{ x }}"\nb: ${v('s')}\n`, 'a: !unsafe "{{ x }}"\nb: s\n'],
    ['a comment behind the mark', `a: ${v('s').replace('|', '| # c')}\nb: 1\n`, 'a: |- # c\n          s\nb: 1\n'],
    [
      'quotes',
      `a: !vault ${JSON.stringify(vaultText('s', 'pw'))}\nb: {c: !vault ${JSON.stringify(vaultText('t', 'pw'))}}\n`,
      'a: "s"\nb: {c: "t"}\n',
    ],
    [
      'the older tag, and a tag above',
      `a: !vault-encrypted${v('s').slice('!vault'.length)}\nb: !vault\n  ${v('t').slice('!vault '.length)}\n`,
      'a: s\nb: \n  t\n',
    ],
  ])('%s', async (_, text, plain) => {
    expect(await imported(text)).toBe(plain);
  });

  test('CRLF stays', async () => {
    expect(await imported(`a: 1\r\nb: ${v('s').replaceAll('\n', '\r\n')}\r\nc: 2\r\n`)).toBe(
      'a: 1\r\nb: s\r\nc: 2\r\n',
    );
  });

  test('JSON and one text as targets', async () => {
    const text = `# c\na: ${v('s')}\n`;
    expect(await importText(text, '--output', 'o.json')).toMatchObject({ status: 0 });
    expect(JSON.parse(await plaintextOf('o.json'))).toEqual({ a: 's' });
    expect(await importText(text, '--output', 'o.txt')).toMatchObject({ status: 0 });
    expect(await plaintextOf('o.txt')).toBe('# c\na: s\n');
  });

  test('a text without the tag stays, and is told', async () => {
    const ran = await importText(`a: ${v('s')}\nb: |\n  $ANSIBLE_VAULT;1.1;AES256\n  00\n`);
    expect(ran.stderr).toContain('["b"] looks like a text of Ansible Vault, but has no tag !vault');
    expect(await plaintextOf('o.yml')).toBe('a: s\nb: |\n  $ANSIBLE_VAULT;1.1;AES256\n  00\n');
  });

  test('what was secret must not stand in clear; plain values may, by the rule', async () => {
    const text = `secret_a: ${v('canary')}\nb: plain\n`;
    const refused = await importText(text, '--encrypted-regex', '^b$');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('values that were secret would stand in clear in o.yml: ["secret_a"]');
    expect(desk.names()).toEqual(['in.yml', 'pw']);
    expect(await importText(text, '--encrypted-regex', '^secret_')).toMatchObject({ status: 0 });
    expect(desk.text('o.yml')).toContain('b: plain\n');
    expect(desk.text('o.yml')).not.toContain('canary');
  });
});

test('of a whole file all was secret, comments included', async () => {
  const whole = vaultText('# canary\na: 1\nb: 2\n', 'pw');
  const refused = await importText(whole, '--encrypted-regex', '^(a|b)$');
  expect(refused.stderr).toContain('would stand in clear in o.yml: 1 comment');
  expect(desk.names()).toEqual(['in.yml', 'pw']);
  expect((await importText(whole, '--encrypted-regex', '^a$')).stderr).toContain('["b"], 1 comment');
  expect(await importText(whole)).toMatchObject({ status: 0, stderr: '' });
  expect(desk.text('o.yml')).not.toContain('canary');
  expect(await plaintextOf('o.yml')).toBe('# canary\na: 1\nb: 2\n');
});

test('any bytes, values within a whole file, and content of another format', async () => {
  desk.write('pw', 'pw');
  desk.write('id', vaultText(Buffer.from([0, 255, 10]), 'pw'));
  desk.write('twice.yml', vaultText(`a: ${vaultValue('s', 'pw')}\n`, 'pw'));
  desk.write('list.yml', vaultText('- a\n- b\n', 'pw'));
  desk.write('vault', vaultText('a: 1\n', 'pw'));
  const env = { ANSIBLE_VAULT_PASSWORD_FILE: 'pw' };
  const ran = await desk.run(['import', 'ansible-vault', 'id', 'twice.yml', 'list.yml', 'vault'], { env });
  expect(ran.status).toBe(1);
  expect(ran.stderr).toContain('the content cannot be encrypted as yaml');
  expect(ran.stderr).toContain('vault: the content looks like YAML');
  expect(desk.names().filter((name) => name.includes('.sops'))).toEqual(['id.sops', 'twice.sops.yml', 'vault.sops']);
  expect((await desk.run(['decrypt', 'id.sops'])).stdout).toEqual(Buffer.from([0, 255, 10]));
  expect(await plaintextOf('twice.sops.yml')).toBe('a: s\n');
  expect(await desk.run(['import', 'ansible-vault', 'list.yml', '--output', 'l.txt'], { env })).toMatchObject({
    status: 0,
  });
  expect(await plaintextOf('l.txt')).toBe('- a\n- b\n');
});

describe('passwords', () => {
  const text = `a: ${vaultValue('s', 'one', { label: 'dev' })}\nb: ${vaultValue('t', 'two', { label: 'prod' })}\n`;

  async function tried(
    words: readonly string[],
    env: Record<string, string> = {},
    platform = process.platform,
  ): Promise<Ran> {
    desk.write('in.yml', text);
    desk.write('one', '\t one \n');
    desk.write('two', 'two\n');
    desk.write('none', ' \n');
    desk.write('says-two', '#!/bin/sh\necho two\n');
    desk.write('ask-client.sh', '#!/bin/sh\n[ "$1 $2" = "--vault-id dev" ] && echo one\n');
    desk.write('fails', '#!/bin/sh\nexit 3\n');
    for (const name of ['says-two', 'ask-client.sh', 'fails']) chmodSync(desk.path(name), 0o755);
    mkdirSync(desk.path('folder'), { recursive: true });
    return desk.run(['import', 'ansible-vault', 'in.yml', '--output', 'o.yml', ...words], { env, platform });
  }

  test.each<[string, string[], Record<string, string>]>([
    ['files', ['--vault-password-file', 'one', '--vault-password-file', 'two'], {}],
    ['ids', ['--vault-id', 'dev@one', '--vault-id', 'prod@two'], {}],
    ['ids whose labels are others: a label is a hint', ['--vault-id', 'prod@one', '--vault-id', 'two'], {}],
    ['programs', ['--vault-password-file', 'says-two', '--vault-id', 'dev@ask-client.sh'], {}],
    ['the environment', [], { ANSIBLE_VAULT_IDENTITY_LIST: 'dev@one, prod@two' }],
    ['both', ['--vault-id', 'one'], { ANSIBLE_VAULT_PASSWORD_FILE: 'two' }],
  ])('%s', async (_, words, env) => {
    expect(await tried(words, env)).toMatchObject({ status: 0, stderr: '' });
    expect(await plaintextOf('o.yml')).toBe('a: s\nb: t\n');
  });

  test.each(['linux', 'darwin', 'win32'] as const)('of a program on %s', async (platform) => {
    const ran = await tried(['--vault-id', 'one', '--vault-id', 'says-two'], {}, platform);
    // There no mode tells what is a program, and Ansible does not run: what is named is read.
    if (platform === 'win32') expect(ran.stderr).toContain('no vault password opens ["b"]');
    else expect(ran).toMatchObject({ status: 0, stderr: '' });
  });

  test.each<[string, string[], string]>([
    ['none', [], 'no vault password is given, and there is no terminal to ask on'],
    ['a wrong one', ['--vault-id', 'prod@one'], 'no vault password opens ["b"] (line 8, vault id prod)'],
    ['none right', ['--vault-id', 'says-two@none'], 'no vault password from none: it holds nothing'],
    ['no file', ['--vault-id', 'dev@gone'], 'no vault password from gone: there is no such file'],
    ['a folder', ['--vault-password-file', 'folder'], 'no vault password from folder: it is not a file'],
    ['a program that fails', ['--vault-id', 'dev@fails'], 'the program ended with exit status 3'],
    ['a client for another label', ['--vault-id', 'x@ask-client.sh'], 'the program ended with exit status 1'],
  ])('%s', async (_, words, message) => {
    const ran = await tried(words);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(message);
    expect(desk.names()).not.toContain('o.yml');
  });

  test('asked for, and asked again', async () => {
    const { VaultPasswords } = await import('../../../src/repository/import/vault-passwords.js');
    const { readVaultText } = await import('../../../src/repository/import/vault-text.js');
    const { sessionOf } = await import('../../../src/util/host/session.js');
    const answers = ['wrong', 'one', 'two'];
    const prompts: string[] = [];
    const host = sessionOf({
      env: {},
      cwd: desk.folder,
      platform: 'linux',
      warn: () => {},
      askSecret: async (prompt) => {
        prompts.push(prompt);
        return answers.shift() ?? '';
      },
    });
    const passwords = new VaultPasswords([], host);
    const open = (vault: string) => passwords.open(readVaultText(vault));
    expect((await open(vaultText('s', 'one', 'dev')))?.plaintext.toString()).toBe('s');
    expect((await open(vaultText('t', 'one')))?.plaintext.toString()).toBe('t');
    expect((await open(vaultText('u', 'two')))?.plaintext.toString()).toBe('u');
    expect(await open(vaultText('v', 'three'))).toBeNull();
    expect(prompts.slice(0, 3)).toEqual([
      'Vault password (dev):',
      'That does not open it. Vault password (dev):',
      'Vault password:',
    ]);
    expect(prompts).toHaveLength(6);
  });
});

describe('what was changed does not open, and nothing is written', () => {
  const whole = vaultText('some text\n', 'pw');
  const [header = '', ...body] = whole.trimEnd().split('\n');
  const hex = body.join('');
  /** With the hex digit at a place of the inner hex changed. */
  const changed = (at: number): string => {
    const inner = Buffer.from(hex, 'hex').toString('latin1');
    const digit = inner[at] === '0' ? '1' : '0';
    return `${header}\n${Buffer.from(inner.slice(0, at) + digit + inner.slice(at + 1)).toString('hex')}\n`;
  };

  test.each<[string, string, string]>([
    ['the salt', changed(3), 'no vault password opens the file (no vault id)'],
    ['the HMAC', changed(70), 'no vault password opens the file'],
    ['the ciphertext', changed(133), 'no vault password opens the file'],
    ['cut off', `${header}\n${hex.slice(0, 200)}\n`, 'line 1: the vault text is cut off, or was changed'],
    ['cut in a digit', `${header}\n${hex.slice(0, -1)}\n`, 'odd number of hexadecimal digits'],
    [
      'no hex',
      whole.replace(body[1] ?? '', 'xyz'),
      'line 3: the vault text holds something other than hexadecimal digits',
    ],
    ['nothing below the header', `${header}\n`, 'line 1: the vault text is cut off'],
    ['an old cipher', whole.replace('1.1;AES256', '1.0;AES'), 'a kind that Ansible itself no longer reads'],
    ['a version to come', whole.replace('1.1', '2.0'), 'a kind that Ansible itself no longer reads'],
    [
      'no hex, in a value',
      `x: 1\nk: ${vaultValue('s', 'pw').replace(/^( +\d\w)/m, '$1g')}\n`,
      '["k"]: line 4: the vault text holds something other',
    ],
    [
      'no vault text',
      `x: !vault |\n  abc\nk: ${vaultValue('s', 'pw')}\n`,
      '["x"]: line 2: this is not Ansible Vault text',
    ],
    [
      'a wrong password, in values',
      `x: ${vaultValue('s', 'pw')}\nk: ${vaultValue('s', 'q')}\nl: ${vaultValue('s', 'q', { label: 'z' })}\n`,
      'no vault password opens ["k"] (line 8), ["l"] (line 15, vault id z)',
    ],
    ['a key', `? ${vaultValue('s', 'pw')}\n: 1\n`, 'a key is encrypted'],
    ['a list at the top', `- a: ${vaultValue('s', 'pw')}\n`, 'put the values into a file of variables'],
    ['neither', 'a: 1\n', 'this is not a file with anything that Ansible Vault has encrypted'],
  ])('%s', async (_, text, message) => {
    const ran = await importText(text);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(message);
    expect(desk.names()).toEqual(['in.yml', 'pw']);
  });
});

test('a folder: what git does not ignore, a README with an example aside; history and a tracked password are told', async () => {
  const repository = new TestRepository();
  try {
    repository.write({
      'group_vars/all/vault.yml': vaultText('a: 1\n', 'pw'),
      'group_vars/all/vars.yml': `b: ${vaultValue('s', 'pw')}\n`,
      'README.md': `    k: ${vaultValue('s', 'pw')}\n`,
      'site.yml': '- hosts: all\n',
      '.vault_pass': 'pw\n',
    });
    repository.commit();
    const options = { cwd: repository.folder, env: { ...repository.env, SOPS_AGE_RECIPIENTS: desk.recipient } };
    const words = ['import', 'ansible-vault', '--vault-password-file', '.vault_pass', '.'];
    const dry = await run([...words, '--dry-run'], options);
    expect(dry.stdout.toString()).toContain('vault.yml would be imported into group_vars/all/vault.sops.yml (1 value)');
    expect(repository.git('status', '--porcelain')).toBe('');
    const ran = await run(words, options);
    expect(ran.status).toBe(0);
    expect(ran.stdout.toString()).toContain('finding: .vault_pass: the old key is tracked by git');
    expect(ran.stderr).toContain("git's history still holds 2 sources with what the vault password opens");
    expect(repository.git('status', '--porcelain', '-uall')).toBe(
      '?? group_vars/all/vars.sops.yml\n?? group_vars/all/vault.sops.yml',
    );
  } finally {
    repository.remove();
  }
});
