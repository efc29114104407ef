/**
 * Programs as each system starts them. On Windows `npm`, `code`, `az` are batch files (`.cmd`, `.bat`), which only its shell runs: Node refuses them
 * without one. The words must come through the shell as they are, whoever chose them.
 */
import { SopsError } from '../errors.js';
import { withoutTrailing } from '../util/text/trim.js';
import { nativeCommand, type ProgramCall } from './native-command.js';

export interface StartedCall extends ProgramCall {
  /** Whether the words are the command line as it stands; Windows alone looks at it. */
  readonly windowsVerbatimArguments?: boolean;
}

const BATCH = /\.(?:cmd|bat)$/i;
/** What the shell of Windows reads as something else than text. */
const MARKS = /[()\][%!^"`<>&|;, *?]/g;

/** What to start a program by. Throws `failed` for words that a batch file cannot be given. */
export function startedCall(command: ProgramCall, platform: NodeJS.Platform): StartedCall {
  if (platform !== 'win32') return nativeCommand(command);
  if (!BATCH.test(command.file)) return command;
  const { file, args, env } = command;
  if (args.some((word) => /[\r\n\0]/.test(word))) {
    const hint = 'Name a program that is an .exe, or put the word into a file.';
    throw new SopsError('failed', `${file} is a batch file, which takes no word with a line break`, { file, hint });
  }
  const line = [escaped(file), ...args.map((word) => forBatch(word))].join(' ');
  return { ...shellCall(line, env), env, windowsVerbatimArguments: true };
}

/** The shell of Windows with a command line as it stands: with `/s` it takes off the outer quotes alone. */
export function shellCall(line: string, env: ProgramCall['env']): { readonly file: string; readonly args: string[] } {
  return { file: env.ComSpec || 'cmd.exe', args: ['/d', '/s', '/c', `"${line}"`] };
}

function escaped(text: string): string {
  return text.replaceAll(MARKS, '^$&');
}

/** A word in quotes as C programs read them, hidden from the shell, which reads it once more when the batch file hands it on. */
function forBatch(word: string): string {
  // From the first of several backslashes on: a try from each of them would take quadratic time.
  const inner = word.replaceAll(/(?<!\\)(\\*)"/g, '$1$1\\"');
  const ending = inner.slice(withoutTrailing(inner, '\\').length);
  return escaped(escaped(`"${inner}${ending}"`));
}
