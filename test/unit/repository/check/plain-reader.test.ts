import { expect, test } from 'vitest';
import { SopsError } from '../../../../src/errors.js';
import { formatNamed } from '../../../../src/formats/registry.js';
import { plainReader } from '../../../../src/repository/check/plain-reader.js';

test.each([
  ['a document', 'a: 1\n', Object],
  ['none', 'a: [\n', SopsError],
])('%s is read once for each format, whoever asks', async (_, text, kind) => {
  const readAs = plainReader(Buffer.from(text));
  const first = await readAs(formatNamed('yaml'));
  expect(first).toBeInstanceOf(kind);
  expect(await readAs(formatNamed('yaml'))).toBe(first);
  expect(await readAs(formatNamed('dotenv'))).not.toBe(first);
});
