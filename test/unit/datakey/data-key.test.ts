import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Cipher } from '../../../src/cipher/cipher.js';
import { sealMac } from '../../../src/cipher/mac.js';
import { createDataKey, wrapDataKey } from '../../../src/datakey/create.js';
import { DataKey } from '../../../src/datakey/data-key.js';
import { parseDecryptionOrder, sortKeys } from '../../../src/datakey/decryption-order.js';
import { recoverDataKey } from '../../../src/datakey/recover.js';
import { notRecovered } from '../../../src/datakey/recovery-report.js';
import { splitSecret } from '../../../src/datakey/shamir.js';
import { SopsError } from '../../../src/errors.js';
import type { KeyGroup } from '../../../src/keys/provider.js';
import { keyOf, MemoryKeyService } from './memory-key-service.js';

const LAST_MODIFIED = '2026-01-02T03:04:05Z';

async function failure(promise: Promise<unknown>): Promise<SopsError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof SopsError) return error;
  throw error ?? new Error('nothing was thrown');
}

/** Metadata as recovery sees it. */
const file = (keyGroups: readonly KeyGroup[], shamirThreshold: number, dataKey?: DataKey) => ({
  keyGroups,
  shamirThreshold,
  lastModified: LAST_MODIFIED,
  mac: dataKey ? sealMac(new Cipher(dataKey.bytes), 'MAC', LAST_MODIFIED) : '',
});

describe('a data key', () => {
  test('never shows itself', () => {
    const key = new DataKey(new Uint8Array(32).fill(7));
    expect(
      [`${key}`, JSON.stringify({ key }), inspect(key), inspect({ deep: { key } }, { showHidden: true })].join(),
    ).not.toMatch(/7/);
    expect(key.bytes).toEqual(new Uint8Array(32).fill(7));
  });

  test('has 32 bytes, others each time', () => {
    expect(() => new DataKey(new Uint8Array(16))).toThrow(RangeError);
    expect(DataKey.generate().bytes).not.toEqual(DataKey.generate().bytes);
  });
});

