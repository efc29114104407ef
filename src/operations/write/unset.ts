/** `unset`: one entry of an encrypted file taken out. */
import { SopsError } from '../../errors.js';
import { unsetAt } from '../../tree/path.js';
import type { Branch } from '../../tree/tree.js';
import type { Host } from '../../util/host/host.js';
import { type ChangeOutcome, type ChangeRequest, changeFile } from './change-file.js';

export type UnsetRequest = ChangeRequest;

/**
 * Removes an entry from the first document of a file. Throws as `changeFile` does, and `path-not-found` when there is
 * nothing to remove, unless the request is idempotent.
 */
export function unsetInFile(request: UnsetRequest, host: Host): Promise<ChangeOutcome> {
  return changeFile(request, (document) => changesByUnset(document, request), host);
}

function changesByUnset(document: Branch, { path, idempotent }: UnsetRequest): boolean {
  try {
    unsetAt(document, path);
    return true;
  } catch (error) {
    const isAbsent = error instanceof SopsError && error.code === 'path-not-found';
    if (idempotent && isAbsent && /^(?:Key not found|Index )/.test(error.message)) return false;
    throw error;
  }
}
