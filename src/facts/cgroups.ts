import type { Domain, HostFacts } from '../model/facts.ts';
import type { Bandwidth } from './cputune.ts';
import { type KernelFact, kernelFactOf } from './fact.ts';

/** What cgroup v2 holds the running VMs of a host to, or why that is not known. */
export type CgroupState =
  | {
      /** By the id of the VM's start. */
      readonly vms: ReadonlyMap<number, VmCgroup>;
      readonly unknown?: undefined;
    }
  | { readonly unknown: string };

/** What the files of a VM's cgroup say. A file that the host does not have is undefined; null is no limit. */
export interface VmCgroup {
  /** cpu.weight of the VM as a whole. */
  readonly weight?: number;
  /** cpu.max of the VM as a whole. */
  readonly total?: Bandwidth | null;
  /** cpu.max of its vCPUs, each different one once. */
  readonly vcpus: readonly (Bandwidth | null)[];
  /** memory.max, memory.high and memory.swap.max, in bytes. */
  readonly memory: Readonly<Partial<Record<MemoryFile, number | null>>>;
  /** io.max by the number of the device, `254:0`; undefined where there is no such file. A device without limits is absent. */
  readonly io?: ReadonlyMap<string, IoMax>;
}

export const MEMORY_FILES = ['memory.high', 'memory.max', 'memory.swap.max'] as const;
export type MemoryFile = (typeof MEMORY_FILES)[number];

/** Bytes and operations a second; null is no limit. */
export type IoMax = Readonly<Record<'rbps' | 'wbps' | 'riops' | 'wiops', number | null>>;

export const cgroupsFact: KernelFact<CgroupState> = {
  of: 'kernel',
  name: 'cgroups',
  words: ['cgroups'],
  parse: parseCgroups,
};

/** What is known of the cgroup of a running VM; undefined where nobody asked, and where it does not run. */
export function cgroupOf(
  facts: HostFacts,
  domain: Domain,
): VmCgroup | { readonly unknown: string } | undefined {
  const state = kernelFactOf(facts, cgroupsFact);
  if (state === null || domain.state === 'shutoff') return undefined;
  if (state.unknown !== undefined) return { unknown: state.unknown };
  return state.vms.get(domain.id ?? -1) ?? { unknown: NOT_SHOWN };
}

const NOT_SHOWN =
  'the host shows no cgroup machine-qemu-….scope of it: libvirt may be in a container, or not use systemd, and its VMs are then elsewhere';

/** The section that libvirt/cgroup_script.ts describes. */
export function parseCgroups(said: string | null): CgroupState {
  if (said === null)
    return { unknown: 'libvirt is reached by a URI of another host, whose cgroups were not looked at' };
  const [how = '', ...lines] = said.split('\n');
  if (how === 'v1')
    return { unknown: 'the host has cgroup v1, which is not read: its files and their names are other ones' };
  if (how === 'session')
    return { unknown: "libvirt is a user's own (qemu:///session), and limits no VM by cgroups of the host" };
  if (how !== 'ok') return { unknown: 'the host does not tell of its cgroups' };
  const vms = new Map<number, Building>();
  for (const line of lines) {
    const [, id, file = '', text = ''] = LINE.exec(line) ?? [];
    if (id === undefined) continue;
    const vm = vms.get(Number(id)) ?? { vcpus: [], memory: {} };
    vms.set(Number(id), vm);
    readFile(vm, file, text.trim());
  }
  return { vms };
}

/** `3 libvirt/cpu.max:50000 100000`, `3 libvirt/io.max` */
const LINE = /^(\d{1,9}) ([a-z./]+)(?::(.*))?$/;

type Building = { -readonly [K in keyof VmCgroup]: VmCgroup[K] } & {
  vcpus: (Bandwidth | null)[];
  memory: Partial<Record<MemoryFile, number | null>>;
  io?: Map<string, IoMax>;
};

function readFile(vm: Building, file: string, text: string): void {
  if (file === 'cpu.weight') {
    const weight = number(text);
    if (typeof weight === 'number') vm.weight = weight;
  } else if (file === 'libvirt/cpu.max') {
    const total = bandwidth(text);
    if (total !== undefined) vm.total = total;
  } else if (file === 'libvirt/vcpu/cpu.max') {
    const vcpu = bandwidth(text);
    if (vcpu !== undefined) vm.vcpus.push(vcpu);
  } else if (file === 'libvirt/io.max') {
    vm.io ??= new Map();
    const [device = '', ...limits] = text.split(' ');
    if (/^\d+:\d+$/.test(device)) vm.io.set(device, ioMax(limits));
  } else {
    const name = MEMORY_FILES.find((one) => file === `libvirt/${one}`);
    const value = number(text);
    if (name !== undefined && value !== undefined) vm.memory[name] = value;
  }
}

/** `50000 100000`, `max 100000` */
function bandwidth(text: string): Bandwidth | null | undefined {
  const [quota, period] = text.split(' ').map(number);
  if (quota === undefined || typeof period !== 'number') return undefined;
  return quota === null ? null : { quota, period };
}

/** `rbps=max wbps=1048576 riops=max wiops=100` */
function ioMax(words: readonly string[]): IoMax {
  const of = (name: keyof IoMax) =>
    number(words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1) ?? 'max') ?? null;
  return { rbps: of('rbps'), wbps: of('wbps'), riops: of('riops'), wiops: of('wiops') };
}

/** null for `max`, undefined for what is no number. */
function number(text: string): number | null | undefined {
  if (text === 'max') return null;
  return /^\d{1,20}$/.test(text) ? Number(text) : undefined;
}
