/** What `check` finds in files of the work tree: each kind of mistake, and nothing where there is none. */
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { generateIdentity } from '../../../../src/keys/age/x25519.js';
import { CheckedRepository } from '../../../support/checked-repository.js';
import { sampledTest } from '../../../support/sweep.js';

const test = sampledTest(6);

const PLAIN = 'password: hunter2\nlist:\n    - one\n    - 2\nnested:\n    key: value # aside\n';

let repository: CheckedRepository;

beforeEach(() => {
  repository = new CheckedRepository();
});
afterEach(() => {
  repository.remove();
});

test.each([
  ['yaml', PLAIN],
  ['json', '{"password": "hunter2", "list": [1, "x", null, ""]}\n'],
  ['env', '# comment\nPASSWORD=hunter2\nEMPTY=\n'],
  ['ini', '; comment\n[database]\npassword = hunter2\n'],
  ['toml', '# comment\n[database]\npassword = "hunter2"\n'],
  ['bin', 'any \0 bytes'],
])('an encrypted .%s raises nothing', async (ending, text) => {
  await repository.seal(`secrets/a.${ending}`, text);
  repository.commit();
  const { findings, status, summary } = await repository.check();
  expect(findings).toEqual([]);
  expect(status).toBe(0);
  expect(summary).toMatchObject({ files: 2, encrypted: 1 });
});

test('a forgotten file', async () => {
  repository.write({ 'secrets/a.yaml': PLAIN, 'README.md': 'password: hunter2\n' });
  const { findings, status, text } = await repository.check();
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatchObject({ rule: 'not-encrypted', path: 'secrets/a.yaml', line: 1, severity: 'error' });
  expect(findings[0]?.next).toBe('sops-ts encrypt -i secrets/a.yaml');
  expect(status).toBe(1);
  expect(text).not.toContain('hunter2');
});

test.each([
  ['secrets/a.bin', 'bytes'],
  ['secrets/a.json', '{"a": 1}'],
  ['secrets/.env.prod', 'A=1\n'],
  ['secrets/broken.json', '{"a": '],
])('%s in plaintext', async (path, content) => {
  repository.write({ [path]: content });
  expect(await repository.found()).toEqual([`not-encrypted ${path}`]);
});

test.each([
  ['begins as a ciphertext does', 'a.yaml', 'a: ENC[hunter2]\n'],
  ['stands where the metadata would', 'a.yaml', 'sops:\n  password: hunter2\n'],
  ['stands where the metadata would', 'a.json', '{"sops": {"password": "hunter2"}}\n'],
  ['stands where the metadata would', 'a.ini', '[sops]\npassword = hunter2\n'],
  ['stands where the metadata would', 'a.env', 'sops_password=hunter2\n'],
  ['stands behind the document', 'a.json', '{}\n{"password": "hunter2"}\n'],
])('a plain value that %s: %s', async (_, name, content) => {
  repository.write({ [`secrets/${name}`]: content });
  expect(await repository.found()).toEqual([`not-encrypted secrets/${name}`]);
});

test.each([
  ['a.yaml', '# a file to come\n# db:\n#   password: hunter2\n', 3],
  ['a.yaml', '# DB_PASSWORD = hunter2\npassword: ""\n', 1],
  ['a.env', '# see: the README of it\n#PASSWORD=hunter2\nUSER=\n', 2],
  ['a.ini', '[a]\n; password = hunter2\nuser =\n', 2],
])('a setting that was made a comment, and nothing else: %s', async (name, text, line) => {
  repository.write({ [`secrets/${name}`]: text });
  expect((await repository.check()).findings).toMatchObject([{ rule: 'plain-comment', line, path: `secrets/${name}` }]);
});

test('what looks like a ciphertext and has no whole tag', async () => {
  await repository.seal('secrets/a.yaml', 'a: 1\n');
  repository.change('secrets/a.yaml', (text) =>
    text.replace('sops:', 'b: ENC[AES256_GCM,data:aHVudGVy,iv:aHVudGVy,tag:aHVudGVy,type:str]\nsops:'),
  );
  expect(await repository.found()).toEqual(['malformed-value secrets/a.yaml']);
});

