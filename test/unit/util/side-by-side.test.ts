/** Work side by side: bounded, in order, stoppable, slowed down by services that get too many calls. */
import { describe, expect, test } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import { retryWhenThrottled } from '../../../src/util/waiting/backoff.js';
import { ConcurrencyLimit } from '../../../src/util/waiting/concurrency-limit.js';
import { sideBySide } from '../../../src/util/waiting/side-by-side.js';

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);

/** Work that notes how much of it goes on at a time. */
class Work {
  now = 0;
  most = 0;
  readonly begun: number[] = [];
  async do(item: number, milliseconds: number): Promise<number> {
    this.begun.push(item);
    this.now += 1;
    this.most = Math.max(this.most, this.now);
    await pause(milliseconds);
    this.now -= 1;
    return item * 2;
  }
}

describe('sideBySide', () => {
  test('gives results in order, whatever ends first, and never works on more than it may', async () => {
    const work = new Work();
    const given: number[][] = [];
    for await (const one of sideBySide(numbers(40), { most: 5, work: (item) => work.do(item, (item * 7) % 10) }))
      given.push([...one]);
    expect(given).toEqual(numbers(40).map((item) => [item, item * 2]));
    expect(work.most).toBe(5);
  });

  test('a slow first one does not keep the others from their turn, but results do not pile up', async () => {
    const work = new Work();
    const all = sideBySide(numbers(100), { most: 3, work: (item) => work.do(item, item === 0 ? 80 : 0) });
    await all.next();
    expect(work.begun.length).toBeGreaterThan(3);
    expect(work.begun.length).toBeLessThan(20);
    await all.return(undefined);
  });

  test('what takes much memory is worked on alone', async () => {
    const work = new Work();
    const options = { most: 8, weigh: () => 40 << 20, work: (item: number) => work.do(item, 2) };
    for await (const _ of sideBySide(numbers(6), options));
    expect(work.most).toBe(1);
  });

  test('stopped, it ends what is in work and begins nothing else', async () => {
    const stop = new AbortController();
    const work = new Work();
    const given: number[] = [];
    for await (const [item] of sideBySide(numbers(50), {
      most: 4,
      stop: stop.signal,
      work: (one) => work.do(one, 3),
    })) {
      given.push(item);
      if (item === 5) stop.abort();
    }
    expect(given).toEqual(work.begun);
    expect(given.length).toBeLessThan(25);
    expect(work.now).toBe(0);
  });

  test('who stops to ask waits for what is in work; an error of one ends all', async () => {
    const work = new Work();
    for await (const [item] of sideBySide(numbers(50), { most: 4, work: (one) => work.do(one, 3) }))
      if (item === 2) break;
    expect(work.now).toBe(0);
    const failing = sideBySide(numbers(9), {
      most: 3,
      work: async (one) => {
        await work.do(one, 1);
        if (one === 4) throw new Error('four');
        return one;
      },
    });
    const seen: number[] = [];
    await expect(
      (async () => {
        for await (const [item] of failing) seen.push(item);
      })(),
    ).rejects.toThrow('four');
    expect(seen).toEqual([0, 1, 2, 3]);
    expect(work.now).toBe(0);
  });

  test('a service that gets too many calls halves what is in work, and it grows again', async () => {
    const limit = new ConcurrencyLimit();
    const work = new Work();
    const widths: number[] = [];
    const one = async (item: number): Promise<number> => {
      widths[item] = work.now + 1;
      if (item === 7) limit.onRefusal();
      return work.do(item, 2);
    };
    for await (const _ of sideBySide(numbers(120), { most: 8, limit, work: one }));
    expect(Math.max(...widths.slice(0, 8))).toBe(8);
    expect(Math.min(...widths.slice(9, 26))).toBeLessThanOrEqual(5);
    expect(Math.max(...widths.slice(90))).toBeGreaterThan(6);
  });
});

describe('the limit of calls', () => {
  test('calls that were under way count as one refusal', () => {
    const limit = new ConcurrencyLimit();
    expect(limit.allowed(16)).toBe(16);
    for (const _ of numbers(10)) limit.onRefusal(1000);
    expect(limit.allowed(16)).toBe(8);
    limit.onRefusal(2000);
    limit.onRefusal(3000);
    limit.onRefusal(4000);
    limit.onRefusal(5000);
    expect(limit.allowed(16)).toBe(1);
  });

  test('what failed for it is tried again, and nothing else is', async () => {
    const limit = new ConcurrencyLimit();
    let tries = 0;
    const failing = (code: 'key' | 'no-file', isThrottled: boolean) =>
      retryWhenThrottled(limit, async () => {
        tries += 1;
        if (isThrottled && tries < 3) limit.onRefusal();
        if (tries < 3) throw new SopsError(code, 'no');
        return tries;
      });
    expect(await failing('key', true)).toBe(3);
    tries = 0;
    await expect(failing('key', false)).rejects.toThrow('no');
    expect(tries).toBe(1);
    tries = 0;
    await expect(failing('no-file', true)).rejects.toThrow('no');
    expect(tries).toBe(1);
  });
});
