/** The running process, for operations that run programs. */
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SopsError } from '../../errors.js';
import type { OwnProcess } from '../../exec/process-access.js';
import type { LaunchTarget } from '../../kubernetes/kustomize/launcher.js';
import { statOrThrow } from '../../util/files/files.js';

type Replace = NonNullable<OwnProcess['replace']>;

export function ownProcess(platform: NodeJS.Platform = process.platform): OwnProcess {
  const replace = replacement(platform);
  return {
    pid: process.pid,
    userId: process.geteuid?.(),
    onSignals,
    kill(pid, signal) {
      try {
        return process.kill(pid, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
        throw error;
      }
    },
    becomeUser({ name, userId, groupId }) {
      const { initgroups } = process as { initgroups?: (user: string, group: number) => void };
      initgroups?.call(process, name, groupId);
      process.setgid?.(groupId);
      process.setuid?.(userId);
    },
    ...(replace ? { replace } : {}),
  };
}

const onSignals: OwnProcess['onSignals'] = (signals, listener) => {
  const heard = signals.filter((signal) => {
    try {
      process.on(signal, listener);
      return true;
    } catch {
      // The platform has no such signal.
      return false;
    }
  });
  return () => {
    for (const signal of heard) process.off(signal, listener);
  };
};

/** Node's own execve, absent before 22.15 and 23.11 and on Windows. */
function replacement(platform: NodeJS.Platform): Replace | undefined {
  const { execve } = process as { execve?: (file: string, args: readonly string[], env: object) => never };
  if (!execve || platform === 'win32') return undefined;
  return (file, args, env) => {
    // Node ignores these, and what is ignored stays so in the program; what has a listener is reset to the default.
    for (const signal of ['SIGPIPE', 'SIGXFSZ'] as const) process.on(signal, () => undefined);
    execve.call(process, file, args, env);
  };
}

const PLUGIN_SCRIPT = 'sops-ts-kustomize.js';

/** Where the executable's own modules stand, in it. */
const IN_EXECUTABLE = /^(?:\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/i;

/** What starts the program again, as what it is now. */
export function ownCommand({ programName = '' }: { readonly programName?: string }): readonly string[] {
  const [, script = ''] = process.argv;
  const { execPath, execArgv } = process;
  return IN_EXECUTABLE.test(script) ? [execPath, 'as', programName] : [execPath, ...execArgv, script];
}

/**
 * What starts a script beside the running program, by default the plug-in of kustomize; in the executable it is that again, with the words
 * that make it the plug-in. Throws `failed` when the script is not there.
 */
export function launchTarget(name = PLUGIN_SCRIPT): LaunchTarget {
  if (IN_EXECUTABLE.test(process.argv[1] ?? '')) {
    return { command: [process.execPath, ...(name === PLUGIN_SCRIPT ? ['as', 'sops-ts-kustomize'] : [])] };
  }
  const script = join(dirname(realpathSync(process.argv[1] ?? '.')), name);
  if (statOrThrow(script)) return { command: [process.execPath, script] };
  throw new SopsError('failed', `${name} is not beside the program, so no launcher can start it`);
}
