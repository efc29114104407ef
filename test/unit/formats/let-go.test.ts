/** A file whose memory was given back. */
import { expect, test } from 'vitest';
import { emptyFile, letGo } from '../../../src/formats/store.js';

test('a file that was let go of holds nothing any more, and says so', () => {
  const file = emptyFile();
  letGo(file);
  letGo(file);
  expect(file.metadata).toBeNull();
  for (const use of [
    () => file.text,
    () => file.documents,
    () => file.edits(null),
    () => file.metadataEdit,
    () => file.surprises?.(),
  ]) {
    expect(use).toThrow('let go of');
  }
});
