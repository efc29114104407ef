import { describe, expect, test } from 'vitest';
import { TaskQueue } from '../../../src/util/waiting/task-queue.js';

const pause = (milliseconds: number) => new Promise((settle) => setTimeout(settle, milliseconds));

describe('a queue of tasks', () => {
  test('runs one task at a time, in order, whatever becomes of them', async () => {
    const queue = new TaskQueue();
    const seen: string[] = [];
    const task = (name: string, fails: boolean) => async () => {
      seen.push(`${name} begins`);
      await pause(2);
      seen.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
    const results = await Promise.allSettled([
      queue.run(task('a', false)),
      queue.run(task('b', true)),
      queue.run(task('c', false)),
    ]);
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.message))).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  test('is idle when nothing is left, also of what was added meanwhile', async () => {
    const queue = new TaskQueue();
    await queue.idle();
    let done = 0;
    const count = async (): Promise<void> => {
      await pause(2);
      done += 1;
    };
    void queue.run(count).then(() => queue.run(count));
    await queue.idle();
    expect(done).toBe(2);
  });
});
