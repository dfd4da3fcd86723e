const INVENTORY = 'set it in the inventory, with the variable';

const BUSY = 'virtune itself tries VMs that are busy again, and reads back what it wrote';
const LOOP = 'write "loop:" with a list';
const RESCUE = 'a host that fails is left out of what follows; "ignore_errors: true" lets it go on';
const BECOME = `${INVENTORY} ansible_become`;
const OF_PLAY = 'all tasks of a play share one visit to a host: set it for the play, or';

/** What to do instead, where there is something. */
const INSTEAD: Readonly<Record<string, string>> = {
  always: RESCUE,
  async: 'give "-f" for more hosts at once, and "--host-timeout" for a limit of time',
  become: `${OF_PLAY} ${BECOME}`,
  become_exe: `${BECOME}_exe`,
  become_flags: `${BECOME}_flags`,
  become_method: `${OF_PLAY} ${BECOME}_method`,
  become_user: `${OF_PLAY} ${BECOME}_user`,
  changed_when: 'virtune reports as changed what it has written and read back',
  check_mode: 'give --check on the command line',
  collections: 'modules of virtune have no collections: leave it out',
  connection: `${OF_PLAY} ${INVENTORY} ansible_connection`,
  delay: BUSY,
  delegate_to: 'name the host in "hosts" of a play of its own',
  diff: 'give --diff on the command line',
  failed_when: 'every outcome has a name in the report: see --report json',
  handlers: 'limits hold at once: nothing needs to be notified',
  local_action: 'add a host with "ansible_connection: local" to the inventory',
  module_defaults: 'put the arguments into a variable: "rules: "{{ nic_limits }}""',
  notify: 'limits hold at once: nothing needs to be notified',
  poll: 'leave it out: virtune waits for every host',
  port: `${OF_PLAY} ${INVENTORY} ansible_port`,
  post_tasks: 'put them last in "tasks"',
  pre_tasks: 'put them first in "tasks"',
  register: 'what became of each NIC is in the report: --report json=FILE',
  remote_user: `${OF_PLAY} ${INVENTORY} ansible_user`,
  rescue: RESCUE,
  retries: BUSY,
  roles: 'put the tasks into the play, and what is shared into "vars_files"',
  strategy: 'leave it out: within a batch each host goes on by itself',
  timeout: 'give "--host-timeout" on the command line',
  until: BUSY,
  user: 'write "remote_user"',
  vars_prompt: 'give the variables with -e',
  with_dict: 'write "loop: "{{ name | dict2items }}""',
  with_items: LOOP,
  with_list: LOOP,
  with_sequence: 'write "loop: "{{ range(1, 5) }}""',
};

/** Ansible's keywords of a play that virtune does not have: each is refused by its name, with a hint where there is one. */
export const PLAY_KEYWORDS = keywords(
  `become_exe become_flags check_mode collections
  debugger diff environment fact_path force_handlers gather_subset gather_timeout handlers
  module_defaults no_log post_tasks pre_tasks roles strategy
  timeout user vars_prompt`,
);

/** The same for a task. */
export const TASK_KEYWORDS = keywords(
  `action always args async become become_exe become_flags become_method become_user
  changed_when check_mode collections connection debugger delay delegate_facts delegate_to diff environment
  failed_when local_action module_defaults no_log notify poll port
  register remote_user rescue retries timeout until with_dict with_fileglob
  with_first_found with_flattened with_indexed_items with_items with_lines with_list with_nested with_random_choice
  with_sequence with_subelements with_together`,
);

/** What can stand in a list of plays or tasks to bring others in. */
export const INCLUDES: ReadonlySet<string> = new Set(
  [
    'import_playbook',
    'import_tasks',
    'import_role',
    'include',
    'include_tasks',
    'include_role',
    'include_vars',
  ].flatMap((word) => [word, `ansible.builtin.${word}`]),
);

function keywords(words: string): ReadonlyMap<string, string | undefined> {
  return new Map(words.split(/\s+/).map((word) => [word, INSTEAD[word]]));
}
