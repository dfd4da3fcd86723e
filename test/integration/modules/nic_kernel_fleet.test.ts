import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunOptions } from '../../../src/engine/run.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import { defineDomain } from '../../../src/sim/define.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { NO_TC, type SimDomain, type SimHost, type SimTc, simHost } from '../../../src/sim/model.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { runRules } from '../../unit/modules/of_module.ts';

/** Whole runs that look at the kernel of a simulated host. */

let dir = '';
let fleet: SimFleet;
let host: SimHost;
let vm: SimDomain;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-kernel-'));
  host = simHost('hv1');
  const ovs = { virtualport: 'openvswitch', source: { bridge: 'ovsbr0' } } as const;
  vm = defineDomain(host, { name: 'web', nics: [{ source: { bridge: 'br0' } }, ovs] });
  defineDomain(host, { name: 'off', nics: [{ source: { bridge: 'br0' } }], state: 'shutoff' });
  fleet = await startSimFleet([host]);
  await writeFleetFiles(fleet, dir);
});

afterEach(async () => {
  await fleet.close();
  rmSync(dir, { recursive: true });
});

const RULES = '- { domain: "*", inbound: 1000, outbound: 2000 }';
const run = (over: Partial<RunOptions> = {}, rules = RULES) =>
  runRules({ module: nicLimits, fleet, dir }, rules, { kernel: true, ...over });

const tcOf = () => vm.live![0]!.tc;
/** As somebody would with tc, behind libvirt's back. */
const behind = (change: Partial<SimTc>) => {
  vm.live = vm.live!.map((nic, index) => (index === 0 ? { ...nic, tc: { ...nic.tc, ...change } } : nic));
};
const execs = () => fleet.hosts[0]!.counts.execs;

