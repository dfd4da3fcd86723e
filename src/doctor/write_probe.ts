import type { StepOutcome } from '../libvirt/apply_answer.ts';
import type { WriteStep } from '../libvirt/apply_script.ts';
import type { Domain } from '../model/facts.ts';
import type { VirshTrouble } from './examination.ts';

/** What was found about the right to write. */
export type WriteRight =
  /** libvirt looked for the NIC, which it does after it has looked for the rights. */
  | 'vm'
  /** The program ran and connected; there was no VM to try it on. */
  | 'connection'
  | VirshTrouble;

/** No NIC has it: libvirt takes no multicast address for one. */
const NO_NIC = 'ff:ff:ff:ff:ff:ff';
const NO_VM = '00000000-0000-0000-0000-000000000000';

/**
 * A step for APPLY_PROGRAM that libvirt must turn down: it sets a limit of a NIC that there is not. libvirt looks for
 * the rights first and for the NIC next, and changes nothing before it has found both
 * (`qemuDomainSetInterfaceParameters`). A VM that is shut off is preferred, since no job can hold it.
 */
export function writeProbe(domains: readonly Domain[]): WriteStep {
  const persistent = domains.filter((domain) => domain.persistent);
  const uuid = (persistent.find(({ state }) => state === 'shutoff') ?? persistent[0])?.uuid ?? NO_VM;
  return { uuid, commands: [['domiftune', uuid, NO_NIC, '--config', '--inbound', '1']] };
}

/** What the outcome of {@link writeProbe} proves. */
export function writeRight({ kind, error }: StepOutcome): WriteRight {
  if (kind === 'ok' || kind === 'busy' || /is not a known interface/.test(error)) return 'vm';
  if (kind === 'gone') return 'connection';
  switch (kind) {
    case 'not_run':
    case 'lost':
    case 'garbled':
    case 'stale':
    case 'locked':
    case 'unwatched':
    case 'failed':
      return { kind: 'virsh_failed', text: error };
    default:
      return { kind, text: error };
  }
}
