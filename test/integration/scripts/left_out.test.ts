import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { leftOver, MARK } from '../../reporter/left_over.ts';
import { type LeftOut, leftOutLines } from '../../reporter/reasons.ts';

/** What a test run says at its end. */

const NOTHING = { lab: '', ansible: '' };
const out = (project: string, file: string, name = 'it'): LeftOut => ({ project, file, name });

describe('what was left out', () => {
  it('is told with the reason, one line each', () => {
    const tests = [
      ...['a', 'b', 'c', 'd'].map((file) => out('e2e', `e2e/${file}.test.ts`)),
      out('parity', 'parity/x.test.ts'),
      out('e2e', 'e2e/cgroups.test.ts', 'real libvirt > left out: npm run test:long has it'),
      out('unit', 'unit/new.test.ts'),
    ];
    expect(leftOutLines(tests, { lab: 'not root\nno ip', ansible: 'no ansible-core' })).toEqual([
      'Left out:',
      '  4 of e2e/a.test.ts, e2e/b.test.ts, e2e/c.test.ts and 1 more files: no lab of real hypervisors can run here: not root no ip',
      '  1 of parity/x.test.ts: no ansible-core',
      '  1 of e2e/cgroups.test.ts: npm run test:long has it',
      '  1 of unit/new.test.ts: its condition does not hold here',
    ]);
  });

  it('is a failure in CI where a package has what is missing', () => {
    const tests = [
      out('integration', 'integration/scripts/man.test.ts'),
      out('e2e', 'e2e/cgroups.test.ts', 'left out: npm run test:long has it'),
    ];
    expect(leftOutLines(tests, NOTHING, true)).toEqual([
      'Left out:',
      expect.stringMatching(/man\.test\.ts: there is no groff here .*: in CI that is a failure$/),
      '  1 of e2e/cgroups.test.ts: npm run test:long has it',
    ]);
    expect(leftOutLines(tests, NOTHING).join()).not.toContain('failure');
  });

  it('is not what is for another case, and nothing is nothing', () => {
    expect(leftOutLines([out('unit', 'unit/cli/help.test.ts')], NOTHING)).toEqual([]);
    expect(leftOutLines([], NOTHING)).toEqual([]);
  });
});

describe.skipIf(process.platform !== 'linux')('what is left running', () => {
  it('is each process with the mark of the run, a daemon too', async () => {
    const mark = `try-${process.pid}`;
    expect(leftOver(mark)).toEqual([]);
    const env = { ...process.env, [MARK]: mark };
    const child = spawn('sh', ['-c', 'setsid sleep 600 & echo $!'], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const pid = Number(String(said));
    try {
      await vi.waitFor(() => expect(leftOver(mark)).toEqual([{ pid, words: 'sleep 600' }]), 30_000);
    } finally {
      process.kill(pid, 'SIGKILL');
    }
    await vi.waitFor(() => expect(leftOver(mark)).toEqual([]), 30_000);
  });
});
