import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ExecFault } from '../../../src/sim/ssh_faults.ts';
import { readPlayed, type Simulated, simulate, write } from '../lab.ts';
import { startInTerminal } from './terminal.ts';

const NAMES = ['a', 'b', 'c', 'd'];
const SLOW: ExecFault = { delayMs: 1_500 };
const WAYS = ['session', 'writes'] as const;

async function fleet(...execs: ExecFault[]): Promise<Simulated> {
  return simulate(NAMES, Object.fromEntries(NAMES.map((name) => [name, { execs }])));
}

/** Waits until two hosts have got so many commands: with two forks those are the first two. */
async function begun(sim: Simulated, count: number): Promise<void> {
  while (NAMES.filter((name) => sim.server(name).counts.execs >= count).length < 2) await sleep(20);
}

const playbook = () => write({ rules: [{ domain: 'sim', inbound: 100 }] }, { hosts: 'all' }).playbook;

const expected = (command: string) => (command === 'explain' ? 1 : 130);

const execs = (sim: Simulated) => NAMES.map((name) => sim.server(name).counts.execs);

describe.each(WAYS)(
  'a terminal that goes (told by: %s) counts as one Ctrl-C',
  { concurrent: false },
  (how) => {
    const file = () => join(mkdtempSync(join(tmpdir(), 'virtune-edges-')), 'report.json');

    it('run, in the middle of a write: ends what has begun, begins no other host, writes the report', async () => {
      const sim = await fleet({}, SLOW);
      const report = file();
      const args = ['run', playbook(), '-i', sim.inventory, '--forks', '2', '--report', `json=${report}`];
      const { hangUp, ended } = startInTerminal(args, how);
      await begun(sim, 2);
      hangUp();
      const code = await ended;
      await sim.close();
      const { report: told } = readPlayed({ code, stdout: '', stderr: '' }, report);
      expect(code).toBe(130);
      expect(told.hosts.map(({ name, status }) => `${name} ${status}`)).toEqual([
        'a changed',
        'b changed',
        'c skipped',
        'd skipped',
      ]);
      expect(NAMES.map((name) => sim.limits(name) !== null)).toEqual([true, true, false, false]);
    });

    it.each([
      ['show', ['show', '--forks', '2']],
      ['doctor', ['doctor', '--forks', '2']],
      ['set', ['set', 'a', 'sim', '--nic', '1', '--inbound', '100']],
      ['explain', ['explain', 'a', 'sim', playbook()]],
    ])('%s, while hosts are read: begins no other, writes the report', async (command, args) => {
      const sim = await fleet(SLOW);
      const report = file();
      const all = [...args, '-i', sim.inventory, '--report', `json=${report}`];
      const { hangUp, ended } = startInTerminal(all, how);
      while (sim.server('a').counts.execs === 0) await sleep(20);
      hangUp();
      const code = await ended;
      await sim.close();
      expect(code).toBe(expected(command));
      expect(execs(sim).slice(2)).toEqual([0, 0]);
      const { exitCode = code } = JSON.parse(readFileSync(report, 'utf8')) as { exitCode?: number };
      expect(exitCode).toBe(code);
    });

    it('scan: writes no rules of half a fleet', async () => {
      const sim = await fleet(SLOW);
      const rules = file();
      const { hangUp, ended } = startInTerminal(
        ['scan', '-i', sim.inventory, '--forks', '2', '-o', rules],
        how,
      );
      await begun(sim, 1);
      hangUp();
      const code = await ended;
      await sim.close();
      // Without a word on the terminal there is nothing that could tell of its end before the last host is read.
      if (how === 'session') expect([code, existsSync(rules)]).toEqual([130, false]);
      else expect([code, existsSync(rules)]).toEqual([1, true]);
    });
  },
);