describe('a run that looks at the kernel', () => {
  it('sets, reads the kernel back, and finds all in order the next time', async () => {
    const done = await run();
    expect(done.subjects).toEqual(['web changed', 'web changed', 'off changed']);
    expect(done.changes.map(({ after }) => after?.kernel && Object.values(after.kernel))).toEqual([
      [1000, null, null, null, 2000, null, null, null],
      [1000, 1000, null, null, 2000, null, null, null],
      undefined,
    ]);
    const again = await run();
    expect([again.code, ...again.subjects]).toEqual([0, 'web inSync', 'web inSync', 'off inSync']);
    expect(again.changes.map(({ kernel }) => kernel)).toEqual([{ drift: [] }, { drift: [] }, undefined]);
    expect(again.notes).toEqual([]);
  });

  it('sets again what somebody has taken away, and only that', async () => {
    await run();
    const whole = tcOf();
    for (const [change, kind] of [
      [NO_TC, 'missing'],
      [{ root: 'noqueue', shaper: null, leaf: false }, 'missing'],
      [{ shaper: null, leaf: false }, 'half'],
      [{ policer: null }, 'half'],
      [{ shaper: { average: 7, peak: 0, burst: 0, floor: 0 } }, 'differs'],
    ] as const) {
      behind(change);
      expect((await run({ kernel: false })).subjects[0]).toBe('web inSync');
      const checked = await run({ check: true });
      expect(checked.subjects).toEqual(['web pending', 'web inSync', 'off inSync']);
      expect(checked.changes[0]?.kernel?.drift[0]?.kind).toBe(kind);
      expect(checked.code).toBe(2);
      const done = await run();
      expect(done.subjects).toEqual(['web changed', 'web inSync', 'off inSync']);
      expect(tcOf()).toEqual(whole);
    }
  });

  it('clears what is left over', async () => {
    const rate = { average: 7, peak: 0, burst: 0, floor: 0 };
    behind({ root: 'htb', shaper: rate, leaf: true, ingress: true, policer: rate });
    const rules = '- { domain: web, nic: 1, rate: unlimited }';
    const checked = await run({ check: true }, rules);
    expect(checked.subjects).toEqual(['web pending']);
    expect((await run({}, rules)).subjects).toEqual(['web changed']);
    expect(tcOf()).toEqual(NO_TC);
  });

  it('refuses to take away what is somebody else’s, and does so with --rewrite', async () => {
    behind({ root: 'cake' });
    const refused = await run({}, '- { domain: web, nic: 1, rate: 1000 }');
    expect(refused.subjects[0]).toMatch(/^web refused: the kernel has what libvirt did not set: cake/);
    expect(tcOf().root).toBe('cake');
    expect((await run({ rewrite: true }, '- { domain: web, nic: 1, rate: 1000 }')).subjects).toEqual([
      'web changed',
    ]);
    expect(tcOf().root).toBe('htb');
  });

  it('says once why it is not known, and guesses nothing', async () => {
    await run();
    behind(NO_TC);
    for (const [tc, why] of [
      ['absent', 'tc was not found on the host'],
      [
        'elsewhere',
        'tc on the host does not list the device of the NIC: libvirt may be in another network namespace, e.g. of a container',
      ],
    ] as const) {
      host.knobs.tc = tc;
      const again = await run();
      expect(again.subjects).toEqual(['web inSync', 'web inSync', 'off inSync']);
      expect(again.notes).toEqual([`what the kernel does is not known of 2 NICs: ${why}`]);
      expect(again.changes[0]?.settings[0]).not.toHaveProperty('kernel');
    }
    const other = await run({}, '- { domain: web, nic: 1, inbound: 3000 }');
    expect(other.subjects).toEqual(['web changed']);
    expect(other.changes[0]?.notes?.at(-1)).toMatch(/^what the kernel does is not known: /);
    expect(other.changes[0]?.after?.kernel).toBeNull();
  });

  it('does not count what libvirt says alone', async () => {
    host.knobs.tc = 'idle';
    const done = await run({}, '- { domain: web, nic: 1, rate: 1000 }');
    expect(done.subjects[0]).toMatch(
      /^web failed: libvirt reported success, and the kernel does something else: inbound: the kernel limits nothing; libvirt describes/,
    );
    expect(done.code).toBe(3);
  });

  it('does not count a VM that could not be described with the others', async () => {
    const other = defineDomain(host, { name: 'other', nics: [{ source: { bridge: 'br0' } }] });
    const corrupt = (text: string) => {
      const [head = '', ...sections] = text.split(/(?=^vt[0-9a-f]+:[a-z])/m);
      const broken = (one: string) =>
        one.includes(`l:${vm.uuid}`) ? one.replaceAll('</interface>', '') : one;
      return [head, ...sections.map(broken)].join('');
    };
    fleet.hosts[0]!.faults.execs = [{}, {}, { corrupt }];
    const done = await run({}, '- { domain: [web, other], nic: 1, inbound: 1000 }');
    expect(done.subjects).toEqual([
      expect.stringMatching(/^web failed: written, but what the kernel does could not be read back: /),
      'other changed',
    ]);
    expect(other.live![0]!.tc.root).toBe('htb');
  });

  it('does not count what could not be read back from the kernel', async () => {
    fleet.hosts[0]!.faults.execs = [{}, {}, { corrupt: () => '' }];
    const done = await run({}, '- { domain: web, nic: 1, inbound: 1000 }');
    expect(done.subjects[0]).toMatch(
      /^web failed: written, but what the kernel does could not be read back: /,
    );
  });

  it('says what a failed set has left in the kernel', async () => {
    host.knobs.missing = ['sfq'];
    const failed = await run({}, '- { domain: web, nic: 1, inbound: 1000 }');
    expect(failed.subjects[0]).toMatch(/^web failed: .*without limits as before$/);
    expect(failed.changes[0]?.after?.kernel).toMatchObject({ 'inbound.average': null });
  });

  it('costs one exec more after a write, and none without one', async () => {
    const count = async (over: Partial<RunOptions>) => {
      const before = execs();
      await run(over);
      return execs() - before;
    };
    expect(await count({})).toBe(3);
    expect(await count({})).toBe(1);
    behind(NO_TC);
    expect(await count({ kernel: false })).toBe(1);
    expect(await count({})).toBe(3);
  });
});
