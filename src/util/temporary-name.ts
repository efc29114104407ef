/** Names of temporary files: recognisable after a SIGKILL, and never as long as the name of a file may be. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

const PREFIX = '.sops-ts-';
const SUFFIX = '.tmp';

/** A path in a folder that nothing else has. */
export function temporaryIn(folder: string): string {
  return join(folder, `${PREFIX}${randomBytes(12).toString('hex')}${SUFFIX}`);
}
