/** Which configuration is for a file. */
import { inCall } from './call.js';
import { matchOf } from './config.js';
import { COMMON, checkedOptions, checkedPath } from './options.js';
import type { ConfigMatch, Options } from './types.js';

/** The configuration that is for a file, which need not be there, and which of its rules is. Null when there is none. */
export async function findConfig(file: string | URL, o?: Options): Promise<ConfigMatch | null> {
  const options = checkedOptions('findConfig', o, COMMON);
  const path = checkedPath('findConfig', file);
  return inCall(options, ({ host, request }) => matchOf(path, request, host));
}
