import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { printManifests } from '../../../src/kubernetes/manifest/print.js';
import { readManifests } from '../../../src/kubernetes/manifest/read.js';
import { branch, item, leaf } from '../../../src/tree/tree.js';
import fc, { anyCharacter } from '../../support/fast-check.js';

const roots = (text: string) => readManifests(Buffer.from(text)).map(({ root }) => root);
const printText = (text: string) => printManifests([branch([item('k', leaf(text))])]);

/** Texts that some reader takes for something else (docs/kubernetes/manifests.md#kustomize-ready), and texts that are hard to write. */
const HARD =
  'y no 007 1e3 2024-01-02 ~ 0x1F 12:30 0o17 1_000 1. .5 . = << null .nan +.inf 0b1 1:2:3.4 - ? : # ! & * Yes'
    .split(' ')
    .concat([
      '',
      ' ',
      'a: b',
      'a #b',
      '- a',
      '\t',
      'a\n',
      'a\n\n',
      '\na',
      ' a\nb',
      'a\r\nb',
      '\u2028',
      '\u0085',
      '\ufeffa',
      '😀',
      "'",
      '"',
      '\\',
      '%',
      '@',
      '2001-12-14 21:59:43.10 -5',
      '---',
      'a\n---\nb',
    ]);

describe('printing manifests', () => {
  test.each(HARD)('readers of YAML 1.1 and 1.2 read %j back', (text) => {
    const yaml = printText(text);
    for (const version of ['1.1', '1.2'] as const) expect(parse(yaml, { version }), yaml).toEqual({ k: text });
    expect(roots(yaml)[0]?.items).toMatchObject([{ key: 'k', value: { value: text } }]);
  });

  test('and any other text, as key too', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: anyCharacter }),
          fc.string(),
          fc.constantFrom(...HARD),
          fc.stringMatching(/^[-+.0-9_eExob:,]*$/),
        ),
        (text) => {
          const value = text.toWellFormed();
          const yaml = printManifests([branch([item(value === '' ? 'k' : value, leaf(value))])]);
          if (/[\u0085\u2028\u2029\ufffe\uffff]/.test(value)) return;
          for (const version of ['1.1', '1.2'] as const) {
            const [document] = parseAllDocuments(yaml, { version });
            const read = (document as { toJS(options: object): unknown }).toJS({ mapAsMap: true }) as Map<
              string,
              string
            >;
            expect([...read.values()], yaml).toEqual([value]);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('lists stand below their key, two blanks per level, comments with their entries', () => {
    const text = '# top\nb:\n    # first\n    - x: 1 # one\n      z: |\n          a\n          b\n    - []\na: {}\n';
    expect(printManifests(roots(text))).toBe('# top\nb:\n# first\n- x: 1 # one\n  z: |\n    a\n    b\n- []\na: {}\n');
    expect(printManifests(roots(text), { sort: true, comments: false })).toBe(
      'a: {}\nb:\n- x: 1\n  z: |\n    a\n    b\n- []\n',
    );
  });

  test('separates documents and has no empty one', () => {
    expect(printManifests(roots('a: 1\n---\n---\nb: 2\n'))).toBe('a: 1\n---\nb: 2\n');
    expect(printManifests([])).toBe('');
  });

  test('prints JSON documents, a List and a ResourceList', () => {
    const two = roots('a: 1\nz: [x]\n---\nb: "2"\n');
    expect(printManifests(two, { form: 'json' })).toBe('{\n  "a": 1,\n  "z": [\n    "x"\n  ]\n}\n{\n  "b": "2"\n}\n');
    expect(printManifests(two, { form: 'list' })).toBe(
      'apiVersion: v1\nkind: List\nitems:\n- a: 1\n  z:\n  - x\n- b: "2"\n',
    );
    expect(printManifests([], { form: 'resourcelist' })).toBe(
      'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n',
    );
  });
});
