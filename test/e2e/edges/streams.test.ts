import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shellQuote } from '../../../src/base/quote.ts';
import { MAIN, type Ran, readPlayed, run, type Simulated, simulate, write } from '../lab.ts';

/** Standard streams that are full, closed or not read, under every command (simulated hosts). */

let sim: Simulated;
let playbook: string;
beforeAll(async () => {
  sim = await simulate(['a', 'b']);
  playbook = write({ rules: [{ domain: 'sim', inbound: 100 }] }, { hosts: 'all' }).playbook;
});
afterAll(() => sim.close());

/** virtune with a shell's redirections after it, or a pipe before which `$?` goes to a file. */
async function shell(args: readonly string[], redirect: string, before = ''): Promise<Ran> {
  const words = [process.execPath, MAIN, ...args, '-i', sim.inventory].map(shellQuote).join(' ');
  return run('bash', ['-c', `${before} set -o pipefail; ${words} ${redirect}`], { NO_COLOR: '1' });
}

const scratch = (name: string) => join(mkdtempSync(join(tmpdir(), 'virtune-edges-')), name);
const FULL = /^virtune: standard output could not be written: ENOSPC/;

const COMMANDS: readonly (readonly [string, () => string[]])[] = [
  ['run', () => ['run', playbook]],
  ['show', () => ['show']],
  ['set', () => ['set', 'a', 'sim', '--nic', '1', '--inbound', '100']],
  ['explain', () => ['explain', 'a', 'sim', playbook]],
  ['scan', () => ['scan']],
  ['doctor', () => ['doctor', 'a']],
  ['inventory', () => ['inventory', '--list']],
  ['validate', () => ['validate', playbook]],
];

describe.each(COMMANDS)('%s', (command, args) => {
  // Its simulated tc is older than what doctor wants, and so on: the status of a good run is asked for first.
  let usual: number | null;
  beforeAll(async () => {
    usual = (await shell(args(), '')).code;
  });

  it('with nobody to read on goes on as if there were', async () => {
    const { stderr, ...ran } = await shell(args(), '| head -c 1 >/dev/null');
    expect(ran.code, stderr).toBe(usual);
    expect(stderr).not.toContain('virtune:');
    expect((await shell(args(), '2>&1 | head -c 1 >/dev/null')).code).toBe(usual);
    expect((await shell(args(), '>/dev/null 2>&1 <&- >&- 2>&-')).code).toBe(usual);
  });

  it('on a full disk goes on, and says so at its end', async () => {
    const { code, stderr } = await shell(args(), '>/dev/full');
    expect(code).toBe(usual || 1);
    expect(stderr.trim().split('\n').at(-1)).toMatch(FULL);
    expect((await shell(args(), '>/dev/full 2>&1')).code).toBe(code);
  });

  const reports = !['scan', 'inventory', 'validate'].includes(command);
  it.runIf(reports)(
    'with a full disk under its view writes its report whole, with the true status',
    async () => {
      const { code: ended, stdout } = await shell([...args(), '--report', 'json'], '2>/dev/full');
      const file = scratch('report.json');
      const other = await shell([...args(), '--report', `json=${file}`], '>/dev/full');
      for (const [text, status] of [
        [stdout, ended],
        [readFileSync(file, 'utf8'), other.code],
      ] as const) {
        const { exitCode = status } = JSON.parse(text) as { exitCode?: number };
        expect(exitCode).toBe(status);
      }
      expect(other.code).toBe(usual || 1);
    },
  );
});

describe('a run', () => {
  it('whose standard error is lost says so in its view, and in its report', async () => {
    const file = scratch('report.json');
    // A warning is lost: the limit leaves no host.
    const args = ['run', playbook, '-e', 'x=1', '-l', 'a', '--report', `json=${file}`];
    const warned = write({ rules: [{ domain: 'no-*', inbound: 100 }] }, { hosts: 'b' }).playbook;
    const ran = await shell([...args, warned], '2>/dev/full');
    expect(ran.stdout).toMatch(/^warning: standard error could not be written: ENOSPC/m);
    const { report } = readPlayed(ran, file);
    expect(JSON.stringify(report)).toContain('standard error could not be written');
  });

  it('whose report is cut on standard output does not pass for a good one', async () => {
    const file = scratch('out.json');
    const ran = await shell(['run', playbook, '--report', 'json'], `>${file}`, 'ulimit -f 1;');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('standard output could not be written: EFBIG');
    expect(existsSync(file)).toBe(true);
  });
});

it.each([['demo'], ['show'], ['run', 'p.yml'], ['validate'], ['inventory', '--list']])(
  '%s in a folder that was deleted says so',
  async (...args) => {
    const words = [process.execPath, MAIN, ...args].map(shellQuote).join(' ');
    const ran = await run('sh', ['-c', `d=$(mktemp -d); cd $d; rmdir $d; exec ${words}`]);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('the folder that you are in does not exist any more');
    expect(ran.stderr).not.toContain('internal error');
  },
);
