import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoFleet } from '../../src/sim/demo_fleet.ts';
import { writeFleetFiles } from '../../src/sim/fleet_files.ts';
import { type SimFleet, startSimFleet } from '../../src/sim/sshd.ts';

/** docs/first-run.md, command by command, in a bare clone: the tracked files, and the packages that `npm ci` installs. */

const ROOT = join(import.meta.dirname, '../..');
const STEPS = [...readFileSync(join(ROOT, 'docs/first-run.md'), 'utf8').matchAll(/^```sh\n(.*?)^```/gms)]
  .flatMap(([, block = '']) => block.split('\n'))
  .map((line) => line.replace(/\s+#.*$/, '').trim())
  .filter((line) => line !== '');

describe('the first run', () => {
  let clone = '';
  let fleet: SimFleet;

  beforeAll(async () => {
    clone = mkdtempSync(join(tmpdir(), 'virtune-clone-'));
    const options = { cwd: ROOT, encoding: 'utf8' } as const;
    const tracked = execFileSync(
      'git',
      ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
      options,
    );
    for (const file of tracked.split('\0').filter((name) => name !== '')) {
      mkdirSync(join(clone, dirname(file)), { recursive: true });
      cpSync(join(ROOT, file), join(clone, file));
    }
    symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
    fleet = await startSimFleet(demoFleet());
    // Its hosts are those of the shipped inventory, by other addresses.
    const { inventory } = await writeFleetFiles(fleet, join(clone, 'fleet'));
    cpSync(inventory, join(clone, 'inventory/fleet.yml'));
    cpSync(join(clone, 'playbooks/nic-limits.yml'), join(clone, 'limits.yml'));
  }, 120_000);
  afterAll(async () => {
    await fleet.close();
    rmSync(clone, { recursive: true, force: true });
  });

  /** The fleet is served by this process. */
  const run = (command: string) =>
    new Promise<{ code: number | null; said: string }>((done) => {
      const child = execFile('sh', ['-c', command], { cwd: clone }, (_, stdout, stderr) =>
        done({ code: child.exitCode, said: stdout + stderr }),
      );
    });

  it('goes as the page says, step by step', async () => {
    const statuses: [string, number | null][] = [];
    for (const step of STEPS) {
      // The packages are there: what is left of `npm ci` is what it runs at its end.
      const { code, said } = await run(step === 'npm ci' ? 'npm run --silent build' : step);
      statuses.push([step.replace('npx virtune ', ''), code]);
      const isRight = / --diff/.test(step) ? code === 2 : code === 0;
      expect(isRight, `${step}: ${code}\n${said}`).toBe(true);
    }
    expect(statuses.map(([step]) => step.split(' ')[0])).toEqual([
      'npm',
      'demo',
      'doctor',
      'show',
      'scan',
      'validate',
      'run',
      'run',
      'run',
      'run',
    ]);
  });
});
