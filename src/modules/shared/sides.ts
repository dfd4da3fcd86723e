import { type Desired, differs, SIDES, type Side, type Step } from '../../model/change.ts';
import type { Found, Objection } from '../module.ts';

/** Whether rules ask something of a state that the VM does not have, and nothing of one that it has. */
export function noSuchSide({ domain, live, config }: Found, desired: Desired): Objection | null {
  const found = { live, config };
  if (SIDES.some((side) => found[side] !== null && Object.keys(desired[side]).length > 0)) return null;
  if (live === null) {
    const reason =
      'nothing is limited: the VM is not running, and the rule applies to the running VM only. Start it and run again, or let the rule apply to both';
    return { status: 'notRunning', reason };
  }
  const why = domain.persistent ? 'libvirt describes none of this VM' : 'a transient VM has none';
  return {
    status: 'unsupported',
    reason: `the rule applies to the persistent configuration only, and ${why}`,
  };
}

/** The states to be written; a rewrite sets what is in force also where it is described as desired. */
export function differingSides(found: Found, desired: Desired, rewrite: boolean): readonly Side[] {
  const anew = rewrite && found.live !== null && Object.keys(desired.live).length > 0;
  return SIDES.filter((side) => differs(found[side], desired[side]) || (anew && side === 'live'));
}

/**
 * One command where both states take the same words: then libvirt leaves the configuration alone if the live set fails.
 * Else the configuration is a step of its own that runs only after the live one has succeeded, for the same reason.
 * @param head what the command begins with: its name and the domain
 */
export function stepsBySide(
  head: readonly string[],
  sets: readonly { readonly side: Side; readonly words: readonly string[] }[],
): readonly Step[] {
  const [first, second] = sets;
  if (first !== undefined && second !== undefined && first.words.join() === second.words.join())
    return [{ commands: [[...head, '--live', '--config', ...first.words]] }];
  return sets.map(({ side, words }) => ({ commands: [[...head, `--${side}`, ...words]] }));
}

/** What is worth knowing of a VM whose next start restores a saved image (libvirt restores what that holds). */
export function savedNotes({ domain, live }: Found): readonly string[] {
  return domain.managedSave && live === null ? [savedNote(domain.uuid)] : [];
}

/** libvirt restores what the image holds and not the configuration. */
export function savedNote(uuid: string): string {
  return (
    'the VM has a managed-save image: its next start restores the limits that it had when it was saved, not these; ' +
    `run again after that start (virsh managedsave-remove ${uuid} would drop the image, and the VM's memory with it)`
  );
}
