/** Yes/no questions on the terminal itself, in the middle of a command whose standard input and output serve something else. */
import { ReadStream } from 'node:tty';
import { SopsError } from '../../errors.js';
import { openSync } from '../../util/files/fs.js';
import { TaskQueue } from '../../util/waiting/task-queue.js';
import { printable } from '../output/report.js';
import { Questions } from './questions.js';
import type { Streams } from './streams.js';

/** Two questions at a time could not be told apart. There is one terminal to a process. */
const questions = new TaskQueue();

/**
 * Asks on standard error, which must be a terminal, and reads the answer from the terminal that controls the process. Undefined when there is none,
 * nobody answers (end of input), or the signal is aborted.
 */
export function confirmOnTerminal(
  question: string,
  streams: Streams,
  signal?: AbortSignal,
): Promise<boolean | undefined> {
  return questions.run(async () => {
    const source = signal?.aborted ? undefined : openTerminal(streams);
    if (!source) return undefined;
    const questions = new Questions({ ...streams, stdin: source, stdout: streams.stderr });
    const takeBack = (): void => void source.destroy();
    signal?.addEventListener('abort', takeBack, { once: true });
    try {
      return await questions.confirm(question.split('\n').map(printable).join('\n'));
    } catch (error) {
      if (signal?.aborted || error instanceof SopsError) return undefined;
      throw error;
    } finally {
      signal?.removeEventListener('abort', takeBack);
      await questions.close();
      source.destroy();
    }
  });
}

type Source = NodeJS.ReadableStream & { destroy(): unknown };

/** Windows has no `/dev/tty`: there standard input must be the console. */
function openTerminal({ stdin, platform }: Streams): Source | undefined {
  if (platform === 'win32') return (stdin as { isTTY?: boolean }).isTTY ? (stdin as unknown as Source) : undefined;
  try {
    return new ReadStream(openSync('/dev/tty', 'r'));
  } catch {
    return undefined;
  }
}
