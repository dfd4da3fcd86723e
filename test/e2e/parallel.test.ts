import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExecFault } from '../../src/sim/ssh_faults.ts';
import {
  bandwidth,
  bridgeNic,
  guest,
  LAB,
  play,
  removeGuests,
  type Simulated,
  simulate,
  startPlay,
  write,
} from './lab.ts';

/** Runs beside each other, and the order of hosts within one. */

describe.skipIf(LAB === '')('on real hosts', { concurrent: false }, () => {
  const HOSTS = ['hv01', 'hv02', 'hv03'];
  const uuids: string[] = [];

  beforeAll(async () => {
    await cleanUp();
    for (const [index, host] of HOSTS.entries()) {
      const nics = ['01', '02'].flatMap((n) => ['--nic', bridgeNic(`52:54:00:ff:0${index}:${n}`)]);
      uuids.push(await guest(host, 'par-web', ...nics));
    }
  });

  const cleanUp = () => Promise.all(HOSTS.map((host) => removeGuests(host, 'par-')));
  afterAll(cleanUp);

  const everywhere = async () => {
    const lists = HOSTS.flatMap((host, i) =>
      [[], ['--inactive']].map((flags) => bandwidth(host, uuids[i]!, ...flags)),
    );
    return (await Promise.all(lists)).flat();
  };

  it('two runs at once with rules that contradict: each NIC has the whole of one, and each run tells the truth', async () => {
    const runs = await Promise.all(
      [100, 200].map((rate) => {
        const rules = [{ domain: 'par-web', inbound: rate, outbound: rate }];
        return play(write({ rules }, { hosts: 'compute' }));
      }),
    );
    const whole = [100, 200].map((rate) => `<inbound average='${rate}'/><outbound average='${rate}'/>`);
    for (const limits of await everywhere()) expect(whole).toContain(limits);
    for (const { nics } of runs) {
      expect(nics).toHaveLength(6);
      for (const nic of nics) {
        // Changed was read back as such; what the other run has overwritten by then is a failure.
        expect(['changed', 'failed']).toContain(nic.status);
        if (nic.status === 'changed') expect(nic.after?.live?.inbound).toEqual(nic.desired.inbound);
      }
    }
  });

  it('many VMs of a host side by side: each has its own limits', async () => {
    const [host = ''] = HOSTS;
    const names = Array.from({ length: 10 }, (_, index) => `par-lane-${index}`);
    const macs = names.map((_, index) => `52:54:00:ff:1${index}:01`);
    const ids: string[] = [];
    for (const [index, name] of names.entries())
      ids.push(await guest(host, name, '--off', '--nic', bridgeNic(macs[index] ?? '')));
    const rules = names.map((domain, index) => ({ domain, inbound: 1000 + index, outbound: 2000 + index }));
    const { code, nics } = await play(write({ rules }, { hosts: host }));
    expect(code).toBe(0);
    const own = nics.filter(({ status }) => status !== 'unmanaged');
    expect(own.map(({ status }) => status)).toEqual(names.map(() => 'changed'));
    for (const [index, uuid] of ids.entries())
      expect(await bandwidth(host, uuid)).toEqual([
        `<inbound average='${1000 + index}'/><outbound average='${2000 + index}'/>`,
      ]);
  });

  it('a required rule that names nothing: exit 1, and nothing is written on any host', async () => {
    const before = await everywhere();
    const rules = [
      { name: 'present', domain: 'par-web', inbound: 7 },
      { name: 'absent', domain: 'par-no-such-vm', inbound: 7, required: true },
    ];
    const played = await play(write({ rules }, { hosts: 'compute' }));
    expect(played.code).toBe(1);
    expect(played.nics.map((nic) => nic.status)).toEqual(Array(6).fill('skipped'));
    for (const nic of played.nics) {
      expect([nic.after, nic.reason]).toEqual([
        null,
        'nothing was written: the required rule "absent" names nothing',
      ]);
    }
    expect(played.report.unmatchedRules).toMatchObject([{ name: 'absent', required: true }]);
    expect(played.stdout).toMatch(/error: required rule "absent" \(.*play\.yml:\d+\) names nothing/);
    expect(await everywhere()).toEqual(before);
  });
});

