/** Entries that hold another data key than the file's: passed over, without asking more keys than that takes. */
import { describe, expect, test } from 'vitest';
import { Cipher } from '../../../src/cipher/cipher.js';
import { sealMac } from '../../../src/cipher/mac.js';
import { DataKey } from '../../../src/datakey/data-key.js';
import { recoverDataKey } from '../../../src/datakey/recover.js';
import { splitSecret } from '../../../src/datakey/shamir.js';
import { SopsError } from '../../../src/errors.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import type { KeyService } from '../../../src/keyservice/keyservice.js';
import { type Branch, branch, item, leaf } from '../../../src/tree/tree.js';
import { keyNamed, nameOf } from '../keyservice/services.js';

const LAST_MODIFIED = '2026-01-02T03:04:05Z';
const DATA_KEY = new DataKey(new Uint8Array(32).fill(9));
const OLD = new DataKey(new Uint8Array(32).fill(8));

/** Gives what `enc` says, after the milliseconds behind `@` in the key's name; a key without `enc` fails. */
class WrittenService implements KeyService {
  readonly asked: string[] = [];

  async wrap(): Promise<string> {
    return '';
  }

  async unwrap(key: MasterKey, signal?: AbortSignal): Promise<Uint8Array> {
    this.asked.push(nameOf(key));
    await pause(Number(/@(\d+)/.exec(nameOf(key))?.[1] ?? 0), signal);
    if (key.enc === '') throw new SopsError('key', `${nameOf(key)} failed`);
    return Buffer.from(key.enc, 'hex');
  }
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((settle) => {
    const timer = setTimeout(settle, milliseconds);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      settle();
    });
  });
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
/** A key `type:name` with the part that it opens. */
const entry = (text: string, part: Uint8Array | DataKey | null): MasterKey => {
  const [type = '', name = ''] = text.split(':');
  return keyNamed(type, name, part === null ? '' : hex(part instanceof DataKey ? part.bytes : part));
};
const macOf = ({ bytes }: DataKey): string => sealMac(new Cipher(bytes), 'AB', LAST_MODIFIED);

interface Scene {
  readonly threshold?: number;
  readonly mac?: string;
  readonly documents?: readonly Branch[];
}

async function recover(keyGroups: MasterKey[][], { threshold = 0, mac = macOf(DATA_KEY), documents = [] }: Scene = {}) {
  const service = new WrittenService();
  const warned: string[] = [];
  const file = { keyGroups, shamirThreshold: threshold, mac, lastModified: LAST_MODIFIED, documents };
  const options = { keyServices: [service], warn: (message: string) => void warned.push(message) };
  const outcome: { key?: string; error?: SopsError } = await recoverDataKey(file, options).then(
    ({ bytes }) => ({ key: hex(bytes) }),
    (error: SopsError) => ({ error }),
  );
  return { ...outcome, asked: service.asked, warned };
}

const good = hex(DATA_KEY.bytes);

