/** A program whose values end or change while it runs: it is told, started anew, or ended (docs/stores.md#while-a-program-runs). */
import { setTimeout as sleep } from 'node:timers/promises';
import { SopsError } from '../../errors.js';
import type { ChildRun, SendSignal } from '../../exec/child.js';
import type { OwnProcess } from '../../exec/process-access.js';
import type { Host } from '../../util/host/host.js';
import { type ProgramRequest, runToEnd } from './program.js';
import { Signalled } from './until-signalled.js';

/** What becomes of the program when its values end or change. */
export type OnChange =
  | { readonly kind: 'exit' }
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'restart' };

/** What a program may know of something that was lent for it; the names are those of Vault. */
export interface LeaseNote {
  /** Where it was lent: path and address. */
  readonly lease: string;
  readonly lease_id: string;
  /** Seconds that were granted at first. */
  readonly lease_duration: number;
  /** Whether it is renewed as long as the program runs. */
  readonly renewable: boolean;
  /** When it would have ended without that. */
  readonly expires: string;
}

/** Values that were got for a program, as long as they are good. */
export interface KeptValues {
  /** Settles with the reason when they are no longer good; never while they are. */
  readonly ended: Promise<string>;
  /**
   * Settles when they are good, but not what there is now, with the reason; rejects when the signal is aborted. Called again for each change. Absent
   * where nobody looks.
   */
  changed?(signal: AbortSignal): Promise<string>;
  /** What was lent, without its values, for a program that is to know; absent where nothing can be. */
  leases?(): readonly LeaseNote[];
  /** Gives back what was lent. Never rejects, and takes five seconds at most. */
  close(): Promise<void>;
}

/** Values that nobody lent. */
export const ALWAYS_GOOD: KeptValues = { ended: new Promise(() => undefined), close: async () => undefined };

/** The variable that tells a program of what was lent for it, where the user asks for that. */
export function leaseVariables(
  values: KeptValues | undefined,
  request: Pick<ProgramRequest, 'tellsLeases'>,
): [string, string][] {
  return request.tellsLeases ? [['SOPS_TS_LEASES', JSON.stringify(values?.leases?.() ?? [])]] : [];
}

/** Does something with values; when that fails they are given back, as nobody will use them. */
export async function orGivenBack<T>(values: KeptValues, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    await values.close();
    throw error;
  }
}

/** A program with its values. */
export interface KeptProgram {
  readonly run: ChildRun;
  /** Makes what the program needs, without waiting, when it is started; absent where it needs nothing more. */
  prepare?(): ChildRun;
  readonly values: KeptValues;
}

export interface KeptRunRequest extends Pick<ProgramRequest, 'tellEnd'> {
  readonly onChange: OnChange;
  /** How long a program that is told to end may take, in milliseconds. */
  readonly grace: number;
  /** How long a program that is started anew runs beside the old one, before that is told to end, in milliseconds; 0 without. */
  readonly overlap?: number;
  /** Gets new values, and the program with them. Called again for each start. */
  obtain(): Promise<KeptProgram>;
  /** Puts new values where the running program can read them, before it is signalled. Absent where there is no such place. */
  refresh?(program: KeptProgram): Promise<void>;
}

/** The exit status when the program was ended since its values had ended (EX_TEMPFAIL). */
export const VALUES_ENDED = 75;
/** When values cannot be got anew, the old program goes on for a while: the store may come back. */
const RETRY_MILLISECONDS = [1000, 2000, 4000, 8000];

interface Running extends KeptProgram {
  readonly send: SendSignal;
  /** The exit status. */
  readonly end: Promise<number>;
  /** Whether it has ended. */
  isOver(): boolean;
}

/** Why values are to be got anew. */
interface Turn {
  readonly reason: string;
  /** Whether the old values are of no use any more. */
  readonly isEnd: boolean;
}

/** Runs the program until it ends by itself, or its values do. Returns its exit status, or 75. Values are given back on every way out. */
export async function runKept(request: KeptRunRequest, own: OwnProcess, host: Host): Promise<number> {
  let current = start(await request.obtain(), request, own);
  for (;;) {
    const turn = await nextTurn(current);
    if (turn === undefined) return finish(current);
    const { reason, isEnd } = turn;
    const next = request.onChange.kind === 'exit' ? undefined : await obtainBeside(current, { request, reason, host });
    if (current.isOver()) {
      await next?.values.close();
      return finish(current);
    }
    const after = next && (await replaced(current, next, { request, reason, own, host }));
    if (after) current = after;
    else if (isEnd || request.onChange.kind === 'exit') {
      host.warn(`${reason}: the program is told to end`);
      await endGently(current, request.grace);
      await finish(current);
      return VALUES_ENDED;
    } else host.warn(`${reason}: the program goes on with what it has`);
  }
}

