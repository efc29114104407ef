import { describe, expect, test } from 'vitest';
import { branchAt, itemsOf } from '../../../src/kubernetes/manifest/manifest.js';
import { readManifests } from '../../../src/kubernetes/manifest/read.js';
import { looseScalars, looseScalarWarnings, oldTextOf, stringOf } from '../../../src/kubernetes/manifest/scalars.js';

/** As in docs/kubernetes/manifests.md#reading-as-kubernetes-does: plain text, and what a YAML 1.1 reader makes of it. */
const TABLE: readonly (readonly [string, string])[] = [
  ['007', '7'],
  ['1.50', '1.5'],
  ['1e3', '1000'],
  ['0x1F', '31'],
  ['0o17', '15'],
  ['0b11', '3'],
  ['1_000', '1000'],
  ['08', '8'],
  ['1e6', '1e+06'],
  ['12345678', '12345678'],
  ['1234567.5', '1.2345675e+06'],
  ['-1', '-1'],
  ['.5', '0.5'],
  ['yes', 'true'],
  ['y', 'true'],
  ['on', 'true'],
  ['True', 'true'],
  ['no', 'false'],
  ['n', 'false'],
  ['off', 'false'],
  ['null', ''],
  ['~', ''],
];
const STRINGS = ['abc', '2024-01-02', '12:30', '1.2.3', 'yEs', 'nope', '1 2', '-', '0xZZ', '--1'];

describe('scalars where a string is wanted', () => {
  test.each(TABLE)('%s is %j for a reader of YAML 1.1', (plain, text) => {
    expect(oldTextOf(plain)).toBe(text);
  });

  test.each(STRINGS)('%s is a string', (plain) => {
    expect(oldTextOf(plain)).toBeUndefined();
  });

  test('are refused, or taken as YAML 1.1 does', () => {
    const lines = TABLE.map(([plain], at) => `  k${at}: ${plain}`);
    const [manifest] = readManifests(
      Buffer.from(`kind: Secret\nmetadata: {name: s}\nstringData:\n${lines.join('\n')}\n`),
    );
    if (!manifest) throw new Error('no object');
    for (const [at, { key, value }] of itemsOf(branchAt(manifest.root, 'stringData')).entries()) {
      expect(stringOf(value, manifest, ['stringData', key], 'yaml11')).toBe(TABLE[at]?.[1]);
      expect(() => stringOf(value, manifest, ['stringData', key], 'refuse')).toThrow(
        `Secret s: stringData.${key} is not`,
      );
    }
    expect(looseScalars(manifest)).toHaveLength(TABLE.length);
  });

  test('quoted, block and aliased texts are certain, aliased numbers are not', () => {
    const text =
      'x: &s "007"\ny0: &n 007\nstringData:\n  a: "007"\n  b: |\n    yes\n  c: *s\n  d: *n\n  e: \'no\'\n  f: [1]\n';
    const [manifest] = readManifests(Buffer.from(text));
    if (!manifest) throw new Error('no object');
    expect(looseScalars(manifest)).toEqual([['stringData', 'd']]);
    const list = itemsOf(branchAt(manifest.root, 'stringData')).at(-1)?.value ?? expect.fail();
    expect(() => stringOf(list, manifest, ['stringData', 'f'], 'yaml11')).toThrow('is a list, not a text');
  });

  test('warnings name the key and not the value', () => {
    const [manifest] = readManifests(Buffer.from('kind: Secret\nmetadata: {name: s}\ndata: {pin: 8675309}\n'));
    if (!manifest) throw new Error('no object');
    const [warning = ''] = looseScalarWarnings(manifest);
    expect(warning).toContain('Secret s: data.pin');
    expect(warning).not.toContain('8675309');
  });

  test('numbers and words of JSON are not strings either', () => {
    const [manifest] = readManifests(Buffer.from('{"stringData": {"a": 7, "b": true, "c": "7"}}'));
    expect(manifest && looseScalars(manifest)).toEqual([
      ['stringData', 'a'],
      ['stringData', 'b'],
    ]);
  });
});
