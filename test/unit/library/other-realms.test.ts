/** Values of another realm, such as a test runner's context: they are what they are, and not refused for their class. */
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decryptData, decryptFile, encrypt, type KeyProvider } from '../../../src/index.js';
import { codeOf, LibraryDesk } from '../../support/library-desk.js';

let desk: LibraryDesk;
beforeAll(() => {
  desk = new LibraryDesk();
});
afterAll(() => desk.remove());

const reading = () => ({ ...desk.options, config: false }) as const;
const sealing = () => ({ ...reading(), recipients: [desk.recipient] }) as const;
const made = (text: string, given: object = {}): never => runInNewContext(text, { ...given }) as never;

test('objects, dates and bytes are data and content like our own', async () => {
  const sealed = await encrypt(made('({ at: new Date(0), list: [1n, { x: null }] })'), {
    ...sealing(),
    format: 'yaml',
  });
  const content = made('Uint8Array.from(bytes)', { bytes: [...sealed] });
  const wanted = { at: new Date(0), list: [1, { x: null }] };
  expect(await decryptData(content, { ...reading(), format: 'yaml', dates: 'date' })).toStrictEqual(wanted);
});

test('bytes, a URL, a regular expression and a part of a data key are taken like our own', async () => {
  const options = { ...desk.options, config: false } as const;
  const type = { type: 'hsm', recipient: made('/^hsm:/') };
  const wrap: KeyProvider['wrap'] = async (part) => Buffer.from(part).toString('hex');
  const unwrap: KeyProvider['unwrap'] = async (text) =>
    made('Uint8Array.from(part)', { part: [...Buffer.from(text, 'hex')] });
  const providers = [{ ...type, wrap, unwrap }];
  const sealed = await encrypt(made('Uint8Array.of(0, 255)'), {
    ...options,
    format: 'binary',
    recipients: ['hsm:1'],
    providers,
  });
  desk.write('x.bin', sealed);
  const url = made('new URL(href)', { URL: class extends URL {}, href: `file://${desk.path('x.bin')}` });
  expect(await decryptFile(url, { ...options, providers })).toStrictEqual(Uint8Array.of(0, 255));
});

test('what only says that it is bytes is refused', async () => {
  const content = { [Symbol.toStringTag]: 'Uint8Array', length: 0 } as never;
  expect(await codeOf(encrypt(content, { ...sealing(), format: 'binary' }))).toBe('usage');
});
