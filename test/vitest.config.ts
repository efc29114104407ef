/** Projects: `unit`, `mocked` and `sweeps` need Node alone, `faults` a compiler for C (where there is none it is skipped), `integration` starts real programs and services. */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { compiledSource } from './support/compiled-source.js';

const MOCKED = 'test/unit/**/*.mocked.test.ts';

/** What stands between the tests that replace modules and the modules they replace. */
const REPLACING = [
  'cli/commands/encrypt.ts',
  'cli/commands/decrypt.ts',
  'config/',
  'exec/fifo.ts',
  'services/gcp/credentials.ts',
  'repository/contents.ts',
  'util/',
];

/** Of these the unit tests run a sample, and the project of sweeps all (test/support/sweep.ts). */
const SWEEPS = readdirSync(new URL('unit', import.meta.url), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `unit/${name}`)
  .filter((name) => readFileSync(new URL(name, import.meta.url), 'utf8').includes('/sweep.js'))
  .map((name) => `test/${name}`);

/** A test of seconds takes many of them on a machine that does much else. */
const UNIT_TIMEOUT = 60_000;

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
    // Tests wait for programs and timers as often as they compute: with a worker for each core one of two is idle for a third of the time.
    maxWorkers: availableParallelism() + 2,
    projects: [
      {
        // Of a group of tests none may be in the sample: a project takes `passWithNoTests` from above alone.
        extends: true,
        plugins: [compiledSource()],
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          exclude: [MOCKED],
          testTimeout: UNIT_TIMEOUT,
          hookTimeout: BUILD_TIMEOUT,
          // A process that loads the program anew for each file takes half as long again.
          isolate: false,
        },
      },
      // Whoever replaces a module needs a process to itself.
      {
        plugins: [compiledSource(REPLACING)],
        test: { name: 'mocked', include: [MOCKED], testTimeout: UNIT_TIMEOUT, hookTimeout: BUILD_TIMEOUT },
      },
      {
        plugins: [compiledSource()],
        test: {
          name: 'sweeps',
          include: SWEEPS,
          env: { SOPS_TS_SWEEP: 'whole' },
          testTimeout: 120_000,
          hookTimeout: BUILD_TIMEOUT,
          isolate: false,
        },
      },
      {
        plugins: [compiledSource()],
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
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
