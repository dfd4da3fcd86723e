import { lab } from './lab.ts';
import { VM } from './vm_lab.ts';

/** Guests in the virtual machine that do something, and what they get. */

/** Writes a boot sector to the image of a disk. @param cache `none`: what it reads is read of the host's device. @returns the `<disk>` for `lab.sh guest` */
export async function bootDisk(name: string, sector: string, cache = 'default'): Promise<string> {
  const file = `/var/lib/libvirt/images/${name}.raw`;
  // No holes, which would be read from nowhere.
  const write =
    'mkdir -p "$(dirname "$0")"; head -c 1M /dev/zero >"$0"; printf "$1" | dd of="$0" conv=notrunc,fsync status=none';
  await lab(['exec', VM, 'sh', '-ec', write, file, sector]);
  return `<disk type='file' device='disk'><driver name='qemu' type='raw' cache='${cache}'/><source file='${file}'/><target dev='vda' bus='virtio'/></disk>`;
}

/** Waits until a guest has read from vda: its BIOS has started what is in the boot sector. */
export async function untilItReads(name: string): Promise<void> {
  const wait =
    'for i in $(seq 60); do virsh -q domblkstat "$0" vda | grep -q "rd_req [1-9]" && exit; sleep 1; done; exit 1';
  await lab(['exec', VM, 'sh', '-c', wait, name]);
}

/** A file of the cgroup that libvirt made for a guest, e.g. `vcpu0/cpu.stat`. */
export async function cgroupFile(name: string, file: string): Promise<string> {
  return (await lab(['exec', VM, 'cat', `${await cgroupOf(name)}/${file}`])).trim();
}

async function cgroupOf(name: string): Promise<string> {
  const find = 'cut -d: -f3 "/proc/$(cat "/run/libvirt/qemu/$0.pid")/cgroup"';
  const emulator = (await lab(['exec', VM, 'sh', '-ec', find, name])).trim();
  return `/sys/fs/cgroup${emulator.replace(/\/emulator$/, '')}`;
}

/** What is counted of a guest, by the second of the virtual machine's clock. */
export interface Rates {
  /** Seconds of CPU time of its first vCPU. */
  readonly cpu: number;
  readonly bytes: number;
  readonly operations: number;
}

/**
 * What a guest gets in a window of time.
 * @param seconds at least; each count lies between two readings of the clock, and the middle of them is its time
 */
export async function ratesOf(name: string, seconds: number): Promise<Rates> {
  const dir = await cgroupOf(name);
  const script = `
    now() { read -r up rest </proc/uptime; echo "$up"; }
    cpu() { now; sed -n "s/^usage_usec //p" "$1/vcpu0/cpu.stat"; now; }
    disk() { now; virsh -q domblkstat "$0" vda | sed -n "s/^vda rd_bytes //p;s/^vda rd_req //p"; now; }
    cpu "$@"; disk "$@"; sleep "$2"; cpu "$@"; disk "$@"`;
  const lines = await lab(['exec', VM, 'sh', '-ec', script, name, dir, String(seconds)]);
  const numbers = lines.trim().split('\n').map(Number);
  const first = samplesOf(numbers.slice(0, 7));
  const second = samplesOf(numbers.slice(7));
  const rate = (key: keyof Samples) =>
    (second[key].count - first[key].count) / (second[key].at - first[key].at);
  return { cpu: rate('cpu') / 1e6, bytes: rate('bytes'), operations: rate('operations') };
}

type Samples = Readonly<Record<keyof Rates, { readonly count: number; readonly at: number }>>;

function samplesOf(numbers: readonly number[]): Samples {
  const [a = 0, cpu = 0, b = 0, c = 0, operations = 0, bytes = 0, d = 0] = numbers;
  if (numbers.length !== 7 || numbers.some(Number.isNaN)) throw new Error(`not counts: ${numbers}`);
  const at = (c + d) / 2;
  return {
    cpu: { count: cpu, at: (a + b) / 2 },
    bytes: { count: bytes, at },
    operations: { count: operations, at },
  };
}
