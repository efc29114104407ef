/** A configuration that is to be changed, read from its file. */
import { SopsError } from '../errors.js';
import { readFile } from '../util/files/fs-promises.js';
import { configText } from './config-text.js';
import { type ConfigTree, readConfigTree } from './recipients-of.js';

/** A configuration's tree, and the bytes that it was read from. */
export interface TreeAsRead {
  readonly bytes: Uint8Array;
  readonly tree: ConfigTree;
}

/** Reads a configuration as it stands now. Throws `config` for one that cannot be understood, under the name that is shown. */
export async function readTreeAt(absolute: string, shown: string): Promise<TreeAsRead> {
  const bytes = await readFile(absolute);
  try {
    return { bytes, tree: await readConfigTree(configText(bytes)) };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw new SopsError('config', `${shown}: ${error.message}`, { cause: error });
  }
}
