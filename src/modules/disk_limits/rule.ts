import type { Values } from '../../model/change.ts';
import type { Found } from '../module.ts';
import type { AskingRule } from '../shared/asks.ts';
import type { Kind } from './settings.ts';

export interface Rule extends AskingRule {
  /** Globs of targets; `all` is every disk that is no CD-ROM or floppy. */
  readonly disks: readonly string[];
  /** All settings of each kind that the rule sets. */
  readonly limits: Readonly<Partial<Record<Kind, Values>>>;
}

export interface DiskLimitsArgs {
  readonly rules: readonly Rule[];
}

export interface FoundDisk extends Found {
  readonly target: string;
  readonly device: string;
  readonly type: string;
  /** In either state. */
  readonly group: string;
}
