import { describe, expect, test } from 'vitest';
import { TaskQueue } from '../../../src/util/task-queue.js';

const pause = (milliseconds: number) => new Promise((settle) => setTimeout(settle, milliseconds));

describe('a lane', () => {
  test('runs one task at a time, in order, whatever becomes of them', async () => {
    const lane = new TaskQueue();
    const seen: string[] = [];
    const task = (name: string, fails: boolean) => async () => {
      seen.push(`${name} begins`);
      await pause(2);
      seen.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
    const results = await Promise.allSettled([
      lane.run(task('a', false)),
      lane.run(task('b', true)),
      lane.run(task('c', false)),
    ]);
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.message))).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  test('is idle when nothing is left, also of what was added meanwhile', async () => {
    const lane = new TaskQueue();
    await lane.idle();
    let done = 0;
    const count = async (): Promise<void> => {
      await pause(2);
      done += 1;
    };
    void lane.run(count).then(() => lane.run(count));
    await lane.idle();
    expect(done).toBe(2);
  });
});
