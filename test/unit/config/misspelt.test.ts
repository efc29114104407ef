import { describe, expect, test } from 'vitest';
import { suggestionFor, unknownKeysOf } from '../../../src/config/misspelt.js';
import { branch, leaf, list, type Value } from '../../../src/tree/tree.js';

const KNOWN = [
  'path_regex',
  'age',
  'pgp',
  'kms',
  'azure_keyvault',
  'key_groups',
  'shamir_threshold',
  'encrypted_regex',
  'unencrypted_regex',
  'encrypted_suffix',
  'unencrypted_suffix',
];

describe('suggestionFor', () => {
  test.each([
    ['pathRegex', 'path_regex'],
    ['path-regex', 'path_regex'],
    ['path_regx', 'path_regex'],
    ['path', 'path_regex'],
    ['threshold', 'shamir_threshold'],
    ['Age', 'age'],
    ['aeg', 'age'],
    ['ages', 'age'],
    ['gpg', 'pgp'],
    ['groups', 'key_groups'],
    ['key_group', 'key_groups'],
    ['encrypted_rexeg', 'encrypted_regex'],
    ['unecrypted_regex', 'unencrypted_regex'],
    ['unencrypted_sufix', 'unencrypted_suffix'],
    ['ENCRYPTED_REGEX', 'encrypted_regex'],
  ])('%s looks like %s', (key, known) => {
    expect(suggestionFor(key, KNOWN)).toBe(known);
  });

  test.each(['bogus', 'name', 'description', 'owner', 'comment', 'x', '', 'encrypted', 'regex', 'a'.repeat(100_000)])(
    '%.20s looks like none',
    (key) => {
      expect(suggestionFor(key, KNOWN)).toBeUndefined();
    },
  );

  test('another spelling', () => {
    expect(suggestionFor('azure-kv', KNOWN, new Map([['azure_kv', 'azure_keyvault']]))).toBe('azure_keyvault');
  });

  test('a synonym for what is not known here is none', () => {
    expect(suggestionFor('gpg', ['age'])).toBeUndefined();
  });
});

test('unknownKeysOf lists only what is not known', () => {
  const fields = new Map<string, Value>([
    ['age', leaf('x')],
    ['agee', leaf('x')],
    ['bogus', leaf('x')],
  ]);
  expect(unknownKeysOf(fields, KNOWN)).toEqual([
    { key: 'agee', suggestion: 'age' },
    { key: 'bogus', suggestion: undefined },
  ]);
});

test('unknownKeysOf takes an empty key for no misspelt one', () => {
  const fields = new Map<string, Value>([
    ['agee', leaf('')],
    ['Age', leaf(null)],
    ['hc_vault', list()],
    ['gpg', branch()],
  ]);
  expect(unknownKeysOf(fields, KNOWN).map(({ suggestion }) => suggestion)).toEqual(Array(4).fill(undefined));
});
