/** `install-as-sops`: puts a program called `sops` into a folder, for direnv, mise, editors, Ansible and whatever else calls that name. */

import { delimiter, join } from 'node:path';
import { SopsError } from '../../errors.js';
import { findProgram } from '../../exec/find-program.js';
import { writeLauncher } from '../../kubernetes/kustomize/launcher.js';
import { readFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { printable } from '../output/report.js';
import { launchTarget } from '../start/own-process.js';
import { say } from '../terminal/streams.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { generalFlags } from './shared-flags.js';

/** What tells the program that it stands in for `sops` (util/host/host.ts); a launcher of ours is known by it, too. */
const STAND_IN = { SOPS_TS_AS: 'sops' };
const MARK = 'export SOPS_TS_AS=';

export const installAsSops = command({
  name: 'install-as-sops',
  task: 'setup',
  summary: 'put a program called sops into a folder, for editors, direnv, Ansible',
  operands: 'folder',
  examples: ['sops-ts install-as-sops ~/.local/bin'],
  flags: generalFlags,
  async run(_, { operands, host, streams }) {
    const [folder, ...more] = operands;
    if (folder === undefined || more.length > 0) {
      throw new UsageError('install-as-sops takes one folder, which should be on PATH', 'install-as-sops');
    }
    if (host.platform === 'win32') {
      throw new SopsError('failed', 'install-as-sops writes a script for a shell, which Windows does not have', {
        hint: 'Write a sops.cmd that sets SOPS_TS_AS=sops and calls sops-ts %*.',
      });
    }
    const path = join(resolve(host.cwd, folder), 'sops');
    checkFree(path);
    await writeLauncher(path, { ...launchTarget('sops-ts.js'), env: STAND_IN });
    say(streams.stderr, `installed ${printable(path)}\n`);
    await warnOfOthers(path, host);
    return 0;
  },
});

/** Nobody's own sops is overwritten. Throws `conflict`. */
function checkFree(path: string): void {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch {
    // What cannot be read for another reason cannot be written either, and is told then.
    return;
  }
  if (text.includes(MARK)) return;
  throw new SopsError('conflict', `there is another program already: ${path}`, {
    hint: 'Move it away, or choose a folder that stands before that one on PATH.',
  });
}

async function warnOfOthers(path: string, host: Host): Promise<void> {
  const folders = (host.env.PATH ?? '').split(delimiter).map((folder) => resolve(host.cwd, folder));
  const own = resolve(path, '..');
  if (!folders.includes(own)) return host.warn(`${own} is not on PATH, so nothing finds this sops there yet`);
  const first = await findProgram('sops', host);
  if (first !== null && resolve(first) !== path) host.warn(`${first} stands before it on PATH`);
}
