/** Changing the metadata of an encrypted text alone gives what writing all of it anew gives. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { applyEdits, type SourceFile } from '../../../src/formats/store.js';
import { yamlStore } from '../../../src/formats/yaml/yaml.js';
import { sameTree } from '../../../src/tree/equality.js';
import { type Branch, branch, item, leaf } from '../../../src/tree/tree.js';
import { encodeText } from '../../../src/util/text/text.js';
import { METADATA, read, seal, vectorsOf } from './store-support.js';

const STYLES = new URL('../../../fixtures/styles/', import.meta.url);

/** The same metadata with a layout, which is sorted in before the version. */
const WITH_LAYOUT = branch([
  ...METADATA.items.slice(0, -1),
  item('sops_ts_layout', leaf('ENC[AES256_GCM,data:bGF5b3V0,iv:aXY=,tag:dGFn,type:str]')),
  ...METADATA.items.slice(-1),
]);

const TEXTS: readonly (readonly [name: string, text: string | Uint8Array])[] = [
  ['one line', 'a: 1\n'],
  ['no line end', 'a: 0x1F'],
  ['a list of the last key, and comments behind', 'a: 1\nl:\n- x\n# end\n\n'],
  ['CRLF', 'a: 1.10\r\nb:\r\n  - x\r\n'],
  ['a byte order mark', '\ufeffa: 1.10\n'],
  ['UTF-16', Buffer.from('\ufeffa: 1.10\nb: é\n', 'utf16le')],
  ['several documents', 'a: 1\n---\nb: 2\n# between\n---\n# before\nc: 3\n...\n'],
  ['a folded text in the end', 'a: >-\n  one\n  two\n'],
  ['a block that keeps its lines', 'a: |+\n  one\n\n'],
  ['entries behind the metadata of a document', 'a: 1\n---\nb: 2\n'],
  ['an alias', 'a: &x 1\nb: *x\n'],
  ...vectorsOf('.yaml').map(({ name, input }) => [name, input] as const),
  ...readdirSync(STYLES)
    .filter((name) => /^(?!old-).*\.yaml$/.test(name))
    .map((name) => [name, readFileSync(new URL(name, STYLES))] as const),
];

/** A text sealed with some metadata. */
function sealed(text: string | Uint8Array, metadata: Branch): { written: string; again: SourceFile } {
  const file = read(yamlStore, text);
  seal(file.documents);
  const written = applyEdits(file.text, file.edits(metadata));
  return { written, again: yamlStore.parse(encodeText(written)) };
}

describe('the edit of the metadata alone', () => {
  test.each(TEXTS)('%s', (_, text) => {
    const { written, again } = sealed(text, METADATA);
    const known = again.metadataEdit?.(METADATA);
    if (!known) throw new TypeError('the metadata does not stand in lines of its own');
    expect(known.text).toBe(written.slice(known.start, known.end));
    const edit = again.metadataEdit?.(WITH_LAYOUT) ?? known;
    expect(applyEdits(written, [edit])).toBe(sealed(text, WITH_LAYOUT).written);
    const alone = yamlStore.parse(encodeText(edit.text));
    expect(alone.documents.map(({ items }) => items.length)).toEqual([0]);
    expect(sameTree([alone.metadata ?? branch([])], [WITH_LAYOUT])).toBe(true);
  });

  test.each([
    ['in braces', '{a: "ENC[x]", sops: {version: 3.13.2}}\n'],
    ['nowhere', 'a: 1\n'],
    ['in braces behind its key', 'a: 1\nsops: {version: 3.13.2}\n'],
    ['with a comment in it', 'a: 1\nsops:\n    # mine\n    version: 3.13.2\n'],
    ['with a comment behind it that is indented', 'a: 1\nsops:\n    version: 3.13.2\n # mine\n'],
    ['with an anchor that others may refer to', 'sops:\n    version: &v 3.13.2\nb: *v\n'],
    ['without a last line break', 'a: 1\nsops:\n    version: 3.13.2'],
    ['behind a mark', '--- !!map\nsops: !!map\n    version: 3.13.2\n'],
  ])('is none where the metadata stands %s', (_, text) => {
    expect(yamlStore.parse(encodeText(text)).metadataEdit?.(METADATA)).toBeUndefined();
  });

  test('leaves what stands around the metadata', () => {
    const text = '\ufeff# top\na: 1\nsops:\n  version: 3.13.2\n\n# behind\nb: 2\n';
    const edit = yamlStore.parse(encodeText(text)).metadataEdit?.(branch([item('version', leaf('1'))]));
    if (!edit) throw new TypeError('the metadata has no lines');
    expect(applyEdits(text, [edit])).toBe(text.replace('  version: 3.13.2', '    version: "1"'));
  });
});
