import { type Desired, differs } from '../../model/change.ts';
import type { DecideOptions, Decision } from '../module.ts';
import { objection } from './check.ts';
import { configLimits, supportsLimits } from './domain_nic.ts';
import { enforceable, notesOn } from './effect.ts';
import { type CurrentLimits, type FoundNic, SIDES } from './item.ts';
import { toLimitsBySide, toValues } from './settings.ts';
import { stepsFor } from './steps.ts';

/** What to write so that a NIC has what the rules ask, or why not. */
export function decideNic(found: FoundNic, desired: Desired, { rewrite }: DecideOptions): Decision {
  const { nic } = found;
  const declared = toLimitsBySide(desired);
  const enforced = enforceable(nic, declared);
  const current: CurrentLimits = { live: nic.live?.limits ?? null, config: configLimits(nic) };
  const sent: Desired = { live: toValues(enforced.live), config: toValues(enforced.config) };
  // What libvirt describes as live may not be what the kernel does; the configuration is no more than its description.
  const anew = rewrite && supportsLimits(nic) && found.live !== null && Object.keys(sent.live).length > 0;
  const differing = SIDES.filter((side) => differs(found[side], sent[side]) || (anew && side === 'live'));
  const problem = objection(nic, enforced, differing);
  const steps =
    problem === null && differing.length > 0 ? stepsFor(nic, enforced, current, differing, rewrite) : [];
  return {
    desired: sent,
    steps,
    objection: problem ?? undefined,
    notes: notesOn(nic, declared, enforced),
  };
}
