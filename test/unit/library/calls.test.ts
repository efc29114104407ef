/** What every call of the library holds to: options checked, no access to the process, signals, warnings, services of the caller's own. */
import { afterAll, afterEach, beforeAll, describe, expect, vi } from 'vitest';
import * as library from '../../../src/index.js';
import { codeOf, LibraryDesk } from '../../support/library-desk.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(4);

const { decrypt, decryptFile, encrypt, encryptFile, execEnv, inspect, open, rotate, updateKeys, verify } = library;

let desk: LibraryDesk;
beforeAll(async () => {
  desk = new LibraryDesk();
  await desk.seal('s.yaml', 'a: 1\n');
});
afterAll(() => desk.remove());
afterEach(() => vi.unstubAllEnvs());

/** Every call that reads or writes the file, with some options. */
function calls(o: object): Promise<unknown>[] {
  const yaml = { ...o, format: 'yaml' } as const;
  return [
    decryptFile('s.yaml', o),
    decrypt('a: 1', yaml),
    library.decryptData('a: 1', yaml),
    encryptFile('s.yaml', o),
    encrypt('a: 1', yaml),
    open('s.yaml', o),
    inspect('s.yaml', o),
    updateKeys('s.yaml', o),
    rotate('s.yaml', o),
    verify('s.yaml', o),
    execEnv('s.yaml', o),
    library.loadEnv(o),
    library.findConfig('s.yaml', o),
    library.generateAgeKey(o),
  ];
}

describe('options', () => {
  test.each<[object, string]>([
    [{ enviroment: {} }, 'enviroment is not known'],
    [{ cwd: 7 }, 'cwd must be a path'],
    [{ config: 7 }, 'config must be a path'],
    [{ env: new Map([['SOPS_AGE_KEY', 'x']]) }, 'env must be an object of texts'],
    [{ identities: new Headers({ age: 'x' }) }, 'identities must be an object'],
    [{ cwd: '/', __proto__x: 1 }, 'is not known'],
  ])('%j is refused by every call, as a rejection', async (o, said) => {
    for (const call of calls(o)) {
      const error = await call.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'usage' });
      expect((error as Error).message).toContain(said);
    }
  });

  test('all that calls have in common are taken by every call, so that they can stand in one place', async () => {
    const audit = { record: async () => undefined };
    const keyServices = ['local'];
    const askSecret = async () => '';
    const all: Required<library.Options> = {
      ...{ ...desk.options, audit, keyServices, askSecret, config: false, providers: [], formats: [] },
      ...{ identities: {}, onWarning: () => undefined, signal: AbortSignal.abort(), env: {} },
    };
    const names = Object.keys(library).filter((name) => !['SopsError', 'defineConfig'].includes(name));
    const codes = await Promise.all(calls(all).map(codeOf));
    expect(codes).toEqual(names.map(() => 'aborted'));
  });

  test('a misspelt one is told what was meant', async () => {
    for (const [wrong, meant] of [
      ['enviroment', 'env'],
      ['Signal', 'signal'],
      ['key_services', 'keyServices'],
      ['onWarnings', 'onWarning'],
    ]) {
      const error = await decryptFile('s.yaml', { [wrong ?? '']: 1 }).catch((thrown: unknown) => thrown);
      expect((error as library.SopsError).hint).toMatch(new RegExp(`^Did you mean ${meant}\\?`));
    }
  });

  test.each([
    () => decryptFile(7 as never),
    () => decryptFile('' as never),
    () => decryptFile(new URL('https://example.com/x')),
    () => decrypt(7 as never, { format: 'yaml' }),
    () => decrypt('x', {} as never),
    () => decrypt('x', { format: 'xml' as never }),
    () => encrypt({ a: 1 }, { format: 'binary' }),
    () => encrypt([1], { format: 'json' }),
    () => encryptFile('s.yaml', { recipients: ['nobody'] }),
    () => encryptFile('s.yaml', { recipients: [] }),
    () => decryptFile('s.yaml', { keyServices: ['nowhere'] }),
    () =>
      decryptFile('s.yaml', {
        providers: [{ type: 'none', wrap: async () => '', unwrap: async () => new Uint8Array() }],
      }),
    () => decryptFile('s.yaml', { identities: { agee: 'x' } as never }),
  ])('what is wrong otherwise is a rejection, too: %s', async (call) => {
    expect(await codeOf(call())).toBe('usage');
  });

  test('a private key among recipients does not get into the message', async () => {
    const error = await encryptFile('s.yaml', { recipients: [desk.identity] }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'usage' });
    expect(String(error)).not.toContain(desk.identity.slice(16));
  });
});

