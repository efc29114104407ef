/** An open file of the library: what it shows, what it writes, and what it does not. */
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { open } from '../../../src/index.js';
import { codeOf, LibraryDesk } from '../../support/library-desk.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(3);

const TEXT = [
  '# who may read this',
  'db: # the shop',
  "  password: 'old' # rotated",
  '  port: 5432',
  'hosts: [a, "b"] # two',
  'list:',
  '  # first',
  '  - one',
  '  - two',
  'folded: >-',
  '  some',
  '  text',
  'version: 1.10',
  '',
].join('\n');

let desk: LibraryDesk;
beforeEach(async () => {
  desk = new LibraryDesk();
  await desk.seal('s.yaml', TEXT);
});
afterEach(() => desk.remove());

/** The lines of a file that another one does not have, without the metadata that every writing changes. */
function newLines(before: string, after: string): string[] {
  const old = new Set(before.split('\n'));
  return after.split('\n').filter((line) => !old.has(line) && !/^ {4}(?:mac|lastmodified|sops_ts_layout):/.test(line));
}

describe('looking', () => {
  test('values, keys and places', async () => {
    const file = await open('s.yaml', desk.options);
    expect(file.keys()).toEqual(['db', 'hosts', 'list', 'folded', 'version']);
    expect([file.keys('list'), file.keys('db.port'), file.keys('none')]).toEqual([['0', '1'], [], []]);
    expect(file.get('db')).toEqual({ password: 'old', port: 5432 });
    // Indexes count values, as those of the data do.
    expect([file.get('list[0]'), file.get(['list', '1']), file.get('hosts[1]')]).toEqual(['one', 'two', 'b']);
    expect([file.get('db.none'), file.get('list[9]'), file.get('db.port.x'), file.get('db[0]')]).toEqual(
      Array(4).fill(undefined),
    );
    expect([file.has('version'), file.has('verzion')]).toEqual([true, false]);
    expect(file.toText()).toBe(TEXT);
    expect(file.toData()).toMatchObject({ list: ['one', 'two'], folded: 'some text', version: 1.1 });
    file.close();
  });

  test('a file with a key that data cannot have is read value by value', async () => {
    await desk.seal('unsafe.yaml', '__proto__: {a: 1}\nb: 2\n');
    const file = await open('unsafe.yaml', desk.options);
    expect([file.keys(), file.get('__proto__.a'), file.get('b')]).toEqual([['__proto__', 'b'], 1, 2]);
    expect(() => file.toData()).toThrow(expect.objectContaining({ code: 'unsafe-key' }));
  });
});

describe('saving', () => {
  test.each<[string, string, unknown]>([
    ['db.password', '"new"', 'new'],
    ['db.port', '1', 1],
    ['hosts[2]', '"c"', 'c'],
    ['folded', '"other text"', 'other text'],
    ['db.more', '{"a": [1, 2.5, true, null]}', { a: [1, 2.5, true, null] }],
    ['added', '"x"', 'x'],
  ])('%s as the command line sets it', async (place, json, value) => {
    const before = desk.text('s.yaml');
    const file = await open('s.yaml', desk.options);
    // The command line counts the comment of the list, as SOPS does.
    file.set(place.replace('hosts[2]', 'hosts[1]'), value);
    const text = file.toText();
    await file.save();
    const after = desk.text('s.yaml');
    desk.write('s.yaml', before);
    expect((await desk.run(['set', 's.yaml', place, json])).stderr).toBe('');
    const plain = await desk.plain('s.yaml');
    expect(text).toBe(plain);
    const shape = (ciphertext: string): string[] =>
      newLines(before, ciphertext).map((line) => line.replaceAll(/ENC\[[^\]]*type:(\w+)\]/g, '<$1>'));
    expect(shape(after)).toEqual(shape(desk.text('s.yaml')));
    desk.write('s.yaml', after);
    expect(await desk.plain('s.yaml')).toBe(plain);
    expect(newLines(before, after).length).toBeLessThan(8);
  });

  test('several changes at once, and further ones after that', async () => {
    const file = await open('s.yaml', desk.options);
    expect(file.set('db.password', 'new').unset('list[0]')).toBe(true);
    expect(file.unset('list[7]')).toBe(false);
    expect(file.changed).toEqual(['db.password', 'list[0]']);
    await file.save();
    expect(file.changed).toEqual([]);
    const plain = await desk.plain('s.yaml');
    await desk.seal('s2.yaml', TEXT.replace("'old'", "'new'"));
    await desk.run(['unset', 's2.yaml', 'list[1]']);
    expect(plain).toBe(await desk.plain('s2.yaml'));
    expect(plain).not.toContain('one');
    await file.set('version', '1.11').save();
    expect(await desk.plain('s.yaml')).toContain('version: "1.11"\n');
  });

  test('no change is not a write', async () => {
    const before = desk.read('s.yaml');
    const file = await open('s.yaml', desk.options);
    file.set('db.port', 5432);
    expect(file.changed).toEqual([]);
    await file.save();
    expect(desk.read('s.yaml')).toEqual(before);
  });

  test('what somebody else wrote meanwhile is not overwritten', async () => {
    const file = await open('s.yaml', desk.options);
    await desk.run(['set', 's.yaml', 'db.port', '1']);
    const theirs = desk.read('s.yaml');
    expect(await codeOf(file.set('db.password', 'mine').save())).toBe('changed-meanwhile');
    expect(desk.read('s.yaml')).toEqual(theirs);
    expect(await codeOf(file.rotate())).toBe('changed-meanwhile');
    expect(desk.read('s.yaml')).toEqual(theirs);
  });

  test('what is changed while it is written is not lost', async () => {
    const file = await open('s.yaml', desk.options);
    const saving = file.set('db.port', 1).save();
    file.set('db.password', 'late');
    await saving;
    const first = await desk.plain('s.yaml');
    await file.save();
    expect(first).toContain('port: 1');
    expect(await desk.plain('s.yaml')).toContain("password: 'late'");
  });

  test('two savings are one after the other', async () => {
    const file = await open('s.yaml', desk.options);
    await Promise.all([file.set('db.port', 1).save(), file.set('db.password', 'b').save()]);
    expect(await desk.plain('s.yaml')).toBe(TEXT.replace('5432', '1').replace('old', 'b'));
  });
});

