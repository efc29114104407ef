/** `decrypt` of many files: kept apart, since start-up reads `decrypt` whatever is run. */
import { SopsError } from '../../errors.js';
import { decryptFile } from '../../operations/read/decrypt.js';
import type { DecryptRequest } from '../../operations/requests.js';
import type { Context } from '../commands/command.js';
import { type GivenFlags, workOnMany } from './files.js';

interface DecryptFlags extends GivenFlags {
  readonly extract: string | undefined;
}

/** `requestFor` reads the flags for a context of one file. */
export async function decryptMany(
  given: DecryptFlags,
  context: Context,
  requestFor: (one: Context) => DecryptRequest,
): Promise<number> {
  if (given.extract !== undefined) {
    const message = `Error: --extract is for one file, and not for ${context.operands.join(' ')}`;
    throw new SopsError('conflict', message, { file: '' });
  }
  return workOnMany(given, context, {
    name: 'decrypt',
    done: 'decrypted',
    kind: 'sealed',
    makes: 'plaintext',
    streams: true,
    run: (one, output) => decryptFile({ ...requestFor(one), output }, one.host),
  });
}
