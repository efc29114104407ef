import { expect, test } from 'vitest';
import { Slots } from '../../../src/util/waiting/slots.js';
import { nextTurn } from '../../../src/util/waiting/task-queue.js';

test('a bound that changes counts for what is begun from then on, first come, first served', async () => {
  let most = 3;
  const slots = new Slots(() => most);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const all = Array.from({ length: 6 }, (_, at) =>
    slots.run(() => {
      begun.push(at);
      return new Promise<void>((end) => ends.push(end));
    }),
  );
  await nextTurn();
  expect(begun).toEqual([0, 1, 2]);
  most = 1;
  ends[0]?.();
  ends[1]?.();
  await nextTurn();
  expect(begun).toEqual([0, 1, 2]);
  ends[2]?.();
  await nextTurn();
  expect(begun).toEqual([0, 1, 2, 3]);
  most = 3;
  ends[3]?.();
  await nextTurn();
  expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
  ends[4]?.();
  ends[5]?.();
  await Promise.all(all);
});

test('a task that fails gives its place back', async () => {
  const slots = new Slots(1);
  await expect(slots.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await slots.run(async () => 'yes')).toBe('yes');
});
