import type { Values } from '../../model/change.ts';

/** Settings that are set together, in words; all functions take the values of one state. */
export interface GroupWords {
  readonly name: string;
  /** The settings that belong to it. */
  readonly settings: readonly string[];
  /** What stands before a difference: `receives` of `receives 80 → 100 Mbit/s`. */
  readonly title: string;
  /** Within a sentence about the VM: `receives at most 100 Mbit/s`. */
  readonly sentence: (values: Values) => string;
  /** For a table: `100 Mbit/s`, `unlimited`. */
  readonly short: (values: Values) => string;
  /** The same without what is as it usually is; `short` where nothing is. */
  readonly brief?: (values: Values) => string;
  /** libvirt's own numbers, with what they mean: `12500 (100 Mbit/s)`. */
  readonly numbers: (values: Values) => string;
  /** In libvirt's words: `--inbound 12500`. */
  readonly words: (values: Values) => string;
}
