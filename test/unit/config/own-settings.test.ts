/** Settings that SOPS passes over: formats of names, files of recipients, rules by the path of the output, any of several groups. */
import { chmodSync, mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { fits } from '../../../src/config/name-formats.js';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { Desk } from '../../support/desk.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(2);

let desk: Desk;
const other = generateIdentity();
const env = { SOPS_AGE_RECIPIENTS: '' };
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.remove());

async function encrypted(name: string, ...flags: string[]): Promise<{ text: string; stderr: string; status: number }> {
  const ran = await desk.run(['encrypt', ...flags, name], { env });
  return { text: ran.stdout.toString(), stderr: ran.stderr, status: ran.status };
}

describe('formats', () => {
  beforeEach(() => {
    desk.write(
      '.sops.yaml',
      `formats:\n  '*.prod.cfg': ini\n  'env-?': dotenv\n  plain.yaml: binary\n  '.env.*': json\ncreation_rules:\n  - age: ${desk.recipient}\n`,
    );
  });

  test.each([
    ['app.prod.cfg', '[s]\na = 1\n', /^\[s\]\na += ENC\[/],
    ['env-1', 'A=b\n', /^A=ENC\[/],
    ['plain.yaml', 'a: b\n', /^\{\n\t"data": "ENC\[/],
    ['.env.local', '{"a": "b"}\n', /^\{"a": "ENC\[/],
  ])('%s is what the configuration says, there and back', async (name, text, expected) => {
    desk.write(name, text);
    const { text: sealed, stderr } = await encrypted(name);
    expect(sealed).toMatch(expected);
    expect(stderr).toMatch(/sops, which takes it for (?:binary|yaml) by its name, needs --input-type/);
    desk.write(name, sealed);
    expect((await desk.run(['decrypt', name])).stdout.toString()).toBe(text);
    expect(
      (
        await desk.run([
          'set',
          name,
          text.startsWith('[') ? '["s"]["a"]' : name === 'plain.yaml' ? '["data"]' : '["A"]',
          '"new"',
        ])
      ).status,
    ).toBe(0);
    expect((await desk.run(['decrypt', name])).stdout.toString()).toContain('new');
  });

  test('a flag, and being called as sops, come first', async () => {
    desk.write('env-1', 'A=b\n');
    expect((await encrypted('env-1', '--input-type', 'binary', '--output-type', 'binary')).text).toContain(
      '"data": "ENC[',
    );
    const ran = await desk.run(['encrypt', 'env-1'], { env: { ...env, SOPS_TS_AS: 'sops' } });
    expect(ran.stdout.toString()).toContain('"data": "ENC[');
  });

  test('set makes a file in the format of its name', async () => {
    expect((await desk.run(['set', 'env-2', 'A', '"b"'], { env })).status).toBe(0);
    expect(desk.text('env-2')).toMatch(/^A=ENC\[/);
  });

  test('what is not a format is refused', async () => {
    desk.write('.sops.yaml', `formats: {'*.x': yml}\ncreation_rules: [{age: ${desk.recipient}}]\n`);
    desk.write('a.yaml', 'a: b\n');
    const { status, stderr } = await encrypted('a.yaml');
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining('"yml" of "*.x" is not a format; the formats are yaml'),
    ]);
  });

  test.each([
    ['*', '', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abb', false],
    ['?', '', false],
    ['.env.*', '.env.', true],
    ['*.a*b', 'x.a.ab', true],
    ['a', 'ab', false],
  ])('%s on %j: %s', (pattern, text, expected) => expect(fits(pattern, text)).toBe(expected));

  test('a hostile pattern costs no more than its stars', () => {
    expect(fits(`${'*a'.repeat(50)}b`, 'a'.repeat(20_000))).toBe(false);
  });
});

describe('age_recipients_file', () => {
  const rule = (more = ''): string => `creation_rules:\n  - age_recipients_file: people/all.txt\n${more}`;
  beforeEach(() => mkdirSync(desk.path('people')));

  test('names recipients beside those of the rule, relative to the configuration', async () => {
    desk.write('people/all.txt', `# us\r\n${desk.recipient}\r\n\n`);
    desk.write('.sops.yaml', rule(`    age: ${other.recipient}\n`));
    desk.write('people/a.yaml', 'a: b\n');
    const ran = await desk.run(['encrypt', '-i', 'people/a.yaml'], { env });
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    expect(desk.text('people/a.yaml')).toContain(desk.recipient);
    expect(desk.text('people/a.yaml')).toContain(other.recipient);
  });

  test('in a group, and who is added there is added by updatekeys', async () => {
    desk.write('people/all.txt', `${desk.recipient}\n`);
    desk.write('.sops.yaml', `creation_rules:\n  - key_groups:\n      - age_recipients_file: people/all.txt\n`);
    desk.write('a.yaml', 'a: b\n');
    expect((await desk.run(['encrypt', '-i', 'a.yaml'], { env })).status).toBe(0);
    expect((await desk.run(['updatekeys', '--check', 'a.yaml'], { env })).status).toBe(0);
    desk.write('people/all.txt', `${desk.recipient}\n${other.recipient}\n`);
    expect((await desk.run(['updatekeys', '-y', 'a.yaml'], { env })).status).toBe(0);
    expect(desk.text('a.yaml')).toContain(other.recipient);
  });

  test.each([
    ['root:x:0:0:very secret:/root\n', 'line 1 is not a recipient'],
    ['# none\n', 'it names nobody'],
    ['\nAGE-SECRET-KEY-1QQQQQQQ\n', 'line 2 is a private key'],
    [undefined, 'no such file or directory'],
  ])('a file with %j is refused, and not shown', async (text, said) => {
    if (text !== undefined) desk.write('people/all.txt', text);
    desk.write('.sops.yaml', rule());
    desk.write('a.yaml', 'a: b\n');
    const { status, stderr } = await encrypted('a.yaml');
    expect([status, stderr]).toEqual([1, expect.stringContaining(said)]);
    expect(stderr).not.toMatch(/secret:|QQQ/);
  });

  test('beside groups, or written by others, it is refused', async () => {
    desk.write('people/all.txt', `${desk.recipient}\n`);
    desk.write('a.yaml', 'a: b\n');
    desk.write('.sops.yaml', rule(`    key_groups: [{age: [${other.recipient}]}]\n`));
    expect((await encrypted('a.yaml')).stderr).toContain('has no effect beside groups');
    desk.write('.sops.yaml', rule());
    chmodSync(desk.path('people/all.txt'), 0o666);
    expect((await encrypted('a.yaml')).stderr).toContain('may not be your own');
  });

  test('a plug-in that it names is started only if the user trusted the file as it is', async () => {
    desk.write('people/all.txt', 'age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t\n');
    desk.write('.sops.yaml', rule());
    desk.write('a.yaml', 'a: b\n');
    const { status, stderr } = await encrypted('a.yaml');
    expect([status, stderr]).toEqual([1, expect.stringContaining('trust')]);
    expect((await desk.run(['trust', '.sops.yaml'], { env })).status).toBe(0);
    const trusted = await encrypted('a.yaml');
    expect(trusted.stderr).toContain('age-plugin-yubikey');
    expect(trusted.stderr).not.toContain('sops-ts trust');
    desk.write('people/all.txt', 'age1other1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t\n');
    expect((await encrypted('a.yaml')).stderr).not.toContain('couldn');
  });

  test('who stands there is not revoked behind its back', async () => {
    desk.write('people/all.txt', `${desk.recipient}\n${other.recipient}\n`);
    desk.write('.sops.yaml', rule());
    desk.write('a.yaml', 'a: b\n');
    await desk.run(['encrypt', '-i', 'a.yaml'], { env });
    const ran = await desk.run(['revoke', '--yes', other.recipient], { env });
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining('stands in people/all.txt')]);
    desk.write('people/all.txt', `${desk.recipient}\n`);
    expect((await desk.run(['revoke', '--yes', other.recipient], { env })).status).toBe(0);
    expect(desk.text('a.yaml')).not.toContain(other.recipient);
  });
});

describe('any_of', () => {
  test('makes one group of all keys, each once', async () => {
    desk.write(
      '.sops.yaml',
      `creation_rules:\n  - any_of:\n      - age: [${desk.recipient}]\n      - age: [${other.recipient}, ${desk.recipient}]\n`,
    );
    desk.write('a.yaml', 'a: b\n');
    const { text, status } = await encrypted('a.yaml');
    expect(status).toBe(0);
    expect(text).not.toContain('key_groups');
    expect(text.match(/recipient: /g)).toHaveLength(2);
    expect(text).not.toContain('shamir_threshold');
    desk.write('a.yaml', text);
    const ran = await desk.run(['decrypt', 'a.yaml'], { env: { SOPS_AGE_KEY: other.identity } });
    expect(ran.stdout.toString()).toBe('a: b\n');
  });

  test('excludes key_groups, and is known by misspelt names', async () => {
    desk.write('a.yaml', 'a: b\n');
    const one = `[{age: [${desk.recipient}]}]`;
    desk.write('.sops.yaml', `creation_rules:\n  - any_of: ${one}\n    key_groups: ${one}\n`);
    expect((await encrypted('a.yaml')).stderr).toContain('key_groups and any_of exclude each other');
    desk.write('.sops.yaml', `creation_rules:\n  - anyof: ${one}\n    age: ${desk.recipient}\n`);
    expect((await encrypted('a.yaml')).stderr).toContain('did you mean "any_of"?');
    desk.write('.sops.yaml', `creation_rules:\n  - age_recipient_file: x\n    age: ${desk.recipient}\n`);
    expect((await encrypted('a.yaml')).stderr).toContain('did you mean "age_recipients_file"?');
  });
});

test.each([
  ['in a group', 'key_groups: [{any_of: ONE, age: ONE}]', 'any key of a group is enough'],
  ['in a group of any_of', 'any_of: [{any_of: [], age: ONE}]', 'write its groups below "merge"'],
  ['key_groups in a group', 'key_groups: [{key_groups: [], age: ONE}]', 'below "merge"'],
  ['a setting of the rule in a group', 'key_groups: [{encrypted_regex: x, age: ONE}]', 'into the rule, beside'],
  ['merge in a rule', '{merge: [], age: ONE}', 'into a group of key_groups or any_of'],
  ['a setting of the top in a rule', '{formats: {}, age: ONE}', 'at the top of the file'],
  ['a place in a creation rule', '{s3_bucket: x, age: ONE}', 'into a rule of destination_rules'],
])('a key that has its place elsewhere, %s: encrypt and config check say what to write', async (_, rule, advice) => {
  const text = rule.replaceAll('ONE', `[${desk.recipient}]`);
  desk.write('.sops.yaml', `keys: [&me ${desk.recipient}]\ncreation_rules:\n  - ${text}\n`);
  desk.write('a.yaml', 'a: b\n');
  const { stderr, status } = await encrypted('a.yaml');
  expect([status, stderr]).toEqual([0, expect.stringMatching(/unknown key "\w+" is ignored here: /)]);
  expect(stderr).toContain(advice);
  const checked = (await desk.run(['config', 'check'])).stdout.toString();
  expect(checked).toMatch(/the key "\w+" is ignored where it stands/);
  expect(checked).toContain(advice);
});

test('match_output_path: rules are compared with what is written', async () => {
  const rules = `creation_rules:\n  - path_regex: ^out/\n    age: ${other.recipient}\n  - age: ${desk.recipient}\n`;
  mkdirSync(desk.path('out'));
  desk.write('a.yaml', 'a: b\n');
  desk.write('.sops.yaml', rules);
  await encrypted('a.yaml', '--output', 'out/a.yaml');
  expect(desk.text('out/a.yaml')).toContain(desk.recipient);
  desk.write('.sops.yaml', `match_output_path: true\n${rules}`);
  await encrypted('a.yaml', '--output', 'out/a.yaml');
  expect(desk.text('out/a.yaml')).toContain(other.recipient);
  expect((await encrypted('a.yaml')).text).toContain(desk.recipient);
  await encrypted('a.yaml', '--output', 'out/a.yaml', '--filename-override', 'in.yaml');
  expect(desk.text('out/a.yaml')).toContain(desk.recipient);
});

test('check goes by all of them, and finds nothing in what was just encrypted', async () => {
  desk.write('people.txt', `${other.recipient}\n`);
  desk.write(
    '.sops.yaml',
    `formats: {'env-?': dotenv}\ncreation_rules:\n  - path_regex: ^env\n    encrypted_regex: ^A$\n    age_recipients_file: people.txt\n    age: ${desk.recipient}\n  - path_regex: yaml$\n    any_of: [{age: [${desk.recipient}]}, {age: [${other.recipient}]}]\n`,
  );
  desk.write('env-1', 'A=b\nB=c\n');
  desk.write('a.yaml', 'a: b\n');
  for (const name of ['env-1', 'a.yaml']) expect((await desk.run(['encrypt', '-i', name], { env })).status).toBe(0);
  const clean = await desk.run(['check', 'env-1', 'a.yaml'], { env });
  expect([clean.status, clean.stdout.toString()]).toEqual([0, expect.not.stringContaining('env-1')]);
  desk.write('env-1', 'A=plain\nB=c\n');
  const ran = await desk.run(['check', 'env-1'], { env });
  expect([ran.status, ran.stdout.toString()]).toEqual([1, expect.stringContaining('env-1')]);
});
