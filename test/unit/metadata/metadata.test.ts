import { describe, expect, test } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import { metadataFromBranch } from '../../../src/metadata/from-branch.js';
import type { Metadata } from '../../../src/metadata/metadata.js';
import { metadataToBranch } from '../../../src/metadata/to-branch.js';
import { branch, comment, item, leaf } from '../../../src/tree/tree.js';
import { branchOfJson, fixture, type Json, jsonOf } from './json-branch.js';

type JsonMap = { [key: string]: Json };

const WRITTEN = fixture('written-by-sops-3.13.2.json') as { [name: string]: JsonMap };
const read = (json: JsonMap): Metadata => metadataFromBranch(branchOfJson(json));
const one = (): JsonMap => structuredClone(WRITTEN['one age key'] ?? {});
const changed = (changes: { [key: string]: Json | undefined }): JsonMap =>
  Object.fromEntries(
    Object.entries({ ...one(), ...changes }).filter((entry): entry is [string, Json] => entry[1] !== undefined),
  );
const types = (metadata: Metadata) => metadata.keyGroups.map((group) => group.map((key) => key.type));

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof SopsError && error.code === 'metadata-invalid') return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('what SOPS 3.13.2 wrote is written again, field for field in the same order', () => {
  test.each(Object.keys(WRITTEN))('%s', (name) => {
    const json = WRITTEN[name] ?? {};
    expect(JSON.stringify(jsonOf(metadataToBranch(read(json))))).toBe(JSON.stringify(json));
  });
});

describe('what older releases wrote', () => {
  test('is read, null lists and all, and written in the present form', () => {
    const metadata = read(fixture('shape-of-sops-3.7.3.json'));
    expect(types(metadata)).toEqual([['age']]);
    expect(Object.keys(jsonOf(metadataToBranch(metadata)) as object)).toEqual([
      'age',
      'lastmodified',
      'mac',
      'unencrypted_suffix',
      'version',
    ]);
  });
});

describe('tolerance (docs/format.md#reading-odd-metadata)', () => {
  const age = one().age as JsonMap[];
  const upper = (map: JsonMap) =>
    Object.fromEntries(Object.entries(map).map(([key, value]) => [key.toUpperCase(), value]));

  test('letter case, order, unknown fields, and comments do not matter', () => {
    const json = upper(changed({ age: [upper(age[0] ?? {})], unknown: [1, { a: null }] }));
    const shuffled = branchOfJson(Object.fromEntries(Object.entries(json).reverse()));
    shuffled.items.unshift(comment('about the keys'));
    expect(metadataFromBranch(shuffled)).toEqual(read(one()));
  });

  test('an exact name wins over another letter case, the last of equal ones counts', () => {
    expect(read({ VERSION: 'abc', ...one() }).version).toBe('3.13.2');
    const repeated = branch([...branchOfJson(one()).items, item('version', leaf('3.9.0'))]);
    expect(metadataFromBranch(repeated).version).toBe('3.9.0');
  });

  test('a single entry stands for a list of one', () => {
    expect(types(read(changed({ age: age[0] ?? {} })))).toEqual([['age']]);
    expect(types(read(changed({ age: undefined, key_groups: { age } })))).toEqual([['age']]);
  });

  test('null and empty lists are none', () => {
    expect(types(read(changed({ kms: null, pgp: [], gcp_kms: {}, key_groups: null })))).toEqual([['age']]);
  });

  test('key lists at the top win over groups; one group is written flat', () => {
    expect(types(read(changed({ key_groups: [{ pgp: 'not even read' }] })))).toEqual([['age']]);
    const flat = jsonOf(metadataToBranch(read(changed({ age: undefined, key_groups: [{ age }] }))));
    expect(flat).toMatchObject({ age });
  });

  test.each<[string, Json, number]>([
    ['text', '2', 2],
    ['empty text', '', 0],
    ['null', null, 0],
    ['float', 2.7, 2],
    ['true', true, 1],
  ])('a threshold as %s', (_, value, expected) => {
    expect(read(changed({ shamir_threshold: value })).shamirThreshold).toBe(expected);
  });

  test.each<[Json, boolean]>([
    ['true', true],
    ['T', true],
    ['1', true],
    ['', false],
    [1, true],
    [0, false],
    [2.5, true],
    [null, false],
  ])('mac_only_encrypted %j', (value, expected) => {
    expect(read(changed({ mac_only_encrypted: value })).macOnlyEncrypted).toBe(expected);
  });

  test.each(['1.2', '1.x', 'v3.9.0', '3.9.0-rc1', '3.9.0+b', '99.0.0'])('version %s', (version) => {
    expect(read(changed({ version })).version).toBe(version);
  });

  test('a missing MAC is empty, a missing rule is none and stays unwritten', () => {
    const metadata = read(changed({ mac: undefined, unencrypted_suffix: '' }));
    expect([metadata.mac, metadata.selection]).toEqual(['', null]);
    expect(jsonOf(metadataToBranch(metadata))).not.toHaveProperty('unencrypted_suffix');
  });

  test("sops-ts's own field is kept", () => {
    const metadata = read(changed({ sops_ts_layout: 'ENC[x]' }));
    expect(metadata.layout).toBe('ENC[x]');
    expect(Object.keys(jsonOf(metadataToBranch(metadata)) as object)).toEqual([
      'age',
      'lastmodified',
      'mac',
      'sops_ts_layout',
      'unencrypted_suffix',
      'version',
    ]);
  });
});

