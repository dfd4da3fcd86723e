import { cgroupOf } from '../../facts/cgroups.ts';
import { type CpuTune, cpuTuneFact } from '../../facts/cputune.ts';
import { factOf } from '../../facts/fact.ts';
import type { Values } from '../../model/change.ts';
import type { HostFacts } from '../../model/facts.ts';
import { cgroupsOf } from '../shared/cgroups.ts';
import { cpuInForce } from './in_force.ts';
import type { FoundCpu } from './rule.ts';
import { toValues } from './settings.ts';

/** The CPU of every VM of a host. */
export function findCpus(facts: HostFacts): readonly FoundCpu[] {
  const cgroups = cgroupsOf(facts);
  return facts.domains.map((domain) => {
    const { live, config } = factOf(domain, cpuTuneFact);
    const vcpus = (live ?? config)?.vcpus ?? 1;
    const cgroup = live === null ? undefined : cgroupOf(facts, domain);
    return {
      domain,
      vcpus,
      cgroups,
      subject: { kind: 'cpu', key: 'cpu', label: 'cpu', vcpus },
      live: valuesOf(live),
      config: valuesOf(config),
      ...(live === null || cgroup === undefined ? {} : { kernel: cpuInForce(live, cgroup) }),
    };
  });
}

function valuesOf(tune: CpuTune | null): Values | null {
  if (tune === null) return null;
  return { ...toValues({ cpu_quota: tune.quota, total: tune.total }), cpu_shares: tune.shares };
}
