/** What callers give, and what they plug in: whatever it is, it is stored as it is or refused, by an error of ours and before anything is written. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Data,
  decryptData,
  decryptFile,
  encrypt,
  encryptFile,
  type Format,
  inspect,
  type KeyProvider,
  type KeyService,
  open,
  verify,
} from '../../../src/index.js';
import { throwing } from '../../support/hostile-objects.js';
import { codeOf, LibraryDesk } from '../../support/library-desk.js';

let desk: LibraryDesk;
beforeAll(() => {
  desk = new LibraryDesk();
});
beforeEach(() => desk.clear());
afterAll(() => desk.remove());

const sealing = () => ({ ...desk.options, config: false, recipients: [desk.recipient] }) as const;
const reading = () => ({ ...desk.options, config: false, integers: 'mixed' }) as const;

const HALF = '\ud800';
const cycle: Record<string, unknown> = { a: 1 };
cycle.b = { c: cycle };

function nested(levels: number): Data {
  let at: Data = 1;
  for (let level = 0; level < levels; level += 1) at = level % 2 === 0 ? { a: at } : [at];
  return at;
}

describe('data', () => {
  test.each<[string, Data, string?]>([
    ['integers of 64 bits', { a: 2n ** 63n - 1n, b: -(2n ** 63n), c: 2 ** 53 - 1 }],
    ['what JSON has no words for', { a: Number.POSITIVE_INFINITY, b: 5e-324, c: 1e300 }],
    ['names of what objects inherit', { constructor: 1, toString: 'x', hasOwnProperty: {} }],
    [
      'texts that look like something else',
      { a: 'null', b: '1.0', c: '2020-01-01', d: 'ENC[AES256_GCM,data:x]', e: '#x' },
    ],
    ['signs of all kinds', { 'a\nb': '\r\n', '💥': '\u2028', '': ' x ', '- d': '\0' }],
    ['what is in two places', { a: [1], b: [[1], [1]] }],
    ['what was read from bytes that are not UTF-8', { A: 'caf\udce9' }, 'dotenv'],
  ])('%s comes back', async (_, data, format = 'yaml') => {
    expect(await decryptData(await encrypt(data, { ...sealing(), format }), { ...reading(), format })).toEqual(data);
  });

  test.each(['json', 'yaml', 'toml'])('floats that are whole stay floats, also -0, in %s', async (format) => {
    const data = { a: -0, b: 2 ** 53, c: 1e18, d: -(2 ** 63), e: [2 ** 62], f: 1e21 };
    const path = desk.write(`floats.${format}`, await encrypt(data, { ...sealing(), format }));
    expect(await decryptFile(path, desk.options)).toEqual(data);
    const file = await open(path, desk.options);
    for (const [name, value] of Object.entries(data)) file.set(`new.${name}`, value);
    await file.save();
    expect(await decryptFile(path, desk.options)).toEqual({ ...data, new: data });
    const types = (await inspect(path)).keys.map(({ type }) => type);
    expect(types).toEqual(types.map(() => 'float'));
  });

  test.each<[string, Data, string, string?]>([
    ['an integer that no file can hold', { a: [2n ** 63n] }, 'leaf-not-encryptable'],
    ['one that would be read as a float', { a: 2n ** 64n }, 'leaf-not-encryptable'],
    ['half of a pair of surrogates', { a: HALF }, 'usage'],
    ['half of one in a key', { [HALF]: 1 }, 'usage'],
    ['a text with half of one', `a: ${HALF}`, 'usage'],
    ['a cycle', cycle, 'usage'],
    ['more levels than a file may have', nested(10_001), 'usage'],
    ['a function', { a: () => 1 }, 'usage'],
    ['nothing in a list', { a: [1, undefined] }, 'usage'],
    ['a map', { a: new Map([[1, 2]]) }, 'usage'],
    ['bytes', { a: Buffer.from('a') }, 'usage'],
    ['no date', { a: new Date(Number.NaN) }, 'usage'],
    ['the prototype', JSON.parse('{"a":[{"__proto__":1}]}'), 'unsafe-key'],
    ['bytes where there are none', { a: 'caf\udce9' }, 'output-format', 'json'],
    ['bytes where there are none, before other values', { a: 'caf\udce9', b: 'x' }, 'output-format', 'json'],
    ['null where there is none', { A: null }, 'output-format', 'dotenv'],
    ['null in a section', { s: { a: null } }, 'output-format', 'ini'],
    [
      'what throws',
      {
        get a(): never {
          throw new Error('x');
        },
      },
      'usage',
    ],
  ])('%s is refused', async (_, data, code, format = 'yaml') => {
    expect(await codeOf(encrypt(data, { ...sealing(), format }))).toBe(code);
  });

  test('what is given is taken as it is at the call', async () => {
    const bytes = Buffer.from('a: one\n');
    const o = { ...sealing(), format: 'yaml', ignored: undefined } as const;
    const { ignored: _, ...options } = o;
    const call = encrypt(bytes, options);
    bytes.fill('b', 3, 6);
    const changing = options as { recipients: readonly string[] };
    changing.recipients = [];
    expect(await decryptData(await call, { ...reading(), format: 'yaml' })).toEqual({ a: 'one' });
  });

  test.each([new URL('file://elsewhere/x'), new URL('file:///a%2fb'), new URL('file:///a%00b')])(
    '%s is not a file',
    async (url) => {
      expect(await codeOf(verify(url, desk.options))).toBe('usage');
    },
  );

  const throwing = Object.defineProperty({}, 'signal', {
    get(): never {
      throw new Error('x');
    },
  });
  test.each([
    ['a variable that is not text', { env: { A: 5 } }],
    ['a list of variables', { env: [] }],
    ['a configuration without a name', { config: '' }],
    ['a folder that there cannot be', { cwd: '\0' }],
    ['one that throws', throwing],
  ])('no option: %s', async (_, wrong) => {
    expect(await codeOf(decryptFile('s.yaml', wrong as never))).toBe('usage');
    expect(await codeOf(decryptFile('s.yaml', Object.create(wrong)))).toBe('usage');
  });
});

describe('an open file', () => {
  beforeEach(() => desk.seal('s.yaml', 'a: 1\nb: two\n'));

  test('refuses a value when it is set, and stays as it was', async () => {
    const file = await open('s.yaml', { ...desk.options, integers: 'mixed' });
    for (const [path, value, code] of [
      ['sops', 1, 'already-encrypted'],
      ['sops.mac', 1, 'already-encrypted'],
      ['a', 2n ** 64n, 'leaf-not-encryptable'],
      ['a', HALF, 'usage'],
      [[HALF], 1, 'usage'],
    ] as const)
      expect(() => file.set(path, value)).toThrow(expect.objectContaining({ code }));
    expect([file.changed, file.toData()]).toEqual([[], { a: 1, b: 'two' }]);
    const path = ['c'];
    file.set(path, 1);
    path[0] = 'd';
    await file.save();
    expect(await decryptFile('s.yaml', desk.options)).toEqual({ a: 1, b: 'two', c: 1 });
    file.close();
    await desk.seal('.env', 'A=1\n');
    const flat = await open('.env', desk.options);
    expect(() => flat.set('A', null)).toThrow(expect.objectContaining({ code: 'output-format' }));
  });

  test.each<[string, string, Data]>([
    ['s.env', 'A.b', 1],
    ['s.env', 'A', [1]],
    ['s.env', 'k=v', 1],
    ['s.ini', 'top', 1],
    ['s.ini', 's.a', { deep: 1 }],
    ['s.json', 'a', Number.NaN],
    ['s.toml', 'a', [null]],
    ['s.yaml', 'a', new Date(8.64e15)],
  ])('of %s refuses at once what would keep it from being written: %s', async (name, path, value) => {
    const texts: Record<string, string> = { env: 'A=1\n', ini: '[s]\na = 1\n', json: '{"a": 1}', toml: 'a = 1\n' };
    await desk.seal(name, texts[name.slice(2)] ?? 'a: 1\n');
    const file = await open(name, desk.options);
    expect(() =>
      file.set(
        [path].flatMap((one) => (one.includes('=') ? [one] : one.split('.'))),
        value,
      ),
    ).toThrow(expect.objectContaining({ code: 'output-format' }));
    expect(file.changed).toEqual([]);
    await file.set(name === 's.ini' ? 's.b' : 'B', 'x').save();
    file.close();
  });

  test('of one text stays one', async () => {
    await desk.seal('s.bin', 'raw');
    const file = await open('s.bin', desk.options);
    for (const change of [
      () => file.set('other', 'x'),
      () => file.set('data', 5),
      () => file.set('data.x', 'y'),
      () => file.unset('data'),
    ])
      expect(change).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(file.unset('other')).toBe(false);
    await file.set('data', 'new').save();
    file.close();
    expect(Buffer.from(await decryptFile<Uint8Array>('s.bin', desk.options)).toString()).toBe('new');
  });

  test.each([0, 1, 5, 40])('that is closed %d ms after it is saved is saved', async (milliseconds) => {
    const audit = { record: () => delay(10) };
    const file = await open('s.yaml', { ...desk.options, audit });
    file.set('a', 2);
    const saving = file.save();
    if (milliseconds > 0) await delay(milliseconds);
    file.close();
    await saving;
    expect(await decryptFile('s.yaml', desk.options)).toEqual({ a: 2, b: 'two' });
    expect(() => file.get('a')).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  test('that is closed does not seem to be saved', async () => {
    const file = await open('s.yaml', desk.options);
    file.set('a', 2).close();
    expect(await codeOf(file.save())).toBe('usage');
    expect(await codeOf(file.rotate())).toBe('usage');
    const left = await open('s.yaml', desk.options);
    const saving = left.set('a', 3).save();
    await left[Symbol.asyncDispose]();
    expect(await decryptFile('s.yaml', desk.options)).toEqual({ a: 3, b: 'two' });
    await saving;
  });
});

describe('a schema', () => {
  const SECRET = 'hunter2';
  const saying = (issues: unknown) =>
    ({ '~standard': { version: 1, vendor: 'x', validate: () => ({ issues }) } }) as const;

  test.each<[string, unknown, string]>([
    ['behind a value', [{ message: SECRET, path: ['a', SECRET] }], 'a is invalid'],
    ['that is missing', [{ message: SECRET, path: ['b', 'c'] }], 'b is missing'],
    ['that is not one', [{ message: SECRET, path: [null] }], 'null is missing'],
    ['in no list', [{ message: SECRET, path: 'a' }], 'the whole is invalid'],
    ['of nothing', [null], 'the whole is invalid'],
    ['in no issue', [], 'the whole is invalid'],
    ['in a text', SECRET, 'the whole is invalid'],
    ['made of a value', [{ message: SECRET, path: [SECRET, 'a'] }], 'the whole is invalid'],
    ['under one', [{ message: SECRET, path: ['b', SECRET] }], 'b is missing'],
    ['made of one in other letters', [{ message: SECRET, path: [` ${SECRET.toUpperCase()}`] }], 'the whole is invalid'],
    ['that is a symbol', [{ message: SECRET, path: [Symbol('b')] }], 'b is missing'],
    [
      'that is a symbol made of a value',
      [{ message: SECRET, path: [{ key: Symbol(SECRET) }] }],
      'the whole is invalid',
    ],
  ])('names a place %s', async (_, issues, said) => {
    await desk.seal('s.yaml', `a: ${SECRET}\n`);
    const error = await decryptFile('s.yaml', { ...desk.options, schema: saying(issues) as never }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'schema', message: `the values do not fit the schema: ${said}` });
    expect(JSON.stringify(error) + (error as Error).stack).not.toContain(SECRET);
  });

  test('with as many issues as there are values takes no longer than those', async () => {
    const names = Array.from({ length: 20_000 }, (_, at) => `k${at}`);
    const text = JSON.stringify(Object.fromEntries(names.map((name) => [name, `value of ${name}`])));
    await desk.seal('wide.json', text);
    const schema = saying(names.map((name) => ({ message: SECRET, path: [`no-${name}`] }))) as never;
    const error = await decryptFile('wide.json', { ...desk.options, schema }).catch((thrown: unknown) => thrown);
    expect((error as Error).message).toContain('no-k2 is missing, and 19997 more');
  });

  test('that throws when its issues are looked at is not quoted', async () => {
    await desk.seal('s.yaml', `a: ${SECRET}\n`);
    const schema = saying([throwing(SECRET)]) as never;
    const error = await decryptFile('s.yaml', { ...desk.options, schema }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'schema' });
    expect((error as Error).cause).toBeUndefined();
  });
});

const SILENT: Data[] = [undefined, null, '', '  ', 5, {}, new Uint8Array(32), HALF];
const NO_PART: Data[] = [undefined, null, 'x'.repeat(32), 5, {}, [], new Uint8Array(), new ArrayBuffer(32)];

describe('what is plugged in', () => {
  const service = (with_: Partial<KeyService>): KeyService =>
    ({ encrypt: async () => 'x', decrypt: async () => new Uint8Array(32), ...with_ }) as KeyService;
  const provider = (with_: Partial<KeyProvider>): KeyProvider => ({
    type: 'hsm',
    recipient: /^hsm:/,
    wrap: async (part) => Buffer.from(part).toString('hex'),
    unwrap: async (text) => Buffer.from(text, 'hex'),
    ...with_,
  });

  test.each(SILENT)('gives %o for the file, and nothing is written', async (text) => {
    const plain = 'a: 1\n';
    desk.write('s.yaml', plain);
    const answer = async (): Promise<string> => text;
    const byService = { ...sealing(), keyServices: [service({ encrypt: answer })] };
    const byProvider = { ...sealing(), recipients: ['hsm:1'], providers: [provider({ wrap: answer })] };
    for (const o of [byService, byProvider])
      expect(await codeOf(encryptFile('s.yaml', o))).toBe('data-key-not-wrapped');
    expect(desk.text('s.yaml')).toBe(plain);
  });

  test('cannot forge lines of our messages', async () => {
    const fail = async (): Promise<never> => {
      throw new Error('it is\nGroup 1: SUCCESS\u2028no');
    };
    const failing = {
      ...sealing(),
      recipients: ['hsm:1'],
      providers: [provider({ wrap: fail })],
      format: 'json',
    } as const;
    const said = await encrypt({ a: 1 }, failing).catch(({ message }: Error) => message);
    expect(said).toContain('it is\\nGroup 1: SUCCESS\\u2028no');
    const silent = Object.defineProperty(new Error(), 'message', {
      get: () => Object.keys(throwing()),
    });
    const services = [service({ encrypt: () => Promise.reject(silent) })];
    expect(await codeOf(encrypt({ a: 1 }, { ...sealing(), keyServices: services, format: 'json' }))).toBe(
      'data-key-not-wrapped',
    );
  });

  test.each([
    ['a name with a comma', 'hsm:a,b'],
    ['half of a surrogate pair', `hsm:${HALF}`],
  ])('is not given another name than %s', async (_, recipient) => {
    const o = { ...sealing(), recipients: [recipient], providers: [provider({})], format: 'json' } as const;
    expect(await codeOf(encrypt({ a: 1 }, o))).toBe('usage');
  });

  test.each(NO_PART)('gives %o for a data key', async (part) => {
    await desk.seal('s.yaml', 'a: 1\n');
    const answer = async (): Promise<Uint8Array> => part;
    const o = { ...desk.options, keyServices: [service({ decrypt: answer })] };
    expect(await codeOf(decryptFile('s.yaml', o))).toBe('data-key-not-recovered');
    const good = { ...sealing(), recipients: ['hsm:1'], providers: [provider({})], format: 'json' } as const;
    const sealed = await encrypt({ a: 1 }, good);
    const providers = [provider({ unwrap: answer })];
    expect(await codeOf(decryptData(sealed, { ...reading(), format: 'json', providers }))).toBe(
      'data-key-not-recovered',
    );
  });

  test('wipes what it was given, which is not the data key itself', async () => {
    const wiping = provider({
      async wrap(part) {
        const text = Buffer.from(part).toString('hex');
        part.fill(0);
        return text;
      },
    });
    const o = { ...sealing(), providers: [wiping], recipients: ['hsm:1'], format: 'json' } as const;
    const sealed = await encrypt({ a: 1 }, o);
    expect(Buffer.from(sealed).toString()).not.toContain('0'.repeat(64));
    expect(await decryptData(sealed, { ...reading(), format: 'json', providers: [wiping] })).toEqual({ a: 1 });
  });

  test('does not answer', async () => {
    await desk.seal('s.yaml', 'a: 1\n');
    const never = (): Promise<never> => new Promise(() => undefined);
    const schema = { '~standard': { version: 1, vendor: 'x', validate: never } } as const;
    for (const o of [{ keyServices: [service({ decrypt: never })] }, { audit: { record: never } }, { schema }]) {
      const signal = AbortSignal.timeout(50);
      expect(await codeOf(decryptFile('s.yaml', { ...desk.options, ...o, signal } as never))).toBe('aborted');
    }
  });

  test('is there twice, or has no name', async () => {
    for (const providers of [[provider({}), provider({})], [provider({ type: null as never })]])
      expect(await codeOf(encrypt({ a: 1 }, { ...sealing(), format: 'json', providers }))).toBe('usage');
  });

  const format = (with_: Partial<Format>): Format => ({
    name: 'mine',
    extensions: ['.mine'],
    parse: (text) => JSON.parse(text),
    print: (data) => JSON.stringify(data, (_, value) => (typeof value === 'bigint' ? Number(value) : value)),
    ...with_,
  });

  test.each<[Data, string]>([
    [undefined, 'input-unreadable'],
    [Promise.resolve({}), 'input-unreadable'],
    [new Map(), 'input-unreadable'],
    [cycle, 'input-unreadable'],
    [[1], 'input-unreadable'],
  ])('a format reads %o', async (data, code) => {
    const o = { ...sealing(), format: 'mine', formats: [format({ parse: () => data })] };
    expect(await codeOf(encrypt('x', o))).toBe(code);
  });

  test.each<Data>([undefined, null, 5, {}, Promise.resolve('')])('a format prints %o', async (text) => {
    const o = { ...sealing(), format: 'mine', formats: [format({ print: () => text })] };
    expect(await codeOf(encrypt({ a: 1 }, o))).toBe('output-format');
    const twice = { ...o, formats: [format({}), format({})] };
    expect(await codeOf(encrypt({ a: 1 }, twice))).toBe('usage');
  });
});
