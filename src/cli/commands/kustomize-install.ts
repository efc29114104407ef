/** `kustomize install`: from flags to launchers. */
import { join } from 'node:path';
import {
  LEGACY_KINDS,
  legacyPath,
  pluginHome,
  refuseOnWindows,
  writeLauncher,
} from '../../kubernetes/kustomize/launcher.js';
import { resolve } from '../../util/files/paths.js';
import { launchTarget } from '../start/own-process.js';
import { say } from '../terminal/streams.js';
import { flag, type Values } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import { type Context, command } from './command.js';
import { legacyFlag } from './shared-flags.js';

const NAME = 'kustomize install';
const DEFAULT_NAME = 'sops-ts-kustomize';

const flags = {
  ...legacyFlag,
  as: flag.text('as', { value: 'NAME', help: 'call the launcher NAME, e.g. ksops' }),
  verbose: PROGRAM.verbose,
};

export const kustomizeInstall = command({
  name: 'kustomize install',
  task: 'kubernetes',
  summary: 'put a launcher of the plug-in on a path, or where kustomize looks for legacy plug-ins',
  operands: '[folder]',
  examples: [
    'sops-ts kustomize install --as ksops ~/.local/bin',
    'sops-ts kustomize install --legacy   # the home of plug-ins',
  ],
  flags,
  async run(given, context) {
    const hint =
      'Copy the executable of sops-ts to where the plug-in is to be: called ksops.exe or sops-ts-kustomize.exe, it is that.';
    refuseOnWindows(context.host, 'a launcher is', hint);
    for (const path of launcherPaths(given, context)) {
      await writeLauncher(path, launchTarget());
      say(context.streams.stderr, `installed ${path}\n`);
    }
    return 0;
  },
});

/** Where launchers are to be, absolute. Throws `usage`. */
function launcherPaths({ as: name, legacy }: Values<typeof flags>, { operands, host }: Context): string[] {
  const [folder, ...more] = operands;
  if (more.length > 0) throw new UsageError('kustomize install takes one folder', NAME);
  if (name !== undefined && (name.includes('/') || name === '.' || name === '..')) {
    throw new UsageError('--as takes the name of a program, not a path', NAME);
  }
  if (!legacy) {
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
