/** `kustomize install`: from flags to launchers. */
import { join, resolve } from 'node:path';
import { LEGACY_KINDS, legacyPath, pluginHome, writeLauncher } from '../../kubernetes/kustomize/launcher.js';
import { launchTarget } from '../own-process.js';
import { say } from '../streams.js';
import { UsageError } from '../usage-error.js';
import type { Command, Invocation } from './command.js';

const NAME = 'kustomize install';
const DEFAULT_NAME = 'sops-ts-kustomize';

export const kustomizeInstall: Command = {
  async run(invocation) {
    for (const path of launcherPaths(invocation)) {
      await writeLauncher(path, launchTarget());
      say(invocation.streams.stderr, `installed ${path}\n`);
    }
    return 0;
  },
};

/** Where launchers are to be, absolute. Throws `usage`. */
export function launcherPaths({ values, operands, host }: Invocation): string[] {
  const [folder, ...more] = operands;
  if (more.length > 0) throw new UsageError('kustomize install takes one folder', NAME);
  const name = values.text('as');
  if (name !== undefined && (name.includes('/') || name === '.' || name === '..')) {
    throw new UsageError('--as takes the name of a program, not a path', NAME);
  }
  if (!values.isOn('legacy')) {
    if (folder === undefined) throw new UsageError('name the folder of programs, or give --legacy', NAME);
    return [join(resolve(host.cwd, folder), name ?? DEFAULT_NAME)];
  }
  const home = folder === undefined ? pluginHome(host) : resolve(host.cwd, folder);
  const kinds = LEGACY_KINDS.filter(({ kind }) => name === undefined || kind === name);
  if (kinds.length === 0) {
    const known = LEGACY_KINDS.map(({ kind }) => kind).join(', ');
    throw new UsageError(`with --legacy, --as is a kind that the plug-in knows: ${known}`, NAME);
  }
  return kinds.map((kind) => legacyPath(home, kind));
}
