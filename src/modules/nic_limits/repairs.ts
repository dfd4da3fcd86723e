import { beforeOf, type Change, type Step } from '../../model/change.ts';
import type { Repair } from '../module.ts';
import { domiftune } from './domiftune.ts';
import { toLimits } from './settings.ts';

/** Errors with which libvirt turns a set down before it touches the tap. */
const UNTOUCHED =
  /not a known interface|unsupported configuration|domain is not running|transient domains do not have|numerical overflow|mutually exclusive|Invalid use of 'floor'/;

/**
 * What to do after a live set that failed, or whose end is not known: libvirt may have left a half-configured tap that
 * its XML does not show (it rolls back only where there was a limit before, and that may fail too). First put back what
 * the NIC had; if that fails, clear it, so that what libvirt says and what the kernel does agree.
 */
export const repairNic: Repair = { untouched: (error) => UNTOUCHED.test(error), steps: repairSteps };

function repairSteps(change: Change, { commands }: Step): readonly Step[] {
  const before = beforeOf(change, 'live');
  if (before === null || !commands.some((words) => words.includes('--live'))) return [];
  const set = (limits: ReturnType<typeof toLimits>) =>
    domiftune(change.domain.uuid, String(change.subject.mac), ['--live'], limits);
  const clear = set({ inbound: null, outbound: null });
  if (Object.values(before).every((value) => value === null)) return [{ commands: [clear] }];
  // Open vSwitch keeps what it is not told anew.
  const first = change.subject.ovs === true ? [clear] : [];
  return [{ commands: [...first, set(toLimits(before))] }, { commands: [clear] }];
}
