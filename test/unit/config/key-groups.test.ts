import { afterEach, describe, expect, test } from 'vitest';
import { keyGroupsFor } from '../../../src/config/key-groups.js';
import type { CreationRule, GroupKey, GroupRule, RuleKeys } from '../../../src/config/model.js';
import { SopsError } from '../../../src/errors.js';
import type { KeyGroup } from '../../../src/keys/provider.js';
import { KEY_TYPES, keyTypeRow } from '../../../src/keys/registry.js';
import { hostIn, useStandInProviders } from './support.js';

const host = hostIn('/repo');
const ARN = 'arn:aws:kms:eu-central-1:123456789012:key/1';

function ruleOf(over: Partial<CreationRule>): CreationRule {
  return {
    name: 'rule 1',
    pathRegex: '',
    keys: new Map(),
    awsProfile: '',
    keyGroups: [],
    shamirThreshold: 0,
    selection: new Map(),
    macOnlyEncrypted: false,
    unknownKeys: [],
    ...over,
  };
}

const keysOf = (texts: Record<string, string[]>): Map<string, RuleKeys> =>
  new Map(Object.entries(texts).map(([type, list]) => [type, { texts: list }]));

const groupOf = (keys: Record<string, GroupKey[]>, merge: GroupRule[] = []): GroupRule => ({
  merge,
  keys: new Map(Object.entries(keys)),
});

const shown = (groups: readonly KeyGroup[]): string[][] =>
  groups.map((group) =>
    group.map((key) => `${key.type} ${[...key.fields.values()].filter((value) => value !== '').join(' ')}`),
  );

afterEach(() => host.warnings.splice(0));

test('neither rule nor keys', async () => {
  const message = 'config file not found, or has no creation rules, and no keys provided through command line options';
  await expect(keyGroupsFor({ rule: null, host })).rejects.toMatchObject({ code: 'config', message });
  await expect(keyGroupsFor({ rule: null, keyFlags: new Map([['age', '']]), host })).rejects.toThrow(message);
});

