/** Formats of the caller's: read, written and changed like others, and known to their calls alone. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  decrypt,
  decryptData,
  decryptFile,
  encrypt,
  encryptFile,
  type Format,
  inspect,
  open,
  verify,
} from '../../../src/index.js';
import { codeOf, LibraryDesk } from '../../support/library-desk.js';

/** Lines of `key := JSON`. */
const lines: Format = {
  name: 'lines',
  extensions: ['.lines'],
  parse: (text) =>
    Object.fromEntries(
      text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => [line.slice(0, line.indexOf(':=')).trim(), JSON.parse(line.slice(line.indexOf(':=') + 2))]),
    ),
  print: (data) =>
    Object.entries(data)
      .map(
        ([key, value]) =>
          `${key} := ${JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? Number(part) : part))}\n`,
      )
      .join(''),
};
const format = 'lines';

let desk: LibraryDesk;
beforeAll(() => {
  desk = new LibraryDesk();
});
afterAll(() => desk.remove());

describe('a format that is plugged in', () => {
  const options = () => ({ ...desk.options, config: false, formats: [lines] }) as const;
  const text = 'a := 1\nb   :=   {"c":"x"}\n\n';

  test('encrypts and decrypts by its extension, and the text comes back', async () => {
    desk.write('s.lines', text);
    await encryptFile('s.lines', { ...options(), recipients: [desk.recipient] });
    expect(desk.text('s.lines')).toMatch(/^a := "ENC\[[\s\S]*^sops := \{"age":\[/m);
    expect(await decryptFile('s.lines', options())).toEqual({ a: 1, b: { c: 'x' } });
    expect(Buffer.from(await decrypt(desk.read('s.lines'), { ...options(), format })).toString()).toBe(text);
    expect(await inspect('s.lines', { cwd: desk.folder, formats: [lines] })).toMatchObject({ format: 'lines' });
    expect(await verify('s.lines', options())).toMatchObject({ format: 'lines', encrypted: 2 });
  });

  test('is changed like others', async () => {
    const file = await open('s.lines', options());
    await file.set('b.c', 'y').save();
    await file.set('a', 2).save();
    expect(file.toData()).toEqual({ a: 2, b: { c: 'y' } });
    expect(await decryptFile('s.lines', options())).toEqual({ a: 2, b: { c: 'y' } });
  });

  test('takes data, and what it holds is printed in others', async () => {
    const sealed = await encrypt({ a: 'x' }, { ...options(), format, recipients: [desk.recipient] });
    expect(await decryptData(sealed, { ...options(), format })).toEqual({ a: 'x' });
    expect(Buffer.from(await decrypt(sealed, { ...options(), format, as: 'yaml' })).toString()).toBe('a: x\n');
  });

  test('is unknown to other calls, and may not take a name that is taken', async () => {
    expect(await codeOf(decryptData('x', { ...desk.options, format }))).toBe('usage');
    expect(await codeOf(decryptFile('s.lines', { ...options(), formats: [{ ...lines, name: 'yaml' }] }))).toBe('usage');
    expect(await codeOf(decryptFile('s.lines', { ...options(), formats: [{ ...lines, extensions: ['lines'] }] }))).toBe(
      'usage',
    );
  });

  test('has no asynchronous functions, and one that rejects does not end the process', async () => {
    const late = async (): Promise<never> => Promise.reject(new Error('late'));
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const message = expect.stringContaining('gave a promise');
    for (const wrong of [{ parse: late }, { print: late as never }]) {
      const formats = [{ ...lines, ...wrong }];
      const sealing = encrypt({ a: 1 }, { ...options(), format, formats, recipients: [desk.recipient] });
      await expect(sealing).rejects.toMatchObject({ code: 'output-format', message });
    }
    await new Promise(setImmediate);
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test('what its reader says of a text does not get out', async () => {
    const broken = {
      ...lines,
      parse: () => {
        throw new Error('hunter2');
      },
    };
    const error = await decryptData('x', { ...options(), formats: [broken], format }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'document-invalid' });
    expect(JSON.stringify([error, String((error as Error).stack)])).not.toContain('hunter2');
  });
});
