import type { VmCgroup } from '../../facts/cgroups.ts';
import type { Bandwidth, CpuTune } from '../../facts/cputune.ts';
import type { KernelState, Values } from '../../model/change.ts';
import { type LimitInForce, notKnown, stateInForce } from '../shared/in_force.ts';
import { formatShare } from './amounts.ts';
import { bandwidthOf, toValues } from './settings.ts';

/** What cgroup v2 gives a running VM of the CPU, beside what libvirt describes. */
export function cpuInForce(tune: CpuTune, cgroup: VmCgroup | { readonly unknown: string }): KernelState {
  if ('unknown' in cgroup) return notKnown(cgroup.unknown);
  const { vcpus, total, weight } = cgroup;
  // Those that are as described say nothing against one that is not.
  const [vcpu] = [...vcpus.filter((one) => !isSame(one, tune.quota)), ...vcpus];
  return stateInForce([
    quotaLimit('cpu_quota', 'per vCPU', tune.quota, vcpu),
    quotaLimit('total', 'in all', tune.total, total),
    {
      what: 'shares',
      described: { cpu_shares: tune.shares },
      // Where libvirt describes none, the weight is systemd's, or somebody's own.
      found: weight === undefined ? undefined : { cpu_shares: tune.shares === null ? null : weight },
      say: ({ cpu_shares }) => String(cpu_shares),
    },
  ]);
}

const isSame = (one: Bandwidth | null, other: Bandwidth | null): boolean =>
  one?.quota === other?.quota && one?.period === other?.period;

function quotaLimit(
  name: 'cpu_quota' | 'total',
  what: string,
  described: Bandwidth | null,
  found: Bandwidth | null | undefined,
): LimitInForce {
  const of = (limit: Bandwidth | null): Values => toValues({ [name]: limit });
  return {
    what,
    described: of(described),
    found: found === undefined ? undefined : of(found),
    say: (values) => {
      const limit = bandwidthOf(values, name === 'total' ? 'cpu_total' : name);
      return limit === null
        ? 'nothing'
        : `${formatShare(limit)} of a CPU (${limit.quota} of ${limit.period} us)`;
    },
  };
}
