/** A program that runs in the place of sops-ts: it gets our streams and signals, and we end as it ends. */

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { append } from '../util/lists.js';
import { startOf } from '../util/locks/processes.js';
import { SYSTEM_CLOCK } from '../util/waiting/clock.js';
import { startedCall } from './batch-file.js';
import { startIn } from './child-folder.js';
import type { OwnProcess } from './process-access.js';
import { catches, descendantsOf, isInForeground, isRunning, type KnownProcess } from './process-tree.js';

export interface ChildRun {
  /** Absolute path. */
  readonly file: string;
  /** The program's arguments; the first is the name it is called by. */
  readonly args: readonly string[];
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /** Whether the program is a shell that was added to run a command text: then signals are for what it started, too. */
  readonly isShell: boolean;
  /** Where its streams go; undefined for those of this process, handed on as they are. */
  readonly streams?: ChildStreams | undefined;
}

export interface ChildStreams {
  /** Undefined: that of this process. */
  readonly stdin?: NodeJS.ReadableStream;
  /** They take everything that the program writes, and settle when it has ended. */
  out(source: NodeJS.ReadableStream): Promise<void>;
  err(source: NodeJS.ReadableStream): Promise<void>;
}

/** Tells a running program, and what a shell that was added for it has started. */
export type SendSignal = (signal: NodeJS.Signals) => void;

