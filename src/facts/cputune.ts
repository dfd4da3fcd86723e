import { child, type Element, text } from '../libvirt/xml.ts';
import type { DomainFact } from './fact.ts';

/** A share of time: so many microseconds of CPU in each period of so many. */
export interface Bandwidth {
  readonly quota: number;
  readonly period: number;
}

/** What one description says of a VM's CPU: `<cputune>` and what is around it. */
export interface CpuTune {
  /** null where libvirt leaves it to the kernel; a configuration may hold 0, with which no VM starts. */
  readonly shares: number | null;
  /** Of each vCPU; null is unlimited. */
  readonly quota: Bandwidth | null;
  /** Of the whole VM; null is unlimited. */
  readonly total: Bandwidth | null;
  readonly vcpus: number;
}

/** What libvirt and the kernel take where no period is given, in microseconds. */
export const DEFAULT_PERIOD = 100_000;

/** libvirt's largest quota, 2^44 - 1 µs: as good as none, and what it prints for none on cgroup v2. */
const NO_QUOTA = 17_592_186_044_415;

/** CPU quotas and shares, and the number of vCPUs. */
export const cpuTuneFact: DomainFact<CpuTune> = {
  of: 'domain',
  name: 'cputune',
  keep: [
    ...['shares', 'quota', 'period', 'global_quota', 'global_period'].map((name) => `cputune/${name}`),
    'vcpu',
  ].map((path) => `domain/${path}`),
  parse: (domain) => {
    const tune = child(domain, 'cputune');
    return {
      shares: number(tune, 'shares'),
      quota: bandwidth(number(tune, 'quota'), number(tune, 'period')),
      total: bandwidth(number(tune, 'global_quota'), number(tune, 'global_period')),
      vcpus: number(domain, 'vcpu') ?? 1,
    };
  },
};

/** Every negative quota is none, and libvirt writes -1 into what runs where one is taken away. A period alone limits nothing. */
function bandwidth(quota: number | null, period: number | null): Bandwidth | null {
  if (quota === null || quota <= 0 || quota >= NO_QUOTA) return null;
  return { quota, period: period || DEFAULT_PERIOD };
}

function number(parent: Element | undefined, name: string): number | null {
  const shown = text(child(parent, name)).trim();
  return /^-?\d+$/.test(shown) ? Number(shown) : null;
}
