/** Reading with the library: values as plain data, text as the command line prints it, and what is refused. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decrypt, decryptData, decryptFile, inspect, open, SopsError, verify } from '../../../src/index.js';
import { codeOf, LibraryDesk } from '../../support/library-desk.js';

const TEXT =
  '# top\na: 1\nbig: 9007199254740993\nf: 1.5\nt: 2024-01-02T03:04:05.123456789+02:00\nb: {c: "x", d: [true, null, ""]}\n';

let desk: LibraryDesk;
beforeAll(async () => {
  desk = new LibraryDesk();
  await desk.seal('s.yaml', TEXT);
  await desk.seal('plain.yaml', 'a: 1\nb: {c: x}\n');
  await desk.seal('two.yaml', 'a: 1\n---\nb: 2\n');
  await desk.seal('unsafe.yaml', 'a: {__proto__: {admin: true}, constructor: x}\n');
  await desk.seal('own.json', '{"constructor": "c", "toString": "t", "hasOwnProperty": 1}\n');
  await desk.seal('bytes.bin', Uint8Array.from([0, 255, 10, 13]));
  await desk.seal('.env', 'A=1\nB="x"\n');
});
afterAll(() => desk.remove());

describe('values', () => {
  test('are plain data', async () => {
    const data = await decryptFile('s.yaml', { ...desk.options, integers: 'mixed' });
    expect(data).toStrictEqual({
      a: 1,
      big: 9007199254740993n,
      f: 1.5,
      t: '2024-01-02T03:04:05.123456789+02:00',
      b: { c: 'x', d: [true, null, ''] },
    });
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
  });

  test.each([
    [
      'wide.json',
      '{"id": 12345678901234567890, "f": 1e20, "g": 100000000000000000000, "n_unencrypted": -98765432109876543210}',
    ],
    ['wide.yaml', 'id: 12345678901234567890123 # id\nf: 1e20\ng: 1e+20\nn_unencrypted: -98765432109876543210987\n'],
  ])('integers of more than 64 bits in %s are what the author wrote, or an error', async (name, text) => {
    await desk.seal(name, text);
    const [id = '', clear = ''] = text.match(/-?\d{19,}(?<!0000)/g) ?? [];
    const wanted = { id: BigInt(id), f: 1e20, g: 1e20, n_unencrypted: BigInt(clear) };
    const options = { ...desk.options, integers: 'mixed' } as const;
    expect(await decryptFile(name, options)).toStrictEqual(wanted);
    expect(await codeOf(decryptFile(name, desk.options))).toBe('number-inexact');
    const file = await open(name, options);
    expect([file.get('id'), file.toData()]).toStrictEqual([BigInt(id), wanted]);
    file.set('new', 1);
    expect([file.get('id'), file.toData()]).toStrictEqual([BigInt(id), { ...wanted, new: 1 }]);
    await file.set('f', 2 ** 70).save();
    expect(await decryptFile(name, options)).toStrictEqual({ ...wanted, f: 2 ** 70, new: 1 });
  });

  test('integers are exact or an error that names the place and not the value', async () => {
    const error = await decryptFile('s.yaml', desk.options).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'number-inexact', path: ['big'], file: 's.yaml' });
    expect(JSON.stringify(error)).not.toContain('900719');
    const all = await decryptFile('s.yaml', { ...desk.options, integers: 'bigint' });
    expect([all.a, all.f]).toStrictEqual([1n, 1.5]);
  });

  test('times are dates by choice', async () => {
    const { t } = await decryptFile('s.yaml', { ...desk.options, integers: 'mixed', dates: 'date' });
    expect(t).toStrictEqual(new Date('2024-01-02T01:04:05.123Z'));
  });

  test('several documents are a list by choice', async () => {
    expect(await codeOf(decryptFile('two.yaml', desk.options))).toBe('several-documents');
    expect(await decryptFile('two.yaml', { ...desk.options, documents: 'list' })).toEqual([{ a: 1 }, { b: 2 }]);
    expect(await decryptFile('plain.yaml', { ...desk.options, documents: 'list' })).toEqual([{ a: 1, b: { c: 'x' } }]);
  });

  test('a key that sets prototypes is refused, others are own properties', async () => {
    const error = await decryptFile('unsafe.yaml', desk.options).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unsafe-key', path: ['a', '__proto__'] });
    expect(await decryptFile('own.json', desk.options)).toStrictEqual(
      Object.fromEntries([
        ['constructor', 'c'],
        ['toString', 't'],
        ['hasOwnProperty', 1],
      ]),
    );
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test('a binary file is its bytes', async () => {
    expect(await decryptFile('bytes.bin', desk.options)).toStrictEqual(Uint8Array.from([0, 255, 10, 13]));
  });

  test('content is read like a file, given as text or bytes, the file also by URL', async () => {
    const data = { a: 1, b: { c: 'x' } };
    const options = { ...desk.options, format: 'yaml' } as const;
    expect(await decryptData(desk.text('plain.yaml'), options)).toEqual(data);
    expect(await decryptData(desk.read('plain.yaml'), options)).toEqual(data);
    expect(await decryptFile(new URL(`file://${desk.path('plain.yaml')}`), desk.options)).toEqual(data);
  });
});

describe('text', () => {
  test.each(['s.yaml', 'own.json', '.env', 'bytes.bin'])('of %s is what the command line prints', async (name) => {
    const { format } = await inspect(desk.path(name));
    const printed = (await desk.run(['decrypt', '--input-type', format, name])).stdout;
    expect(Buffer.from(await decrypt(desk.read(name), { ...desk.options, format }))).toEqual(printed);
  });

  test('comes in another format as the command line converts it', async () => {
    const printed = (await desk.run(['decrypt', '--output-type', 'json', 's.yaml'])).stdout;
    const text = await decrypt(desk.read('s.yaml'), { ...desk.options, format: 'yaml', as: 'json' });
    expect(Buffer.from(text)).toEqual(printed);
  });
});

describe('schemas', () => {
  interface Checked {
    readonly port: string;
  }
  const schemaOf = (validate: (value: unknown) => object) => ({
    '~standard': {
      version: 1 as const,
      vendor: 'test',
      validate: validate as (value: unknown) => { value: Checked },
      types: undefined as { input: unknown; output: Checked } | undefined,
    },
  });

  test('give what they make of the values, with its type', async () => {
    const schema = schemaOf(() => ({ value: { port: 'made' } }));
    const { port } = await decryptFile('plain.yaml', { ...desk.options, schema });
    const typed: string = port;
    expect(typed).toBe('made');
  });

  test('misfits are told in our own words', async () => {
    const issues = [
      { message: 'must be "y" (was "x")', path: ['b', 'c'] },
      { message: 'Required hunter2', path: [{ key: 'token' }, 'hunter2'] },
    ];
    const schema = schemaOf(() => ({ issues }));
    const error = await decryptFile('plain.yaml', { ...desk.options, schema }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'schema',
      file: 'plain.yaml',
      issues: [
        { path: ['b', 'c'], code: 'invalid' },
        { path: ['token'], code: 'missing' },
      ],
    });
    expect(JSON.stringify([error, (error as Error).message, String((error as Error).stack)])).not.toMatch(
      /was|hunter2/,
    );
    const shown = await decryptFile('plain.yaml', { ...desk.options, schema, showSchemaMessages: true }).catch(
      (thrown: unknown) => thrown,
    );
    expect(JSON.stringify(shown)).toContain('hunter2');
  });

  test('a validator that throws does not get its message out', async () => {
    const schema = schemaOf(() => {
      throw new Error('hunter2');
    });
    const error = await decryptFile('plain.yaml', { ...desk.options, schema }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'schema' });
    expect((error as Error).cause).toBeUndefined();
  });
});

describe('looking without reading', () => {
  test('inspect needs no key and opens nothing', async () => {
    const seen = await inspect('s.yaml', { cwd: desk.folder });
    expect(seen).toMatchObject({ format: 'yaml', version: '3.13.2', threshold: 1, macOnlyEncrypted: false });
    expect(seen.groups).toEqual([[desk.recipient]]);
    expect(seen.keys).toContainEqual({ path: ['b', 'd', '0'], type: 'bool', encrypted: true });
    expect(seen.keys).toContainEqual({ path: ['b', 'd', '1'], type: 'null', encrypted: false });
    expect(await inspect(desk.read('s.yaml'))).toMatchObject({ format: 'yaml', keys: seen.keys });
  });

  test('verify tells what it checked and gives no value', async () => {
    const seen = await verify('s.yaml', desk.options);
    expect(seen).toMatchObject({ format: 'yaml', encrypted: 6, clear: 0, mac: 'verified' });
    desk.write('forged.yaml', desk.text('plain.yaml').replace(/lastmodified: "20../, 'lastmodified: "2019'));
    expect(await codeOf(verify('forged.yaml', desk.options))).toBe('mac-mismatch');
    expect(await verify('forged.yaml', { ...desk.options, ignoreMac: true })).toMatchObject({ mac: 'ignored' });
  });

  test('errors are known across copies, and tell no cause as JSON', async () => {
    const error = await decryptFile('none.yaml', desk.options).catch((thrown: unknown) => thrown);
    expect(SopsError.is(error)).toBe(true);
    expect(SopsError.is(Object.assign(new Error('x'), { [Symbol.for('sops-ts.error')]: true }))).toBe(true);
    expect([SopsError.is(new Error('x')), SopsError.is(null)]).toEqual([false, false]);
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: 'no-file', docs: 'docs/errors.md#no-file' });
  });
});
