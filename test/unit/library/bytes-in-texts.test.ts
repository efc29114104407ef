/** Texts that not every format can hold, such as those of bytes that are not UTF-8: kept where it can, refused where it cannot. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decryptFile, encrypt, open } from '../../../src/index.js';
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

test('a backslash with an n behind it, which dotenv takes for a line break, is refused where it is new', async () => {
  const windows = String.raw`C:\new`;
  const refused = { code: 'output-format', message: 'A is a text that dotenv would read differently', path: ['A'] };
  const options = { ...desk.options, config: false, format: 'dotenv', recipients: [desk.recipient] } as const;
  await expect(encrypt({ A: windows }, options)).rejects.toMatchObject(refused);
  await desk.seal('new.env', 'B=1\n');
  const file = await open('new.env', desk.options);
  expect(() => file.set('A', windows)).toThrow(expect.objectContaining(refused));
  expect(file.set('A', String.raw`C:\dir`).get('A')).toBe(String.raw`C:\dir`);
  const { stderr } = await desk.run(['set', 'new.env', '["A"]', JSON.stringify(windows)]);
  expect(stderr).toContain(refused.message);
  expect(await desk.plain('new.env')).toBe('B=1\n');
});
