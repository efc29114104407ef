import { expect, test } from 'vitest';
import { SopsError } from '../../../../src/errors.js';
import { formatNamed } from '../../../../src/formats/registry.js';
import { PlainReadings } from '../../../../src/repository/check/plain-readings.js';

test.each([
  ['a document', 'a: 1\n', Object],
  ['none', 'a: [\n', SopsError],
])('%s is read once for each format, whoever asks', async (_, text, kind) => {
  const readings = new PlainReadings(Buffer.from(text));
  const first = await readings.as(formatNamed('yaml'));
  expect(first).toBeInstanceOf(kind);
  expect(await readings.as(formatNamed('yaml'))).toBe(first);
  expect(await readings.as(formatNamed('dotenv'))).not.toBe(first);
});
