import type { KernelVerdict } from '../../model/change.ts';
import { type Desired, differs, kernelLack } from '../../model/change.ts';
import type { DecideOptions, Decision, Objection } from '../module.ts';
import { objection } from './check.ts';
import { configLimits, supportsLimits } from './domain_nic.ts';
import { enforceable, notesOn } from './effect.ts';
import { type CurrentLimits, type FoundNic, SIDES } from './item.ts';
import { decidePort } from './port/decide.ts';
import { asksPort, only } from './port/settings.ts';
import { toLimitsBySide, toValues } from './settings.ts';
import { stepsFor } from './steps.ts';

/** What to write so that a NIC has what the rules ask, or why not. */
export function decideNic(found: FoundNic, desired: Desired, options: DecideOptions): Decision {
  return asksPort(desired) ? decideBoth(found, desired, options) : decideLibvirt(found, desired, options);
}

/** Neutron's part first: as long as that fails, what libvirt limits goes on to hold. */
function decideBoth(found: FoundNic, desired: Desired, options: DecideOptions): Decision {
  const port = decidePort(found, desired, options);
  const own = only('libvirt', desired);
  if (port.objection !== undefined || SIDES.every((side) => Object.keys(own[side]).length === 0)) return port;
  const rest = decideLibvirt(found, own, options);
  return {
    desired: {
      live: { ...port.desired.live, ...rest.desired.live },
      config: { ...port.desired.config, ...rest.desired.config },
    },
    steps: [...port.steps, ...rest.steps],
    objection: rest.objection,
    notes: [...(port.notes ?? []), ...(rest.notes ?? [])],
  };
}

function decideLibvirt(found: FoundNic, desired: Desired, { rewrite, kernel }: DecideOptions): Decision {
  const { nic } = found;
  const verdict = kernel ? found.kernel : undefined;
  const declared = toLimitsBySide(desired);
  const enforced = enforceable(nic, declared);
  const current: CurrentLimits = { live: nic.live?.limits ?? null, config: configLimits(nic) };
  const sent: Desired = { live: toValues(enforced.live), config: toValues(enforced.config) };
  const lacks = verdict !== undefined && kernelLack(verdict, sent.live).length > 0;
  // What libvirt describes as live may not be what the kernel does; the configuration is no more than its description.
  const anew =
    (rewrite || lacks) && supportsLimits(nic) && found.live !== null && Object.keys(sent.live).length > 0;
  const differing = SIDES.filter((side) => differs(found[side], sent[side]) || (anew && side === 'live'));
  const foreign = rewrite || !differing.includes('live') ? null : foreignObjection(verdict);
  const problem = objection(nic, enforced, differing) ?? foreign;
  const steps =
    problem === null && differing.length > 0
      ? stepsFor(nic, enforced, current, differing, rewrite || lacks)
      : [];
  return {
    desired: sent,
    steps,
    objection: problem ?? undefined,
    notes: notesOn(nic, declared, enforced),
  };
}

/** libvirt takes every queue and filter of a device away before it sets its own; on a clsact hook it fails instead. */
function foreignObjection(verdict: KernelVerdict | undefined): Objection | null {
  const foreign = verdict?.drift.filter(({ kind }) => kind === 'foreign') ?? [];
  if (foreign.length === 0) return null;
  const what = foreign.map(({ text }) => text).join('; ');
  return {
    status: 'refused',
    reason: `${what}. A set takes such things away or fails on them, so nothing was written: remove it, or run with --rewrite, which sets all the same`,
  };
}