describe('refused', () => {
  const dated = { fp: 'F', enc: 'x' };
  test.each<[string, { [key: string]: Json | undefined }, string]>([
    ['no keys', { age: undefined }, 'No keys found in file'],
    ['null keys', { age: null, key_groups: [] }, 'No keys found in file'],
    ['two rules', { encrypted_regex: 'a' }, 'Cannot use more than one of encrypted_suffix'],
    ['no lastmodified', { lastmodified: undefined }, 'lastmodified is no time: parsing time ""'],
    ['lastmodified of another form', { lastmodified: '2026-01-02 03:04:05' }, 'lastmodified is no time'],
    ['no version', { version: undefined }, 'version is missing or empty'],
    ['a version of two numbers', { version: '3.13' }, 'version does not consist of three numbers'],
    ['a version of words', { version: 'abc' }, 'version does not consist of three numbers'],
    ['a version as a number', { version: 3.13 }, 'version does not consist of three numbers'],
    ['a threshold of words', { shamir_threshold: 'two' }, 'shamir_threshold is not an integer'],
    ['a threshold beyond all groups', { shamir_threshold: 1e300 }, 'shamir_threshold is not an integer'],
    ['a flag of words', { mac_only_encrypted: 'yes' }, 'mac_only_encrypted is neither true nor false'],
    ['a list for a text', { mac: [] }, 'mac is a list'],
    ['a text for an entry', { age: ['x'] }, 'age[0] is not a map'],
    ['an entry without created_at', { pgp: [dated] }, 'pgp[0].created_at is no time: parsing time ""'],
    [
      'an entry without it in a group',
      { age: null, key_groups: [{}, { kms: null, pgp: [dated] }] },
      'key_groups[1].pgp[0].created_at',
    ],
  ])('%s', (_, changes, message) => {
    expect(messageOf(() => read(changed(changes)))).toContain(message);
  });

  test('an unquoted YAML timestamp', () => {
    const fields = branchOfJson(changed({ lastmodified: undefined }));
    fields.items.push(item('lastmodified', leaf({ kind: 'timestamp', nanoseconds: 0n, offset: 0 })));
    expect(messageOf(() => metadataFromBranch(fields))).toContain('lastmodified is a time, not a text');
  });

  test('none at all', () => {
    expect(messageOf(() => metadataFromBranch(null))).toBe('sops metadata not found');
    expect(messageOf(() => metadataFromBranch(branch()))).toBe('sops metadata not found');
  });
});

test('a KMS context is a map of texts, sorted bytewise, and entries that say nothing are left out', () => {
  const kms = {
    arn: 'arn:aws:kms:eu-west-1:1:key/k',
    aws_profile: '',
    context: { b: 'x', '￿': '1', '😀': '2', a: 5 },
    created_at: '2026-01-02T03:04:05Z',
    enc: 'x',
    role: '',
  };
  const metadata = read(changed({ kms: [kms] }));
  const { role: _, context: __, ...rest } = kms;
  const written = jsonOf(metadataToBranch(metadata)) as JsonMap;
  expect(written.kms).toEqual([{ ...rest, context: { a: '5', b: 'x', '￿': '1', '😀': '2' } }]);
  expect(Object.keys((written.kms as JsonMap[])[0]?.context ?? {})).toEqual(['a', 'b', '￿', '😀']);
});
