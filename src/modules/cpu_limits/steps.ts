import { type Desired, differs, type Side, type Step, type Values } from '../../model/change.ts';
import { stepsBySide } from '../shared/sides.ts';
import type { FoundCpu } from './rule.ts';
import { bandwidthOf, GROUPS, type Group } from './settings.ts';

/** All forms of the commands of {@link stepsFor}. */
export const SCHEDINFO =
  'schedinfo $uuid( --live)?( --config)?( (cpu_shares|(vcpu|global)_(period|quota))=-?[0-9]+)+';

/**
 * The `virsh schedinfo` commands for the states that differ, with the groups that do.
 * @param rewrite sets all that is in force anew
 */
export function stepsFor(
  found: FoundCpu,
  desired: Desired,
  differing: readonly Side[],
  rewrite: boolean,
): readonly Step[] {
  const { uuid } = found.domain;
  const sets = differing.map((side) => ({
    side,
    words: GROUPS.filter((group) =>
      isDue(group, found[side], desired[side], rewrite && side === 'live'),
    ).flatMap((group) => wordsFor(group, desired[side], side)),
  }));
  return stepsBySide(['schedinfo', uuid], sets);
}

function isDue(group: Group, current: Values | null, desired: Values, rewrite: boolean): boolean {
  const own = Object.entries(desired).filter(([name]) => group.settings.some((setting) => setting === name));
  return own.length > 0 && (rewrite || differs(current, Object.fromEntries(own)));
}

/**
 * To clear a quota takes other words in each state: live, 0 is ignored without an error, and -1 works; in the
 * configuration -1 is stored, and 0 removes (tried on libvirt 9.0.0).
 */
function wordsFor({ name, prefix }: Group, values: Values, side: Side): readonly string[] {
  if (name === 'cpu_shares') return [`cpu_shares=${values.cpu_shares}`];
  const limit = bandwidthOf(values, name);
  if (limit !== null) return [`${prefix}_period=${limit.period}`, `${prefix}_quota=${limit.quota}`];
  return side === 'live' ? [`${prefix}_quota=-1`] : [`${prefix}_period=0`, `${prefix}_quota=0`];
}
