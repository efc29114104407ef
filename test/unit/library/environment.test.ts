/** Variables of files: for programs to start, and for the environment of this one. */
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { execEnv, loadEnv } from '../../../src/index.js';
import { callOf } from '../../../src/library/call.js';
import { loadedInto } from '../../../src/library/env-files.js';
import { codeOf, LibraryDesk } from '../../support/library-desk.js';

const ENV = ['--input-type', 'dotenv', '--output-type', 'dotenv'];

let desk: LibraryDesk;
beforeAll(() => {
  desk = new LibraryDesk();
});
beforeEach(() => desk.clear());
afterAll(() => desk.remove());

describe('execEnv', () => {
  test('gives texts, as programs read such files', async () => {
    await desk.seal('.env.enc', 'A="x y" # note\nB=\n', ...ENV);
    expect(await execEnv('.env.enc', desk.options)).toEqual({ A: 'x y', B: '' });
    expect(await execEnv('.env.enc', { ...desk.options, rawValues: true })).toEqual({ A: '"x y" # note', B: '' });
    expect(await execEnv('.env.enc', { ...desk.options, prefix: 'P_', only: ['A'] })).toEqual({ P_A: 'x y' });
  });

  test('gives what is called as the prototype, in dotenv too', async () => {
    await desk.seal('.env.enc', 'export __proto__ = "x y"\nA=__proto__=b\n', ...ENV);
    const found = await execEnv('.env.enc', desk.options);
    expect(Object.entries(found)).toEqual([
      ['__proto__', 'x y'],
      ['A', '__proto__=b'],
    ]);
  });

  test('joins nested keys only when asked', async () => {
    await desk.seal('s.yaml', 'a: 1\nb: {c: [true, null]}\n__proto__: x\n');
    expect(await codeOf(execEnv('s.yaml', desk.options))).toBe('failed');
    const found = await execEnv('s.yaml', { ...desk.options, flatten: true });
    expect(Object.entries(found)).toEqual([
      ['a', '1'],
      ['b_c_0', 'true'],
      ['b_c_1', ''],
      ['__proto__', 'x'],
    ]);
  });
});

describe('loadEnv', () => {
  test.each<[string, Record<string, string>]>([
    ['is frozen', Object.freeze({})],
    [
      'throws what it is given',
      new Proxy<Record<string, string>>(
        {},
        {
          defineProperty: (_, name, { value }) => {
            throw new Error(`${String(name)}=${value}`);
          },
        },
      ),
    ],
    ['keeps nothing', new Proxy<Record<string, string>>({}, { defineProperty: () => true })],
  ])('an object for variables that %s is refused without a value', async (_, into) => {
    await desk.seal('into.env', 'A=hunter2\n');
    const error = await loadEnv({ ...desk.options, files: 'into.env', into }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'usage', message: expect.stringContaining('takes no variable A') });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2');
  });

  test('sets what is called as something that objects inherit', async () => {
    await desk.seal('s.yaml', 'constructor: a\ntoString: b\nTHERE: c\nNOT: d\n');
    const into: Record<string, string | undefined> = { THERE: '', NOT: undefined };
    const { set, kept } = await loadEnv({ ...desk.options, files: 's.yaml', into });
    expect([set, kept]).toEqual([['constructor', 'toString', 'NOT'], ['THERE']]);
    expect(into).toEqual({ constructor: 'a', toString: 'b', THERE: '', NOT: 'd' });
  });

  test('on Windows names are the same in any case', async () => {
    await desk.seal('s.yaml', 'Path: /evil\nnode_options: --x\nSops_X: 1\n');
    const files = ['s.yaml'];
    const { host, request } = callOf({ ...desk.options, env: { SOPS_AGE_KEY: desk.identity } });
    const on = { host: host.fork({ platform: 'win32', warn: () => undefined }), request };
    const into: Record<string, string | undefined> = {};
    const { set, refused } = await loadedInto({ files, into, allow: ['PATH', 'sops_x'] }, on);
    expect([set, refused]).toEqual([['Path', 'Sops_X'], ['node_options']]);
  });

  test('tells of one that the process does not take', async () => {
    await desk.seal('s.yaml', '"": 1\n');
    expect(await codeOf(loadEnv({ ...desk.options, files: 's.yaml' }))).toBe('failed');
  });

  test.each(['A: !!binary /w==\n', '? !!binary /w==\n: 1\n'])(
    'gives no other bytes than the file: %j',
    async (text) => {
      await desk.seal('s.yaml', text);
      const into: Record<string, string | undefined> = {};
      expect(await codeOf(loadEnv({ ...desk.options, files: 's.yaml', into }))).toBe('failed');
      expect(await codeOf(execEnv('s.yaml', desk.options))).toBe('failed');
      expect(into).toEqual({});
    },
  );

  test('tells what it set, kept and refused', async () => {
    await desk.seal('.env.enc', 'A=1\nB=2\nPATH=/evil\nVITE_KEY=k\n', ...ENV);
    const into: Record<string, string | undefined> = { B: '' };
    expect(await loadEnv({ ...desk.options, into })).toEqual({
      files: ['.env.enc'],
      set: ['A', 'VITE_KEY'],
      kept: ['B'],
      refused: ['PATH'],
    });
    expect(into).toEqual({ A: '1', B: '', VITE_KEY: 'k' });
    expect(desk.warnings.join('\n')).toMatch(/PATH[\s\S]*VITE_KEY/);
    await loadEnv({ ...desk.options, into, override: true, allow: ['PATH'] });
    expect(into).toMatchObject({ B: '2', PATH: '/evil' });
  });

  test('takes one file by convention, or says why not', async () => {
    const files = async (env = {}) => (await loadEnv({ ...desk.options, env, into: {} })).files;
    expect(await codeOf(files())).toBe('no-file');
    expect(await files({ SOPS_OPTIONAL: '1' })).toEqual([]);
    desk.write('.env', 'A=1\n');
    expect(await codeOf(files())).toBe('no-file');
    await desk.seal('secrets.enc.yaml', 'A: 1\n');
    expect(await files()).toEqual(['secrets.enc.yaml']);
    await desk.seal('secrets.enc.json', '{"A": "1"}');
    expect(await codeOf(files())).toBe('usage');
    await desk.seal('.env.enc', 'A=1\n', ...ENV);
    expect(await files()).toEqual(['.env.enc']);
    await desk.seal('.env.test.enc', 'A=1\n', ...ENV);
    expect(await files({ NODE_ENV: 'test' })).toEqual(['.env.test.enc']);
    expect(await files({ SOPS_FILE: 'secrets.enc.json', NODE_ENV: 'test' })).toEqual(['secrets.enc.json']);
  });
});
