/** Reading: what `.sops.yaml` may say, and how it may fail. Every expectation was compared with the 3.13.2 binary. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/config.js';
import type { Config, CreationRule } from '../../../src/config/model.js';
import { SopsError } from '../../../src/errors.js';
import { hostIn, layOut } from './support.js';

async function load(text: string): Promise<Config> {
  const config = await loadConfig({ host: hostIn(layOut({ '.sops.yaml': text })) });
  if (!config) throw new Error('not found');
  return config;
}

/** The first rule of a configuration that consists of the fields given, as they stand in a flow map. */
async function ruleOf(fields: string): Promise<CreationRule> {
  const rule = (await load(`creation_rules: [{${fields}}]\n`)).creationRules?.[0];
  if (!rule) throw new Error('no rule');
  return rule;
}

async function failureOf(text: string): Promise<SopsError> {
  const error = await load(text).catch((caught: unknown) => caught);
  if (!(error instanceof SopsError)) throw new Error(`should have failed with a SopsError: ${text}`);
  expect(error.code).toBe('config');
  return error;
}

const UNMARSHAL = 'error loading config: Could not unmarshal config file: yaml: unmarshal errors:';

describe('the file', () => {
  test.each([
    '',
    '\n',
    '# a comment\n',
    '\uFEFF# a comment',
    '---\n',
    '--- # a comment\n',
    'null\n',
    '{}\n',
    'stores: {}\n',
  ])('no rules in %j', async (text) => {
    expect((await load(text)).creationRules).toBeNull();
  });

  test('an empty list of rules is not the same as none', async () => {
    expect((await load('creation_rules: []\n')).creationRules).toEqual([]);
    expect((await load('creation_rules: [null]\n')).creationRules).toEqual([]);
  });

  test.each([
    'creation_rules: [{age: a}]\n---\n[: broken\n',
    '--- # first\ncreation_rules: [{age: a}]\n--- broken: [\n',
    '%YAML 1.1\n---\ncreation_rules: [{age: a}]\n...\nbroken: [\n',
    '# comment\r\n---\r\ncreation_rules: [{age: a}]\r\n---\r\n[: broken\r\n',
  ])('only the first document of %j counts', async (text) => {
    expect((await load(text)).creationRules?.[0]?.keys.get('age')).toEqual({ texts: ['a'] });
  });

  test('where it is', async () => {
    const root = layOut({ 'a/.sops.yaml': '', 'b/x': '' });
    const host = hostIn(join(root, 'b'));
    expect(await loadConfig({ host })).toBeNull();
    expect(await loadConfig({ host, filePath: '../a/x' })).toMatchObject({
      path: '../a/.sops.yaml',
      folder: join(root, 'a'),
    });
    expect(await loadConfig({ host, configPath: '../a/.sops.yaml' })).toMatchObject({ folder: join(root, 'a') });
  });

  test('SOPS_CONFIG names it, --config wins, empty counts as unset', async () => {
    const root = layOut({ one: 'stores: {json: {indent: 1}}', two: 'stores: {json: {indent: 2}}' });
    const indent = async (env: Record<string, string>, configPath?: string): Promise<number | undefined> =>
      (await loadConfig({ host: hostIn(root, env), configPath }))?.stores.json;
    expect(await indent({ SOPS_CONFIG: 'one' })).toBe(1);
    expect(await indent({ SOPS_CONFIG: 'one' }, 'two')).toBe(2);
    expect(await indent({ SOPS_CONFIG: '' }, '')).toBeUndefined();
  });

  test('unreadable ones', async () => {
    const host = hostIn(layOut({ 'folder/x': '' }));
    await expect(loadConfig({ host, configPath: 'nope' })).rejects.toThrow(
      'could not read config file: open nope: no such file or directory',
    );
    await expect(loadConfig({ host, configPath: 'folder' })).rejects.toThrow(
      'could not read config file: read folder: is a directory',
    );
    await expect(loadConfig({ host, configPath: 'folder/x/y' })).rejects.toThrow(
      'could not read config file: open folder/x/y: not a directory',
    );
  });
});

