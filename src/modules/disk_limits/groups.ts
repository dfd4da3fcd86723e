import { type Desired, differs, SIDES, type Side, type Values } from '../../model/change.ts';
import type { Objection } from '../module.ts';
import type { FoundDisk } from './rule.ts';
import { GROUP, groupOf, hasLimits, KINDS, type Kind, settingsOf } from './settings.ts';
import { shortOf } from './text.ts';

/**
 * Objects where disks of a group would have different limits once all is written. libvirt and QEMU know one set of
 * limits a group: setting those of one disk sets those of all, so that the last command would win, and a disk that no
 * rule names would change with the others.
 */
export function differentInGroups(
  found: readonly FoundDisk[],
  desired: ReadonlyMap<FoundDisk, Desired>,
): ReadonlyMap<FoundDisk, Objection> {
  const problems = new Map<FoundDisk, Objection>();
  for (const side of SIDES)
    for (const [group, members] of groupsOf(found, side, desired)) {
      const reason = members.some(({ changes }) => changes) ? differenceOf(group, members) : null;
      if (reason === null) continue;
      for (const { disk, changes } of members)
        if (changes && !problems.has(disk)) problems.set(disk, { status: 'refused', reason });
    }
  return problems;
}

/** A disk of a group, as it is to be in one state. */
interface Member {
  readonly disk: FoundDisk;
  readonly desired: Values;
  readonly changes: boolean;
  readonly final: Values;
}

function groupsOf(
  found: readonly FoundDisk[],
  side: Side,
  all: ReadonlyMap<FoundDisk, Desired>,
): readonly (readonly [group: string, members: readonly Member[]])[] {
  const groups = new Map<string, { readonly group: string; readonly members: Member[] }>();
  for (const disk of found) {
    const current = disk[side];
    if (current === null) continue;
    const desired = all.get(disk)?.[side] ?? {};
    // Most disks are in no group and are to be in none.
    if (groupOf(current) === '' && !(GROUP in desired)) continue;
    const final = { ...current, ...desired };
    const group = groupOf(final);
    // A disk that has no limits any more leaves its group.
    if (group === '' || !hasLimits(final)) continue;
    const key = `${disk.domain.uuid} ${group}`;
    const known = groups.get(key) ?? { group, members: [] };
    groups.set(key, known);
    known.members.push({ disk, desired, changes: differs(current, desired), final });
  }
  return [...groups.values()].map(({ group, members }) => [group, members]);
}

function differenceOf(group: string, members: readonly Member[]): string | null {
  const kind = KINDS.find((one) => new Set(members.map(({ final }) => numbersOf(one, final))).size > 1);
  if (kind === undefined) return null;
  const each = members.map(({ disk, desired, final }) => {
    const isAsked = settingsOf(kind).some(({ name }) => name in desired);
    return `${disk.target} ${shortOf(kind, final)}${isAsked ? '' : ' (as it is: no rule says so)'}`;
  });
  return `the disks of the group "${group}" share their limits, and would have different ones of ${kind}: ${each.join(', ')}. Let the rules want the same of all of them; nothing was written`;
}

function numbersOf(kind: Kind, values: Values): string {
  return JSON.stringify(settingsOf(kind).map(({ name }) => values[name] ?? null));
}
