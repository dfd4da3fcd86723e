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
  /** Of these, where the play stands for one of its tasks, those of the task: they win over its files as well. */
  readonly taskVars?: Vars;
  /** Variables where nothing else gives them: of a play's keywords, or of the command that made the play. */
  readonly defaults?: Vars;
  readonly serial?: Serial;
  /** 0 to 100; the play stops when more than this share of a batch has failed or is unreachable. */
  readonly maxFailPercentage?: number;
  /** Seconds between batches, after one that changed something. */
  readonly pause?: number;
  /** Files of variables, templates unresolved: of each entry the first file that exists counts. */
  readonly varsFiles?: readonly VarsFile[];
  /** In which order hosts are taken; that of the inventory when absent. */
  readonly order?: HostOrder;
  /** Its own; its tasks have them too. */
  readonly tags?: readonly string[];
  readonly tasks: readonly Task[];
}

export const HOST_ORDERS = ['inventory', 'reverse_inventory', 'sorted', 'reverse_sorted', 'shuffle'] as const;

export type HostOrder = (typeof HOST_ORDERS)[number];

export interface VarsFile {
  readonly names: readonly string[];
  readonly place: Place;
}

export interface Task {
  readonly name: string;
  readonly module: string;
  /** As written, templates unresolved. */
  readonly args: unknown;
  readonly place: Place;
  /** With those of its blocks and its play, each once. */
  readonly tags?: readonly string[];
  /** All must hold, those of its blocks first; as written. */
  readonly when?: readonly Condition[];
  /** Over those of its blocks; as written. */
  readonly vars?: Vars;
  readonly loop?: Loop;
  readonly options?: TaskOptions;
}

/** One condition and where it stands. */
export interface Condition {
  readonly text: string | boolean;
  readonly place: Place | undefined;
}

export interface Loop {
  /** A list, or a template that makes one. */
  readonly list: unknown;
  readonly place: Place;
  /** The variable that holds the item: `item`. */
  readonly variable: string;
  readonly indexVariable?: string;
}

/** What a task says about failing and about which hosts at once, with what its blocks and its play say. */
export interface TaskOptions {
  readonly ignoreErrors?: boolean;
  readonly ignoreUnreachable?: boolean;
  readonly anyErrorsFatal?: boolean;
  readonly runOnce?: boolean;
  /** So many hosts at once at most; 0 for no limit. */
  readonly throttle?: number;
  /** How far what is in force is looked at: as libvirt describes it, or what the kernel does. */
  readonly verify?: (typeof VERIFICATIONS)[number];
}

export const VERIFICATIONS = ['libvirt', 'kernel'] as const;
