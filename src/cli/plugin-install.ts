/** `sops-ts-kustomize install DIR`, as `ksops install DIR`: puts the plug-in where containers share programs. */
import { join } from 'node:path';
import { copyProgram, refuseOnWindows, writeLauncher } from '../kubernetes/kustomize/launcher.js';
import { resolve } from '../util/files/paths.js';
import { createHost } from './host.js';
import { launchTarget } from './start/own-process.js';
import { type Streams, say } from './terminal/streams.js';

const KUSTOMIZE = '/usr/local/bin/kustomize';
const FAILED = 1;

/** Copies, and says on standard error what, in ksops's words. Returns the exit status; throws SopsError. */
export async function runInstall(words: readonly string[], streams: Streams): Promise<number> {
  const [folder] = words.filter((word) => word !== '--with-kustomize');
  if (folder === undefined) {
    say(streams.stderr, 'install requires a destination directory\n');
    say(streams.stderr, 'usage: sops-ts-kustomize install [--with-kustomize] DIR\n');
    return FAILED;
  }
  const host = createHost(streams);
  const { cwd } = host;
  refuseOnWindows(
    host,
    'ksops would be',
    'Copy the executable of sops-ts there as ksops.exe: by that name it is the plug-in.',
  );
  const program = join(folder, 'ksops');
  await writeLauncher(resolve(cwd, program), launchTarget());
  say(streams.stderr, `installed ${program}\n`);
  if (!words.includes('--with-kustomize')) return 0;
  const kustomize = join(folder, 'kustomize');
  await copyProgram(KUSTOMIZE, resolve(cwd, kustomize));
  say(streams.stderr, `installed ${kustomize}\n`);
  return 0;
}