describe('wrapping', () => {
  test('one group gets the key itself, whatever the threshold', async () => {
    const group = [keyOf('pgp', 'p'), keyOf('age', 'a')];
    const { dataKey, shamirThreshold } = await createDataKey({ keyGroups: [group], shamirThreshold: 7 }, [
      new MemoryKeyService(['a', 'p']),
    ]);
    expect(shamirThreshold).toBe(7);
    expect(group.map((key) => key.enc)).toEqual(Array(2).fill(Buffer.from(dataKey.bytes).toString('hex')));
    expect(group[0]?.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(group[1]).not.toHaveProperty('createdAt');
  });

  test('created_at of a key that has one stays', async () => {
    const key = { ...keyOf('pgp', 'p'), createdAt: LAST_MODIFIED };
    await createDataKey({ keyGroups: [[key]], shamirThreshold: 0 }, [new MemoryKeyService(['p'])]);
    expect(key.createdAt).toBe(LAST_MODIFIED);
  });

  test('several groups get shares; without a threshold all are needed', async () => {
    const keyGroups = ['a', 'b', 'c'].map((name) => [keyOf('age', name)]);
    const services = [new MemoryKeyService(['a', 'b', 'c'])];
    const { dataKey, shamirThreshold } = await createDataKey({ keyGroups, shamirThreshold: 0 }, services);
    expect(shamirThreshold).toBe(3);
    expect(keyGroups.map(([key]) => key?.enc.slice(-2))).toEqual(['01', '02', '03']);
    const recovered = await recoverDataKey(file(keyGroups, 3), { keyServices: services });
    expect(recovered.bytes).toEqual(dataKey.bytes);
  });

  test('the first service that succeeds serves a key; all failures are told, and nothing is set', async () => {
    const group = [keyOf('age', 'a'), keyOf('age', 'b'), keyOf('kms', 'k')];
    const services = [new MemoryKeyService(['a'], 'first no'), new MemoryKeyService(['b'], 'second no')];
    const error = await failure(createDataKey({ keyGroups: [group], shamirThreshold: 0 }, services));
    expect(error.code).toBe('data-key-not-wrapped');
    expect(error.message).toBe(
      'Could not generate data key: [failed to encrypt new data key with master key "k": first no failed to encrypt new data key with master key "k": second no]',
    );
    expect(group.map((key) => key.enc)).toEqual(['', '', '']);
  });

  const one = [[keyOf('age', 'a')]];
  test.each<[string, readonly KeyGroup[], number, string]>([
    ['an empty group', [[keyOf('age', 'a')], []], 0, 'empty key group provided'],
    ['no group', [], 0, 'no key groups provided'],
    [
      'threshold 1',
      [...one, ...one],
      1,
      'could not split data key into parts for Shamir: threshold must be at least 2',
    ],
    [
      'threshold 3 of 2',
      [...one, ...one],
      3,
      'could not split data key into parts for Shamir: parts cannot be less than',
    ],
  ])('%s is refused', async (_, keyGroups, shamirThreshold, message) => {
    const error = await failure(createDataKey({ keyGroups, shamirThreshold }, [new MemoryKeyService(['a'])]));
    expect([error.code, error.message]).toEqual(['data-key-not-wrapped', expect.stringContaining(`key: [${message}`)]);
  });

  test('without services nothing can be wrapped', async () => {
    const error = await failure(wrapDataKey(DataKey.generate(), { keyGroups: one, shamirThreshold: 0 }, []));
    expect(error.message).toContain('no key services provided, cannot update master keys');
  });
});

describe('the decryption order', () => {
  test('has a default, and is taken as it is', () => {
    expect(parseDecryptionOrder(undefined)).toEqual(['age', 'pgp']);
    expect(parseDecryptionOrder('')).toEqual(['age', 'pgp']);
    expect(parseDecryptionOrder('kms, pgp,nope')).toEqual(['kms', ' pgp', 'nope']);
  });

  test('names no type twice', () => {
    expect(() => parseDecryptionOrder('age,pgp,age')).toThrow(
      expect.objectContaining({ code: 'decryption-order', message: 'Duplicate decryption key type: age' }),
    );
  });

  test('sorts stably, with unnamed types last', () => {
    const keys = ['kms 1', 'pgp 1', 'age 1', 'kms 2', 'age 2'].map((text) => keyOf(text.slice(0, 3), text));
    const names = sortKeys(keys, ['pgp', 'age']).map((key) => [...key.fields.values()][0]);
    expect(names).toEqual(['pgp 1', 'age 1', 'age 2', 'kms 1', 'kms 2']);
  });
});

describe('recovering', () => {
  const secret = DataKey.generate();
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

  test('keys are tried in order, services in order, and the first success ends the group', async () => {
    const group = [
      keyOf('kms', 'k', hex(secret.bytes)),
      keyOf('pgp', 'p'),
      keyOf('age', 'a', hex(secret.bytes)),
      keyOf('age', 'b'),
    ];
    const services = [new MemoryKeyService([]), new MemoryKeyService(['a', 'k'])];
    const key = await recoverDataKey(file([group], 0), { keyServices: services });
    expect(key.bytes).toEqual(secret.bytes);
    expect(services.map((service) => service.asked)).toEqual([['a'], ['a']]);
    await recoverDataKey(file([group], 0), { keyServices: services, decryptionOrder: ['pgp', 'kms'] });
    expect(services[1]?.asked).toEqual(['a', 'p', 'k']);
  });

  test('all groups are tried, and a threshold of them is enough', async () => {
    const [one, two, three] = splitSecret(secret.bytes, 3, 2).map(hex);
    const groups = [[keyOf('age', 'a', one)], [keyOf('age', 'b', two)], [keyOf('age', 'c', three)]];
    const service = new MemoryKeyService(['a', 'c']);
    const key = await recoverDataKey(file(groups, 2, secret), { keyServices: [service] });
    expect(key.bytes).toEqual(secret.bytes);
    expect(service.asked).toEqual(['a', 'b', 'c']);
  });

  test('a foreign share among enough good ones does not spoil the key', async () => {
    const parts = splitSecret(secret.bytes, 4, 2);
    const foreign = splitSecret(DataKey.generate().bytes, 4, 2)[2] ?? new Uint8Array();
    const names = ['a', 'b', 'c', 'd'];
    const services = [new MemoryKeyService(names)];
    const groups = (shares: Uint8Array[]) => shares.map((share, at) => [keyOf('age', names[at] ?? '', hex(share))]);
    const [one, two, , four] = parts;
    if (!one || !two || !four) throw new Error('four parts');
    for (const shares of [
      [one, two, foreign],
      [one, two, foreign, four],
      [one, foreign, one, four],
      [one, two, foreign, Uint8Array.of(1, 9)],
    ]) {
      const key = await recoverDataKey(file(groups(shares), 2, secret), { keyServices: services });
      expect(key.bytes).toEqual(secret.bytes);
    }
    // Nothing tells good shares from bad ones without a MAC.
    const blind = await recoverDataKey(file(groups([one, two, foreign]), 2), { keyServices: services });
    expect(blind.bytes).not.toEqual(secret.bytes);
  });

  test('a part that is not a data key is said so', async () => {
    const group = [keyOf('age', 'a', '00'.repeat(33))];
    const error = await failure(recoverDataKey(file([group], 0), { keyServices: [new MemoryKeyService(['a'])] }));
    expect([error.code, error.message]).toEqual(['data-key-not-recovered', expect.stringContaining('33 bytes')]);
  });

  test('one part of several groups without a threshold is too little', async () => {
    const groups = [[keyOf('age', 'a', '00'.repeat(33))], []];
    const error = await failure(recoverDataKey(file(groups, 0), { keyServices: [new MemoryKeyService(['a'])] }));
    expect(error.message).toBe(
      'could not get data key from shamir parts: less than two parts cannot be used to reconstruct the secret',
    );
  });

  test('a failure names each group and key in few lines, and everything in the detail', async () => {
    const groups = [[keyOf('age', 'a')], [keyOf('age', 'b'), keyOf('pgp', 'c')]];
    const services = [new MemoryKeyService([], 'no such key. Looked here.'), new MemoryKeyService([], 'down')];
    const error = await failure(recoverDataKey(file(groups, 2), { keyServices: services }));
    expect(error.code).toBe('data-key-not-recovered');
    expect(error.message.split('\n')).toEqual([
      'Failed to get the data key required to decrypt the SOPS file.',
      'Group 0: FAILED  a: FAILED - no such key; down',
      'Group 1: FAILED  b: FAILED, c: FAILED - no such key; down',
      expect.stringMatching(/^Recovery failed because .* Shamir threshold of 2, but only 0 part\(s\) .*--verbose/),
    ]);
    expect(error.detail).toContain(
      'Group 0: FAILED\n  a: FAILED\n    - | no such key. Looked here.\n    \n    - | down',
    );
  });

  test('without services every key fails without a reason', async () => {
    const error = await failure(recoverDataKey(file([[keyOf('age', 'a')]], 0), { keyServices: [] }));
    expect(error.message).toContain('Group 0: FAILED  a: FAILED\nRecovery failed because no master key was able');
  });

  test('many groups share a line', async () => {
    const groups = ['a', 'b', 'c'].map((name) => [keyOf('age', name)]);
    const error = await failure(recoverDataKey(file(groups, 2), { keyServices: [new MemoryKeyService([])] }));
    expect(error.message.split('\n')).toHaveLength(3);
    expect(error.message).toContain('Group 0: FAILED  a: FAILED - not mine | Group 1: FAILED  b: FAILED');
  });
});

describe('the full report is the one of SOPS', () => {
  const report = (name: string) => readFileSync(new URL(`../../../fixtures/datakey/${name}`, import.meta.url), 'utf8');
  const none =
    "failed to load age identities. Did not find keys in locations 'SOPS_AGE_SSH_PRIVATE_KEY_FILE', 'SOPS_AGE_SSH_PRIVATE_KEY_CMD', '/home/nobody-here/.ssh/id_ed25519', '/home/nobody-here/.ssh/id_rsa', 'SOPS_AGE_KEY', 'SOPS_AGE_KEY_CMD', and 'SOPS_AGE_KEY_FILE'.";
  const wrong =
    "failed to create reader for decrypting sops data key with age: identity did not match any of the recipients: incorrect identity for recipient block. Did not find keys in locations 'SOPS_AGE_SSH_PRIVATE_KEY_FILE', 'SOPS_AGE_SSH_PRIVATE_KEY_CMD', '/home/nobody-here/.ssh/id_ed25519', '/home/nobody-here/.ssh/id_rsa', 'SOPS_AGE_KEY', and 'SOPS_AGE_KEY_CMD'.";
  const keys = (reason: string, ...names: string[]) => names.map((keyString) => ({ keyString, reasons: [reason] }));

  test('with one group', () => {
    const group = keys(
      none,
      'age18wze4qjskzh03qxqmdhqwtwr48n9csu7t9umyzepcdv7rrc4ners5rfr24',
      'age17lyxssjg8hj7r7keaql39n3l63w6geglk5wt6fewdugyjpms0gcqpsx25n',
    );
    expect(report('report-no-identity.txt').trimEnd()).toContain(notRecovered([group], 0).detail ?? '-');
  });

  test('with a threshold', () => {
    const groups = [
      null,
      keys(
        wrong,
        'age17lyxssjg8hj7r7keaql39n3l63w6geglk5wt6fewdugyjpms0gcqpsx25n',
        'age1awwzl9fudp28exwtf4tc8djm2q9pv539rqdv66uzsm58u6cpgqps6afugz',
      ),
      keys(wrong, 'age1tym3nq3cvg2expkesypcsad48hceckwk648l25gdltldpxwutc7snnc6hr'),
    ];
    expect(report('report-short-of-threshold.txt').trimEnd()).toContain(notRecovered(groups, 3).detail ?? '-');
  });
});
