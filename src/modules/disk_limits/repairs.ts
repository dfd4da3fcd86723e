import { beforeOf, type Change, SIDES, type Step } from '../../model/change.ts';
import type { Repair } from '../module.ts';
import { stepsBySide } from '../shared/sides.ts';
import { GROUP_NAME, groupOf, KINDS } from './settings.ts';
import { kindWords } from './words.ts';

/**
 * What to do after a disk has left its group and was not given its limits: libvirt describes what is in force, so the
 * only step that can end halfway is the one that clears a disk first. It gets back what it had.
 */
export const repairDisk: Repair = { untouched: () => true, steps: repairSteps };

function repairSteps(change: Change, { commands }: Step): readonly Step[] {
  const [clear, set] = commands;
  if (clear === undefined || set === undefined) return [];
  const sets = SIDES.filter((side) => clear.includes(`--${side}`)).map((side) => {
    const before = beforeOf(change, side) ?? {};
    const group = groupOf(before);
    const join = group !== '' && GROUP_NAME.test(group) ? ['--group-name', group] : [];
    return { side, words: [...join, ...KINDS.flatMap((kind) => kindWords(kind, before))] };
  });
  const steps = stepsBySide(['blkdeviotune', change.domain.uuid, String(change.subject.target)], sets);
  return [{ commands: steps.flatMap((step) => step.commands) }];
}
