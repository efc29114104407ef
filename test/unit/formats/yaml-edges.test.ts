/** The edges of YAML: texts that SOPS 3.13.2 accepts or refuses against expectation, found with random documents. */
import { describe, expect, test } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import { yamlStore } from '../../../src/formats/yaml/yaml.js';
import type { Comment, Item, Value } from '../../../src/tree/tree.js';
import { roundTrip } from './store-support.js';

/** Keys and values without comments, each document as JSON. */
function dataOf(text: string): string[] {
  const data = (value: Value | Comment | Item): unknown => {
    if (value.kind === 'leaf') return typeof value.value === 'bigint' ? Number(value.value) : value.value;
    if (value.kind === 'item' || value.kind === 'comment') throw new TypeError('not a value');
    if (value.kind === 'list') return value.items.flatMap((entry) => (entry.kind === 'comment' ? [] : [data(entry)]));
    return Object.fromEntries(
      value.items.flatMap((entry) => (entry.kind === 'item' ? [[entry.key, data(entry.value)]] : [])),
    );
  };
  return yamlStore.parse(Buffer.from(text)).documents.map((document) => JSON.stringify(data(document)));
}

describe('accepted', () => {
  test.each<[string, string, string[]]>([
    ['a line of blanks and a tab behind plain text', 'a: b\n \t\nd: e\n', ['{"a":"b","d":"e"}']],
    ['a comment behind blanks and a tab', 'a: b\n  \t# c\nd: e\n', ['{"a":"b","d":"e"}']],
    ['a comment behind a tab below another comment', '# x\n\t# y\na: b\n', ['{"a":"b"}']],
    ['a tab between a colon and a comment', '? a\n:\t# c\n  b\n', ['{"a":"b"}']],
    ['a block scalar in the column of its key', 'a:\n|-\n  x\nb:\n>-\n y\n', ['{"a":"x","b":"y"}']],
    ['an alias for an anchor of an earlier document', 'a: &x {k: 1}\n---\nb: *x\n', ['{"a":{"k":1}}', '{"b":{"k":1}}']],
    ['directives without an end marker before them', 'a: 1\n%YAML 1.1\n---\nb: 2\n', ['{"a":1}', '{"b":2}']],
    ['a blank behind a directive', '%TAG !e! tag:e.example: \n---\na: !e!x b\n', ['{"a":"b"}']],
    ['a tab behind an end marker', 'a: 1\n...\t', ['{"a":1}']],
    ['a byte order mark that is not at the start, as a character', '---\n\ufeffa: 1\n', ['{"\ufeffa":1}']],
    ['a text << under a merge key', 'a: 1\n"<<": x\n', ['{"a":1,"<<":"x"}']],
  ])('%s', (_name, text, data) => {
    expect(dataOf(text)).toEqual(data);
    const { restored, isSameTree } = roundTrip(yamlStore, text);
    expect([restored, isSameTree]).toEqual([text, true]);
  });
});

describe('refused', () => {
  test.each([
    ['a list behind an anchor on its line', '? a\n: &x - b\n'],
    ['a list behind a tag on its line', 'a:\n ! - b\n'],
    ['an explicit key behind an anchor on its line', '&x ? a\n'],
    ['an empty tag', 'a: !<> b\n'],
    ['a tag that is not a URI', 'a: !<x"y> b\n'],
    ['a tag prefix that is not a URI', '%TAG !e! "\n---\na: b\n'],
    ['an explicit merge key without a map', '? <<\n'],
    ['a merge key under its tag without a map', '!!merge <<: 1\n'],
    ['a tab where a key may begin', 'a:\n\tb: 1\n'],
    ['a comment behind a tab that no comment precedes', 'a:\n\t# c\n  b: 1\n'],
    ['a line of a tab behind brackets', 'a: [x]\n\t\nb: 1\n'],
    ['a document marker behind an escaped break', 'a_unencrypted: "x\\\n--- # c\n y"\n'],
    ['a document marker behind an empty line after an escaped break', 'a: "x\\\n\n...\n"\n'],
    ['a byte order mark in the place of a key', 'a: 1\n\ufeff\n'],
  ])('%s', (_name, text) => {
    let code: unknown;
    try {
      yamlStore.parse(Buffer.from(text));
    } catch (error) {
      code = error instanceof SopsError && error.code;
    }
    expect(code).toBe('document-invalid');
  });
});
