import { describe, expect, test } from 'vitest';
import { variablesOf } from '../../../src/operations/programs/environment.js';
import { environmentRecord } from '../../../src/operations/programs/program.js';
import { type Branch, branch, comment, item, type LeafValue, leaf, list } from '../../../src/tree/tree.js';

const ALL = { flatten: false, prefix: '' };
const FLAT = { flatten: true, prefix: '' };
const document = (...entries: [string, LeafValue][]): Branch =>
  branch(entries.map(([key, value]) => item(key, leaf(value))));

describe('the variables of a document', () => {
  test('have the texts that SOPS gives them, but for null', () => {
    const time = { kind: 'timestamp', nanoseconds: 1_008_385_183_100_000_000n, offset: -300 } as const;
    const found = variablesOf(
      document(['S', ' x '], ['I', -42n], ['F', 1], ['E', 1e30], ['M', 1e-6], ['B', true], ['T', time], ['N', null]),
      ALL,
    );
    expect([...found]).toEqual([
      ['S', ' x '],
      ['I', '-42'],
      ['F', '1.0'],
      ['E', '1E+30'],
      ['M', '1E-06'],
      ['B', 'true'],
      ['T', '2001-12-14T21:59:43-05:00'],
      ['N', ''],
    ]);
  });

  test('a key that stands twice counts where it stands last', () => {
    expect([...variablesOf(document(['A', '1'], ['B', '2'], ['A', '3']), ALL)]).toEqual([
      ['B', '2'],
      ['A', '3'],
    ]);
  });

  test('nested keys are joined, with the indexes of lists; comments are none', () => {
    const hosts = list([leaf('a'), comment('c'), branch([item('name', leaf('b'))])]);
    const nested = branch([comment('x'), item('db', branch([item('port', leaf(1n)), item('hosts', hosts)]))]);
    expect([...variablesOf(nested, FLAT)]).toEqual([
      ['db_port', '1'],
      ['db_hosts_0', 'a'],
      ['db_hosts_1_name', 'b'],
    ]);
    expect(() => variablesOf(nested, ALL)).toThrow('cannot use complex value in environment; offending key db');
  });

  test('two places for one name are refused, but not when another is wanted', () => {
    const both = branch([item('a_b', leaf('1')), item('a', branch([item('b', leaf('2'))])), item('c', leaf('3'))]);
    expect(() => variablesOf(both, FLAT)).toThrow('two keys give the same environment variable a_b: a_b and a.b');
    expect([...variablesOf(both, { ...FLAT, only: new Set(['c']), prefix: 'P_' })]).toEqual([['P_c', '3']]);
  });

  test.each<[string, [string, string], string]>([
    ['= in a key', ['A=B', 'canary'], "cannot use keys with '=' in environment: A=B"],
    ['NUL in a value', ['A', 'canary\0'], 'environment variable contains NUL: the value of key A'],
    ['NUL in a key', ['A\0', 'canary'], 'environment variable contains NUL: the name'],
    ['bytes that are not UTF-8', ['A', 'canary\udcff'], 'the value of key A holds bytes that are not UTF-8'],
  ])('%s is refused, and the value not told', (_, entry, message) => {
    const read = () => variablesOf(document(entry), ALL);
    expect(read).toThrow(message);
    expect(read).not.toThrow('canary');
  });

  test('names of JavaScript are names like others', () => {
    const record = environmentRecord(variablesOf(document(['__proto__', 'x'], ['constructor', 'y']), ALL));
    expect(Object.entries(record)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  test('a document of any depth is read', () => {
    let value = branch([item('k', leaf('x'))]);
    for (let at = 0; at < 2000; at++) value = branch([item('k', value)]);
    expect(variablesOf(value, FLAT).size).toBe(1);
  });
});
