import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    projects: [
      // Time limits only end what hangs: no test is about how fast a machine is.
      { extends: true, test: { name: 'unit', include: ['unit/**/*.test.ts'], testTimeout: 60_000 } },
      // As the unit tests, they need nothing; they take longer than one waits after each change.
      { extends: true, test: { name: 'thorough', include: ['thorough/**/*.test.ts'], testTimeout: 120_000 } },
      {
        extends: true,
        test: {
          name: 'parity',
          globalSetup: [`${import.meta.dirname}/parity/setup.ts`],
          include: ['parity/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          globalSetup: [`${import.meta.dirname}/e2e/setup.ts`],
          include: ['e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