test('a comment that allows one value of a plain file does not allow the others', async () => {
  const one = 'a: example # sops-ts:allow of the documentation\n';
  repository.write({ 'secrets/a.yaml': one });
  expect(await repository.found()).toEqual([]);
  repository.write({ 'secrets/a.yaml': `${one}b: hunter2\n` });
  expect((await repository.check()).findings).toMatchObject([{ rule: 'not-encrypted', line: 2 }]);
});

test('a configuration without creation rules does not put those above out of force', async () => {
  repository.write({ 'secrets/.sops.yaml': 'stores:\n  yaml:\n    indent: 2\n', 'secrets/a.yaml': PLAIN });
  expect(await repository.found()).toEqual(['not-encrypted secrets/a.yaml']);
  expect((await repository.check([], { folder: 'secrets' })).findings).toMatchObject([{ rule: 'not-encrypted' }]);
  repository.git('add', '-A');
  expect(await repository.found(['--staged'])).toEqual(['not-encrypted secrets/a.yaml']);
  repository.write({ 'secrets/.sops.yaml': 'creation_rules: []\n' });
  expect(await repository.found()).toEqual([]);
});

test.each([
  ['secrets/empty.yaml', ''],
  ['secrets/null.yaml', 'a:\nb: ""\n'],
  ['secrets/comment.yaml', '# nothing here yet\n'],
])('%s holds nothing to encrypt', async (path, content) => {
  repository.write({ [path]: content });
  expect(await repository.found()).toEqual([]);
});

