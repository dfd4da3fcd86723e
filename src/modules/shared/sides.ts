import { type Desired, SIDES } from '../../model/change.ts';
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
