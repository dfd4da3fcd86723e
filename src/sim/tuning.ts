/**
 * What a domain has besides NICs, as libvirt 9.0.0 keeps it, once for the live state and once for the config. Values
 * are replaced, never changed, so that whatever was derived from them can be cached.
 */
export interface SimTuning {
  readonly disks: readonly SimDisk[];
  readonly cpu: CpuTune;
  readonly memory: MemoryTune;
  readonly block: BlockTune;
}

/** Of cgroups. */
export type Controller = 'cpu' | 'memory' | 'blkio';

export interface SimDisk {
  /** `target/@dev`: the same in both states. */
  readonly target: string;
  readonly bus: 'virtio' | 'scsi' | 'sata' | 'ide' | 'fdc';
  readonly device: 'disk' | 'cdrom' | 'floppy' | 'lun';
  readonly type: 'file' | 'block' | 'network' | 'vhostuser';
  /** Path of the file (an NFS mount has paths like any other), device or socket; pool/image for rbd; '' for none. */
  readonly source: string;
  readonly format: 'raw' | 'qcow2';
  readonly readonly: boolean;
  readonly shareable: boolean;
  readonly transient: boolean;
  readonly iotune: Iotune | null;
}

/** In the order in which `blkdeviotune` shows them; bytes or operations a second, bytes an operation, seconds. */
export const IOTUNE_LIMITS = [
  'total_bytes_sec',
  'read_bytes_sec',
  'write_bytes_sec',
  'total_iops_sec',
  'read_iops_sec',
  'write_iops_sec',
] as const;

export type IotuneLimit = (typeof IOTUNE_LIMITS)[number];
export type IotuneField = IotuneLimit | `${IotuneLimit}_max` | `${IotuneLimit}_max_length` | 'size_iops_sec';

/** `<iotune>`: 0 is not set. */
export type Iotune = Readonly<Record<IotuneField, number>> & { readonly group_name: string };

/** In the order of `<cputune>`, by their names in `schedinfo`. */
export const CPU_FIELDS = [
  ['cpu_shares', 'shares'],
  ['vcpu_period', 'period'],
  ['vcpu_quota', 'quota'],
  ['global_period', 'global_period'],
  ['global_quota', 'global_quota'],
  ['emulator_period', 'emulator_period'],
  ['emulator_quota', 'emulator_quota'],
  ['iothread_period', 'iothread_period'],
  ['iothread_quota', 'iothread_quota'],
] as const;

export type CpuField = (typeof CPU_FIELDS)[number][0];

/** `<cputune>`: absent is no element. Shares can be 0 in a config; nothing else can. Microseconds, except shares. */
export type CpuTune = Readonly<Partial<Record<CpuField, number>>>;

/** `<memtune>` in KiB: absent is unlimited, 0 a limit. */
export type MemoryTune = Readonly<Partial<Record<MemoryField, number>>>;

export const MEMORY_FIELDS = ['hard_limit', 'soft_limit', 'swap_hard_limit'] as const;
export type MemoryField = (typeof MEMORY_FIELDS)[number];

/** `<blkiotune>`: weight 0 is not set. */
export interface BlockTune {
  readonly weight: number;
  readonly devices: readonly BlockDevice[];
}

/** In the order of `<device>`. */
export const BLOCK_FIELDS = ['read_iops_sec', 'write_iops_sec', 'read_bytes_sec', 'write_bytes_sec'] as const;
export type BlockField = (typeof BLOCK_FIELDS)[number];

/** A block device of the host: 0 is not set. */
export type BlockDevice = Readonly<Record<BlockField, number>> & { readonly path: string };

export const NO_BLOCK_TUNE: BlockTune = { weight: 0, devices: [] };

export const NO_IOTUNE = {
  ...Object.fromEntries(
    IOTUNE_LIMITS.flatMap((limit) => ['', '_max', '_max_length'].map((end) => [`${limit}${end}`, 0])),
  ),
  size_iops_sec: 0,
  group_name: '',
} as Iotune;

/** Whether anything but the group's name is set. */
export function hasIotune(iotune: Iotune): boolean {
  return Object.values(iotune).some((value) => typeof value === 'number' && value > 0);
}
