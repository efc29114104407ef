/** How much of a long sweep runs: a sample among the unit tests, all of it in the project of sweeps (`test/vitest.config.ts`). */

import { test } from 'vitest';

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

/** How many random cases a property is tried with: a fifth of them among the unit tests. */
export function runsOf(whole: number): number {
  return WHOLE ? whole : Math.ceil(whole / 5);
}

/**
 * `test` for a file whose tests take long, each on its own: among the unit tests every `step`th of them is defined, beginning with the
 * first, in the project of sweeps all.
 */
export function sampledTest(step: number): typeof test {
  if (WHOLE) return test;
  let defined = 0;
  const isTaken = (): boolean => defined++ % step === 0;
  const sampled: typeof test = new Proxy(test, {
    apply: (target, self, words) => (isTaken() ? Reflect.apply(target, self, words) : undefined),
    get(target, name, receiver) {
      if (name === 'each') return (rows: readonly unknown[]) => target.each(rows.filter(isTaken));
      // Whether a test is skipped is nothing that the sample goes by.
      if (name === 'skipIf') return (isSkipped: boolean) => (isSkipped ? target.skip : sampled);
      if (name === 'runIf') return (isRun: boolean) => (isRun ? sampled : target.skip);
      return Reflect.get(target, name, receiver);
    },
  });
  return sampled;
}
