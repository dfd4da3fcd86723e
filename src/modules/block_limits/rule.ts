import type { Throttle } from '../../facts/blkiotune.ts';
import type { HostDevice } from '../../libvirt/devices.ts';
import type { Found } from '../module.ts';
import type { AskingRule } from '../shared/asks.ts';
import type { Cgroups } from '../shared/cgroups.ts';

export interface Rule extends AskingRule {
  /** Paths of block devices of the host, as they are written. */
  readonly devices: readonly string[];
  /** null is unlimited; what is absent is left alone. */
  readonly limits: Readonly<Partial<Record<Throttle, number | null>>>;
}

export interface BlockLimitsArgs {
  readonly rules: readonly Rule[];
}

/** A block device of the host, as one VM has it. */
export interface FoundBlock extends Found {
  /** What libvirt has it by, or is to have it by. */
  readonly path: string;
  /** All paths by which rules name it. */
  readonly named: readonly string[];
  readonly device: HostDevice;
  /** Other paths by which libvirt has limits of the same device for this VM. */
  readonly others: readonly string[];
  readonly cgroups: Cgroups;
}
