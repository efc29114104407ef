/** What is remembered of opened parts: one call for many files, and nothing that should not stay. */
import { inspect } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import type { KeyService } from '../../../src/keyservice/keyservice.js';
import { PartMemory } from '../../../src/keyservice/part-memory.js';
import { remembering } from '../../../src/keyservice/remembering.js';
import { hostOf } from '../keys/host.js';
import { keyNamed } from './services.js';

afterEach(() => vi.useRealTimers());

/** Counts what it is asked, and gives the part that `enc` says. */
class CountingService implements KeyService {
  asked = 0;

  async wrap(): Promise<string> {
    return '';
  }

  async unwrap(key: MasterKey): Promise<Uint8Array> {
    this.asked += 1;
    return Buffer.from(key.enc, 'hex');
  }
}

const key = keyNamed('kms', 'arn', '0a0b');

describe('a part', () => {
  test('is opened once for a run, also when it is asked for several times at once', async () => {
    const service = new CountingService();
    const host = hostOf();
    const at = () => remembering(service, 'local', host);
    const parts = await Promise.all([at().unwrap(key), at().unwrap(key), at().unwrap({ ...key })]);
    parts.push(await at().unwrap(key));
    expect(parts.map((part) => [...part])).toEqual(Array(4).fill([10, 11]));
    expect(service.asked).toBe(1);
  });

  test('is opened again for another run, service, type, field, context or wrapping', async () => {
    const service = new CountingService();
    const host = hostOf();
    const withContext = (value: string): MasterKey => {
      return {
        ...key,
        fields: new Map<string, string | ReadonlyMap<string, string>>([
          ...key.fields,
          ['context', new Map([['a', value]])],
        ]),
      };
    };
    await remembering(service, 'local', host).unwrap(key);
    await remembering(service, 'local', hostOf()).unwrap(key);
    await remembering(service, 'tcp://127.0.0.1:1', host).unwrap(key);
    for (const other of [
      { ...key, type: 'gcp_kms' },
      keyNamed('kms', 'arn2', key.enc),
      { ...key, enc: '0a0c' },
      withContext('b'),
      withContext('c'),
    ]) {
      await remembering(service, 'local', host).unwrap(other);
    }
    expect(service.asked).toBe(8);
  });

  test('belongs to the one who asked: changing it changes nothing for others', async () => {
    const service = new CountingService();
    const memory = remembering(service, 'local', hostOf());
    (await memory.unwrap(key)).fill(0);
    expect([...(await memory.unwrap(key))]).toEqual([10, 11]);
  });

  test('is wiped and opened anew when many others came after it', async () => {
    const memory = new PartMemory();
    const opened: Uint8Array[] = [];
    const ask = (name: number) =>
      memory.recall(String(name), async () => {
        const part = Uint8Array.of(name % 200, 1);
        opened.push(part);
        return part;
      });
    for (let name = 0; name < 64; name++) await ask(name);
    await ask(0);
    expect(opened).toHaveLength(64);
    await ask(64);
    // The one not asked for the longest has gone, not the oldest.
    await ask(0);
    expect(opened).toHaveLength(65);
    expect([...(opened[1] ?? [])]).toEqual([0, 0]);
    await ask(1);
    expect(opened).toHaveLength(66);
  });

  test('is opened anew after some minutes', async () => {
    vi.useFakeTimers({ now: 0 });
    const service = new CountingService();
    const memory = remembering(service, 'local', hostOf());
    await memory.unwrap(key);
    vi.setSystemTime(4 * 60_000);
    await memory.unwrap(key);
    expect(service.asked).toBe(1);
    vi.setSystemTime(6 * 60_000);
    await memory.unwrap(key);
    expect(service.asked).toBe(2);
  });

  test('is not kept when opening it mended the entry, which every file needs for itself', async () => {
    const service = new CountingService();
    const mending: KeyService = {
      wrap: () => service.wrap(),
      async unwrap(asked) {
        const part = await service.unwrap(asked);
        asked.enc = '0a0b0c';
        return part;
      },
    };
    const memory = remembering(mending, 'local', hostOf());
    for (const copy of [{ ...key }, { ...key }]) {
      expect([...(await memory.unwrap(copy))]).toEqual([10, 11]);
      expect(copy.enc).toBe('0a0b0c');
    }
    expect(service.asked).toBe(2);
  });

  test('shows in nothing that is printed', async () => {
    const memory = new PartMemory();
    await memory.recall('q', async () => Buffer.from('canary-part'));
    for (const text of [inspect(memory, { depth: 9, showHidden: true }), JSON.stringify(memory), String(memory)]) {
      expect(text).not.toMatch(/canary|63 61 6e 61 72 79|99, ?97, ?110/);
    }
  });
});

describe('a failure', () => {
  test('is shared by those who wait for it, and then forgotten', async () => {
    const memory = new PartMemory();
    let asked = 0;
    const open = async (): Promise<Uint8Array> => {
      asked += 1;
      if (asked === 1) throw new SopsError('key', 'denied');
      return Uint8Array.of(1);
    };
    const outcomes = await Promise.allSettled([memory.recall('q', open), memory.recall('q', open)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect([...(await memory.recall('q', open))]).toEqual([1]);
    expect(asked).toBe(2);
  });
});

describe('a request', () => {
  const forever = (signals: AbortSignal[]) => (signal: AbortSignal) => {
    signals.push(signal);
    return new Promise<Uint8Array>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  };

  test('goes on while one of those who asked still wants it, and is called off when none does', async () => {
    const memory = new PartMemory();
    const signals: AbortSignal[] = [];
    const [one, other] = [new AbortController(), new AbortController()];
    const asked = [one, other].map(({ signal }) => memory.recall('q', forever(signals), { signal }));
    one.abort();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    other.abort();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    await expect(Promise.allSettled(asked)).resolves.toHaveLength(2);
    // A new one is not given what was called off.
    expect([...(await memory.recall('q', async () => Uint8Array.of(3)))]).toEqual([3]);
  });

  test('is not made for somebody who has lost interest already', async () => {
    const memory = new PartMemory();
    const signals: AbortSignal[] = [];
    await expect(memory.recall('q', forever(signals), { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(signals).toEqual([]);
  });
});