describe('the process', () => {
  test('is left alone with an environment of the call', async () => {
    vi.stubEnv('SOPS_AGE_KEY', desk.identity);
    const { cwd } = desk.options;
    expect(await decryptFile('s.yaml', { cwd })).toEqual({ a: 1 });
    expect(await codeOf(decryptFile('s.yaml', { cwd, env: {} }))).toBe('data-key-not-recovered');
    expect(await decryptFile('s.yaml', { cwd, env: { SOPS_AGE_KEY: desk.identity } })).toEqual({ a: 1 });
  });

  test('no other key counts beside those that are given alone', async () => {
    const { identity } = await library.generateAgeKey();
    const { cwd } = desk.options;
    const env = {
      SOPS_AGE_KEY: desk.identity,
      SOPS_KEYSERVICE: 'unix:///nowhere',
      SOPS_ENABLE_LOCAL_KEYSERVICE: 'true',
    };
    expect(await codeOf(decryptFile('s.yaml', { cwd, env, identities: { age: identity, only: true } }))).toBe(
      'data-key-not-recovered',
    );
    expect(await decryptFile('s.yaml', { cwd, env, identities: { age: identity } })).toEqual({ a: 1 });
    desk.write('keys.txt', `# mine\n${desk.identity}\n`);
    expect(await decryptFile('s.yaml', { cwd, env: {}, identities: { ageFiles: ['keys.txt'], only: true } })).toEqual({
      a: 1,
    });
  });

  test('warnings go where the caller says, else to the process', async () => {
    await desk.seal('.env.q', 'A="x"\n', '--input-type', 'dotenv', '--output-type', 'dotenv');
    const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const said: library.Warning[] = [];
    const { onWarning: _, ...quiet } = desk.options;
    desk.write('plain.yaml', 'a: 1\n');
    desk.write('.sops.yaml', `creation_rules:\n  - path_regex: other\n    age: ${desk.recipient}\n`);
    const o = { ...quiet, recipients: [desk.recipient], to: 'o.yaml' };
    await encryptFile('plain.yaml', { ...o, onWarning: (warning) => void said.push(warning) });
    expect(said).toMatchObject([{ code: 'SOPS_TS_WARNING', message: expect.stringContaining('no creation rule') }]);
    expect(emitted).not.toHaveBeenCalled();
    emitted.mockRestore();
  });
});

