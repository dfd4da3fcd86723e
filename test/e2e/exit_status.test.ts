import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import type { SshFaults } from '../../src/sim/ssh_faults.ts';
import { type Simulated, simulate, startVirtune, write } from './lab.ts';

/** Each exit status, as those who automate see it: by whole runs over a simulated host. */

interface Case {
  readonly rules?: object;
  readonly tasks?: readonly object[];
  readonly faults?: Partial<SshFaults>;
  readonly args?: readonly string[];
  readonly interrupt?: true;
}

const LIMITED = { rules: [{ name: 'slow', domain: 'sim', inbound: 800 }] };
/** The host has no limits: nothing is to be done. */
const RIGHT = { rules: [{ domain: 'sim', inbound: 'unlimited' }] };
const UNMATCHED = { rules: [...RIGHT.rules, { domain: 'none-*', inbound: 800 }] };
/** A warning of the file itself. */
const ODD = { rules: [{ domain: 'sim', inbound: { average: 2000, peak: 1000 } }] };
const TWO = [
  { nic_limits: LIMITED },
  { nic_limits: { rules: [{ domain: 's*', match: { state: 'running' }, inbound: 900 }] } },
];
const NO_LOGIN = { rejectKeys: true };
const NO_ANSWER = { execs: [{ corrupt: () => 'sh: not here' }] };

const CASES: readonly (readonly [what: string, given: Case, status: number])[] = [
  ['everything is in sync', { rules: RIGHT }, 0],
  ['everything is in sync in a check', { rules: RIGHT, args: ['--check'] }, 0],
  ['a change was made', { rules: LIMITED }, 0],
  ['a change was made, and that is to fail', { rules: LIMITED, args: ['--fail-on', 'changed'] }, 2],
  ['a playbook is wrong', { rules: { rules: [{ domain: 'sim', inbound: 'fast' }] } }, 1],
  ['an option is not known', { args: ['--chekc'] }, 1],
  ['a word of --fail-on is not known', { args: ['--fail-on', 'drift'] }, 1],
  ['a name is exact and nothing has it', { rules: { rules: [{ domain: 'none', inbound: 800 }] } }, 1],
  ['that is no error', { rules: { rules: [{ domain: 'none', inbound: 800 }] }, args: ['--missing-ok'] }, 0],
  ['a rule names nothing', { rules: UNMATCHED }, 0],
  [
    'a rule names nothing and is required',
    { rules: { rules: [{ ...UNMATCHED.rules[1], required: true }] } },
    1,
  ],
  ['a rule names nothing, strictly', { rules: UNMATCHED, args: ['--strict'] }, 1],
  [
    'a rule names nothing, and warnings are to fail',
    { rules: UNMATCHED, args: ['--fail-on', 'warnings'] },
    1,
  ],
  ['a file has a warning', { rules: ODD, args: ['--check'] }, 2],
  ['a file has a warning, which is to fail', { rules: ODD, args: ['--check', '--fail-on', 'warnings'] }, 1],
  ['a change is pending', { rules: LIMITED, args: ['--check'] }, 2],
  [
    'a change is pending, and that is fine',
    { rules: LIMITED, args: ['--check', '--fail-on', 'no-pending'] },
    0,
  ],
  ['a host failed', { faults: NO_ANSWER }, 3],
  ['a host failed, and that is let pass', { faults: NO_ANSWER, args: ['--fail-on', 'no-failed'] }, 0],
  ['a host is unreachable', { faults: NO_LOGIN }, 4],
  ['a host is unreachable, as is known', { faults: NO_LOGIN, args: ['--fail-on', 'no-unreachable'] }, 0],
  ['two tasks want different limits', { tasks: TWO }, 5],
  ['two tasks do, and that is let pass', { tasks: TWO, args: ['--fail-on', 'no-refused'] }, 0],
  ['somebody interrupts', { faults: { execs: [{ delayMs: 400 }] }, interrupt: true }, 130],
];

let sim: Simulated | undefined;
afterEach(() => sim?.close());

it.each(CASES)('%s', async (_, { rules = LIMITED, tasks, faults = {}, args = [], interrupt }, status) => {
  sim = await simulate(['a'], { a: faults });
  const { playbook } = write(rules, { hosts: 'all' });
  if (tasks !== undefined) {
    const plays = [{ name: 'test', hosts: 'all', tasks }];
    writeFileSync(playbook, JSON.stringify(plays));
  }
  const { ended, signal } = startVirtune(['run', playbook, '-i', sim.inventory, ...args]);
  if (interrupt) {
    while (sim.server('a').counts.execs < 1) await sleep(10);
    await signal('SIGINT');
  }
  const ran = await ended;
  expect([ran.code, ran.stderr], ran.stdout).toEqual([status, expect.not.stringContaining('internal error')]);
});
