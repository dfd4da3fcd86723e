import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LONG } from './long.ts';
import { leftOutReporter } from './reporter/reporter.ts';

const ROOT = import.meta.dirname;

/** No test depends on Ansible's settings of whoever runs it. */
for (const name of Object.keys(process.env)) if (name.startsWith('ANSIBLE_')) delete process.env[name];
process.env.ANSIBLE_CONFIG = join(ROOT, 'ansible.cfg');

/** Nor does one write into the record of whoever runs it. */
const STATE = mkdtempSync(join(tmpdir(), 'virtune-test-state-'));
process.env.VIRTUNE_STATE_DIR = STATE;
/** What unit tests leave behind, they leave here. */
const LEFT = join(STATE, 'tmp');
mkdirSync(LEFT);
process.on('exit', () => rmSync(STATE, { recursive: true, force: true }));

/** Tests that sweep: `npm run test:long` runs them once more, with all their runs. */
const SWEEPING = ['unit', 'integration']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .filter((name) => name.endsWith('.test.ts'))
  .filter((name) => /\b(sweep|full)\(/.test(readFileSync(join(ROOT, name), 'utf8')));

/** Without isolation a process imports each file once, not once a test file: half of the time. No test needs it. */
const QUICK = { pool: 'forks', isolate: false, maxWorkers: '100%' } as const;

/** After the unit tests: vitest wants that of projects with other numbers of workers. */
const LATER = { sequence: { groupOrder: 1 } } as const;

export default defineConfig({
  test: {
    root: ROOT,
    // Below node_modules, by what is in a file: a run whose files were transformed before takes a third less.
    experimental: { fsModuleCache: true },
    reporters: [
      'default',
      ...(process.env.GITHUB_ACTIONS === 'true' ? ['github-actions'] : []),
      leftOutReporter(),
    ],
    projects: [
      // Time limits only end what hangs: no test is about how fast a machine is.
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['unit/**/*.test.ts'],
          env: { TMPDIR: LEFT },
          testTimeout: 60_000,
          hookTimeout: 120_000,
          ...QUICK,
        },
      },
      // As the unit tests, they need nothing; but what they start takes longer than one waits after each change.
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 600_000,
          ...QUICK,
        },
      },
      // As the unit tests, they need nothing; they take longer than one waits after each change.
      {
        extends: true,
        test: {
          name: 'thorough',
          ...LATER,
          include: ['thorough/**/*.test.ts', ...(LONG ? SWEEPING : [])],
          env: { VIRTUNE_SWEEPS: LONG ? 'all' : 'drawn' },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'parity',
          ...LATER,
          globalSetup: [`${ROOT}/parity/setup.ts`],
          include: ['parity/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          ...LATER,
          globalSetup: [`${ROOT}/e2e/setup.ts`],
          include: ['e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
