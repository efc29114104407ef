import { afterEach, describe, expect, test, vi } from 'vitest';
import type { MasterKey } from '../../../src/keys/provider.js';
import { KEY_TYPES } from '../../../src/keys/registry.js';
import { keyStringOf } from '../../../src/keyservice/keyservice.js';
import { LocalKeyService, MOST_CALLS } from '../../../src/keyservice/local.js';
import { sessionOf } from '../../../src/util/host/session.js';
import { concurrencyLimitOf } from '../../../src/util/waiting/concurrency-limit.js';
import { nextTurn } from '../../../src/util/waiting/task-queue.js';
import { hostOf } from '../keys/host.js';
import { keyNamed, standIn } from './services.js';

const host = sessionOf({
  env: {},
  cwd: '/',
  platform: 'linux',
  askSecret: () => Promise.reject(new Error('no terminal')),
  warn: () => {},
});

const keyOf = (type: string): MasterKey => ({ type, fields: new Map([['name', 'some-key']]), enc: 'x' });

describe('the local key service', () => {
  const missing = KEY_TYPES.filter((row) => !row.load);

  test.each(['no_such_type', ...missing.map((row) => row.type)])(
    'refuses %s, which has no provider, by name',
    async (type) => {
      const service = new LocalKeyService(host);
      const title = KEY_TYPES.find((row) => row.type === type)?.title ?? type;
      for (const attempt of [service.wrap(keyOf(type), new Uint8Array(32)), service.unwrap(keyOf(type))]) {
        await expect(attempt).rejects.toMatchObject({
          code: 'key',
          message: `keys of ${title} cannot be used by this version of sops-ts yet`,
        });
      }
      expect(await keyStringOf(keyOf(type))).toBe('some-key');
    },
  );
});

test('of all files of a run so many calls are under way at a time, and fewer when a service says that it gets too many', async () => {
  const ends: (() => void)[] = [];
  standIn('kms', { wrap: () => new Promise((settle) => ends.push(() => settle('wrapped'))) });
  const run = sessionOf(hostOf());
  const services = [new LocalKeyService(run), new LocalKeyService(run)];
  const all = Array.from({ length: 3 * MOST_CALLS }, (_, at) =>
    (services[at % 2] as LocalKeyService).wrap(keyNamed('kms', `key-${at}`), new Uint8Array(32)),
  );
  await vi.waitFor(() => expect(ends).toHaveLength(MOST_CALLS));
  concurrencyLimitOf(run).onRefusal();
  for (let at = 0; at < MOST_CALLS / 2; at++) ends[at]?.();
  await nextTurn();
  expect(ends).toHaveLength(MOST_CALLS);
  for (let at = MOST_CALLS / 2; at < 3 * MOST_CALLS; at++) {
    await vi.waitFor(() => expect(ends.length).toBeGreaterThan(at));
    expect(ends.length - at).toBeLessThanOrEqual(MOST_CALLS / 2);
    ends[at]?.();
  }
  expect(await Promise.all(all)).toHaveLength(3 * MOST_CALLS);
  vi.restoreAllMocks();
});

describe('a service that does not answer', () => {
  afterEach(() => vi.restoreAllMocks());
  const hurried = hostOf({ env: { SOPS_TS_KEY_TIMEOUT: '0.05' } });
  const never = () => new Promise<never>(() => undefined);

  test('is waited for as long as the user says', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    standIn('kms', {
      wrap: (_key, _part, _host, signal) => {
        signals.push(signal);
        return never();
      },
      unwrap: (_key, _host, signal) => {
        signals.push(signal);
        return never();
      },
    });
    const service = new LocalKeyService(hurried);
    const message = 'no answer within 0.05 s (SOPS_TS_KEY_TIMEOUT sets another limit, in seconds)';
    await expect(service.wrap(keyNamed('kms', 'a'), Buffer.alloc(32))).rejects.toMatchObject({ code: 'key', message });
    await expect(service.unwrap(keyNamed('kms', 'a'))).rejects.toMatchObject({ code: 'key', message });
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
  });

  test('does not matter for keys of this machine, which may wait for a passphrase', async () => {
    standIn('age', { unwrap: () => new Promise((settle) => setTimeout(settle, 150, Buffer.from([1]))) });
    expect(await new LocalKeyService(hurried).unwrap(keyNamed('age', 'a'))).toEqual(Buffer.from([1]));
  });
});
