/** Going through a folder that cannot be read ends with the status that its caller has for that. */
import { expect, test } from 'vitest';
import { filesBelow } from '../../../src/operations/read/encrypted-files.js';

const MISSING = '/dev/null/folder';

test.each([
  ['as SOPS ends its own walks', {}, 'failed'],
  // 1, as for anything that failed, says of `check` that it has found something.
  ['as an input that cannot be read', { errorCode: 'input-unreadable' as const }, 'input-unreadable'],
])('%s', async (_, options, code) => {
  const walk = filesBelow(MISSING, options).next();
  await expect(walk).rejects.toMatchObject({ code, file: MISSING, message: `open ${MISSING}: not a directory` });
});
