import { formatSize } from '../../base/units.ts';
import type { Desired, Side, Values } from '../../model/change.ts';
import type { DecideOptions, Decision, Objection } from '../module.ts';
import { cgroupNotes, noCgroups } from '../shared/cgroups.ts';
import { kernelLacks } from '../shared/in_force.ts';
import { differingSides, noSuchSide, savedNotes } from '../shared/sides.ts';
import { refused } from './floors.ts';
import type { FoundMemory } from './rule.ts';
import { stepsFor } from './steps.ts';

/** What to write so that a VM's memory has the limits that the rules ask, or why not. */
export function decideMemory(found: FoundMemory, desired: Desired, options: DecideOptions): Decision {
  const rewrite = options.rewrite || kernelLacks(found, desired, options.kernel);
  const differing = differingSides(found, desired, rewrite);
  const objection =
    noSuchSide(found, desired) ??
    (differing.length > 0 ? noCgroups(found, 'memory') : null) ??
    differing.map((side) => impossible(found, desired, side)).find((one) => one !== null);
  const writes = differing.length > 0 && !objection;
  return {
    desired,
    steps: writes ? stepsFor(found, desired, differing, rewrite) : [],
    objection: objection ?? undefined,
    notes: [
      ...(writes && Object.keys(desired.config).length > 0 ? cgroupNotes(found.cgroups, 'memory') : []),
      ...savedNotes(found),
    ],
  };
}

/** Limits that do not go together: what the rules ask, with what the VM has beside it. */
function impossible(found: FoundMemory, desired: Desired, side: Side): Objection | null {
  const { soft_limit: soft, hard_limit: hard, swap_hard_limit: swap } = merged(found[side], desired[side]);
  const state = side === 'live' ? 'running VM' : 'configuration';
  if (typeof swap === 'number' && typeof hard !== 'number')
    return refused(
      `in the ${state} there would be a swap_hard_limit of ${formatSize(swap)} without a hard_limit, which libvirt refuses: let the rule set both, or write swap_hard_limit: unlimited`,
    );
  if (typeof swap === 'number' && typeof hard === 'number' && swap < hard)
    return refused(
      `in the ${state} the swap_hard_limit would be ${formatSize(swap)}, below the hard_limit of ${formatSize(hard)}: let the rule set both`,
    );
  if (typeof soft === 'number' && typeof hard === 'number' && soft > hard)
    return refused(
      `in the ${state} the soft_limit would be ${formatSize(soft)}, above the hard_limit of ${formatSize(hard)}: let the rule set both`,
    );
  return null;
}

function merged(current: Values | null, desired: Values): Values {
  return { ...current, ...desired };
}
