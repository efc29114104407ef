import { constants } from 'node:buffer';
import { expect, test } from 'vitest';
import { tooLargeInWords } from '../../../src/cli/output/too-large.js';
import { SopsError } from '../../../src/errors.js';
import { inSweeps } from '../../support/sweep.js';

const thrownBy = (action: () => unknown): unknown => {
  try {
    return action();
  } catch (error) {
    return error;
  }
};

inSweeps(() => {
  test('what is too large for V8 is reported as such', () => {
    const bytes = Buffer.alloc(constants.MAX_STRING_LENGTH + 1);
    const long = thrownBy(() => bytes.toString('latin1'));
    const joined = thrownBy(() => 'x'.repeat(1 << 20).padEnd(constants.MAX_STRING_LENGTH + 1));
    for (const error of [long, joined]) {
      expect(tooLargeInWords(error)).toMatchObject({
        code: 'failed',
        message: expect.stringContaining('the file is too large'),
      });
    }
    expect(tooLargeInWords(new RangeError('Array buffer allocation failed'))).toBeInstanceOf(SopsError);
  });
});

test('other errors stay what they are', () => {
  for (const error of [
    new RangeError('edits overlap'),
    new Error('x'),
    new SopsError('failed', 'Invalid string length'),
    'x',
  ]) {
    expect(tooLargeInWords(error)).toBe(error);
  }
});