describe('a file that is encrypted in part', () => {
  beforeEach(() => repository.seal('secrets/a.yaml', PLAIN));

  test('a value', async () => {
    repository.change('secrets/a.yaml', (text) => text.replace(/^ {4}key: .*$/m, '    key: PLAINTEXT'));
    const { findings, text } = await repository.check();
    expect(findings).toMatchObject([{ rule: 'plain-value', line: 6, keyPath: ['nested', 'key'] }]);
    expect(text).not.toContain('PLAINTEXT');
  });

  test('an entry that was added behind the metadata', async () => {
    repository.change('secrets/a.yaml', (text) => `${text}added: 5\n`);
    expect(await repository.found()).toEqual(['plain-value secrets/a.yaml']);
  });

  test.each([
    ['yaml', PLAIN, (text: string) => `${text}    added: PLAINTEXT\n`],
    ['json', '{"a": 1}\n', (text: string) => text.replace('"sops": {', '"sops": {"added": "PLAINTEXT",')],
    ['ini', '[a]\nb = 1\n', (text: string) => `${text}added = PLAINTEXT\n`],
    ['env', 'A=1\n', (text: string) => `${text}sops_added=PLAINTEXT\n`],
  ])('an entry that was added among the metadata of .%s', async (ending, plain, change) => {
    const path = `secrets/b.${ending}`;
    await repository.seal(path, plain);
    repository.change(path, change);
    expect((await repository.check()).findings).toMatchObject([
      { rule: 'plain-value', path, keyPath: ['sops', 'added'] },
    ]);
    // What a later release of SOPS has to say is not known here.
    repository.change(path, (text) => text.replace('3.13.2', '3.99.0'));
    expect(await repository.found()).toEqual([]);
  });

  test.each([
    ['yaml', PLAIN, '    # PLAINTEXT'],
    ['yaml', PLAIN, '# PLAINTEXT'],
    ['ini', '[a]\nb = 1\n', '; PLAINTEXT'],
    ['toml', 'a = 1\n', '# PLAINTEXT'],
    ['env', 'A=1\n', '#PLAINTEXT'],
  ])('a comment that was added behind everything in .%s', async (ending, plain, comment) => {
    const path = `secrets/b.${ending}`;
    await repository.seal(path, plain);
    repository.change(path, (text) => `${text}${comment}\n`);
    const found = (await repository.found()).filter((one) => !one.startsWith('unrecognised'));
    expect(found).toEqual([`plain-comment ${path}`]);
  });

  test.each(['json', 'bin'])('what was added behind the document of .%s', async (ending) => {
    const path = `secrets/b.${ending}`;
    await repository.seal(path, '{"a": 1}\n');
    repository.change(path, (text) => `${text}{"added": "PLAINTEXT"}\n`);
    expect(await repository.found()).toEqual([`plain-value ${path}`]);
  });

  test('a comment, unless it says why', async () => {
    repository.change('secrets/a.yaml', (text) => `# old password: PLAINTEXT\n${text}`);
    expect(await repository.found()).toEqual(['plain-comment secrets/a.yaml']);
    repository.change('secrets/a.yaml', (text) => text.replace('old password: PLAINTEXT', 'sops-ts:allow a note'));
    expect(await repository.found()).toEqual([]);
  });

  test.each([
    ['on its line', (text: string) => text.replace(/^(password: .*)$/m, '$1 PLAINTEXT')],
    ['on the next line', (text: string) => text.replace(/^(password: .*)$/m, '$1\n    PLAINTEXT')],
    ['as its type', (text: string) => text.replace(/^(password: .*,type:)str/m, '$1PLAINTEXT')],
  ])('what stands behind a ciphertext: %s', async (_, change) => {
    repository.change('secrets/a.yaml', change);
    expect(await repository.found()).toEqual(['malformed-value secrets/a.yaml']);
  });

  test('what stands behind the MAC, or in the entry of a recipient', async () => {
    const whole = repository.read('secrets/a.yaml');
    repository.write({ 'secrets/a.yaml': whole.replace(/^( {4}mac: .*)$/m, '$1\n        PLAINTEXT') });
    expect(await repository.found()).toEqual(['malformed-metadata secrets/a.yaml']);
    repository.write({ 'secrets/a.yaml': whole.replace(/^( *)(- enc: )/m, '$1- added: PLAINTEXT\n$1  enc: ') });
    expect((await repository.check()).findings).toMatchObject([
      { rule: 'plain-value', keyPath: ['sops', 'age', 'added'] },
    ]);
  });

  test('a value that was cut off', async () => {
    repository.change('secrets/a.yaml', (text) => text.replace(/^password: (.{60}).*$/m, 'password: $1'));
    expect(await repository.found()).toEqual(['malformed-value secrets/a.yaml']);
  });

  test('metadata that were cut off', async () => {
    const whole = repository.read('secrets/a.yaml');
    repository.write({ 'secrets/a.yaml': whole.slice(0, whole.indexOf('sops:')) });
    expect(await repository.found()).toEqual(['missing-metadata secrets/a.yaml']);
    repository.write({ 'secrets/a.yaml': whole.slice(0, whole.indexOf('    mac:')) });
    expect(await repository.found()).toEqual(['malformed-metadata secrets/a.yaml']);
    repository.write({ 'secrets/a.yaml': whole.replace(/^ {4}mac: .*$/m, '    mac: ENC[AES256_GCM,data:x]') });
    expect(await repository.found()).toEqual(['malformed-metadata secrets/a.yaml']);
  });

  test('an entry without a data key', async () => {
    repository.change('secrets/a.yaml', (text) => text.replace(/enc: \|[\s\S]*?END AGE.*\n/, 'enc: ""\n'));
    expect(await repository.found()).toEqual(['malformed-metadata secrets/a.yaml']);
  });

  test('marks of a merge', async () => {
    repository.change('secrets/a.yaml', (text) => `<<<<<<< HEAD\n${text}=======\n>>>>>>> topic\n`);
    const { findings } = await repository.check();
    expect(findings).toMatchObject([{ rule: 'conflict-markers', line: 1 }]);
  });

  test('marks of a merge between the armour and in the metadata', async () => {
    repository.change('secrets/a.yaml', (text) =>
      text.replace(/(BEGIN AGE.*\n)/, '$1<<<<<<< HEAD\n').replace(/(.*END AGE)/, '=======\n>>>>>>> topic\n$1'),
    );
    expect(await repository.found()).toEqual(['conflict-markers secrets/a.yaml']);
  });
});

