/** How much of a long sweep runs: a sample among the unit tests, all of it among the integration tests (`test/vitest.config.ts`). */

/** Whether all is to be looked at. */
export const WHOLE = process.env.SOPS_TS_SWEEP === 'whole';

/** Every `step`th of a list, from the one at `first` on, or all of it. */
export function sample<T>(all: readonly T[], step: number, first = 0): T[] {
  return WHOLE ? [...all] : all.filter((_one, at) => at % step === first % step);
}
