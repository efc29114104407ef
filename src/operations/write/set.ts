/** `set`: one value of an encrypted file. */
import { SopsError } from '../../errors.js';
import { setAt, type TreePath } from '../../tree/path.js';
import type { Value } from '../../tree/tree.js';
import type { Host } from '../../util/host.js';
import { type ChangeOutcome, type ChangeRequest, changeFile } from './change-file.js';

export interface SetRequest extends ChangeRequest {
  readonly path: TreePath;
  /** The new value, without places. */
  readonly value: Value;
}

/**
 * Sets a value in the first document of a file; missing maps are made on the way, an index behind the end appends.
 * Throws as `changeFile` does, and `set-syntax` for a place that cannot hold a value.
 */
export function setInFile(request: SetRequest, host: Host): Promise<ChangeOutcome> {
  return changeFile(request, (document) => changesBySet(document, request), host);
}

function changesBySet(document: Parameters<typeof setAt>[0], { path, value }: SetRequest): boolean {
  try {
    return setAt(document, path, value);
  } catch (error) {
    if (error instanceof SopsError && error.code === 'path-not-found') throw error.with('set-syntax');
    throw error;
  }
}
