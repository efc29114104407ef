import { describe, expect, test } from 'vitest';
import { DeadlineError, withDeadline } from '../../../src/util/waiting/deadline.js';

const never = () => new Promise<string>(() => undefined);

describe('a deadline', () => {
  test('leaves alone what is in time, well or not', async () => {
    expect(await withDeadline(1000, undefined, async () => 'done')).toBe('done');
    expect(await withDeadline(Number.POSITIVE_INFINITY, undefined, async () => 'done')).toBe('done');
    await expect(withDeadline(1000, undefined, () => Promise.reject(new Error('own')))).rejects.toThrow('own');
  });

  test('ends the waiting and tells the action', async () => {
    let told: unknown;
    const hanging = withDeadline(5, undefined, (signal) => {
      signal.addEventListener('abort', () => {
        told = signal.reason;
      });
      return never();
    });
    await expect(hanging).rejects.toBeInstanceOf(DeadlineError);
    expect(told).toBeInstanceOf(DeadlineError);
  });

  test('passes on that somebody else wants to stop, before or during', async () => {
    const stop = new AbortController();
    const hanging = withDeadline(10_000, stop.signal, never);
    stop.abort(new Error('enough'));
    await expect(hanging).rejects.toThrow('enough');
    await expect(withDeadline(10_000, stop.signal, never)).rejects.toThrow('enough');
  });

  test('does not mind what becomes of an action that was given up', async () => {
    let fail: (error: Error) => void = () => undefined;
    const late = new Promise<string>((_, reject) => {
      fail = reject;
    });
    await expect(withDeadline(5, undefined, () => late)).rejects.toBeInstanceOf(DeadlineError);
    fail(new Error('too late'));
    await new Promise((settle) => setImmediate(settle));
  });
});
