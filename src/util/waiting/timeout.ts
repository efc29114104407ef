/** How long services and programs are waited for, and that the user is told of it. */
import { SopsError } from '../../errors.js';
import type { Activity, Host, Telling } from '../host/host.js';
import { DeadlineError, withDeadline } from './deadline.js';

export const TIMEOUT_VARIABLE = 'SOPS_TS_KEY_TIMEOUT';
const DEFAULT_SECONDS = 15;
/** Where somebody may be asked (for a PIN, a touch, a passphrase), an answer may take this many times as long. */
export const TIMES_FOR_PEOPLE = 20;

/**
 * How long one answer of a cloud service, and one connection to a key service, may take, in milliseconds; Infinity for
 * `SOPS_TS_KEY_TIMEOUT=0`. Throws `usage` when that is not a number of seconds.
 */
export function keyTimeout(host: Host): number {
  const text = host.env[TIMEOUT_VARIABLE];
  if (!text) return DEFAULT_SECONDS * 1000;
  const seconds = /^\d{1,6}(?:\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(seconds)) {
    throw new SopsError('usage', `${TIMEOUT_VARIABLE} must be a number of seconds, or 0 for no limit`);
  }
  return seconds === 0 ? Number.POSITIVE_INFINITY : seconds * 1000;
}

/** Timers of more milliseconds than this would go off at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How long one exchange with a store may take, in milliseconds: as {@link keyTimeout} where the user says so, else as usual there. */
export function answerTime(host: Host, usual: number): number {
  return host.env[TIMEOUT_VARIABLE] ? Math.min(Math.ceil(keyTimeout(host)), LONGEST_TIMER_MS) : usual;
}

/**
 * What an action that asks a service gives, if that comes in time (milliseconds). Throws `key` when the time is up; `about` begins the
 * sentence.
 */
export async function inTime<T>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  action: (signal: AbortSignal) => Promise<T>,
  about = '',
): Promise<T> {
  let stop: AbortSignal | undefined;
  const start = (given: AbortSignal): Promise<T> => {
    stop = given;
    return action(given);
  };
  try {
    return await withDeadline(milliseconds, signal, start);
  } catch (error) {
    throw error instanceof DeadlineError ? noAnswer(milliseconds, about, stop && stages.get(stop)) : error;
  }
}

/** What an action waits for before it asks its service, by its signal. */
const stages = new WeakMap<AbortSignal, string>();

/**
 * Does a step, reported as such if it takes long: what it waits for is something else than the service that the action with this signal asks, e.g. a program
 * that gives credentials.
 */
export async function whileWaitingFor<T>(
  what: string,
  { host, signal }: { readonly host: Host; readonly signal?: AbortSignal | undefined },
  step: () => Promise<T>,
): Promise<T> {
  const activity = host.begin?.(`waiting for ${what}`, 'both');
  if (signal) stages.set(signal, what);
  try {
    return await step();
  } finally {
    if (signal) stages.delete(signal);
    activity?.end();
  }
}

/** What is waited for, and how the user is told; absent for not at all, where what asks them is seen. */
export interface Awaited {
  /** Begins the sentence of an error, e.g. `gpg`. */
  readonly who: string;
  readonly telling: Telling | undefined;
}

/**
 * What an action gives that waits for a program, which may in turn wait for somebody. The user is told after a second, once. When the
 * time is up the action's signal is aborted. The action can end the telling before. Throws `key` when the time is up.
 */
export async function waitFor<T>(
  { who, telling }: Awaited,
  host: Host,
  action: (signal: AbortSignal, activity: Activity | undefined) => Promise<T>,
): Promise<T> {
  const limit = keyTimeout(host) * (host.isUnattended ? 1 : TIMES_FOR_PEOPLE);
  const activity = telling && host.begin?.(`waiting for ${who}`, telling);
  try {
    return await withDeadline(limit, undefined, (signal) => action(signal, activity));
  } catch (error) {
    throw error instanceof DeadlineError ? notEnded(who, limit) : error;
  } finally {
    activity?.end();
  }
}

/** The error for a program that takes too long. */
function notEnded(who: string, milliseconds: number): SopsError {
  const seconds = milliseconds / 1000;
  return new SopsError('key', `${who} did not answer within ${seconds} s, and was ended`, {
    hint: `See what it waits for; ${TIMEOUT_VARIABLE} (in seconds, times ${TIMES_FOR_PEOPLE} for programs) sets another limit.`,
  });
}

function noAnswer(milliseconds: number, about: string, stage: string | undefined): SopsError {
  const from = stage === undefined ? '' : ` from ${stage}`;
  const limit = `${about}no answer${from} within ${milliseconds / 1000} s`;
  return new SopsError('key', `${limit} (${TIMEOUT_VARIABLE} sets another limit, in seconds)`, {
    hint:
      stage === undefined
        ? 'Check the address, the network and the proxy (HTTPS_PROXY, NO_PROXY).'
        : 'See what it waits for: a login, a touch, a program, the network.',
  });
}
