/** Gives the tests of a run one temporary folder, and takes it away with whatever they left there. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The variable by which the other projects of a run know that they have one. */
const OURS = 'SOPS_TS_TEST_FOLDER';

/**
 * Run by Vitest once for each project, before it starts its workers. The name is short, since paths of sockets must be, and messages are cut
 * that show one: so the projects of a run share a folder, in place of one within the other.
 */
export default function setUp(): () => void {
  if (process.env[OURS] !== undefined) return () => undefined;
  const folder = mkdtempSync(join(tmpdir(), 'st-'));
  // Some tests start programs as another user.
  chmodSync(folder, 0o755);
  process.env.TMPDIR = folder;
  process.env[OURS] = folder;
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  // A run that is interrupted ends without what is returned here.
  process.once('exit', remove);
  return () => {
    process.off('exit', remove);
    delete process.env[OURS];
    remove();
  };
}
