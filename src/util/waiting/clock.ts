/** How much time has passed, for what must not outlive its time whatever becomes of the clock. */

import { hrtime } from 'node:process';

/** Two clocks in milliseconds: that of the wall goes on while the machine sleeps, the steady one cannot be set. */
export interface Clock {
  wall(): number;
  steady(): number;
}

/** In a millisecond. */
const NANOSECONDS = 1e6;

/** A moment by both clocks. */
export interface Moment {
  readonly wall: number;
  readonly steady: number;
}

/**
 * The clocks of this machine. The steady one is not `performance`, whose first use loads eleven modules of Node's own: once V8 has been
 * given flags (cli/start/engine-tuning.ts) it compiles them anew, which is a twentieth of decrypting a thousand values.
 */
export const SYSTEM_CLOCK: Clock = {
  wall: () => Date.now(),
  steady: () => Number(hrtime.bigint()) / NANOSECONDS,
};

export function momentOf(clock: Clock): Moment {
  return { wall: clock.wall(), steady: clock.steady() };
}

/** Milliseconds since a moment, by the clock that says more; one that was set back says how far. */
export function since(moment: Moment, clock: Clock): number {
  return Math.max(Math.abs(clock.wall() - moment.wall), clock.steady() - moment.steady);
}
