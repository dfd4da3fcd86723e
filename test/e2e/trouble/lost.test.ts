import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExecFault } from '../../../src/sim/ssh_faults.ts';
import { type Played, play, type Simulated, simulate, write } from '../lab.ts';
import { half, hostOf, newRate } from './shared.ts';

/** Connections that break while a host is written. */

describe('hosts that are lost while they are written (simulated)', { concurrent: false }, () => {
  const drop: ExecFault = { cut: { afterBytes: 60, how: 'drop' } };
  const cases: readonly (readonly [host: string, fault: ExecFault, status: string, message: RegExp])[] = [
    ['drops', drop, 'unreachable', /lost before it was known whether this was written: run again/],
    ['hangs', { cut: { afterBytes: 60, how: 'hang' } }, 'unreachable', /sent nothing for 2 s/],
    ['refuses', { refuse: true }, 'unreachable', /did not start the command/],
    ['cuts', { corrupt: half }, 'failed', /written, but the VM could not be read back/],
  ];
  let sim: Simulated;
  let played: Played;
  const rate = newRate();
  const written = () =>
    write(
      { rules: [{ domain: 'sim', inbound: rate }] },
      { hosts: 'all', lab: sim.inventory, inventory: { all: { vars: { ansible_command_timeout: 2 } } } },
    );

  beforeAll(async () => {
    const faults = cases.map(([host, fault]) => [host, { execs: [{}, fault] }] as const);
    sim = await simulate([...cases.map(([host]) => host), 'drops-once', 'fine'], Object.fromEntries(faults));
    // On its first connection only: what was under way is repeated, looked at and compared on the second.
    const once = sim.server('drops-once');
    Object.defineProperty(once.faults, 'execs', {
      configurable: true,
      get: () => (once.counts.connections > 1 ? [] : [{}, drop]),
    });
    // On every connection except the first exec of the first.
    const { faults: always, counts } = sim.server('drops');
    Object.defineProperty(always, 'execs', {
      configurable: true,
      get: () => (counts.execs === 0 ? [] : [drop]),
    });
    played = await play(written());
  });
  afterAll(() => sim?.close());

  it.each(cases)('%s', (host, _, status, message) => {
    const result = hostOf(played, host);
    expect([result.status, result.resources.map((nic) => nic.status)]).toEqual([status, [status]]);
    expect(result.resources[0]?.reason).toMatch(message);
    expect(result.resources[0]?.after).toBeNull();
  });

  it('is repeated where the connection can be opened again, which the report notes', () => {
    expect(hostOf(played, 'drops-once')).toMatchObject({
      status: 'changed',
      resources: [{ status: 'changed' }],
      notes: [expect.stringMatching(/was lost.*; it was opened again, and what was under way was repeated/)],
    });
  });

  it('goes on with the others', () => {
    expect([played.code, hostOf(played, 'fine').status]).toEqual([3, 'changed']);
  });

  it('finds out by the next run what was written', async () => {
    for (const [host] of cases) Object.defineProperty(sim.server(host).faults, 'execs', { value: [] });
    const again = await play(written());
    const statuses = Object.fromEntries(again.report.hosts.map((host) => [host.name, host.status]));
    expect([again.code, statuses]).toEqual([
      0,
      { drops: 'ok', hangs: 'ok', refuses: 'changed', cuts: 'ok', 'drops-once': 'ok', fine: 'ok' },
    ]);
  });
});
