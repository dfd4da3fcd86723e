import { cgroupOf } from '../../facts/cgroups.ts';
import { factOf } from '../../facts/fact.ts';
import { type MemTune, memTuneFact } from '../../facts/memtune.ts';
import type { Values } from '../../model/change.ts';
import type { HostFacts } from '../../model/facts.ts';
import { cgroupsOf } from '../shared/cgroups.ts';
import { memoryInForce } from './in_force.ts';
import type { FoundMemory } from './rule.ts';

/** The memory of every VM of a host. */
export function findMemories(facts: HostFacts): readonly FoundMemory[] {
  const cgroups = cgroupsOf(facts);
  return facts.domains.map((domain) => {
    const { live, config } = factOf(domain, memTuneFact);
    const memory = { live: (live ?? config)?.memory ?? 0, config: (config ?? live)?.memory ?? 0 };
    const cgroup = live === null ? undefined : cgroupOf(facts, domain);
    return {
      domain,
      memory,
      cgroups,
      subject: { kind: 'memory', key: 'memory', label: 'memory', size: memory.live },
      live: live && valuesOf(live),
      config: config && valuesOf(config),
      ...(live === null || cgroup === undefined ? {} : { kernel: memoryInForce(live, cgroup) }),
    };
  });
}

function valuesOf({ soft_limit, hard_limit, swap_hard_limit }: MemTune): Values {
  return { soft_limit, hard_limit, swap_hard_limit };
}
