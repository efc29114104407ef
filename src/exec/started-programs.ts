/** Ending programs that packages of others start on our behalf, once they are no longer wanted. */
import type { AsyncLocalStorage } from 'node:async_hooks';
import type { ChildProcess } from 'node:child_process';
import { kill } from 'node:process';
import type { KnownProcess } from './process-tree.js';

interface Step {
  readonly programs: Set<ChildProcess>;
  readonly signal: AbortSignal;
}

let watched: Promise<AsyncLocalStorage<Step>> | undefined;

/**
 * Does a step that may start programs inside of packages, which give us no hold on them: a `credential_process` of AWS, `az`. When the signal is
 * aborted, what of them still runs is ended, with what it started, and none is started in their place. Bun and Deno may not tell of
 * programs; there they are left alone.
 */
export async function endingPrograms<T>(signal: AbortSignal | undefined, step: () => Promise<T>): Promise<T> {
  if (!signal) return step();
  const programs = new Set<ChildProcess>();
  const end = (): void => {
    for (const program of programs)
      if (program.exitCode === null && program.signalCode === null) void endWithAll(program);
  };
  watched ??= watch();
  const steps = await watched;
  signal.addEventListener('abort', end, { once: true });
  try {
    return await steps.run({ programs, signal }, step);
  } finally {
    if (!signal.aborted) signal.removeEventListener('abort', end);
  }
}

/**
 * Node tells of every process that it makes, within the step that makes it. What that takes is loaded only now: a run that starts none does
 * without, and the executable spends half a millisecond on it.
 */
async function watch(): Promise<AsyncLocalStorage<Step>> {
  const { AsyncLocalStorage } = await import('node:async_hooks');
  const { subscribe } = await import('node:diagnostics_channel');
  const { constants } = await import('node:os');
  const steps = new AsyncLocalStorage<Step>();
  subscribe('child_process', (message) => {
    const { process: program } = message as { process?: ChildProcess };
    const step = steps.getStore();
    if (!program || !step) return;
    step.programs.add(program);
    tellSignalAsStatus(program, constants.signals);
    // AWS's package tries the same program once more when it fails. Node tells of a process before it starts it.
    if (step.signal.aborted) Object.assign(program, { spawn: refuse });
  });
  return steps;
}

/** Google's package takes every program to end with a status, and throws in an event where one is ended by a signal: tell it as shells do. */
function tellSignalAsStatus(program: ChildProcess, signals: Readonly<Record<string, number>>): void {
  const { emit } = program;
  const telling = (event: string, ...about: unknown[]): boolean => {
    const [status, signal] = about;
    const isEnd = (event === 'exit' || event === 'close') && status === null && typeof signal === 'string';
    const number = isEnd ? signals[signal] : undefined;
    return Reflect.apply(emit, program, [event, ...(number === undefined ? about : [128 + number, signal])]);
  };
  Object.assign(program, { emit: telling });
}

function refuse(): never {
  throw new Error('the time for it is over');
}

/** Mostly a shell with the program below it, which would not hear of the shell's end. */
async function endWithAll(program: ChildProcess): Promise<void> {
  // Loaded only now, since it needs Node's own part for programs, which a run that starts none does without.
  const { descendantsOf } = await import('./process-tree.js');
  const all: Pick<KnownProcess, 'pid'>[] =
    program.pid === undefined ? [] : [...descendantsOf(program.pid), { pid: program.pid }];
  for (const { pid } of all) {
    try {
      kill(pid, 'SIGTERM');
    } catch {
      // It has ended meanwhile.
    }
  }
  // Nobody reads on, and this process must be able to end.
  for (const stream of program.stdio) stream?.destroy();
  program.unref();
}
