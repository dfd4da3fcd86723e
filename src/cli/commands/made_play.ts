import type { Vars } from '../../model/inventory.ts';
import type { Play } from '../../model/playbook.ts';

const PLACE = { file: '', line: 0, column: 0 };

/** The play of a command that needs no playbook: one `nic_limits` task for the hosts that a pattern names. */
export function madePlay(
  name: string,
  hosts: string,
  rules: readonly object[] | string,
  defaults?: Vars,
): Play {
  return {
    name,
    file: '',
    place: PLACE,
    hosts,
    hostsPlace: PLACE,
    vars: {},
    ...(defaults === undefined ? {} : { defaults }),
    tasks: [{ name, module: 'nic_limits', args: { rules }, place: PLACE }],
  };
}