describe('scalars', () => {
  test.each([
    ['1.10', '1.10'],
    ['0x1F', '0x1F'],
    ['5', '5'],
    ['true', 'true'],
    ['2020-01-01', '2020-01-01'],
    ['1_000', '1_000'],
    ['"x\\ty"', 'x\ty'],
    ["'5'", '5'],
    ['folded\n      text', 'folded text'],
    ['null', ''],
    ['""', ''],
  ])('text %j', async (written, text) => {
    expect((await ruleOf(`path_regex: ${written}`)).pathRegex).toBe(text);
    expect((await load(`creation_rules:\n  - path_regex: ${written}\n`)).creationRules?.[0]?.pathRegex).toBe(text);
  });

  test.each(['true', 'True', 'TRUE', 'yes', 'Yes', 'YES', 'on', 'On', 'ON', 'y', 'Y', '"yes"', '"y"', "'on'"])(
    'true as %s',
    async (written) => {
      expect((await ruleOf(`mac_only_encrypted: ${written}`)).macOnlyEncrypted).toBe(true);
    },
  );

  test.each(['false', 'no', 'No', 'NO', 'off', 'Off', 'OFF', 'n', 'N', 'null', ''])('false as %s', async (written) => {
    expect((await ruleOf(`mac_only_encrypted: ${written}`)).macOnlyEncrypted).toBe(false);
  });

  test.each([
    ['2', 2],
    ['2.0', 2],
    ['0x2', 2],
    ['1e1', 10],
    ['1_0', 10],
    ['-1', -1],
    ['null', 0],
  ])('integer %s', async (written, number) => {
    expect((await ruleOf(`shamir_threshold: ${written}`)).shamirThreshold).toBe(number);
  });
});

describe('wrong types', () => {
  test.each([
    ['creation_rules: [foo]', '1: cannot unmarshal !!str `foo` into config.creationRule'],
    ["creation_rules: ''", '1: cannot unmarshal !!str `` into []config.creationRule'],
    ['creation_rules:\n - encrypted_regex: [a]', '2: cannot unmarshal !!seq into string'],
    ['creation_rules:\n - mac_only_encrypted: 1', '2: cannot unmarshal !!int `1` into bool'],
    ['creation_rules:\n - mac_only_encrypted: "TRUE"', '2: cannot unmarshal !!str `TRUE` into bool'],
    ["creation_rules:\n - mac_only_encrypted: ''", '2: cannot unmarshal !!str `` into bool'],
    [
      'creation_rules:\n - shamir_threshold: 3000000000000000000000',
      '2: cannot unmarshal !!float `3000000...` into int',
    ],
    [
      'creation_rules:\n - key_groups: [{age: age1abcdefghijkl}]',
      '2: cannot unmarshal !!str `age1abc...` into []string',
    ],
    ['creation_rules:\n - key_groups: [{kms: [x]}]', '2: cannot unmarshal !!str `x` into config.kmsKey'],
    ['creation_rules:\n - key_groups: [{kms: [{context: [a]}]}]', '2: cannot unmarshal !!seq into map[string]*string'],
    ['stores: 5', '1: cannot unmarshal !!int `5` into config.StoresConfig'],
    ['stores: {yaml: 5}', '1: cannot unmarshal !!int `5` into config.YAMLStoreConfig'],
  ])('%j', async (text, line) => {
    expect((await failureOf(`${text}\n`)).message).toBe(`${UNMARSHAL}\n  line ${line}`);
  });

  test('2.7 is not cut to 2', async () => {
    expect((await failureOf('creation_rules: [{shamir_threshold: 2.7}]')).message).toContain('!!float `2.7` into int');
  });

  test('all are told, in the order of the file', async () => {
    const error = await failureOf(
      'stores: 5\ncreation_rules:\n - age: a\n   shamir_threshold: x\n   encrypted_regex: {a: b}\n',
    );
    expect(error.message).toBe(
      `${UNMARSHAL}\n  line 1: cannot unmarshal !!int \`5\` into config.StoresConfig\n  line 4: cannot unmarshal !!str \`x\` into int\n  line 5: cannot unmarshal !!map into string`,
    );
  });

  test('but not more than fit', async () => {
    const error = await failureOf(`creation_rules:\n${' - shamir_threshold: x\n'.repeat(9)}`);
    expect(error.message.split('\n')).toHaveLength(5);
    expect(error.message).toMatch(/and 6 more$/);
  });

  test.each(['[a]\n', '5\n', 'a: [\n', '"a\n', 'a: b: c\n', 'a: 1\na: 2\n'])(
    'not a configuration: %j',
    async (text) => {
      expect((await failureOf(text)).message).toMatch(/^error loading config: Could not unmarshal config file: /);
    },
  );
});

