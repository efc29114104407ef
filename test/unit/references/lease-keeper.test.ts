/** Leases by the clock: renewed in time, given up when they are over, whatever happens to the time of day. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import type { Lease } from '../../../src/references/lease.js';
import { LeaseKeeper } from '../../../src/references/lease-keeper.js';
import { SYSTEM_CLOCK } from '../../../src/util/waiting/clock.js';
import { hostOf } from '../keys/host.js';

let renewals = 0;
let revoked: string[] = [];
let answer: () => Promise<number>;
let keeper: LeaseKeeper;
let ended: string | undefined;

beforeEach(() => {
  vi.useFakeTimers();
  // The program's own clock is Node's, which timers of tests do not stand in for.
  vi.spyOn(SYSTEM_CLOCK, 'steady').mockImplementation(() => performance.now());
  renewals = 0;
  revoked = [];
  ended = undefined;
  answer = async () => 60;
  keeper = new LeaseKeeper(hostOf());
  void keeper.ended.then((reason) => {
    ended = reason;
  });
});
afterEach(async () => {
  await keeper.close();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const lease = (id: string, duration = 60): Lease => ({
  called: id,
  id,
  duration,
  isRenewable: true,
  renew: () => {
    renewals += 1;
    return answer();
  },
  revoke: async () => void revoked.push(id),
});

describe('a lease', () => {
  test('is renewed when two thirds of its time are over, again and again', async () => {
    keeper.add(lease('one'));
    await vi.advanceTimersByTimeAsync(39_000);
    expect(renewals).toBe(0);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(renewals).toBeGreaterThanOrEqual(12);
    expect(ended).toBeUndefined();
  });

  test('that a store does not renew is asked for again, later and later, until it is over', async () => {
    answer = async () => {
      throw new SopsError('store-unreachable', 'down');
    };
    keeper.add(lease('one'));
    await vi.advanceTimersByTimeAsync(50_000);
    expect([renewals > 3, renewals < 12, ended]).toEqual([true, true, undefined]);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(ended).toBe('one could not be renewed: down');
  });

  test('goes on when the store comes back', async () => {
    answer = async () => {
      throw new SopsError('store-unreachable', 'down');
    };
    keeper.add(lease('one'));
    await vi.advanceTimersByTimeAsync(50_000);
    answer = async () => 60;
    await vi.advanceTimersByTimeAsync(300_000);
    expect(ended).toBeUndefined();
  });

  test('that a store does not know any more has ended at once', async () => {
    answer = async () => {
      throw new SopsError('lease-expired', 'lease not found');
    };
    keeper.add(lease('one'));
    await vi.advanceTimersByTimeAsync(50_000);
    expect([renewals, ended]).toEqual([1, 'one could not be renewed: lease not found']);
  });
});

test('what cannot be renewed is good for as long as it was granted, also for months', async () => {
  const day = 24 * 3600;
  keeper.add({ ...lease('one', 100 * day), isRenewable: false });
  await vi.advanceTimersByTimeAsync(80 * day * 1000);
  expect(ended).toBeUndefined();
  await vi.advanceTimersByTimeAsync(10 * day * 1000);
  expect(ended).toBe('one ends and cannot be renewed');
});

describe('a time of day that jumps', () => {
  test('ahead, as after a sleep, is answered by asking the store first', async () => {
    keeper.add(lease('one'));
    vi.setSystemTime(Date.now() + 3_600_000);
    await vi.advanceTimersByTimeAsync(50_000);
    expect([renewals, ended]).toEqual([1, undefined]);
  });

  test('back does not make a lease that is over last longer', async () => {
    answer = async () => {
      throw new SopsError('store-unreachable', 'down');
    };
    keeper.add(lease('one'));
    await vi.advanceTimersByTimeAsync(30_000);
    vi.setSystemTime(Date.now() - 3_600_000);
    await vi.advanceTimersByTimeAsync(31_000);
    expect(ended).toBe('one could not be renewed: down');
  });
});

describe('the end', () => {
  test('gives back leases first, then log-ins', async () => {
    keeper.add(lease('token'), true);
    keeper.add(lease('one'));
    await keeper.close();
    expect(revoked).toEqual(['one', 'token']);
  });

  test('of what printed values gives back a log-in, but not one that lent what was printed', async () => {
    keeper.add(lease('token'), true);
    await keeper.leave();
    expect(revoked).toEqual(['token']);
    const other = new LeaseKeeper(hostOf());
    other.add(lease('second'), true);
    other.add(lease('credentials'));
    await other.leave();
    await vi.advanceTimersByTimeAsync(100_000);
    expect([revoked, renewals]).toEqual([['token'], 0]);
  });
});
