/** Texts that not every format can hold, such as those of bytes that are not UTF-8: kept where it can, refused where it cannot. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
  expect(await desk.plain('new.env')).toBe('B=1\n');
});

describe('the command line keeps it in the ciphertext, as SOPS does', () => {
  const windows = String.raw`C:\new`;
  const setA = (text: string) => desk.run(['set', 'kept.env', '["A"]', JSON.stringify(text)]);
  const valueOfA = async (): Promise<string> => (await desk.run(['get', 'kept.env', 'A'])).stdout.toString();

  // Those that need a layout, too.
  test.each(['B=1\n', 'B=1', '\n\n# c\nB=1', 'B=1\r\n'])('in %j', async (plain) => {
    await desk.seal('kept.env', plain);
    expect((await setA(windows)).stderr).toContain('warning: A is kept as it is, but dotenv reads it differently');
    expect(await valueOfA()).toBe(windows);
    const text = await desk.plain('kept.env');
    expect(text.startsWith(plain) && text.includes(`A=${windows}`)).toBe(true);
    expect((await desk.run(['set', 'kept.env', '["B"]', '"2"'])).stderr).toBe('');
    expect(await valueOfA()).toBe(windows);
  });

  test('where only that is different', async () => {
    await desk.seal('kept.env', 'A=x\n');
    await setA(windows);
    const sameText = ['set', '--idempotent', 'kept.env', '["A"]', JSON.stringify('C:\new')];
    expect(await desk.run(sameText)).toMatchObject({ status: 0, stderr: '' });
    expect(await valueOfA()).toBe('C:\new');
    await setA(windows);
    expect(await valueOfA()).toBe(windows);
  });
});
