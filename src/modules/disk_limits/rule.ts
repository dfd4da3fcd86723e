import type { DISK_KINDS } from '../../facts/disks.ts';
import type { Values } from '../../model/change.ts';
import type { Found } from '../module.ts';
import type { Kinds } from '../selectors/kinds.ts';
import type { Servers } from '../selectors/servers.ts';
import type { AskingRule } from '../shared/asks.ts';
import type { Kind } from './settings.ts';

export interface Rule extends AskingRule {
  /** Globs of targets; `all` is every disk that is no CD-ROM or floppy. */
  readonly disks: readonly string[];
  /** What the disks are; all that are given must hold. */
  readonly is: Readonly<Partial<Record<keyof typeof DISK_KINDS, Kinds>>>;
  /** All settings of each kind that the rule sets. */
  readonly limits: Readonly<Partial<Record<Kind, Values>>>;
  /** The group that it puts disks into, null for none; absent where it leaves that as it is. */
  readonly group?: string | null;
}

export interface DiskLimitsArgs {
  readonly rules: readonly Rule[];
  readonly servers?: Servers;
}

export interface FoundDisk extends Found {
  readonly target: string;
  readonly device: string;
  readonly type: string;
  readonly bus: string;
  /** Throttle groups that hold it in either state instead of limits of its own. */
  readonly filters: readonly string[];
}
