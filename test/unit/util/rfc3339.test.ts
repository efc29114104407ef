import { describe, expect, test } from 'vitest';
import { formatRfc3339, formatUtcSeconds, parseRfc3339 } from '../../../src/util/text/rfc3339.js';

describe('RFC 3339', () => {
  test.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
    ['2026-01-02T03:04:05.750+00:00', '2026-01-02T03:04:05.75Z', '2026-01-02T03:04:05Z'],
    ['2026-01-02T03:04:05.1234567899-07:30', '2026-01-02T03:04:05.123456789-07:30', '2026-01-02T03:04:05-07:30'],
    ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00Z', '0000-01-01T00:00:00Z'],
    ['9999-12-31T23:59:59.999999999+23:59', '9999-12-31T23:59:59.999999999+23:59', '9999-12-31T23:59:59+23:59'],
    ['2000-02-29T00:00:00-00:00', '2000-02-29T00:00:00Z', '2000-02-29T00:00:00Z'],
    ['1969-12-31T23:59:59.5Z', '1969-12-31T23:59:59.5Z', '1969-12-31T23:59:59Z'],
  ])('%s', (text, nano, seconds) => {
    const instant = parseRfc3339(text);
    expect(instant && formatRfc3339(instant)).toBe(nano);
    expect(instant && formatRfc3339(instant, 'seconds')).toBe(seconds);
  });

  test.each([
    '',
    '2026-01-02',
    '2026-01-02 03:04:05Z',
    '2026-01-02t03:04:05z',
    '2026-1-02T03:04:05Z',
    '2026-13-01T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-01-02T24:00:00Z',
    '2026-01-02T03:04:60Z',
    '2026-01-02T03:04:05.Z',
    '2026-01-02T03:04:05',
    '2026-01-02T03:04:05+24:00',
    '2026-01-02T03:04:05+01:60',
    '2026-01-02T03:04:05Z ',
  ])('%s is none', (text) => {
    expect(parseRfc3339(text)).toBeNull();
  });

  test('has no text for years and offsets beyond it', () => {
    expect(formatRfc3339({ nanoseconds: 0n, offset: 24 * 60 })).toBeNull();
    expect(formatRfc3339({ nanoseconds: 253402300800_000_000_000n, offset: 0 })).toBeNull();
    expect(formatRfc3339({ nanoseconds: 10n ** 30n, offset: 0 })).toBeNull();
  });

  test('prints the present in UTC with whole seconds', () => {
    expect(formatUtcSeconds(1767323045_999)).toBe('2026-01-02T03:04:05Z');
  });
});
