import type { Place } from './diagnostic.ts';
import type { Vars } from './inventory.ts';

/** Batch sizes as written: a number of hosts or a share such as "25%"; the last one repeats. */
export type Serial = readonly (number | string)[];

export interface Play {
  readonly name: string;
  readonly file: string;
  readonly place: Place;
  /** A host pattern. */
  readonly hosts: string;
  readonly hostsPlace: Place;
  readonly vars: Vars;
  readonly serial?: Serial;
  /** 0 to 100; the play stops when more than this share of a batch has failed or is unreachable. */
  readonly maxFailPercentage?: number;
  readonly tasks: readonly Task[];
}

export interface Task {
  readonly name: string;
  readonly module: string;
  /** As written, templates unresolved. */
  readonly args: unknown;
  readonly place: Place;
}
