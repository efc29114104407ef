/** Two projects: `unit` needs Node alone, `integration` starts real programs and services. */
import { defineConfig } from 'vitest/config';

const report = process.env.SOPS_TS_REPORT;

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    reporters: report ? ['default', 'json'] : ['default'],
    ...(report ? { outputFile: { json: report } } : {}),
    passWithNoTests: true,
    // Tests wait for programs and timers as often as they compute; by default one core would be left out.
    maxWorkers: '100%',
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
