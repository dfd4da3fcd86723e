import { type Desired, differs, type Side, type Step, type Values } from '../../model/change.ts';
import type { FoundCpu } from './rule.ts';
import { bandwidthOf, GROUPS, type Group } from './settings.ts';

/** All forms of the commands of {@link stepsFor}. */
export const SCHEDINFO =
  'schedinfo $uuid( --live)?( --config)?( (cpu_shares|(vcpu|global)_(period|quota))=-?[0-9]+)+';

/**
 * The `virsh schedinfo` commands for the states that differ, with the groups that do. One command where both states
 * take the same words: then libvirt leaves the configuration alone if the live set fails. Else the configuration is a
 * step of its own that runs only after the live one has succeeded, for the same reason.
 * @param rewrite sets all that is in force anew
 */
export function stepsFor(
  found: FoundCpu,
  desired: Desired,
  differing: readonly Side[],
  rewrite: boolean,
): readonly Step[] {
  const { uuid } = found.domain;
  const commands = differing.map((side) => ({
    side,
    words: GROUPS.filter((group) =>
      isDue(group, found[side], desired[side], rewrite && side === 'live'),
    ).flatMap((group) => wordsFor(group, desired[side], side)),
  }));
  const [first, second] = commands;
  if (first !== undefined && second !== undefined && first.words.join() === second.words.join())
    return [{ commands: [['schedinfo', uuid, '--live', '--config', ...first.words]] }];
  return commands.map(({ side, words }) => ({ commands: [['schedinfo', uuid, `--${side}`, ...words]] }));
}

function isDue(group: Group, current: Values | null, desired: Values, rewrite: boolean): boolean {
  const asked = Object.entries(desired).filter(([name]) => group.settings.some((own) => own === name));
  return asked.length > 0 && (rewrite || differs(current, Object.fromEntries(asked)));
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
