import { plural } from '../../base/text.ts';
import type { Desired, Values } from '../../model/change.ts';
import type { DecideOptions, Decision, Objection } from '../module.ts';
import { cgroupNotes, noCgroups } from '../shared/cgroups.ts';
import { kernelLacks } from '../shared/in_force.ts';
import { differingSides, noSuchSide, savedNotes } from '../shared/sides.ts';
import { formatShare } from './amounts.ts';
import type { FoundCpu } from './rule.ts';
import { bandwidthOf } from './settings.ts';
import { stepsFor } from './steps.ts';

/** What to write so that a VM's CPU has what the rules ask, or why not. */
export function decideCpu(found: FoundCpu, desired: Desired, options: DecideOptions): Decision {
  const rewrite = options.rewrite || kernelLacks(found, desired, options.kernel);
  const differing = differingSides(found, desired, rewrite);
  const objection =
    noSuchSide(found, desired) ??
    (differing.length > 0 ? noCgroups(found, 'CPU') : null) ??
    (differing.some((side) => desired[side].cpu_shares === null) ? NO_CLEAR : null);
  return {
    desired,
    steps: objection === null && differing.length > 0 ? stepsFor(found, desired, differing, rewrite) : [],
    objection: objection ?? undefined,
    notes: [...notesOn(found, desired, differing.length > 0), ...savedNotes(found)],
  };
}

/** virsh has no word for it: 0 is stored, and the VM does not start with it. No rule asks for it; values from before may. */
const NO_CLEAR: Objection = {
  status: 'unsupported',
  reason: 'cpu_shares were not set, and libvirt cannot take them away once they are: set a number of shares',
};

function notesOn(found: FoundCpu, desired: Desired, writes: boolean): readonly string[] {
  const notes =
    writes && Object.keys(desired.config).length > 0 ? [...cgroupNotes(found.cgroups, 'CPU')] : [];
  const total = totalOf(desired.live) ?? totalOf(desired.config);
  if (total !== null && total.quota / total.period > found.vcpus)
    notes.push(
      `total: ${formatShare(total)} is more than its ${plural(found.vcpus, 'vCPU')} can use, so it hardly limits anything`,
    );
  return notes;
}

const totalOf = (values: Values) => bandwidthOf(values, 'cpu_total');
