/** How much of a long sweep runs: a sample among the unit tests, all of it in the project of sweeps (`test/vitest.config.ts`). */

/** Whether all is to be looked at. */
export const WHOLE = process.env.SOPS_TS_SWEEP === 'whole';

/**
 * Defines tests that take seconds, or so much memory that every program costs more which the same worker starts afterwards: they
 * run in the project of sweeps alone.
 */
export function inSweeps(define: () => void): void {
  if (WHOLE) define();
}

/** Every `step`th of a list, from the one at `first` on, or all of it. */
export function sample<T>(all: readonly T[], step: number, first = 0): T[] {
  return WHOLE ? [...all] : all.filter((_one, at) => at % step === first % step);
}
