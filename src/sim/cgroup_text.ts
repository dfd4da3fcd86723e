import { deviceAt } from './devices.ts';
import type { SimDomain, SimHost } from './model.ts';
import type { BlockDevice, SimTuning } from './tuning.ts';

/** What libvirt/cgroup_script.ts prints of these domains, as cgroup v2 of Linux 6.1 has it. */
export function describeCgroups(host: SimHost, marker: string, domains: readonly SimDomain[]): string {
  if (host.knobs.cgroups.length === 0 || host.knobs.session) return `${marker}:k:cgroups\nok\n`;
  const lines = domains.flatMap((domain) => {
    const { id, liveTuning } = domain;
    if (id === null || liveTuning === null) return [];
    const files = { ...filesOf(host, liveTuning), ...domain.cgroupByHand };
    const told = Object.entries(files).flatMap(([file, text]) =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => `${id} ${file}:${line}\n`),
    );
    return [...told, `${id} libvirt/io.max\n`];
  });
  return `${marker}:k:cgroups\nok\n${lines.join('')}`;
}

/** libvirt has set its limits of a controller again: what somebody has written there is gone. */
export function rewritten(domain: SimDomain, controller: 'cpu' | 'memory' | 'io'): void {
  const { cgroupByHand = {} } = domain;
  domain.cgroupByHand = Object.fromEntries(
    Object.entries(cgroupByHand).filter(([file]) => !file.includes(`${controller}.`)),
  );
}

function filesOf(host: SimHost, { cpu, memory, block }: SimTuning): Readonly<Record<string, string>> {
  const quota = (limit = -1, period = 100_000) => `${limit < 0 ? 'max' : limit} ${period}`;
  const bytes = (kib?: number) => (kib === undefined ? 'max' : String(kib * 1024));
  return {
    'cpu.weight': String(cpu.cpu_shares ?? 100),
    'libvirt/cpu.max': quota(cpu.global_quota, cpu.global_period),
    'libvirt/vcpu/cpu.max': quota(cpu.vcpu_quota, cpu.vcpu_period),
    'libvirt/memory.high': bytes(memory.soft_limit),
    'libvirt/memory.max': bytes(memory.hard_limit),
    'libvirt/memory.swap.max': bytes(memory.swap_hard_limit),
    'libvirt/io.max': block.devices.map((device) => ioMax(host, device)).join('\n'),
  };
}

function ioMax(host: SimHost, device: BlockDevice): string {
  const found = deviceAt(host, device.path);
  const number = found === undefined ? 0 : host.knobs.blockDevices.indexOf(found);
  const of = (value: number) => value || 'max';
  const { read_bytes_sec: r, write_bytes_sec: w, read_iops_sec: ri, write_iops_sec: wi } = device;
  return `254:${number} rbps=${of(r)} wbps=${of(w)} riops=${of(ri)} wiops=${of(wi)}`;
}