describe('a new data key', () => {
  test('is made with what was changed, and the file stays open', async () => {
    const before = desk.text('s.yaml');
    const file = await open('s.yaml', desk.options);
    file.set('db.port', 1);
    await file.rotate();
    expect(await desk.plain('s.yaml')).toBe(TEXT.replace('5432', '1'));
    const enc = (text: string): string[] => text.match(/ENC\[[^\]]*\]/g) ?? [];
    expect(enc(desk.text('s.yaml')).filter((value) => before.includes(value))).toEqual([]);
    expect(file.get('db.port')).toBe(1);
    await file.set('db.port', 2).save();
    expect(await desk.plain('s.yaml')).toBe(TEXT.replace('5432', '2'));
  });
});

describe('a closed file', () => {
  test('has forgotten everything', async () => {
    const file = await open('s.yaml', desk.options);
    file.set('db.port', 1);
    await file[Symbol.asyncDispose]();
    expect(() => file.get('db')).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(file.changed).toEqual([]);
    expect(await codeOf(file.save())).toBe('usage');
    expect(await desk.plain('s.yaml')).toBe(TEXT);
  });

  test.each<[string, unknown]>([
    ['a function', () => 1],
    ['a class', new Map()],
    ['undefined', undefined],
    ['a symbol', Symbol('x')],
  ])('%s is not a value', async (_, value) => {
    const file = await open('s.yaml', desk.options);
    expect(() => file.set('x', value)).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(() => file.set('x', [{ a: value }, value])).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  test('what holds itself is not a value', async () => {
    const file = await open('s.yaml', desk.options);
    const ring: Record<string, unknown> = {};
    ring.of = ring;
    expect(() => file.set('x', ring)).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(() => file.set('', 1)).toThrow(expect.objectContaining({ code: 'set-syntax' }));
    expect(() => file.set('db[0]', 1)).toThrow(expect.objectContaining({ code: 'set-syntax' }));
    expect(() => file.set('sops', 1).toText()).toThrow(expect.objectContaining({ code: 'already-encrypted' }));
  });
});

test('what cannot be read is told with the reason, as by decryptFile', async () => {
  const message = expect.stringContaining(': is a directory');
  await expect(open(desk.folder, desk.options)).rejects.toMatchObject({ code: 'input-unreadable', message });
});

describe('other formats', () => {
  test.each([
    ['x.json', '{\n  "a": "one",\n  "n": {"m": 1}\n}\n', 'n.m', 2, '{\n  "a": "one",\n  "n": {"m": 2}\n}\n'],
    ['x.env', '# c\nA=one\nB=two\n', 'B', 'three', '# c\nA=one\nB=three\n'],
    ['x.ini', '[s]\na = one\n', 's.a', 'two', '[s]\na = two\n'],
    ['x.toml', '[s]\na = "one" # c\n', 's.a', 'two', '[s]\na = "two" # c\n'],
  ])('%s', async (name, text, place, value, wanted) => {
    await desk.seal(name, text);
    const file = await open(name, desk.options);
    expect(file.toText()).toBe(text);
    await file.set(place, value).save();
    expect(await desk.plain(name)).toBe(wanted);
  });

  test('a binary file', async () => {
    await desk.seal('x.bin', 'some text');
    const file = await open('x.bin', desk.options);
    expect(file.toData()).toStrictEqual(new TextEncoder().encode('some text'));
    await file.set('data', 'other text').save();
    expect(await desk.plain('x.bin')).toBe('other text');
  });
});