export interface ChildEnd {
  /** Exit status, or null when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Those that a program may want to hear of. SIGTSTP and SIGCONT concern this process too, which they stop and continue. */
const FORWARDED: readonly NodeJS.Signals[] = [
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGALRM',
  'SIGBREAK',
];
/** Those that a terminal sends to its whole foreground group, and so to the program as well. */
const FROM_TERMINAL: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT', 'SIGWINCH']);
/** What a terminal's keys end programs with. */
const KEYS_TO_END: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];
const MEANT_TO_END: ReadonlySet<NodeJS.Signals> = new Set(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGBREAK']);
const POLL_MILLISECONDS = 20;

/**
 * Runs a program to its end, in the process group (and so on the terminal) of this process. `prepare`, which must not
 * wait, is called when signals are caught already, so that nothing can come between what it makes and its removal by
 * the caller. With a shell it ends when everything that a signal was passed to has ended. Rejects with the system's
 * error when the program cannot be started. `onStart` is given a way to signal it, as long as it runs.
 */
export async function superviseChild(
  prepare: () => ChildRun,
  own: OwnProcess,
  onStart?: (send: SendSignal) => void,
): Promise<ChildEnd> {
  let passOn: (signal: NodeJS.Signals) => void = () => undefined;
  // Nothing is lost: signals are told by the event loop, which does not turn before the program is started.
  const stop = own.onSignals(FORWARDED, (signal) => passOn(signal));
  try {
    const run = prepare();
    const child = start(run);
    const signalled: KnownProcess[] = [];
    const send: SendSignal = (signal) => forward(signal, { child, run, signalled, own });
    passOn = (signal) => {
      if (!FROM_TERMINAL.has(signal) || !terminalSentIt()) send(signal);
    };
    onStart?.(send);
    const drained = takeOutput(child, run.streams);
    // Pipes to a program that cannot be started fail as well, and first of all it is told that it cannot.
    drained.catch(() => undefined);
    const end = await endOf(child);
    await Promise.all(signalled.map(untilGone));
    await drained;
    // The terminal signals the whole group at once, but delivery takes time: the signal that ended the program may still be on its way to us.
    keepFromEnding(own);
    return end;
  } finally {
    stop();
  }
}

/** The processes that a terminal's keys do not end any more. */
const KEPT = new WeakSet<OwnProcess>();

/** Done once, however many programs are started one after the other. */
function keepFromEnding(own: OwnProcess): void {
  if (KEPT.has(own)) return;
  KEPT.add(own);
  own.onSignals(KEYS_TO_END, () => undefined);
}

/** Starts a program that goes on after this process, with nothing to read and nowhere to write. Rejects as above. */
export function startInBackground(run: ChildRun): Promise<void> {
  return new Promise((settle, reject) => {
    const child = start(run, 'ignore', true);
    child.on('error', reject);
    child.on('spawn', () => {
      child.unref();
      settle();
    });
  });
}

/** What a shell would report: the status, or 128 and the signal's number. */
export function statusOf(end: ChildEnd): number {
  return end.status ?? 128 + (end.signal === null ? 0 : constants.signals[end.signal]);
}

function start(run: ChildRun, stdio: StdioOptions = stdioFor(run.streams), detached = false): ChildProcess {
  const [name = run.file, ...words] = run.args;
  const command = { file: run.file, args: words, argv0: name, env: run.env };
  const { file, args, argv0, env, windowsVerbatimArguments = run.isShell } = startedCall(command, run.platform);
  // The text for a shell is the user's, as it stands.
  const options = { ...(argv0 === undefined ? {} : { argv0 }), env, stdio, detached, windowsVerbatimArguments };
  return startIn(run.cwd, (cwd) => spawn(file, args, { ...options, cwd }));
}

function stdioFor(streams: ChildStreams | undefined): StdioOptions {
  if (streams === undefined) return 'inherit';
  return [streams.stdin === undefined ? 'inherit' : 'pipe', 'pipe', 'pipe'];
}

async function takeOutput(child: ChildProcess, streams: ChildStreams | undefined): Promise<void> {
  if (!streams) return;
  // A program may end without reading its input (EPIPE).
  child.stdin?.on('error', () => undefined);
  if (child.stdin) streams.stdin?.pipe(child.stdin);
  await Promise.all([
    child.stdout ? streams.out(child.stdout) : undefined,
    child.stderr ? streams.err(child.stderr) : undefined,
  ]);
  if (child.stdin) streams.stdin?.unpipe(child.stdin);
}

function endOf(child: ChildProcess): Promise<ChildEnd> {
  return new Promise((settle, reject) => {
    child.on('error', reject);
    child.on('exit', (status, signal) => settle({ status, signal }));
  });
}

interface Forwarding {
  readonly child: ChildProcess;
  readonly run: ChildRun;
  /** Processes below a shell that got a signal. */
  readonly signalled: KnownProcess[];
  readonly own: OwnProcess;
}

function forward(signal: NodeJS.Signals, { child, run, signalled, own }: Forwarding): void {
  const { pid } = child;
  if (pid === undefined) return;
  const isEnding = MEANT_TO_END.has(signal);
  // A stopped shell starts nothing more between our look at its children and its end; such a child would go unnoticed.
  if (run.isShell && isEnding) holdStill(pid, own);
  const below = run.isShell ? descendantsOf(pid) : [];
  append(
    signalled,
    below.filter((known) => !signalled.some((before) => before.pid === known.pid)),
  );
  const shellTakesIt = below.length === 0 || isEnding || catches(pid, constants.signals[signal]);
  if (shellTakesIt && child.exitCode === null && child.signalCode === null) sendQuietly(pid, signal, own);
  for (const known of signalled) if (isThere(known)) sendQuietly(known.pid, signal, own);
  if (run.isShell && isEnding) sendQuietly(pid, 'SIGCONT', own);
}

const STILL_MILLISECONDS = 50;

/** Stops a process and waits until it stands, which takes microseconds on a machine that is not busy. */
function holdStill(pid: number, own: OwnProcess): void {
  sendQuietly(pid, 'SIGSTOP', own);
  const end = SYSTEM_CLOCK.steady() + STILL_MILLISECONDS;
  while (isRunning(pid) && SYSTEM_CLOCK.steady() < end);
}

/** Whether a signal of the terminal's kind came from the terminal, as far as can be known. */
function terminalSentIt(): boolean {
  return isInForeground() || (!startOf(1) && isatty(0));
}

/** A program that changed its user (`sudo`) cannot be reached. */
function sendQuietly(pid: number, signal: NodeJS.Signals, own: OwnProcess): void {
  try {
    own.kill(pid, signal);
  } catch {
    // EPERM: the program is somebody else's now, and must be told by them.
  }
}

function isThere({ pid, start }: KnownProcess): boolean {
  return start === '' || startOf(pid) === start;
}

/** Waits for a process that is no child of this one. Where the system does not tell its start, it is not waited for. */
async function untilGone(known: KnownProcess): Promise<void> {
  while (known.start !== '' && isThere(known)) await new Promise((settle) => setTimeout(settle, POLL_MILLISECONDS));
}
