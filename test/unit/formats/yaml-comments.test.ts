/**
 * Where SOPS 3.13.2 reads the comments between two blocks: found with random documents against its own reader. The paths
 * decide under which data they are encrypted, the order what they govern.
 */
import { expect, test } from 'vitest';
import { yamlStore } from '../../../src/formats/yaml/yaml.js';
import type { Comment, Item, Value } from '../../../src/tree/tree.js';

/** A tree in one line: comments as they stand, maps in braces, lists in brackets. */
function shown(value: Value | Comment | Item): string {
  if (value.kind === 'comment') return `#${value.text}`;
  if (value.kind === 'item') return `${value.key}: ${shown(value.value)}`;
  if (value.kind === 'leaf') return String(value.value);
  const inner = (value.items as (Value | Comment | Item)[]).map(shown).join(', ');
  return value.kind === 'list' ? `[${inner}]` : `{${inner}}`;
}

test.each<[string, string, string]>([
  ['left of the block that ends, alone', 'a:\n  b:\n    c: 1\n  #x\nd: 2\n', '{a: {b: {c: 1, #x}}, d: 2}'],
  ['the same below a blank line', 'a:\n  b:\n    c: 1\n\n  #x\nd: 2\n', '{a: {b: {c: 1, #x}}, d: 2}'],
  ['the same above a blank line', 'a:\n  b:\n    c: 1\n  #x\n\nd: 2\n', '{a: {b: {c: 1}, #x}, d: 2}'],
  ['in the column of what follows', 'a:\n  b:\n    c: 1\n  #x\n  d: 2\n', '{a: {b: {c: 1}, #x, d: 2}}'],
  ['blocks below a blank line stay together', 'a:\n  b: 1\n\n  #x\n\n  #y\nd: 2\n', '{a: {b: 1, #x, #y}, d: 2}'],
  ['blocks right below part', 'a:\n  b: 1\n  #x\n\n  #y\n\n  #z\nd: 2\n', '{a: {b: 1, #x}, #y, #z, d: 2}'],
  ['stepping outwards', 'a:\n  b:\n    c: 1\n    #4\n  #2\n#0\nd: 2\n', '{a: {b: {c: 1, #4}, #2}, #0, d: 2}'],
  ['a column that no block has', 'a:\n  b:\n    c: 1\n    #4\n #1\nd: 2\n', '{a: {b: {c: 1, #4}}, #1, d: 2}'],
  ['right below a text in a list', 'a:\n- x\n#y\n\nd: 2\n', '{a: [x, #y], d: 2}'],
  ['the same without a blank line', 'a:\n- x\n#y\nd: 2\n', '{a: [x], #y, d: 2}'],
  ['right below a map in a list', 'a:\n- x: 1\n#y\n\nd: 2\n', '{a: [{x: 1}], #y, d: 2}'],
  ['left of a list', 'a:\n  b:\n    - 1\n  #x\nd: 2\n', '{a: {b: [1, #x]}, d: 2}'],
  ['behind a dash without a value', 'a:\n- x\n- #y\nd: 2\n', '{a: [x, null], #y, d: 2}'],
  ['above a dash without a value', 'a:\n#x\n-\n- y\n', '{a: [null, #x, y]}'],
  ['above several of them', 'a:\n- z\n#x\n-\n#y\n- # w\n- v\n', '{a: [z, null, null, #x, #y, # w, v]}'],
  ['above the last of them', 'a:\n- z\n#x\n-\nd: 2\n', '{a: [z, null], #x, d: 2}'],
  ['above a dash whose value stands below', 'a:\n#x\n-\n  y\n', '{a: [#x, y]}'],
  ['behind a key with a question mark', '? a #x\nd: 2\n', '{#x, a: null, d: 2}'],
  ['the same above its value', '? a #x\n:\n  b: 1\n  c: 2\n', '{#x, a: {b: 1, c: 2}}'],
  ['behind brackets in a list', 'a:\n- [b, c] #x\n- {d: e} #y\n', '{a: [#x, [b, c], #y, {d: e}]}'],
  ['behind brackets below a key', 'a: [b, c] #x\n', '{a: [#x, b, c]}'],
  ['below a bracket, parted from what is in it', 'z: 1\na: [\n#x\n\n b, c]\n', '{z: 1, a: [b, c, #x]}'],
  ['the same behind a comment on its line', 'z: 1\na: { #x\n#y\n\n b: 1}\n', '{z: 1, a: {b: 1, #x, #y}}'],
  ['the same on the first line', 'a: [\n#x\n\n b, c]\n', '{a: [#x, b, c]}'],
  [
    'below a bracket, where the line ends are CRLF',
    'z: 1\r\na: [[\r\n#x\r\n#y\r\n b]]\r\n',
    '{z: 1, a: [[#y, b, #x]]}',
  ],
  [
    'below a pair in brackets, parted from the next',
    'z: 1\na: [b: 1,\n#x\n\n c: 2]\n',
    '{z: 1, a: [{b: 1, #x}, {c: 2}]}',
  ],
  ['above a closing bracket, parted', 'z: 1\na: [b\n#x\n\n#y\n]\nd: 2\n', '{z: 1, a: [b, #x], #y, d: 2}'],
  ['the same in brackets', 'z: 1\na: [{b: 1\n#x\n\n#y\n}, c]\n', '{z: 1, a: [{b: 1, #x}, #y, c]}'],
  ['the same with nothing in them', 'z: 1\na: [\n#x\n\n#y\n]\nd: 2\n', '{z: 1, a: [#x], #y, d: 2}'],
  ['the same in the last entry of a list', 'z: 1\na:\n- [b\n#x\n\n#y\n]\nd: 2\n', '{z: 1, a: [[b, #x], #y], d: 2}'],
  ['below a dash, parted from its value', 'a:\n-\n#x\n\n b\n- c\n', '{a: [b, #x, c]}'],
  ['the same above a further comment', 'a:\n-\n#x\n\n#y\n b\n- c\n', '{a: [#y, b, #x, c]}'],
  ['the same above a map', 'a:\n-\n#x\n\n b: 1\n c: 2\n', '{a: [{b: 1, #x, c: 2}]}'],
  ['the same above a list', 'a:\n-\n#x\n\n  - b\n  - c\n', '{a: [[b, #x, c]]}'],
  ['the same above brackets', 'a:\n-\n#x\n\n  [b]\n- c\n', '{a: [[b, #x], c]}'],
  ['below a dash without a value, parted from the next', 'a:\n-\n#x\n\n- b\n- c\n', '{a: [null, b, #x, c]}'],
  ['left of a dash and its value', 'a:\n   -\n  #x\n #y\n     b\n   - c\n', '{a: [#y, b, #x, c]}'],
  ['left of a map in a list', 'a:\n- b: 1\n#x\n\n- c\n- d\n', '{a: [{b: 1}, c, #x, d]}'],
  ['below an anchor, parted from its value', 'z: 1\na: &y\n#x\n\n  b: 1\n  c: 2\n', '{z: 1, a: {b: 1, #x, c: 2}}'],
  ['the same on the first line', 'a: &y\n#x\n\n  b: 1\n  c: 2\n', '{a: {#x, b: 1, c: 2}}'],
  ['below a first key with a question mark, parted from its value', '? a\n#x\n\n: b\nd: 2\n', '{a: b, #x, d: 2}'],
  ['below a later one', 'z: 1\n? a\n#x\n\n: b\nd: 2\n', '{z: 1, #x, a: b, d: 2}'],
  ['left of a key with a question mark', 'k:\n  ? a\n#x\n\n  :\n   b: 1\n   c: 2\n', '{k: {a: {b: 1, #x, c: 2}}}'],
  ['above the colon of a key with a question mark and behind it', '? a\n#x\n: #y\n b: 1\n', '{a: {#x, #y, b: 1}}'],
  ['the same with a text', '? a\n#x\n: #y\n b\n', '{#x, #y, a: b}'],
  ['the same with brackets', '? a\n#x\n: #y\n [b]\n', '{a: [#x, b, #y]}'],
  ['behind an inner dash without a value', 'a:\n- - #x\n- b\n', '{a: [[null], b, #x]}'],
  ['behind an outer dash above an inner one', 'a:\n- #x\n  -\n- b\n', '{a: [[null], #x, b]}'],
  ['above a last dash without a value in a map within', 'k:\n  a:\n  #x\n  -\nd: 2\n', '{k: {a: [null], #x}, d: 2}'],
  ['at the end, where the metadata will stand', 'a:\n  b:\n    c: 1\n  #x\n', '{a: {b: {c: 1, #x}}}'],
  [
    'with CRLF, as if blank lines stood between',
    'a:\r\n  b:\r\n  - c: 1\r\n#x\r\nd: 2\r\n',
    '{a: {b: [{c: 1}]}, #x, d: 2}',
  ],
  ['above brackets in a list', 'a:\n-\n  #x\n  []\n- y\n', '{a: [#x, [], y]}'],
  ['above an anchor in front of a block', 'a:\n#x\n- &y\n  c: 1\n  d: 2\n', '{a: [{#x, c: 1, d: 2}]}'],
  ['above an anchor in front of a text', 'a:\n#x\n- &y c\n', '{a: [#x, c]}'],
  ['behind an opening bracket', 'a: [ #x\n  b, c]\n', '{a: [b, c, #x]}'],
  ['below an opening bracket', 'a: [\n  #x\n  b, c]\n', '{a: [#x, b, c]}'],
  ['behind inner brackets in braces', 'a: {b: [c] #x\n  , d: e}\n', '{a: {b: [#x, c], d: e}}'],
  ['behind a comma behind inner brackets', 'a: {b: [c], #x\n  d: e}\n', '{a: {b: [#x, c], d: e}}'],
  ['between a key and its value in braces', 'a: {b:\n  #x\n  c, d: e}\n', '{a: {#x, b: c, d: e}}'],
  ['between a key and its brackets in braces', 'a: {b: #x\n  [c], d: e}\n', '{a: {b: [c, #x], d: e}}'],
  ['above a pair in brackets', 'a: [\n  #x\n  b: c, d]\n', '{a: [{#x, b: c}, d]}'],
  ['behind a pair in brackets', 'a: [b: c #x\n  , d]\n', '{a: [{#x, b: c}, d]}'],
  ['below a first --- and a blank line', '\n---\n#x\n\na: 1\nb: 2\n', '{a: 1, #x, b: 2}'],
  ['below --- on the first line', '---\n#x\n\na: 1\n', '{#x, a: 1}'],
  ['below a later --- and a blank line', 'a: 1\n---\n#x\n\nb: 2\n', '{a: 1, #x} {b: 2}'],
  ['below a later ---', 'a: 1\n---\n#x\nb: 2\n', '{a: 1} {#x, b: 2}'],
  ['below --- behind ...', 'a: 1\n...\n---\n#x\n\nb: 2\n', '{a: 1} {b: 2, #x}'],
])('%s', (_name, text, wanted) => {
  expect(yamlStore.parse(Buffer.from(text)).documents.map(shown).join(' ')).toBe(wanted);
});
