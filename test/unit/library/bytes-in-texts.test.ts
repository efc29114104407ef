/** Texts of bytes that are not UTF-8, set in an open file: kept where the format can hold them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decryptFile, open } from '../../../src/index.js';
import { codeOf, LibraryDesk } from '../../support/library-desk.js';

let desk: LibraryDesk;
beforeAll(() => {
  desk = new LibraryDesk();
});
afterAll(() => desk.remove());

const BYTES = 'caf\udce9';

test.each([
  ['x.bin', 'old', 'data', Uint8Array.of(99, 97, 102, 0xe9)],
  ['x.ini', '[s]\na = old\n', 's.a', { DEFAULT: {}, s: { a: BYTES } }],
  ['x.env', 'A=old\n', 'A', { A: BYTES }],
])('%s', async (name, text, place, wanted) => {
  await desk.seal(name, text);
  const file = await open(name, desk.options);
  await file.set(place, BYTES).save();
  expect(await decryptFile(name, desk.options)).toStrictEqual(wanted);
  expect(file.get(place)).toBe(BYTES);
});

test('JSON has no way to hold them', async () => {
  await desk.seal('x.json', '{"l": [{"a": "old"}]}');
  const file = await open('x.json', desk.options);
  expect(await codeOf((async () => file.set('l[0].a', BYTES))())).toBe('output-format');
});
