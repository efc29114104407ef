/** What is temporary goes, however the process ends short of SIGKILL: by a signal, by an exit in the middle, or as planned. */

/** The signals that people and systems end programs with, and that a program can act on. SIGBREAK: Ctrl+Break of Windows, which has no SIGQUIT. */
export const ENDING_SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGBREAK'];

/** What is heard of the process, and done to it. */
export type EndingProcess = Pick<NodeJS.Process, 'pid' | 'on' | 'off' | 'kill' | 'listenerCount'>;

let program: EndingProcess | undefined;
let hasSignals = false;

/** Declares that the process is this program's own, so that its signals are ours to handle. */
export function watchProcess(own: EndingProcess): void {
  program = own;
  hasSignals = true;
}

/** Declares that the process is somebody else's: what becomes of it upon a signal is theirs to say, and only its exit is heard of. */
export function watchExit(around: EndingProcess): void {
  program ??= around;
}

const held = new Set<() => void>();
let isListening = false;

/**
 * Sees to it that `remove` is called, at once and without waiting, should the process be ended before the returned function is
 * called. To be called before the thing is made, since a signal may come at any time; `remove` must bear that nothing is there.
 *
 * A signal then ends the process as it would have done. Where somebody else listens for it, too (an editor or a program is
 * being run), it is for them to say what becomes of the process, and nothing is removed yet.
 */
export function holdTemporary(remove: () => void): () => void {
  const entry = (): void => remove();
  held.add(entry);
  listen();
  return () => {
    held.delete(entry);
    if (held.size === 0) stopSoon();
  };
}

function listen(): void {
  if (isListening || !program) return;
  isListening = true;
  if (hasSignals) for (const signal of ENDING_SIGNALS) program.on(signal, end);
  program.on('exit', removeAll);
}

/** Whether signals are listened for, or were until a moment ago, so that one may still be on its way. */
export function isListeningForSignals(): boolean {
  return isListening && hasSignals;
}

function stopListening(): void {
  isListening = false;
  for (const signal of ENDING_SIGNALS) program?.off(signal, end);
  program?.off('exit', removeAll);
}

/**
 * A signal that has arrived but was not delivered yet would be lost with the listener, so the event loop has to poll once more; in its
 * first turn it may have polled already.
 */
function stopSoon(): void {
  setImmediate(() =>
    setImmediate(() => {
      if (held.size === 0 && isListening) stopListening();
    }),
  );
}

function end(signal: NodeJS.Signals): void {
  // Others may listen only to tidy up, and stop to listen when they have done so.
  queueMicrotask(() => {
    if (!isListening || !program || program.listenerCount(signal) > 1) return;
    removeAll();
    stopListening();
    try {
      program.kill(program.pid, signal);
    } catch {
      // Windows has signals that come from the console, and that nobody can send.
      program.kill(program.pid, 'SIGTERM');
    }
  });
}

/** What was made last goes first: it may stand in what was made before. */
function removeAll(): void {
  for (const remove of [...held].reverse()) {
    try {
      remove();
    } catch {
      // The next run finds it, as it does what SIGKILL leaves.
    }
  }
  held.clear();
}
