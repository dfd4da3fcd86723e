import { type CpuTune, cpuTuneFact } from '../../facts/cputune.ts';
import { factOf } from '../../facts/fact.ts';
import type { Values } from '../../model/change.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { FoundCpu } from './rule.ts';
import { toValues } from './settings.ts';

/** The CPU of every VM of a host. */
export function findCpus(facts: HostFacts): readonly FoundCpu[] {
  const cgroups = cgroupsOf(facts);
  return facts.domains.map((domain) => {
    const { live, config } = factOf(domain, cpuTuneFact);
    const vcpus = (live ?? config)?.vcpus ?? 1;
    return {
      domain,
      vcpus,
      cgroups,
      subject: { kind: 'cpu', key: 'cpu', label: 'cpu', vcpus },
      live: valuesOf(live),
      config: valuesOf(config),
    };
  });
}

function valuesOf(tune: CpuTune | null): Values | null {
  if (tune === null) return null;
  return { ...toValues({ cpu_quota: tune.quota, total: tune.total }), cpu_shares: tune.shares };
}

/**
 * libvirt writes the partition of cgroups into the description of what runs, on hosts that have any (qemuInitCgroup;
 * seen with cgroup v2, and missing without). One that the owner wrote into the configuration proves nothing.
 */
function cgroupsOf({ domains }: HostFacts): FoundCpu['cgroups'] {
  const said = domains.flatMap((domain) => {
    const { live, config } = factOf(domain, cpuTuneFact);
    if (live === null) return [];
    if (live.partition === '') return ['no' as const];
    return config === null || config.partition !== '' ? [] : ['yes' as const];
  });
  return said.includes('yes') ? 'yes' : (said[0] ?? 'unknown');
}