describe('signals', () => {
  test('an aborted one ends a call before it begins', async () => {
    const signal = AbortSignal.abort();
    expect(new Set(await Promise.all(calls({ ...desk.options, signal }).map(codeOf)))).toEqual(new Set(['aborted']));
  });

  test('one that is aborted meanwhile ends waiting, and nothing is written', async () => {
    const asked: (AbortSignal | undefined)[] = [];
    const never = {
      encrypt: (_: unknown, __: unknown, { signal }: { signal?: AbortSignal }) => {
        asked.push(signal);
        return new Promise<string>(() => undefined);
      },
      decrypt: (_: unknown, __: unknown, { signal }: { signal?: AbortSignal }) => {
        asked.push(signal);
        return new Promise<Uint8Array>(() => undefined);
      },
    };
    const before = desk.read('s.yaml');
    desk.write('p.yaml', 'a: 1\n');
    const o = () => ({ ...desk.options, keyServices: [never], signal: AbortSignal.timeout(50) });
    expect(await codeOf(decryptFile('s.yaml', o()))).toBe('aborted');
    expect(await codeOf(rotate('s.yaml', o()))).toBe('aborted');
    expect(await codeOf(encryptFile('p.yaml', { ...o(), config: false, recipients: [desk.recipient] }))).toBe(
      'aborted',
    );
    expect(asked).toHaveLength(3);
    expect(asked.map((signal) => signal?.aborted)).toEqual([true, true, true]);
    expect(desk.read('s.yaml')).toEqual(before);
    expect(desk.text('p.yaml')).toBe('a: 1\n');
  });

  test('one serves many calls, and is let go of', async () => {
    const { signal } = new AbortController();
    const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    await Promise.all(Array.from({ length: 30 }, () => decryptFile('s.yaml', { ...desk.options, signal })));
    expect(emitted).not.toHaveBeenCalled();
    emitted.mockRestore();
    const { EventEmitter } = await import('node:events');
    expect(EventEmitter.getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('an open file keeps to the signal that it was opened with', async () => {
    const stop = new AbortController();
    const file = await open('s.yaml', { ...desk.options, signal: stop.signal });
    const before = desk.read('s.yaml');
    stop.abort();
    expect(await codeOf(file.set('a', 2).save())).toBe('aborted');
    expect(desk.read('s.yaml')).toEqual(before);
  });
});

describe('plugged in', () => {
  /** Wraps by turning bits: nothing to use, but told from everything else. */
  const turning = {
    type: 'age',
    asked: [] as string[],
    async encrypt(key: library.Key, part: Uint8Array) {
      this.asked.push(`encrypt ${key.type}`);
      return Buffer.from(part.map((byte) => byte ^ 255)).toString('base64');
    },
    async decrypt(key: library.Key, wrapped: string) {
      this.asked.push(`decrypt ${key.fields.recipient}`);
      return Uint8Array.from(Buffer.from(wrapped, 'base64')).map((byte) => byte ^ 255);
    },
  };

  test('a key service is asked in place of this machine', async () => {
    const o = { ...desk.options, config: false, keyServices: [turning] } as const;
    const sealed = await encrypt({ a: 1 }, { ...o, format: 'json', recipients: [desk.recipient] });
    expect(await library.decryptData(sealed, { ...o, format: 'json' })).toEqual({ a: 1 });
    expect(turning.asked).toEqual(['encrypt age', `decrypt ${desk.recipient}`]);
    expect(await codeOf(library.decryptData(sealed, { ...desk.options, format: 'json' }))).toBe(
      'data-key-not-recovered',
    );
    const both = { ...o, keyServices: ['local', turning] };
    expect(await library.decryptData(sealed, { ...both, format: 'json' })).toEqual({ a: 1 });
  });

  test('a provider is used in place of ours', async () => {
    const arn = 'arn:aws:kms:eu-west-1:111122223333:key/1234';
    const provider: library.KeyProvider = {
      type: 'kms',
      wrap: async (part, key) => `${key.fields.arn} ${Buffer.from(part).toString('hex')}`,
      unwrap: async (wrapped) => Uint8Array.from(Buffer.from(wrapped.split(' ')[1] ?? '', 'hex')),
    };
    const o = { ...desk.options, config: false, providers: [provider] } as const;
    const sealed = await encrypt({ a: 1 }, { ...o, format: 'json', recipients: [arn] });
    expect(await library.decryptData(sealed, { ...o, format: 'json' })).toEqual({ a: 1 });
    const broken = { ...provider, unwrap: () => Promise.reject(new Error('the SDK says no')) };
    const error = await library
      .decryptData(sealed, { ...o, providers: [broken], format: 'json' })
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'data-key-not-recovered' });
  });

  test('a configuration that the program made counts alone, and is trusted', async () => {
    const config = library.defineConfig({
      creation_rules: [{ path_regex: '^prod/', age: desk.recipient, encrypted_regex: '^token$' }],
    });
    const o = { ...desk.options, config };
    const sealed = await encrypt({ token: 't', name: 'n' }, { ...o, format: 'json', filename: 'prod/x.json' });
    expect(JSON.parse(Buffer.from(sealed).toString())).toMatchObject({
      token: expect.stringMatching(/^ENC/),
      name: 'n',
    });
    expect(await codeOf(encrypt({ a: 1 }, { ...o, format: 'json', filename: 'dev/x.json' }))).toBe('config');
    expect(() => library.defineConfig({ creation_rules: 7 as never })).toThrow(
      expect.objectContaining({ code: 'config' }),
    );
    expect(() => library.defineConfig('a: [')).toThrow(expect.objectContaining({ code: 'config' }));
    const cycle: Record<string, unknown> = {};
    cycle.creation_rules = [cycle];
    for (const wrong of [
      new Map([['creation_rules', []]]),
      { creation_rules: () => [] },
      { a: /x/ },
      cycle,
      { a: 2n ** 64n },
    ])
      expect(() => library.defineConfig(wrong as never)).toThrow(library.SopsError);
  });

  test('an audit log is told, and can refuse', async () => {
    const told: string[] = [];
    const audit = { record: async (action: string, subject: string) => void told.push(`${action} ${subject}`) };
    await decryptFile('s.yaml', { ...desk.options, audit });
    expect(told).toEqual([`decrypt ${desk.path('s.yaml')}`]);
    const refusing = { record: () => Promise.reject(new library.SopsError('failed', 'the log is full')) };
    expect(await codeOf(decryptFile('s.yaml', { ...desk.options, audit: refusing }))).toBe('failed');
  });

  test('a passphrase is asked of the caller, and without one the call fails', async () => {
    const { execFileSync } = await import('node:child_process');
    desk.write('ssh.yaml', 'a: 1\n');
    try {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'pass', '-f', desk.path('id')], { stdio: 'ignore' });
    } catch {
      return;
    }
    const recipients = [desk.text('id.pub').trim()];
    await encryptFile('ssh.yaml', { ...desk.options, config: false, recipients });
    const identities = { age: desk.text('id'), only: true };
    expect(await codeOf(decryptFile('ssh.yaml', { ...desk.options, identities }))).toBe('data-key-not-recovered');
    const asked: string[] = [];
    const askSecret = async (question: string) => {
      asked.push(question);
      return 'pass';
    };
    expect(await decryptFile('ssh.yaml', { ...desk.options, identities, askSecret })).toEqual({ a: 1 });
    expect(asked).toHaveLength(1);
  });
});
