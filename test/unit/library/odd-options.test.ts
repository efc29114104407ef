/** Empty and odd values of options: refused where they would mean nothing, by an error that helps. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decrypt, decryptData, decryptFile, encrypt, encryptFile, inspect, loadEnv, open } from '../../../src/index.js';
import { LibraryDesk } from '../../support/library-desk.js';

let desk: LibraryDesk;
beforeAll(async () => {
  desk = new LibraryDesk();
  await desk.seal('s.yaml', 'a: 1\n');
});
afterAll(() => desk.remove());

describe('an option', () => {
  test.each([
    ['identities.age', { identities: { age: '' } }, 'is empty: it must be a text or a list of texts'],
    ['identities.ageFiles', { identities: { ageFiles: ['a\0b'] } }, 'must be a list of paths'],
    ['identities', { identities: Promise.resolve({}) }, 'must be an object'],
    ['identities', { identities: new Date() }, 'must be an object'],
    ['env', { env: Promise.resolve({}) }, 'must be an object of texts'],
    ['env', { env: /x/ }, 'must be an object of texts'],
    ['config', { config: 'a\0b' }, 'must be a path, what defineConfig made, or false'],
    ['cwd', { cwd: '' }, 'is empty: it must be a path'],
  ])('%s of %j is refused', async (name, wrong, message) => {
    const refused = { code: 'usage', message: `decryptFile: option ${name} ${message}` };
    await expect(decryptFile('s.yaml', { ...desk.options, ...(wrong as object) })).rejects.toMatchObject(refused);
  });

  test.each(['', [], 'a\0b'])('files of %j is refused: it would have meant those by convention', async (files) => {
    const message = expect.stringMatching(/option files .*must be a path or a list of paths$/);
    await expect(loadEnv({ ...desk.options, into: {}, files })).rejects.toMatchObject({ code: 'usage', message });
  });

  test.each([Promise.resolve({}), new Map(), new Date()])('all of them as %s are refused', async (options) => {
    const message = 'decryptFile: the options must be an object';
    await expect(decryptFile('s.yaml', options as never)).rejects.toMatchObject({ code: 'usage', message });
  });

  test('may be what a module exports, or an object of a class', async () => {
    class Own {
      readonly identities = desk.options.identities;
      readonly env = {};
      get [Symbol.toStringTag]() {
        return 'Own';
      }
    }
    expect(await decryptFile(desk.path('s.yaml'), new Own() as never)).toEqual({ a: 1 });
    const env = await import('../../../src/util/realms.js');
    await expect(inspect('s.yaml', { ...desk.options, env: env as never })).rejects.toMatchObject({
      message: expect.stringContaining('an object of texts'),
    });
  });
});

describe('without an identity the hint says how to give one', () => {
  const hintFor = (identities: object): Promise<unknown> =>
    decryptFile('s.yaml', { ...desk.options, identities }).catch(({ hint }) => hint);

  test('where nothing else counts', async () => {
    expect(await hintFor({ only: true })).toBe('You have no age identity: give it in the option identities.');
  });

  test('where the environment counts, which has no home', async () => {
    expect(await hintFor({ age: '# nothing\n' })).toBe(
      'You have no age identity: give it in the option identities, or name its file in SOPS_AGE_KEY_FILE. ' +
        'The usual places are unknown: $HOME is not defined. identities.age was read, but holds none.',
    );
  });
});

describe('bytes', () => {
  test('whose memory is gone are refused', async () => {
    const content = new Uint8Array(
      await encrypt({ a: 1 }, { ...desk.options, format: 'yaml', recipients: [desk.recipient] }),
    );
    structuredClone(content.buffer, { transfer: [content.buffer] });
    const options = { ...desk.options, format: 'yaml' } as const;
    const refused = { code: 'usage', message: expect.stringContaining('the content cannot be looked at') };
    const sealing = encrypt(content, { ...options, recipients: [desk.recipient] });
    for (const call of [decrypt(content, options), decryptData(content, options), inspect(content, options), sealing])
      await expect(call).rejects.toMatchObject(refused);
  });

  test('are what is in their memory, whatever their own methods say', async () => {
    const content = await encrypt({ a: 1 }, { ...desk.options, format: 'yaml', recipients: [desk.recipient] });
    Object.assign(content, { [Symbol.iterator]: () => [1, 2][Symbol.iterator]() });
    expect(await decryptData(content, { ...desk.options, format: 'yaml' })).toEqual({ a: 1 });
  });
});

describe('a Date keeps its milliseconds', () => {
  const at = new Date(1234567890123);
  test.each(['yaml', 'json', 'dotenv', 'ini', 'toml'] as const)('in %s', async (format) => {
    const [data, place] = format === 'ini' ? [{ s: { at } }, 's.at'] : [{ at }, 'at'];
    const options = { ...desk.options, format };
    const sealed = await encrypt(data, { ...options, recipients: [desk.recipient] });
    const text = at.toISOString();
    expect(JSON.stringify(await decryptData(sealed, options))).toContain(text);
    desk.write(
      `at.${format}`,
      await encrypt(JSON.parse(JSON.stringify(data)), { ...options, recipients: [desk.recipient] }),
    );
    const file = await open(`at.${format}`, options);
    file.set(place, 'another').set(place, at);
    await file.save();
    file.close();
    expect(JSON.stringify(await decryptFile(`at.${format}`, options))).toContain(text);
  });
});

test('places that were changed are copies', async () => {
  const file = await open('s.yaml', desk.options);
  file.set(['a'], 2);
  (file.changed as string[][])[0]?.push('b');
  expect(file.changed).toEqual([['a']]);
  file.close();
});

test('a schema names no keys in the bytes of a binary file: what it says of places is of the bytes', async () => {
  await desk.seal('b.bin', 'hunter2');
  const schema = {
    '~standard': {
      version: 1,
      vendor: 'x',
      validate: (data: unknown) => ({ issues: [{ message: '', path: [String(data)] }] }),
    },
  };
  const error = await decryptFile('b.bin', { ...desk.options, schema: schema as never }).catch((thrown) => thrown);
  expect(error).toMatchObject({ code: 'schema', issues: [{ path: [], code: 'invalid' }] });
});

describe('what is in a file, given in place of its path, is not shown', () => {
  const SECRET = 'hunter2';
  const key = (): string => desk.identity;
  test.each([
    'password: hunter2\nother: 1\n',
    '{"password":"hunter2"}',
    'PASSWORD=hunter2\n',
    '-----BEGIN X-----\nhunter2',
  ])('content %j', async (content) => {
    const message = 'encryptFile: the file must be a path or a file: URL, and not what is in it';
    const error = await encryptFile(content, { ...desk.options, recipients: [desk.recipient] }).catch(
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: 'usage', message, hint: expect.stringContaining('encrypt take content') });
    expect(JSON.stringify(error)).not.toContain(SECRET);
  });

  test('an identity', async () => {
    const calls = [
      decryptFile(key(), desk.options),
      decryptFile('s.yaml', { ...desk.options, config: key() }),
      decryptFile('s.yaml', { ...desk.options, identities: { ageFiles: [key()] } }),
      decryptFile('s.yaml', { ...desk.options, identities: {}, env: { SOPS_AGE_KEY_FILE: key() } }),
      decryptFile('s.yaml', { ...desk.options, keyServices: [key()] }),
    ];
    for (const error of await Promise.all(calls.map((call) => call.catch((thrown) => thrown)))) {
      expect(error).toBeInstanceOf(Error);
      expect(JSON.stringify(error) + String(error.detail)).not.toContain(key().slice(20, 40));
    }
  });
});
