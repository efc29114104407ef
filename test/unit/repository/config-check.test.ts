/** `config check` and `config explain`: mistakes in a configuration, by themselves and against the files there are. */
import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { Desk } from '../../support/desk.js';

let desk: Desk;
const other = generateIdentity().recipient;
const env = { SOPS_AGE_RECIPIENTS: '' };

beforeEach(() => {
  desk = new Desk();
  for (const folder of ['prod', 'dev']) mkdirSync(desk.path(folder));
  for (const path of ['prod/a.yaml', 'prod/b.yaml', 'dev/a.yaml']) desk.write(path, 'a: b\n');
});
afterEach(() => desk.remove());

const names = (): string => `keys: [&me ${desk.recipient}, &other ${other}]\n`;

async function found(
  text: string,
): Promise<{ status: number; findings: [kind: string, message: string][]; files: number }> {
  desk.write('.sops.yaml', text);
  const ran = await desk.run(['config', 'check', '--json'], { env });
  expect(ran.stderr).toBe('');
  const { findings, files } = JSON.parse(ran.stdout.toString()) as {
    findings: { kind: string; message: string; hint: string }[];
    files: number;
  };
  for (const { hint } of findings) expect(hint).not.toBe('');
  return { status: ran.status, files, findings: findings.map(({ kind, message }) => [kind, message]) };
}

