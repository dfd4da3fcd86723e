import type { Domain, HostFacts, Network, Nic } from '../../../src/model/facts.ts';
import type { Limits, Rate } from '../../../src/model/limits.ts';
import type { NicLimitsArgs, Rule } from '../../../src/modules/nic_limits/rule.ts';

/** Short ways to write facts and rules in tests. */

export const NONE: Limits = { inbound: null, outbound: null };

export const rate = (average: number, peak = 0, burst = 0, floor = 0): Rate => ({
  average,
  peak,
  burst,
  floor,
});

export const UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f';
export const MAC = '52:54:00:00:00:01';

export function nic(over: Partial<Nic> = {}): Nic {
  return {
    mac: MAC,
    type: 'bridge',
    target: 'vnet0',
    model: 'virtio',
    alias: 'net0',
    virtualport: '',
    limits: NONE,
    ...over,
    source: { network: '', portgroup: '', bridge: 'br0', dev: '', ...over.source },
  };
}

/** A running, persistent VM; `live` and `config` default to the same one NIC. */
export function domain(over: Partial<Domain> = {}): Domain {
  const live = over.live === undefined ? [nic()] : over.live;
  const config =
    over.config === undefined ? (live ?? [nic()]).map((n) => ({ ...n, target: '', alias: '' })) : over.config;
  return {
    uuid: UUID,
    name: 'web-01',
    title: '',
    state: live === null ? 'shutoff' : 'running',
    persistent: config !== null,
    managedSave: false,
    nova: null,
    ...over,
    live,
    config,
  };
}

export function network(over: Partial<Network> = {}): Network {
  return {
    name: 'net',
    forward: 'isolated',
    actualType: 'network',
    virtualport: '',
    hasInboundQos: true,
    portgroups: [],
    ...over,
  };
}

export function facts(domains: readonly Domain[], networks: readonly Network[] = []): HostFacts {
  return { domains, networks, unreadable: [] };
}

export function rule(over: Partial<Rule> = {}): Rule {
  return {
    name: 'r',
    file: 'inventory/x.yml',
    line: 1,
    required: false,
    domain: null,
    match: {},
    nic: {},
    limits: {},
    applyTo: 'both',
    ...over,
  };
}

export function args(rules: readonly Rule[], over: Partial<NicLimitsArgs> = {}): NicLimitsArgs {
  return { rules, unmatched: 'leave', listAll: false, ...over };
}
