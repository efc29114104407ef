/** Projects: `unit` and `mocked` need Node alone, `faults` a compiler for C (where there is none it is skipped), `integration` starts real programs and services. */
import { defineConfig } from 'vitest/config';

const MOCKED = 'test/unit/**/*.mocked.test.ts';

/** Of these the unit tests run a sample, and the integration tests all (test/support/sweep.ts). */
const SWEEPS = [
  'test/unit/cli/exec-process.test.ts',
  'test/unit/cli/names-of-bytes.test.ts',
  'test/unit/datakey/recover-vectors.test.ts',
  'test/unit/formats/deep.test.ts',
  'test/unit/formats/public-suites.test.ts',
  'test/unit/operations/checkout.test.ts',
  'test/unit/operations/large-file.test.ts',
  'test/unit/operations/parallel.test.ts',
  'test/unit/operations/recognise.test.ts',
  'test/unit/operations/recognition.test.ts',
  'test/unit/operations/rotate.test.ts',
  'test/unit/property/round-trip.test.ts',
  'test/unit/security/kill.test.ts',
  'test/unit/security/left-behind.test.ts',
  'test/unit/security/tamper.test.ts',
];

/** Hooks build the program for their tests, on a machine that may be busy. */
const BUILD_TIMEOUT = 120_000;

const report = process.env.SOPS_TS_REPORT;

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    reporters: report ? ['default', 'json'] : ['default'],
    ...(report ? { outputFile: { json: report } } : {}),
    passWithNoTests: true,
    globalSetup: ['test/support/scratch.ts'],
    // Tests wait for programs and timers as often as they compute; by default one core would be left out.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          exclude: [MOCKED],
          testTimeout: 20_000,
          hookTimeout: BUILD_TIMEOUT,
          // A process that loads the program anew for each file takes half as long again.
          isolate: false,
        },
      },
      // Whoever replaces a module needs a process to itself.
      { test: { name: 'mocked', include: [MOCKED], testTimeout: 20_000, hookTimeout: BUILD_TIMEOUT } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', ...SWEEPS],
          env: { SOPS_TS_SWEEP: 'whole' },
          testTimeout: 120_000,
          hookTimeout: BUILD_TIMEOUT,
          fileParallelism: false,
        },
      },
      {
        test: { name: 'faults', include: ['test/faults/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 120_000 },
      },
    ],
  },
});
