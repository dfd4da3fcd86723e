import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ExecFault } from '../../../src/sim/ssh_faults.ts';
import { type Played, type Simulated, simulate, startPlay, startVirtune, write } from '../lab.ts';
import { hostOf, newRate } from './shared.ts';

describe('an interrupted run (simulated hosts)', { concurrent: false }, () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  let sim: Simulated;
  const slow = async (...execs: ExecFault[]) => {
    sim = await simulate(names, Object.fromEntries(names.map((name) => [name, { execs }])));
    // Whether a rule names nothing, a run that ends early cannot tell.
    const rules = [
      { domain: 'sim', inbound: newRate() },
      { domain: 'web-*', inbound: newRate() },
    ];
    return write({ rules }, { hosts: 'all', lab: sim.inventory });
  };
  const begun = async (count: number) => {
    while (names.filter((name) => sim.server(name).counts.execs >= count).length < 2) await sleep(20);
  };
  const statuses = (played: Played) => played.report.hosts.map(({ name, status }) => `${name} ${status}`);

  it.each(['SIGINT', 'SIGTERM'] as const)('%s once: ends what has begun, skips the rest', async (signal) => {
    const { child, ended } = startPlay(await slow({ delayMs: 800 }), '--forks', '2');
    await begun(1);
    child.kill(signal);
    const played = await ended;
    await sim.close();
    expect(played.code).toBe(130);
    expect(statuses(played)).toEqual([
      'a changed',
      'b changed',
      'c skipped',
      'd skipped',
      'e skipped',
      'f skipped',
    ]);
    expect(hostOf(played, 'c').error).toBe('the run was interrupted before its turn');
    expect(played.stderr).toContain('Interrupted: finishing the hosts that have begun.');
    expect(played.stdout).toMatch(/hosts: 6 in all: 2 changed, 4 skipped/);
    expect(played.stdout).not.toContain('names nothing');
    expect(names.map((name) => sim.limits(name) !== null)).toEqual([true, true, false, false, false, false]);
  });

  it.each(['run', 'validate'])('%s, before any host is contacted: says so', async (command) => {
    const written = await slow();
    const dir = mkdtempSync(join(tmpdir(), 'virtune-early-'));
    const [inventory, begun, go] = [join(dir, 'inventory'), join(dir, 'begun'), join(dir, 'go')];
    const wait = `touch ${begun}; while [ ! -e ${go} ]; do sleep 0.1; done; echo '{}'`;
    writeFileSync(inventory, `#!/bin/sh\n${wait}\n`, { mode: 0o755 });
    const { signal, ended } = startVirtune([command, written.playbook, '-i', inventory]);
    while (!existsSync(begun)) await sleep(10);
    await signal('SIGINT');
    const ran = await ended;
    writeFileSync(go, '');
    await sim.close();
    expect(ran).toEqual({ code: 130, stdout: '', stderr: '\nInterrupted: no host was contacted.\n' });
  });

  /** A run that gets two Ctrl-C once so many commands have begun on each of its hosts. */
  const stoppedTwice = async (written: Parameters<typeof startPlay>[0], commands: number) => {
    const { child, ended } = startPlay(written, '--forks', '2');
    await begun(commands);
    child.kill('SIGINT');
    await sleep(200);
    child.kill('SIGINT');
    const played = await ended;
    await sim.close();
    expect(played.code).toBe(130);
    return played;
  };

  it('twice, while reading: ends at once', async () => {
    const played = await stoppedTwice(await slow({ delayMs: 30_000 }), 1);
    expect(statuses(played).map((line) => line.slice(2))).toEqual([
      'unreachable',
      'unreachable',
      ...Array(4).fill('skipped'),
    ]);
    expect(hostOf(played, 'a')).toMatchObject({
      errorCode: 'aborted',
      error: expect.stringMatching(/interrupted/),
    });
    expect(names.map((name) => sim.limits(name))).toEqual(Array(6).fill(null));
  });

  it('twice, while writing: says that it is not known what was written', async () => {
    const played = await stoppedTwice(await slow({}, { delayMs: 30_000 }), 2);
    for (const name of ['a', 'b']) {
      expect(hostOf(played, name)).toMatchObject({
        status: 'unreachable',
        errorCode: 'aborted',
        resources: [{ status: 'unreachable', reason: expect.stringMatching(/before it was known whether/) }],
      });
    }
    expect(played.report.summary.hosts).toMatchObject({ total: 6, unreachable: 2, skipped: 4 });
  });
});