describe('the rule', () => {
  test('other recipients', async () => {
    const other = generateIdentity().recipient;
    await repository.seal('secrets/a.yaml', PLAIN, '--age', `${other},${repository.key.recipient}`);
    await repository.seal('secrets/b.yaml', PLAIN, '--age', other);
    const { findings } = await repository.check();
    expect(findings.map(({ rule, path }) => `${rule} ${path}`)).toEqual([
      'recipients-differ secrets/a.yaml',
      'recipients-differ secrets/b.yaml',
    ]);
    expect(findings[0]?.message).toContain(`can be read by ${other}`);
    expect(findings[1]?.message).toContain(`lacks ${repository.key.recipient}`);
    expect(findings[0]?.next).toBe('sops-ts updatekeys secrets/a.yaml');
  });

  test('another selection: values that the rule has encrypted are found, too', async () => {
    await repository.seal('secrets/a.yaml', PLAIN, '--encrypted-regex', '^nested$');
    const { findings } = await repository.check();
    expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(['selection-differs', 'plain-value']));
    expect(findings.flatMap(({ keyPath }) => keyPath ?? [])).toEqual(['password', 'list', 'list']);
  });

  test('mac_only_encrypted', async () => {
    await repository.seal('secrets/a.yaml', PLAIN, '--mac-only-encrypted');
    expect(await repository.found()).toEqual(['mac-only-encrypted-differs secrets/a.yaml']);
  });

  test('no rule is for an encrypted file', async () => {
    await repository.seal('secrets/a.yaml', PLAIN);
    repository.git('add', '-A');
    repository.git('mv', 'secrets/a.yaml', 'elsewhere.yaml');
    expect(await repository.found()).toEqual(['no-creation-rule elsewhere.yaml']);
  });

  test('a threshold', async () => {
    const twoGroups = (threshold: number) => (recipient: string) =>
      `creation_rules:\n  - shamir_threshold: ${threshold}\n    key_groups:\n      - age: [${recipient}]\n      - age: [${recipient}]\n      - age: [${recipient}]\n`;
    const other = new CheckedRepository(twoGroups(2));
    await other.seal('a.yaml', PLAIN);
    expect(await other.found()).toEqual([]);
    other.write({ '.sops.yaml': twoGroups(3)(other.key.recipient) });
    expect(await other.found()).toEqual(['threshold-differs a.yaml']);
    other.remove();
  });

  test('one for every file says how, and not which', async () => {
    const other = new CheckedRepository((recipient) => `creation_rules:\n  - age: ${recipient}\n`);
    other.write({ 'values.yaml': PLAIN, 'README.md': 'text' });
    await other.seal('a.yaml', PLAIN);
    expect(await other.found()).toEqual([]);
    other.change('a.yaml', (text) => text.replace(/^password: .*$/m, 'password: x'));
    expect(await other.found()).toEqual(['plain-value a.yaml']);
    other.remove();
  });

  const manifests = (pattern: string) => (recipient: string) =>
    `creation_rules:\n  - path_regex: \\.yaml$\n    encrypted_regex: ${pattern}\n    age: ${recipient}\n`;
  const SECRET = 'kind: Secret\ndata:\n    password: aHVudGVyMg==\n';

  test('a selection that passes over a file is nothing, one that passes over all is', async () => {
    const other = new CheckedRepository(manifests('^data$'));
    await other.seal('secret.yaml', SECRET);
    other.write({ 'deployment.yaml': 'kind: Deployment\nspec:\n    replicas: 1\n' });
    expect(await other.found()).toEqual([]);
    expect(await other.found(['deployment.yaml'])).toEqual([]);
    other.write({ '.sops.yaml': manifests('^dta$')(other.key.recipient), 'secret.yaml': SECRET });
    expect(await other.found()).toEqual(['rule-selects-nothing deployment.yaml']);
    expect(await other.found(['secret.yaml'])).toEqual(['rule-selects-nothing secret.yaml']);
    other.remove();
  });

  test('an encrypted file in which nothing is encrypted', async () => {
    const other = new CheckedRepository(manifests('^dta$'));
    await other.seal('secret.yaml', SECRET, '--allow-unencrypted');
    expect(await other.found()).toEqual(['nothing-encrypted secret.yaml']);
    other.remove();
  });

  test('a broken configuration is an error whose status wins', async () => {
    repository.write({ 'secrets/a.yaml': PLAIN, '.sops.yaml': 'creation_rules:\n  - path_regex: "("\n' });
    const ran = await repository.sops(['check']);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('can not compile regexp');
  });

  test('the configuration nearest to a file', async () => {
    const inner = generateIdentity();
    repository.write({ 'apps/.sops.yaml': `creation_rules:\n  - path_regex: ^in/\n    age: ${inner.recipient}\n` });
    await repository.seal('apps/in/a.yaml', PLAIN, '--config', 'apps/.sops.yaml');
    expect(await repository.found()).toEqual([]);
    expect(await repository.found(['--config', '.sops.yaml'])).toEqual(['no-creation-rule apps/in/a.yaml']);
  });
});

