/** Durations as people write and read them. */
import { expect, test } from 'vitest';
import { parseDuration, shownDuration } from '../../../src/util/text/duration.js';

test.each([
  ['90', 90_000],
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['250ms', 250],
  ['2d', 172_800_000],
  ['', undefined],
  ['1h 30m', undefined],
  ['-1h', undefined],
  ['soon', undefined],
  ['1h30', undefined],
])('%j is %s ms', (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));

test.each([
  [0, '0s'],
  [400, '0s'],
  [90_000, '1m 30s'],
  [3_600_000, '1h'],
  [93_784_000, '1d 2h'],
])('%d ms read %s', (milliseconds, text) => expect(shownDuration(milliseconds)).toBe(text));
