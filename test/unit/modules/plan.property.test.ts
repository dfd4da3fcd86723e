import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DirectionLimit, Limits, Rate } from '../../../src/facts/bandwidth.ts';
import type { Network } from '../../../src/facts/networks.ts';
import type { Nic } from '../../../src/facts/nics.ts';
import type { HostFacts } from '../../../src/model/facts.ts';
import { sweep } from '../../sweep.ts';
import {
  args,
  NONE,
  network,
  nic,
  planHost,
  rule,
  type TestArgs,
  facts as toFacts,
  type Vm,
  vm,
} from './build.ts';

/** Plans against arbitrary hosts: what must hold whatever the rules and the facts are. */

const rate: fc.Arbitrary<Rate> = fc.record({
  average: fc.integer({ min: 1, max: 9 }),
  peak: fc.integer({ min: 0, max: 3 }),
  burst: fc.integer({ min: 0, max: 3 }),
  floor: fc.constant(0),
});
const limit: fc.Arbitrary<DirectionLimit> = fc.option(rate, { nil: null });
const limits: fc.Arbitrary<Limits> = fc.record({ inbound: limit, outbound: limit });

const gold: Limits = {
  inbound: { average: 40, peak: 0, burst: 0, floor: 0 },
  outbound: { average: 20, peak: 0, burst: 0, floor: 0 },
};
const networks: Network[] = [
  network({ name: 'net', portgroups: [{ name: 'gold', isDefault: false, limits: gold }] }),
  network({ name: 'pool', forward: 'hostdev', actualType: 'hostdev' }),
];

const source = fc.constantFrom(
  { network: '', portgroup: '', bridge: 'br0', dev: '' },
  { network: 'net', portgroup: '', bridge: '', dev: '' },
  { network: 'net', portgroup: 'gold', bridge: '', dev: '' },
  { network: 'pool', portgroup: '', bridge: '', dev: '' },
);

/** A NIC with its two descriptions, of which one may be missing. */
const anyNic = fc
  .record({
    mac: fc.integer({ min: 0, max: 5 }).map((n) => `52:54:00:00:00:0${n}`),
    type: fc.constantFrom('bridge', 'direct', 'user'),
    virtualport: fc.constantFrom('', 'openvswitch'),
    source,
    live: fc.option(limits, { nil: null }),
    config: fc.option(limits, { nil: null }),
  })
  .map(({ live, config, type, source: where, ...base }) => {
    const make = (own: Limits | null): Nic | null =>
      own === null
        ? null
        : nic({ ...base, source: where, type: where.network === '' ? type : 'network', limits: own });
    return { live: make(live), config: make(config) };
  });

const domain: fc.Arbitrary<Vm> = fc
  .record({
    uuid: fc.uuid(),
    name: fc.constantFrom('web-01', 'web-02', 'db-01'),
    running: fc.boolean(),
    persistent: fc.boolean(),
    nics: fc.array(anyNic, { maxLength: 3 }),
  })
  .map(({ uuid, name, running, persistent, nics }) =>
    vm({
      uuid,
      name,
      title: '',
      state: running || !persistent ? ('running' as const) : ('shutoff' as const),
      persistent,
      nova: null,
      live: running || !persistent ? nics.flatMap((nic) => nic.live ?? []) : null,
      config: persistent ? nics.flatMap((nic) => nic.config ?? []) : null,
    }),
  );

const rules = fc.array(
  fc
    .record({
      glob: fc.constantFrom('*', 'web-*', 'db-01'),
      positions: fc.constantFrom(undefined, [1], [2]),
      inbound: fc.option(limit, { nil: undefined }),
      outbound: fc.option(limit, { nil: undefined }),
      applyTo: fc.constantFrom('both' as const, 'both' as const, 'live' as const, 'config' as const),
    })
    .map(({ glob, positions, inbound, outbound, applyTo }) =>
      rule({
        domain: { include: [glob], exclude: [], literal: false },
        nic: positions === undefined ? {} : { positions },
        limits: {
          ...(inbound === undefined ? {} : { inbound }),
          ...(outbound === undefined ? {} : { outbound }),
        },
        applyTo,
      }),
    ),
  { maxLength: 4 },
);

const given: fc.Arbitrary<[TestArgs, HostFacts]> = fc.tuple(
  fc
    .tuple(rules, fc.constantFrom('leave' as const, 'unlimited' as const))
    .map(([list, unmatched]) => args(list, { unmatched })),
  fc
    .uniqueArray(domain, { maxLength: 3, selector: (d) => d.uuid })
    .map((domains) => toFacts(domains, networks)),
);