describe('config check', () => {
  test('finds nothing in a good one, with a rule for the rest at the end', async () => {
    const text = `${names()}creation_rules:\n  - path_regex: ^prod/\n    age: *me\n  - age: *other\n`;
    expect(await found(text)).toEqual({ status: 0, files: 3, findings: [] });
    const ran = await desk.run(['config', 'check'], { env });
    expect(ran.stdout.toString()).toBe('.sops.yaml: 2 creation rules, 3 files looked at, nothing found\n');
  });

  test.each<[string, string, [string, RegExp][]]>([
    [
      'rules behind one for everything, or with the same expression',
      '  - path_regex: ^prod/\n    age: *me\n  - path_regex: ^prod/\n    age: *me\n  - path_regex: .*\n    age: *me\n  - path_regex: ^dev/\n    age: *me\n',
      [
        ['never-used', /rule 2 .* is never used: creation rule 1 .* matches all/],
        ['never-used', /rule 4 .* is never used: creation rule 3 .* matches all/],
      ],
    ],
    [
      'a rule whose files earlier ones take',
      '  - path_regex: ^(prod|dev)/\n    age: *me\n  - path_regex: dev/.*yaml$\n    age: *other\n',
      [['never-used', /rule 2 .* take all 1 files .*dev\/a\.yaml: creation rule 1/]],
    ],
    [
      'a second matching rule with other recipients, but not one with the same',
      '  - path_regex: ^prod/a\n    age: *me\n  - path_regex: /b\n    age: *me\n  - path_regex: a\\.yaml$\n    age: *other\n',
      [['overlap', /rule 3 .* matches prod\/a\.yaml, too, for which creation rule 1 .* would encrypt otherwise/]],
    ],
    [
      'an expression that matches nothing',
      '  - path_regex: ^pord/\n    age: *me\n',
      [['matches-nothing', /rule 1 .*"\^pord\/"/]],
    ],
    [
      'malformed expressions',
      '  - path_regex: "("\n    age: *me\n  - path_regex: prod\n    encrypted_regex: "(?=x)"\n    age: *me\n',
      [
        ['malformed-pattern', /rule 1 .*path_regex is not a valid/],
        ['malformed-pattern', /rule 2 .*encrypted_regex is not a valid/],
      ],
    ],
    [
      'a stray dash that makes groups',
      '  - key_groups:\n      - age: [*me]\n      - age: [*other]\n',
      [['key-groups', /its 2 key groups are all needed/]],
    ],
    [
      'a threshold by which nothing is encrypted',
      '  - shamir_threshold: 1\n    key_groups: [{age: [*me]}, {age: [*other]}]\n',
      [['threshold', /is 1, .* 2 is the least/]],
    ],
    [
      'a threshold that cannot be met',
      '  - shamir_threshold: 3\n    key_groups: [{age: [*me]}, {age: [*other]}]\n',
      [['threshold', /is 3, but there are 2/]],
    ],
    [
      'several selections',
      '  - age: *me\n    encrypted_regex: a\n    unencrypted_suffix: b\n',
      [['selection', /exclude each other/]],
    ],
    ['a rule for nobody', '  - path_regex: prod\n', [['no-recipients', /rule 1/]]],
    ['misspelt keys', '  - age: *me\n    encrypted_regx: a\n', [['unknown-key', /"encrypted_regx" is not known/]]],
  ])('finds %s', async (_, rules, expected) => {
    const { status, findings } = await found(`${names()}creation_rules:\n${rules}`);
    expect(status).toBe(1);
    expect(findings.map(([kind]) => kind)).toEqual(expected.map(([kind]) => kind));
    for (const [at, [, message]] of findings.entries()) expect(message).toMatch(expected[at]?.[1] ?? /^$/);
  });

  test('finds misspelt keys at the top, and leaves other ones', async () => {
    const { findings } = await found(`${names()}format: {}\ncreation_rules: [{age: *me}]\nanchors: []\n`);
    expect(findings).toEqual([['unknown-key', '.sops.yaml: "format" at the top is ignored']]);
  });

  test('finds schemes of references that are none', async () => {
    const { status, findings } = await found(
      `${names()}creation_rules: [{age: *me}]\nrefs: {allow: [exec, awssecret]}\n`,
    );
    expect(status).toBe(1);
    expect(findings).toEqual([['unknown-scheme', 'refs allows "awssecret", which is not a scheme of references']]);
  });

  test('finds recipients without a name, but for those of files and SSH keys with a comment', async () => {
    desk.write('people.txt', `${other}\n`);
    const { findings } = await found(
      `creation_rules:\n  - age_recipients_file: people.txt\n    age: ${desk.recipient}\n    pgp: FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4\n`,
    );
    expect(findings.map(([, message]) => message.split(' ').at(-4)).toSorted()).toEqual([
      'FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4',
      desk.recipient,
    ]);
    expect(new Set(findings.map(([kind]) => kind))).toEqual(new Set(['unnamed-recipient']));
  });

  test('any_of and a stated threshold are meant', async () => {
    const two = '[{age: [*me]}, {age: [*other]}]';
    expect((await found(`${names()}creation_rules: [{any_of: ${two}}]\n`)).findings).toEqual([]);
    expect((await found(`${names()}creation_rules: [{key_groups: ${two}, shamir_threshold: 2}]\n`)).findings).toEqual(
      [],
    );
  });

  test('without a configuration, or with a broken one, it fails', async () => {
    expect((await desk.run(['config', 'check'], { env })).stderr).toContain('sops-ts init');
    desk.write('.sops.yaml', 'creation_rules: {');
    const broken = await desk.run(['config', 'check'], { env });
    expect([broken.status, broken.stdout.length]).toEqual([1, 0]);
  });
});

describe('config explain', () => {
  test('says what why says', async () => {
    desk.write('.sops.yaml', `${names()}creation_rules:\n  - path_regex: ^prod/\n    age: *me\n`);
    const ran = await desk.run(['config', 'explain', 'prod/new.yaml'], { env });
    expect(ran).toEqual(await desk.run(['why', 'prod/new.yaml'], { env }));
    expect(ran.stdout.toString()).toContain(desk.recipient);
    expect((await desk.run(['config', 'explain', 'other/new.yaml'], { env })).status).toBe(1);
    expect((await desk.run(['config', 'explain', 'a', 'b'], { env })).stderr).toContain(
      'config explain takes one file',
    );
  });
});
