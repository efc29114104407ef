/** Gives the tests of a run one temporary folder, and takes it away with whatever they left there. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Run by Vitest once, before it starts its workers. The name is short, since paths of sockets must be. */
export default function setUp(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'st-'));
  // Some tests start programs as another user.
  chmodSync(folder, 0o755);
  process.env.TMPDIR = folder;
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  // A run that is interrupted ends without what is returned here.
  process.once('exit', remove);
  return () => {
    process.off('exit', remove);
    remove();
  };
}
