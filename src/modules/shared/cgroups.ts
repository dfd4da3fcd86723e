import { factOf } from '../../facts/fact.ts';
import { partitionFact } from '../../facts/partition.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { Found, Objection } from '../module.ts';

/**
 * Whether libvirt limits by cgroups on a host, as far as its running VMs show.
 *
 * Where none runs, nothing is in force, and the host cannot tell: what the kernel has (`cgroup.controllers`) says
 * nothing of what libvirt uses of it (`cgroup_controllers` of qemu.conf, its own container, cgroup v1), and libvirt
 * itself tells only when a VM starts. So a configuration is written with a note. Session daemons refuse it themselves.
 */
export type Cgroups = 'yes' | 'no' | 'unknown';

/** A partition that the owner wrote into the configuration proves nothing. */
export function cgroupsOf({ domains }: HostFacts): Cgroups {
  const said = domains.flatMap((domain) => {
    const { live, config } = factOf(domain, partitionFact);
    if (live === null) return [];
    if (live === '') return ['no' as const];
    return config === null || config !== '' ? [] : ['yes' as const];
  });
  return said.includes('yes') ? 'yes' : (said[0] ?? 'unknown');
}

/** Whether no other VM of the host could tell otherwise: one that is in a cgroup settles it. */
export function cgroupsShown(facts: HostFacts): boolean {
  return facts.domains.length === 0 || cgroupsOf(facts) === 'yes';
}

/**
 * Without cgroups libvirt refuses to limit what runs, but takes the limits of a VM that is shut off, which then may not
 * start: `cgroup cpu is required for scheduler tuning`, `cannot limit locked memory of process`.
 */
export function noCgroups(
  { cgroups, live }: Pick<Found, 'live'> & { readonly cgroups: Cgroups },
  what: string,
): Objection | null {
  if (cgroups !== 'no') return null;
  const then = live === null ? ', and with such limits the VM might not start' : '';
  return {
    status: 'unsupported',
    reason: `libvirt has no ${what} cgroup on this host (no running VM is in one, as in session mode or a container)${then}`,
  };
}

/** Where nothing shows whether there are any, and a configuration is to be written. */
export function cgroupNotes(cgroups: Cgroups, what: string): readonly string[] {
  if (cgroups !== 'unknown') return [];
  return [
    `no running VM shows whether libvirt has a ${what} cgroup on this host; without one the VM might not start`,
  ];
}