describe('merge keys', () => {
  test("a rule's own fields win, then the earlier source", async () => {
    const rule = await ruleOf('<<: [{age: a, pgp: b}, {age: x, kms: c}], shamir_threshold: 5, pgp: d');
    expect(rule.shamirThreshold).toBe(5);
    expect([...rule.keys]).toEqual([
      ['kms', { texts: ['c'] }],
      ['pgp', { texts: ['d'] }],
      ['age', { texts: ['a'] }],
    ]);
  });

  test('through anchors, nested, at the top and in contexts', async () => {
    const config = await load(
      [
        'base: &base {shamir_threshold: 3}',
        'team: &team {<<: *base, age: a}',
        'top: &top {stores: {yaml: {indent: 3}}}',
        'ctx: &ctx {app: shop}',
        '<<: *top',
        'creation_rules:',
        '  - <<: *team',
        '    key_groups: [{kms: [{arn: x, context: {<<: *ctx, env: 5}}]}]',
      ].join('\n'),
    );
    const rule = config.creationRules?.[0];
    expect(rule?.shamirThreshold).toBe(3);
    expect(rule?.keys.get('age')).toEqual({ texts: ['a'] });
    expect(config.stores.yaml).toBe(3);
    const context = new Map([
      ['env', '5'],
      ['app', 'shop'],
    ]);
    expect(rule?.keyGroups[0]?.keys.get('kms')).toEqual([
      new Map<string, unknown>([
        ['arn', 'x'],
        ['role', ''],
        ['context', context],
        ['aws_profile', ''],
      ]),
    ]);
  });

  test.each(['5', '[5]', 'null'])('a merge of %s', async (source) => {
    expect((await failureOf(`creation_rules: [{<<: ${source}}]`)).message).toMatch(
      /: yaml: map merge requires map or sequence of maps/,
    );
  });
});

describe('keys of a rule', () => {
  test.each([
    ['5', 'expected string, []string, or nil, got int'],
    ['1.5', 'expected string, []string, or nil, got float64'],
    ['true', 'expected string, []string, or nil, got bool'],
    ['{a: b}', 'expected string, []string, or nil, got map[string]interface {}'],
    ['2020-01-01', 'expected string, []string, or nil, got time.Time'],
    ['[5]', 'expected string in list, got int'],
    ['[null]', 'expected string in list, got <nil>'],
    ['[[x]]', 'expected string in list, got []interface {}'],
  ])('%s is kept as a problem', async (written, problem) => {
    expect((await ruleOf(`age: ${written}`)).keys.get('age')).toEqual({ problem });
  });

  test.each([
    ['" a , b,,c, "', ['a', 'b', 'c']],
    ['">-"', ['>-']],
    ['""', []],
    ['[" a ", ""]', [' a ', '']],
    ['[]', []],
  ])('%s', async (written, texts) => {
    expect((await ruleOf(`age: ${written}`)).keys.get('age')).toEqual({ texts });
  });

  test('null is as if absent', async () => {
    expect((await ruleOf('age: null, pgp:')).keys.size).toBe(0);
  });
});

describe('keys that are not known', () => {
  test('at the top they are nobody’s business', async () => {
    expect(
      (await load('keys: [a]\nx-creation_rule: 5\ncreation_rules: [{age: a}]\n')).creationRules?.[0]?.unknownKeys,
    ).toEqual([]);
  });

  test('in a rule and its groups they are kept with what they look like', async () => {
    const rule = await ruleOf(
      'pathregex: a, owner: b, azure_kv: c, key_groups: [{hc_vault_transit_uri: [d], note: e, merge: [{agee: [f]}], azure_keyvault: [{vault_url: g}]}]',
    );
    expect(rule.unknownKeys).toEqual([
      { key: 'pathregex', suggestion: 'path_regex' },
      { key: 'owner', suggestion: undefined },
      { key: 'azure_kv', suggestion: 'azure_keyvault' },
      { key: 'hc_vault_transit_uri', suggestion: 'hc_vault' },
      { key: 'note', suggestion: undefined },
      { key: 'vault_url', suggestion: 'vaultUrl' },
      { key: 'agee', suggestion: 'age' },
    ]);
  });
});

describe('stores and destinations', () => {
  test('the indentations; 0 is the default in YAML only', async () => {
    expect(
      (await load('stores: {yaml: {indent: 0}, json: {indent: 0}, json_binary: {indent: -1}, dotenv: {}}')).stores,
    ).toEqual({
      yaml: undefined,
      json: 0,
      jsonBinary: -1,
    });
  });

  test('a destination', async () => {
    const config = await load(
      'destination_rules: [{path_regex: x, vault_path: p, vault_kv_version: 1, omit_extensions: yes, s3_buket: b, recreation_rule: {age: a}}]',
    );
    expect(config.creationRules).toBeNull();
    expect(config.destinationRules).toMatchObject([
      {
        pathRegex: 'x',
        name: 'destination rule 1 of .sops.yaml',
        settings: new Map([
          ['vault_path', 'p'],
          ['vault_kv_version', '1'],
        ]),
        omitExtensions: true,
        unknownKeys: [{ key: 's3_buket', suggestion: 's3_bucket' }],
      },
    ]);
    expect(config.destinationRules[0]?.recreationRule.keys.get('age')).toEqual({ texts: ['a'] });
  });
});
