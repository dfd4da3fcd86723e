const INVENTORY = 'set it in the inventory, with the variable';

/** What to do instead, where there is something. */
const INSTEAD: Readonly<Record<string, string>> = {
  connection: `${INVENTORY} ansible_connection`,
  port: `${INVENTORY} ansible_port`,
  remote_user: `${INVENTORY} ansible_user`,
  user: `${INVENTORY} ansible_user`,
  vars_files: 'put the variables in group_vars/ or host_vars/',
  check_mode: 'give --check on the command line',
  diff: 'give --diff on the command line',
  pre_tasks: 'put them first in "tasks"',
  post_tasks: 'put them last in "tasks"',
};

/** Ansible's keywords of a play that virtune has not, each refused by its name, with a hint where there is one. */
export const PLAY_KEYWORDS = keywords(
  `any_errors_fatal become become_exe become_flags become_method become_user check_mode collections connection
  debugger diff environment fact_path force_handlers gather_subset gather_timeout handlers ignore_errors
  ignore_unreachable module_defaults no_log order port post_tasks pre_tasks remote_user roles run_once strategy tags
  throttle timeout user vars_files vars_prompt`,
);

/** The same for a task. */
export const TASK_KEYWORDS = keywords(
  `action always any_errors_fatal args async become become_exe become_flags become_method become_user block
  changed_when check_mode collections connection debugger delay delegate_facts delegate_to diff environment
  failed_when ignore_errors ignore_unreachable local_action loop loop_control module_defaults no_log notify poll port
  register remote_user rescue retries run_once tags throttle timeout until vars when with_dict with_fileglob
  with_first_found with_flattened with_indexed_items with_items with_lines with_nested with_random_choice
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