/** What happens first; undefined when the program ends. */
async function nextTurn({ end, values }: Running): Promise<Turn | undefined> {
  const stop = new AbortController();
  const changed = values.changed?.(stop.signal).then((reason) => ({ reason, isEnd: false }));
  changed?.catch(() => undefined);
  try {
    return await Promise.race([
      settled(end),
      values.ended.then((reason) => ({ reason, isEnd: true })),
      ...(changed ? [changed] : []),
    ]);
  } finally {
    stop.abort();
  }
}

interface Replacing extends Renewal {
  readonly own: OwnProcess;
}

/** What runs when new values are there: the program itself, which was told, or a new one. Undefined when that does not stay. */
async function replaced(
  old: Running,
  next: KeptProgram,
  { request, reason, own, host }: Replacing,
): Promise<Running | undefined> {
  const { onChange, overlap = 0, grace } = request;
  if (onChange.kind === 'signal') {
    try {
      await request.refresh?.(next);
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      host.warn(`${reason}, and new values cannot be passed on: ${error.message}`);
      await next.values.close();
      return undefined;
    }
    old.send(onChange.signal);
    await old.values.close();
    return { ...old, values: next.values };
  }
  const fresh = start(next, request, own);
  // The new one runs before the old one is told to go, so that a server is always there.
  if (overlap > 0 && !(await staysFor(overlap, fresh, old))) {
    host.warn('the program that was started anew ended at once');
    await finish(fresh).catch(() => undefined);
    return undefined;
  }
  await endGently(old, grace);
  await finish(old);
  return fresh;
}

/** Whether the new program still runs after a time; if the old one ends before, that is waited for no longer. */
async function staysFor(milliseconds: number, fresh: Running, old: Running): Promise<boolean> {
  const timer = new AbortController();
  const over = sleep(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([over, settled(fresh.end), settled(old.end)]);
  timer.abort();
  return !fresh.isOver();
}

function start(program: KeptProgram, request: KeptRunRequest, own: OwnProcess): Running {
  let send: SendSignal = () => undefined;
  const end = runToEnd(
    () => program.prepare?.() ?? program.run,
    request,
    own,
    (given) => {
      send = given;
    },
  );
  let isOver = false;
  settled(end).then(() => {
    isOver = true;
  });
  return { ...program, end, isOver: () => isOver, send: (signal) => send(signal) };
}

/** A program that could not be started is at its end, too; {@link finish} throws why. */
function settled(end: Promise<number>): Promise<undefined> {
  return end.then(
    () => undefined,
    () => undefined,
  );
}

async function finish({ end, values }: Running): Promise<number> {
  try {
    return await end;
  } finally {
    await values.close();
  }
}

interface Renewal {
  readonly request: KeptRunRequest;
  readonly reason: string;
  readonly host: Host;
}

/** New values while the program runs; undefined when there are none. A signal that ends that is for the program, too: it is waited for, and what it had is given back. */
async function obtainBeside(current: Running, { request, reason, host }: Renewal): Promise<KeptProgram | undefined> {
  try {
    return await obtainAgain(request, reason, host);
  } catch (error) {
    await settled(current.end);
    if (error instanceof Signalled) return undefined;
    await current.values.close();
    throw error;
  }
}

/** Undefined when no new values could be got. */
async function obtainAgain(request: KeptRunRequest, reason: string, host: Host): Promise<KeptProgram | undefined> {
  for (const pause of [...RETRY_MILLISECONDS, undefined]) {
    try {
      return await request.obtain();
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      if (pause === undefined) {
        host.warn(`${reason}, and new values cannot be got: ${error.message}`);
        return undefined;
      }
      await sleep(pause);
    }
  }
  return undefined;
}

async function endGently({ send, end }: Running, grace: number): Promise<void> {
  send('SIGTERM');
  const timer = new AbortController();
  const late = sleep(grace, true, { signal: timer.signal }).catch(() => false);
  const isLate = await Promise.race([
    end.then(
      () => false,
      () => false,
    ),
    late,
  ]);
  timer.abort();
  if (isLate) send('SIGKILL');
}