describe('the order of hosts (simulated)', { concurrent: false }, () => {
  const NAMES = ['a', 'b', 'c', 'd', 'e'];
  let sim: Simulated;
  /** Reads in the order in which they began. */
  let reads: { readonly host: string; readonly at: number }[];

  beforeAll(async () => {
    sim = await simulate(NAMES);
  });
  afterAll(() => sim?.close());

  let rate = 100;
  /** A new limit for every host; answers to reads take DELAY. */
  const DELAY = 500;
  const prepare = (playOptions: object, faults: Readonly<Record<string, readonly ExecFault[]>> = {}) => {
    reads = [];
    for (const name of NAMES) {
      const execs = faults[name] ?? [{ delayMs: DELAY }, {}];
      Object.defineProperty(sim.server(name).faults, 'execs', {
        configurable: true,
        get: () => {
          reads.push({ host: name, at: Date.now() });
          return execs;
        },
      });
    }
    return write(
      { rules: [{ domain: 'sim', inbound: ++rate }] },
      { hosts: 'all', lab: sim.inventory, play: playOptions },
    );
  };
  /** Hosts by the time of their first exec, those that began together in one group. */
  const groups = () => {
    const first = NAMES.map((host) => reads.find((read) => read.host === host)).filter(
      (read) => read !== undefined,
    );
    const order = first.sort((a, b) => a.at - b.at);
    const result: string[][] = [];
    let last = Number.NEGATIVE_INFINITY;
    for (const { host, at } of order) {
      if (at - last >= DELAY * 0.9) result.push([]);
      result.at(-1)?.push(host);
      last = at;
    }
    return result.map((group) => group.sort());
  };
  const changed = () => NAMES.filter((name) => sim.limits(name)?.inbound?.average === rate);
  const SKIPPED = /more than max_fail_percentage 30$/;

  it('--forks 1: one after the other, in the order of the inventory', async () => {
    const played = await play(prepare({}), '--forks', '1');
    expect([played.code, groups()]).toEqual([0, NAMES.map((name) => [name])]);
    expect([played.report.hosts.map((host) => host.name), changed()]).toEqual([NAMES, NAMES]);
  });

  it('all at once where nothing else is said', async () => {
    const played = await play(prepare({}));
    expect([played.code, groups()]).toEqual([0, [NAMES]]);
  });

  it('serial: [1, "50%"]: the first alone, then two and two', async () => {
    const played = await play(prepare({ serial: [1, '50%'] }));
    expect([played.code, groups()]).toEqual([0, [['a'], ['b', 'c'], ['d', 'e']]]);
    expect([played.report.hosts.map((host) => host.name), changed()]).toEqual([NAMES, NAMES]);
  });

  it('max_fail_percentage: ends the run after the batch that has too many, the rest is skipped', async () => {
    const failing = { c: [{ corrupt: () => 'nonsense' }] };
    const written = prepare({ serial: [1, '50%'], max_fail_percentage: 30 }, failing);
    const played = await play(written);
    expect(played.code).toBe(3);
    expect(played.report.hosts.map(({ name, status }) => [name, status])).toEqual([
      ['a', 'changed'],
      ['b', 'changed'],
      ['c', 'failed'],
      ['d', 'skipped'],
      ['e', 'skipped'],
    ]);
    for (const host of played.report.hosts.slice(3)) expect(host.error).toMatch(SKIPPED);
    expect(played.stdout).toMatch(/hosts: 5 in all: 2 changed, 1 failed, 2 skipped/);
    expect(changed()).toEqual(['a', 'b']);
  });

  it('max_fail_percentage: goes on where as many failed as are allowed', async () => {
    const failing = { c: [{ corrupt: () => 'nonsense' }] };
    const played = await play(prepare({ serial: [1, '50%'], max_fail_percentage: 50 }, failing));
    expect([played.code, changed()]).toEqual([3, ['a', 'b', 'd', 'e']]);
  });

  it('a batch that fails whole ends the run, whatever max_fail_percentage says', async () => {
    const failing = { a: [{ refuse: true }] };
    const played = await play(prepare({ serial: 1 }, failing));
    expect([played.code, changed()]).toEqual([4, []]);
    expect(played.report.summary.hosts).toMatchObject({ total: 5, unreachable: 1, skipped: 4 });
  });

  it('a required rule that names nothing, with a host that did not answer: it may be meant for that one', async () => {
    const written = prepare({}, { b: [{ refuse: true }] });
    const rules = [
      { domain: 'sim', inbound: rate },
      { domain: 'nowhere', inbound: 7, required: true },
    ];
    const { playbook } = write({ rules }, { hosts: 'all' });
    const played = await startPlay({ ...written, playbook }).ended;
    expect(played.code).toBe(4);
    expect(played.report.unmatchedRules).toMatchObject([{ required: true }]);
    expect(changed()).toEqual(['a', 'c', 'd', 'e']);
  });
});