describe('with providers', () => {
  useStandInProviders();

  test('keys given leave those of the rule unread', async () => {
    const rule = ruleOf({ keys: new Map([['age', { problem: 'wrong' }]]) });
    const keyFlags = new Map([
      ['age', 'b'],
      ['pgp', ''],
      ['kms', ARN],
    ]);
    expect(shown(await keyGroupsFor({ rule, keyFlags, host }))).toEqual([[`kms ${ARN}`, 'age b']]);
  });

  test('a list of a rule is joined and split again', async () => {
    const rule = ruleOf({ keys: keysOf({ pgp: ['A A', 'B,C'], age: ['b ', ' a', 'a'] }) });
    expect(shown(await keyGroupsFor({ rule, host }))).toEqual([
      ['age b', 'age a', 'age a', 'pgp AA', 'pgp B', 'pgp C'],
    ]);
  });

  test('an empty list is not a key', async () => {
    expect(await keyGroupsFor({ rule: ruleOf({ keys: keysOf({ age: [], pgp: [''] }) }), host })).toEqual([[]]);
  });

  test('a wrong field', async () => {
    const rule = ruleOf({ keys: new Map([['gcp_kms', { problem: 'expected string in list, got int' }]]) });
    await expect(keyGroupsFor({ rule, host })).rejects.toMatchObject({
      code: 'config',
      message: 'invalid gcp_kms key configuration: expected string in list, got int',
      hint: 'See rule 1.',
    });
  });

  test("the rule's profile and the flags' context", async () => {
    const context = new Map([['app', 'shop']]);
    const flagFields = new Map<string, string | ReadonlyMap<string, string>>([
      ['aws_profile', 'flag'],
      ['context', context],
    ]);
    const rule = ruleOf({ keys: keysOf({ kms: [ARN], age: ['a'] }), awsProfile: 'rule' });
    const [group = []] = await keyGroupsFor({ rule, flagFields, host });
    expect(group.map((key) => [...key.fields])).toEqual([
      [['recipient', 'a']],
      [
        ['arn', ARN],
        ['aws_profile', 'rule'],
        ['context', context],
      ],
    ]);
    const [given = []] = await keyGroupsFor({ rule, flagFields, keyFlags: new Map([['kms', `${ARN}+role`]]), host });
    expect(given[0]?.fields.get('aws_profile')).toBe('flag');
    expect(given[0]?.fields.get('role')).toBe('role');
  });

  test('equal keys stand once in a group: all fields count, at every depth of merging', async () => {
    const kms = (context: Record<string, string>): GroupKey =>
      new Map<string, string | Map<string, string>>([
        ['arn', ARN],
        ['role', ''],
        ['context', new Map(Object.entries(context))],
        ['aws_profile', ''],
      ]);
    const group = groupOf({ age: ['a,b', 'c'], kms: [kms({ x: '1', y: '2' }), kms({ y: '2', x: '1' }), kms({})] }, [
      groupOf({ age: ['b'], pgp: ['P'] }, [groupOf({ pgp: ['Q', 'P'] })]),
    ]);
    const [keys = []] = await keyGroupsFor({ rule: ruleOf({ keyGroups: [group] }), host });
    expect(keys.map((key) => key.type)).toEqual(['pgp', 'pgp', 'age', 'age', 'age', 'kms', 'kms']);
    expect(shown([keys])[0]?.slice(0, 5)).toEqual(['pgp Q', 'pgp P', 'age b', 'age a', 'age c']);
    expect(keys[6]?.fields.has('context')).toBe(false);
  });

  test('an error of a provider says which rule the key is from', async () => {
    const row = keyTypeRow('age');
    const before = row?.load;
    const refuse = async (): Promise<never> => Promise.reject(new SopsError('key', 'unknown recipient type'));
    Object.assign(row ?? {}, { load: async () => ({ parse: refuse }) });
    const failure = keyGroupsFor({ rule: ruleOf({ keys: keysOf({ age: ['x'] }) }), host });
    await expect(failure).rejects.toMatchObject({
      code: 'key',
      message: 'unknown recipient type',
      hint: 'See rule 1.',
    });
    Object.assign(row ?? {}, { load: before });
  });
});

describe('types whose provider is not part of this version', () => {
  const loads = new Map(KEY_TYPES.map((row) => [row, row.load]));
  const withoutProviders = async <T>(run: () => Promise<T>): Promise<T> => {
    for (const row of loads.keys()) Object.assign(row, { load: undefined });
    try {
      return await run();
    } finally {
      for (const [row, load] of loads) Object.assign(row, { load });
    }
  };

  test('are plain data where one text or the fields of an object make the key', async () => {
    const rule = ruleOf({ keys: keysOf({ gcp_kms: ['a', ' b,'], hckms: ['r:k'] }) });
    expect(shown(await withoutProviders(() => keyGroupsFor({ rule, host })))).toEqual([
      ['gcp_kms a', 'gcp_kms b', 'hckms r:k'],
    ]);
    const azure = new Map([
      ['vault_url', 'https://v'],
      ['name', 'k'],
      ['version', '1'],
    ]);
    const keyGroups = [groupOf({ azure_kv: [azure], gcp_kms: [new Map([['resource_id', ' a ']])], pgp: ['A A,B'] })];
    const groups = await withoutProviders(() => keyGroupsFor({ rule: ruleOf({ keyGroups }), host }));
    expect(shown(groups)).toEqual([['pgp AA,B', 'gcp_kms a', 'azure_kv k https://v 1']]);
  });

  test.each(['kms', 'azure_kv', 'hc_vault'])('cannot be used as text: %s', async (type) => {
    const message = `this version of sops-ts cannot use ${keyTypeRow(type)?.title} keys`;
    const rule = ruleOf({ keys: keysOf({ [type]: ['x'] }) });
    await expect(withoutProviders(() => keyGroupsFor({ rule, host }))).rejects.toMatchObject({ code: 'key', message });
    const keyFlags = new Map([['age', 'a']]);
    expect(shown(await withoutProviders(() => keyGroupsFor({ rule, keyFlags, host })))).toEqual([['age a']]);
  });
});
