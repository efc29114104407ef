import { expect, test } from 'vitest';
import { LastingAnswers } from '../../../src/util/waiting/answer-memory.js';

test('an answer is asked for once, also by those who ask meanwhile; a failure is not kept', async () => {
  const answers = new LastingAnswers<number>();
  let count = 0;
  const ask = async (): Promise<number> => {
    count += 1;
    if (count === 1) throw new Error('not now');
    return count;
  };
  const both = [answers.get('a', ask), answers.get('a', ask)];
  for (const one of both) await expect(one).rejects.toThrow('not now');
  expect(await answers.get('a', ask)).toBe(2);
  expect(await answers.get('a', ask)).toBe(2);
  expect(await answers.get('b', ask)).toBe(3);
});