describe('two readers', () => {
  test('a ciphertext that one of them sees as plaintext', async () => {
    await repository.seal('secrets/a.yaml', 'a: &x one\nb: two\n');
    repository.change('secrets/a.yaml', (text) => text.replace(/^b: .*$/m, 'b: !!binary "aHVudGVyMg=="'));
    expect(await repository.found()).toContain('plain-value secrets/a.yaml');
  });

  test('what the package cannot read is told', async () => {
    const text = await repository.seal('secrets/a.yaml', 'a: one\n');
    repository.write({ 'secrets/a.yaml': `%FOO bar\n%YAML 1.1\n%YAML 1.1\n---\n${text}` });
    const rules = (await repository.check()).findings.map(({ rule }) => rule);
    expect(rules.length).toBeGreaterThan(0);
  });
});

test('dotenv: traps, and a file encrypted in one piece', async () => {
  repository.write({ 'secrets/a.env': 'A="quoted"\nexport B=1\nC=x # aside\n' });
  const rules = (await repository.check()).findings.map(({ rule }) => rule);
  expect(rules.filter((rule) => rule === 'dotenv-trap')).toHaveLength(3);
  await repository.seal('secrets/a.env', 'A=1\n');
  await repository.seal('secrets/.env.prod', 'A=1\n', '--input-type', 'binary', '--output-type', 'binary');
  expect(await repository.found()).toEqual(['dotenv-as-binary secrets/.env.prod']);
});

test('texts about encrypted files are none', async () => {
  repository.write({
    'docs/format.md':
      'sops writes\n\n    a: ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]\nsops:\n    mac: x\n\nand that is all\n',
    'values.yaml': 'sops:\n    enabled: true\n',
    'notes.yaml': 'text: |\n    <<<<<<< HEAD\nsops: {}\n',
  });
  expect(await repository.found()).toEqual([]);
});

test('without a configuration encrypted files are looked at for themselves', async () => {
  await repository.seal('secrets/a.yaml', PLAIN);
  repository.git('rm', '--quiet', '--force', '--ignore-unmatch', '.sops.yaml');
  repository.write({ '.sops.yaml': '' });
  expect(await repository.found()).toEqual([]);
});

test('a file that is not there, and one that nobody may read: the rest is looked at', async () => {
  repository.write({ 'secrets/a.yaml': PLAIN });
  const { findings, problems, status } = await repository.check(['nothing.yaml', 'secrets']);
  expect(findings).toHaveLength(1);
  expect(problems).toMatchObject([{ code: 'no-file', file: 'nothing.yaml' }]);
  expect(status).toBe(100);
});

test('a fingerprint stays when lines come before it, and tells two findings apart', async () => {
  await repository.seal('secrets/a.yaml', PLAIN);
  repository.change('secrets/a.yaml', (text) => `${text}more: [5, 6]\n`);
  const before = (await repository.check()).findings;
  repository.change('secrets/a.yaml', (text) => `\n\n\n\n${text}`);
  const after = (await repository.check()).findings;
  expect(after.map(({ fingerprint }) => fingerprint)).toEqual(before.map(({ fingerprint }) => fingerprint));
  expect(new Set(before.map(({ fingerprint }) => fingerprint)).size).toBe(2);
  expect(after[0]?.line).toBe((before[0]?.line ?? 0) + 4);
});

test('the text: a place, what is wrong, and what to do; 0 files is said', async () => {
  repository.write({ "secrets/it's.yaml": PLAIN });
  const ran = await repository.sops(['check', 'secrets']);
  expect(ran.stdout.toString()).toBe(
    [
      "secrets/it's.yaml:1: error: creation rule 1 of .sops.yaml is for this file, and 4 of its values are not encrypted; the first is password [not-encrypted]",
      "  sops-ts encrypt -i 'secrets/it'\\''s.yaml'",
      'looked at 1 file(s), 0 of them encrypted: 1 finding(s)',
      '',
    ].join('\n'),
  );
  repository.write({ 'empty/.gitignore': '*\n' });
  const none = await repository.sops(['check', 'empty']);
  expect(none.stdout.toString()).toBe('looked at 0 files: nothing was checked\n');
});
