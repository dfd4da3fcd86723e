import type { Side } from './side.ts';
import type { RuleRef } from './status.ts';

/**
 * Why something differs, by an earlier result, the one that outweighs others first:
 * - moved: the VM was on another hypervisor, and its limits are others since
 * - rebuilt: its description was made anew since, as OpenStack Nova does
 * - changedByHand: it is not as the earlier run left it, and nothing else that is seen explains it
 * - changedInKernel: libvirt describes it as declared, and somebody has changed what the kernel does, as Neutron's agents do
 * - restarted: it was started anew, and has what its configuration has
 * - declaredAnew: a rule says something else than then
 * - started: it did not run then, and has what its configuration has
 * - newVm, newPart: it was not there then
 * - unknown: what is seen has more than one explanation, or the earlier result lacks what would tell
 * - stillDiffers: as then
 */
export const CAUSES = [
  'moved',
  'rebuilt',
  'changedByHand',
  'changedInKernel',
  'restarted',
  'declaredAnew',
  'started',
  'newVm',
  'newPart',
  'unknown',
  'stillDiffers',
] as const;

export type CauseKind = (typeof CAUSES)[number];

export interface Cause {
  readonly kind: CauseKind;
  /** What else is true of other settings of it. */
  readonly also?: readonly CauseKind[];
  /** In which states somebody has changed it. */
  readonly states?: readonly Side[];
  /** Where it was declared anew: the rules that decide now, and those that decided then. */
  readonly rules?: { readonly now: readonly RuleRef[]; readonly earlier: readonly RuleRef[] };
  /** In words, the same for all that share it. */
  readonly text: string;
  /** What it is told by: ids, times, names of hosts as they came. */
  readonly detail?: string;
}

/** A VM that rules named in the earlier run, and that its host has no more. */
export interface GoneVm {
  /** gone: no host of this run has it. moved: another one has it. unknown: hosts were not read that may have it. */
  readonly kind: 'gone' | 'moved' | 'unknown';
  /** Where it was, as this run names it. */
  readonly host: string;
  readonly name: string;
  readonly uuid: string;
  /** The last of those that named it then. */
  readonly rule?: RuleRef;
  readonly text: string;
}
