/** The user's editor: which program it is, and running it on a file (docs/command-line.md#edit). */

import { type ChildProcess, spawn } from 'node:child_process';
import { basename } from 'node:path';
import { SopsError } from '../errors.js';
import { systemReason } from '../util/files/files.js';
import type { Host } from '../util/host/host.js';
import { startedCall } from './batch-file.js';
import { startIn } from './child-folder.js';
import { findProgram } from './find-program.js';
import { describeOutcome } from './run-program.js';
import { splitWords } from './shell-words.js';

export interface Editor {
  /** Absolute path. */
  readonly file: string;
  readonly args: readonly string[];
}

const VARIABLES = ['SOPS_EDITOR', 'EDITOR'] as const;
const USUAL = ['vim', 'nano', 'vi'];
/** Editors that return at once unless told to wait: the flags that do so, the first of which is added if none is there. */
const WAIT_FLAGS: ReadonlyMap<string, readonly string[]> = new Map([
  ...['code', 'code-insiders', 'codium', 'vscodium', 'cursor', 'windsurf', 'zed', 'subl', 'atom', 'idea'].map(
    (name): [string, readonly string[]] => [name, ['--wait', '-w']],
  ),
  ['mate', ['--wait', '-w']],
  ['bbedit', ['--wait', '-w']],
  ['xed', ['--wait', '-w']],
  ['gedit', ['--wait', '-w']],
  ['kate', ['--block', '-b']],
  ['gvim', ['--nofork', '-f']],
  ['mvim', ['--nofork', '-f']],
]);
/** How long an editor that was told to end may take. */
const END_WITHIN_MS = 2000;
/** How long the terminal's signal to this process may take after the end of an editor that got it, too. */
const HEARING_MS = 100;

/**
 * The editor to use: SOPS_EDITOR, else EDITOR, split into words as a shell does, else the first of vim, nano and vi that is
 * there. Graphical editors get the flag that makes them wait. Throws `editor-failed`.
 */
export async function findEditor(host: Host): Promise<Editor> {
  for (const name of VARIABLES) {
    const words = splitWords(host.env[name] ?? '');
    if (!words) throw new SopsError('editor-failed', `invalid $${name}: a quote is not closed`);
    const [program, ...args] = words;
    if (program === undefined) continue;
    const file = await findProgram(program, host);
    if (file) return { file, args: withWaitFlag(program, args) };
    throw new SopsError('editor-failed', `Could not run editor: ${program}: executable file not found in $PATH`, {
      hint: `Correct $${name}.`,
    });
  }
  for (const program of USUAL) {
    const file = await findProgram(program, host);
    if (file) return { file, args: [] };
  }
  throw new SopsError('editor-failed', 'Could not run editor: there is neither vim, nano nor vi', {
    hint: 'Name one in $SOPS_EDITOR or $EDITOR.',
  });
}

function withWaitFlag(program: string, args: readonly string[]): readonly string[] {
  const flags = WAIT_FLAGS.get(basename(program).replace(/\.(?:exe|cmd)$/i, ''));
  const [wait] = flags ?? [];
  return wait === undefined || args.some((arg) => flags?.includes(arg)) ? args : [wait, ...args];
}

/** An editor that runs. */
export interface RunningEditor {
  /** Settles when it has ended. Throws `editor-failed` when it could not be started, or says that it failed. */
  readonly done: Promise<void>;
  /** Passes a signal on, waits for the end, and after a while forces it. Never throws. */
  stop(signal: NodeJS.Signals): Promise<void>;
}

/** Opens a file in an editor, which gets the three streams of this process. */
export function runEditor(editor: Editor, path: string, host: Host): RunningEditor {
  let child: ChildProcess;
  try {
    child = start(editor, path, host);
  } catch (cause) {
    // Node throws some of the system's reasons (ENOMEM), and tells others by an event.
    return { done: Promise.reject(failed(systemReason(cause), cause)), stop: async () => undefined };
  }
  const done = endOf(child);
  return {
    done,
    async stop(signal) {
      child.kill(signal);
      const force = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
      await done.catch(() => undefined);
      clearTimeout(force);
    },
  };
}

function start({ file, args }: Editor, path: string, host: Host): ChildProcess {
  const command = startedCall({ file, args: [...args, path], env: host.env }, host.platform);
  return startIn(host.cwd, (cwd) => spawn(command.file, command.args, { cwd, env: command.env, stdio: 'inherit' }));
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((settle, reject) => {
    child.on('error', (cause) => reject(failed(systemReason(cause), cause)));
    child.on('close', (status, signal) => {
      const end = (): void => reject(failed(describeOutcome({ status, signal })));
      if (status === 0) settle();
      // Ctrl+C is for this process as well, and whoever cancels the edit is to hear of it first.
      else if (signal === 'SIGINT') setTimeout(end, HEARING_MS);
      else end();
    });
  });
}

function failed(reason: string, cause?: unknown): SopsError {
  return new SopsError('editor-failed', `Could not run editor: ${reason}`, { cause });
}