/** What `virsh domiftune` does to the facts, by libvirt's rules: a direction that is passed is replaced whole. */
function run(command: readonly string[], facts: HostFacts): HostFacts {
  const [, uuid, mac] = command;
  const value = (flag: string): DirectionLimit | undefined => {
    const index = command.indexOf(flag);
    if (index < 0) return undefined;
    const [average = 0, peak = 0, burst = 0, floor = 0] = (command[index + 1] ?? '').split(',').map(Number);
    return average === 0 && floor === 0 ? null : { average, peak, burst, floor };
  };
  const set = (list: readonly Nic[] | null): readonly Nic[] | null => {
    const first = list?.findIndex((n) => n.mac === mac) ?? -1;
    expect(first, `${command.join(' ')}: no such NIC`).toBeGreaterThanOrEqual(0);
    const [inbound, outbound] = [value('--inbound'), value('--outbound')];
    return (list ?? []).map((n, index) =>
      index !== first
        ? n
        : {
            ...n,
            limits: {
              inbound: inbound === undefined ? n.limits.inbound : inbound,
              outbound: outbound === undefined ? n.limits.outbound : outbound,
            },
          },
    );
  };
  return {
    ...facts,
    domains: (facts.domains as readonly Vm[]).map((d) =>
      d.uuid !== uuid
        ? d
        : vm({
            ...d,
            live: command.includes('--live') ? set(d.live) : d.live,
            config: command.includes('--config') ? set(d.config) : d.config,
          }),
    ),
  };
}

const applied = (input: TestArgs, facts: HostFacts): HostFacts =>
  planHost(input, facts)
    .items.flatMap((item) => item.steps.flatMap((step) => step.commands))
    .reduce((state, command) => run(command, state), facts);

describe('a plan', () => {
  it('carried out leaves nothing to plan', () => {
    fc.assert(
      fc.property(given, ([input, facts]) => {
        const again = planHost(input, applied(input, facts));
        for (const item of again.items) {
          expect(item.steps).toEqual([]);
          expect(['inSync', 'unsupported', 'ambiguous', 'refused', 'notRunning']).toContain(
            item.result.status,
          );
        }
      }),
      sweep(2000),
    );
  });

  it('never touches a NIC that no rule names, nor a direction that none names', () => {
    fc.assert(
      fc.property(given, ([input, facts]) => {
        if (input.unmatched === 'unlimited') return;
        const after = applied(input, facts);
        // By the description itself: two NICs of a VM may share a MAC.
        const named = new Map(
          planHost(input, facts).items.flatMap(({ nic, result }) =>
            [nic.live, nic.config].map((own) => [own, result.desired]),
          ),
        );
        for (const [index, before] of (facts.domains as readonly Vm[]).entries()) {
          for (const side of ['live', 'config'] as const) {
            for (const [position, old] of (before[side] ?? []).entries()) {
              const now = (after.domains as readonly Vm[])[index]?.[side]?.[position];
              const desired = named.get(old);
              // A portgroup's limit may become the NIC's own: that is what keeps it in force.
              const inherits = old.source.portgroup === 'gold';
              for (const direction of ['inbound', 'outbound'] as const) {
                if (desired?.[direction] !== undefined || inherits) continue;
                expect(now?.limits[direction]).toEqual(old.limits[direction]);
              }
            }
          }
        }
      }),
      sweep(2000),
    );
  });

  it('says of every NIC what becomes of it, and has commands only for those that are pending', () => {
    fc.assert(
      fc.property(given, ([input, facts]) => {
        const plan = planHost(input, facts);
        for (const { result, steps } of plan.items) {
          expect(steps.length > 0).toBe(result.status === 'pending');
          expect(result.commands.length).toBe(steps.flatMap((step) => step.commands).length);
        }
        const listed = planHost({ ...input, listAll: true }, facts);
        expect(listed.items).toHaveLength(plan.total ?? 0);
      }),
    );
  });

  it('with no limit wanted and none there does nothing', () => {
    fc.assert(
      fc.property(fc.uniqueArray(domain, { maxLength: 3, selector: (d) => d.uuid }), (domains) => {
        const bare = (list: readonly Nic[] | null) =>
          list?.map((n) => ({ ...n, limits: NONE, source: { ...n.source, portgroup: '' } })) ?? null;
        const facts = toFacts(
          domains.map((d) => vm({ ...d, live: bare(d.live), config: bare(d.config) })),
          networks,
        );
        const plan = planHost(args([], { unmatched: 'unlimited' }), facts);
        expect(plan.items.every((item) => item.result.status === 'inSync')).toBe(true);
      }),
    );
  });
});