describe('a stale entry in the only group', () => {
  test.each([
    ['of one type', ['age:old', 'age:good'], ['old', 'good']],
    ['on this machine, before a remote one', ['age:old', 'kms:good'], ['old', 'good']],
    [
      'among remote ones, which answers first',
      ['kms:old', 'kms:good@60', 'gcp_kms:fails'],
      // The third is not asked while the second, whose turn it is now, answers in time.
      ['old', 'good@60'],
    ],
  ])('%s: the next one gives the key', async (_name, names, asked) => {
    const parts = { old: OLD, fails: null } as Record<string, DataKey | null>;
    const found = await recover([
      names.map((name) => entry(name, parts[name.split(':')[1] ?? ''] ?? (name.endsWith('fails') ? null : DATA_KEY))),
    ]);
    expect(found).toMatchObject({ key: good, asked });
    expect(found.warned).toEqual([expect.stringMatching(/^the file's entry for old holds another data key/)]);
  });

  test('behind the good one is not asked for at all', async () => {
    const found = await recover([[entry('age:good', DATA_KEY), entry('age:old', OLD)]]);
    expect(found).toMatchObject({ key: good, asked: ['good'], warned: [] });
  });

  test('of another length, of a former group', async () => {
    const found = await recover([[entry('age:old', new Uint8Array(33)), entry('age:good', DATA_KEY)]]);
    expect(found).toMatchObject({ key: good, asked: ['old', 'good'] });
  });

  test('is the answer when no other key helps, as in SOPS', async () => {
    const found = await recover([
      [entry('age:old', OLD), entry('age:fails', null), entry('kms:older', new Uint8Array(32))],
    ]);
    expect(found).toMatchObject({ key: hex(OLD.bytes), asked: ['old', 'fails', 'older'], warned: [] });
  });

  test('of a length that is not a key, alone, is said so', async () => {
    const found = await recover([[entry('age:old', new Uint8Array(33)), entry('age:fails', null)]]);
    expect(found).toMatchObject({
      error: { code: 'data-key-not-recovered', message: expect.stringContaining('33 bytes') },
    });
  });
});

describe('very many remote keys', () => {
  test('are asked some at a time, until one opens', async () => {
    const keys = Array.from({ length: 100 }, (_, at) => entry(`kms:k${at}@5`, at === 60 ? DATA_KEY : null));
    const found = await recover([keys]);
    expect(found.key).toBe(good);
    expect(found.asked.length).toBeGreaterThan(60);
    expect(found.asked.length).toBeLessThan(100);
  });

  test('are all named when none does', async () => {
    const found = await recover([Array.from({ length: 100 }, (_, at) => entry(`kms:k${at}`, null))]);
    expect(found.asked).toHaveLength(100);
    for (let at = 0; at < 100; at++) expect(found.error?.detail).toContain(`  k${at}: FAILED`);
  });
});

describe('no further key is asked', () => {
  const group = () => [entry('age:first', DATA_KEY), entry('kms:second', DATA_KEY)];
  const sealed = new Cipher(DATA_KEY.bytes).encrypt('v', 'a:b:');
  const documents = [
    branch([item('plain', leaf('x')), item('moved', leaf(sealed)), item('a', branch([item('b', leaf(sealed))]))]),
  ];

  test.each([
    ['when there is no MAC and no value to tell keys apart', { mac: '' }],
    ['when the MAC is not ciphertext', { mac: 'ENC[nonsense' }],
    ['when the MAC belongs to another key, but a value opens', { mac: macOf(OLD), documents }],
    ['when the MAC is missing, but a value opens', { mac: '', documents }],
  ])('%s', async (_name, scene) => {
    expect(await recover([group()], scene)).toMatchObject({ key: good, asked: ['first'], warned: [] });
  });

  test('and a value tells a stale entry without any MAC', async () => {
    const found = await recover([[entry('age:old', OLD), entry('age:good', DATA_KEY)]], { mac: '', documents });
    expect(found).toMatchObject({ key: good, asked: ['old', 'good'] });
  });
});

describe('several groups', () => {
  const shares = (secret: DataKey, groups: number, threshold: number) => splitSecret(secret.bytes, groups, threshold);

  test.each([
    [2, 2, [0]],
    [2, 2, [0, 1]],
    [3, 3, [0, 1, 2]],
    [3, 2, [0, 1]],
    [5, 3, [0, 2, 4]],
    [10, 10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ])('%i of them, %i needed, with stale entries in front in %j', async (groups, threshold, stale) => {
    const [now, before] = [shares(DATA_KEY, groups, threshold), shares(OLD, groups, threshold)];
    const keyGroups = now.map((part, at) => [
      ...(stale.includes(at) ? [entry(`age:old${at}`, before[at] ?? null)] : []),
      entry(`kms:good${at}`, part),
    ]);
    const found = await recover(keyGroups, { threshold });
    expect(found.key).toBe(good);
  });

  test('without stale entries no second key of a group is asked', async () => {
    const parts = shares(DATA_KEY, 2, 2);
    const found = await recover(
      parts.map((part, at) => [entry(`age:a${at}`, part), entry(`age:b${at}`, part)]),
      { threshold: 2 },
    );
    expect(found).toMatchObject({ key: good, asked: ['a0', 'a1'], warned: [] });
  });

  test('where too few open, the others are not asked again', async () => {
    const [first = null] = shares(DATA_KEY, 2, 2);
    const groups = [[entry('age:a', first), entry('age:b', first)], [entry('age:c', null)]];
    const found = await recover(groups, { threshold: 2 });
    expect(found).toMatchObject({ error: { code: 'data-key-not-recovered' }, asked: ['a', 'c'] });
    expect(found.error?.detail).toContain('Group 0: SUCCESS');
  });

  test('where nothing fits, the first parts are the answer, after a bounded search', async () => {
    const groups = Array.from({ length: 12 }, (_, at) => {
      return Array.from({ length: 6 }, (__, of) =>
        entry(`age:k${at}.${of}`, Uint8Array.from([...new Uint8Array(32).fill(at * 6 + of), at + 1])),
      );
    });
    const started = performance.now();
    const found = await recover(groups, { threshold: 6 });
    expect(found.key).toMatch(/^[0-9a-f]{64}$/);
    expect(performance.now() - started).toBeLessThan(4000);
  });
});
