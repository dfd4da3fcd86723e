import { type Cfg, cfgEntry } from './cfg.ts';
import { ANY_ERRORS_FATAL, OPTION_SETTINGS, type Setting, VARIABLE_SETTINGS } from './table.ts';

/**
 * Settings of Ansible's that would change which hosts, variables or results a run has, and that virtune does not read,
 * with their name in the environment and, where one is, the value that Ansible has without them.
 */
const TELLING: readonly (readonly [ini: string, env: string, usual?: string])[] = [
  ['defaults.hash_behaviour', 'ANSIBLE_HASH_BEHAVIOUR', 'replace'],
  ['defaults.error_on_undefined_vars', 'ANSIBLE_ERROR_ON_UNDEFINED_VARS', 'true'],
  ['defaults.jinja2_native', 'ANSIBLE_JINJA2_NATIVE', 'false'],
  ['defaults.jinja2_extensions', 'ANSIBLE_JINJA2_EXTENSIONS'],
  ['defaults.precedence', 'ANSIBLE_PRECEDENCE'],
  ['defaults.duplicate_dict_key', 'ANSIBLE_DUPLICATE_YAML_DICT_KEY', 'warn'],
  ['defaults.force_valid_group_names', 'ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS', 'never'],
  ['defaults.inventory_ignore_extensions', ''],
  ['defaults.inventory_ignore_patterns', ''],
  ['defaults.yaml_valid_extensions', 'ANSIBLE_YAML_FILENAME_EXT'],
  ['defaults.playbook_dir', 'ANSIBLE_PLAYBOOK_DIR'],
  ['defaults.playbook_vars_root', 'ANSIBLE_PLAYBOOK_VARS_ROOT', 'top'],
  ['defaults.strategy', 'ANSIBLE_STRATEGY', 'linear'],
  ['defaults.task_timeout', 'ANSIBLE_TASK_TIMEOUT', '0'],
  ['defaults.no_log', 'ANSIBLE_NO_LOG', 'false'],
  ['defaults.log_path', 'ANSIBLE_LOG_PATH'],
  ['defaults.vault_id_match', 'ANSIBLE_VAULT_ID_MATCH', 'false'],
  ['inventory.enable_plugins', 'ANSIBLE_INVENTORY_ENABLED'],
  ['inventory.ignore_extensions', 'ANSIBLE_INVENTORY_IGNORE'],
  ['inventory.ignore_patterns', 'ANSIBLE_INVENTORY_IGNORE_REGEX'],
  ['inventory.any_unparsed_is_failed', 'ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED', 'false'],
  ['inventory.unparsed_is_failed', 'ANSIBLE_INVENTORY_UNPARSED_FAILED', 'false'],
  ['inventory.host_pattern_mismatch', 'ANSIBLE_HOST_PATTERN_MISMATCH', 'warning'],
  ['ssh_connection.ssh_executable', 'ANSIBLE_SSH_EXECUTABLE', 'ssh'],
  ['doas_become_plugin.user', 'ANSIBLE_DOAS_USER'],
];

/**
 * Settings that mean nothing here: of plugins, roles, modules and facts, of Python on the hosts, of Ansible's output,
 * its caches and its own use of ssh.
 */
const MEANINGLESS: Readonly<Record<string, string>> = {
  defaults:
    'home cow_selection cow_whitelist cowsay_enabled_stencils force_color nocolor nocows cowpath pipelining fact_caching fact_caching_connection fact_caching_prefix fact_caching_timeout collections_scan_sys_path collections_paths collections_path collections_on_ansible_version_mismatch action_warnings command_warnings localhost_warning doc_fragment_plugins action_plugins allow_unsafe_lookups become_plugins cache_plugins callback_plugins callback_whitelist callbacks_enabled cliconf_plugins connection_plugins debug executable fact_path filter_plugins force_handlers gathering gather_subset gather_timeout httpapi_plugins internal_poll_interval inventory_plugins keep_remote_files bin_ansible_callbacks local_tmp remote_tmp log_filter lookup_plugins ansible_managed module_args module_compression module_lang module_set_locale module_name library module_utils netconf_plugins no_target_syslog null_representation poll_interval private_role_vars roles_path stdout_callback result_format callback_result_format enable_task_debugger task_debugger_ignore_errors strategy_plugins syslog_facility terminal_plugins test_plugins vars_plugins vault_identity vault_encrypt_identity deprecation_warnings devel_warning display_args_to_stdout display_skipped_hosts display_ok_hosts display_failed_stderr show_per_host_start show_task_path_on_failure check_mode_markers docsite_root_url error_on_missing_handler facts_modules interpreter_python invalid_task_attribute_failed jinja2_native_warning max_diff_size network_group_modules inject_facts_as_vars module_ignore_exts old_plugin_cache_clear plugin_filters_cfg python_module_rlimit_nofile retry_files_enabled retry_files_save_path run_vars_plugins show_custom_stats system_warnings use_persistent_connections vars_plugins_enabled win_async_startup_timeout string_conversion_action validate_action_group_metadata verbose_to_stderr',
  privilege_escalation: 'become_allow_same_user agnostic_become_prompt',
  inventory:
    'cache cache_plugin cache_connection cache_prefix cache_timeout export inventory_unparsed_warning',
  connection: 'pipelining',
  ssh_connection:
    'pipelining control_path control_path_dir scp_if_ssh transfer_method scp_executable sftp_executable scp_extra_args sftp_extra_args sftp_batch_mode usetty use_tty sshpass_prompt',
  diff: 'context',
  tags: '',
  sudo_become_plugin: '',
};

/**
 * The settings that are set and that a run goes without, by the names that a user wrote: those of the file that change
 * something or that are not known at all (a misspelling?), and those of the environment that change something. Other
 * sections belong to plugins or other programs.
 */
export function unreadSettings(
  cfg: Cfg | null,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const telling = new Map(TELLING.map(([ini, , usual]) => [ini, usual]));
  const known = new Set([...allSettings().flatMap(({ ini }) => ini)]);
  const inFile = [...(cfg?.sections ?? [])].flatMap(([section, entries]) => {
    const without = MEANINGLESS[section];
    if (without === undefined && section !== 'doas_become_plugin') return [];
    const meaningless = new Set(without?.split(' '));
    return [...entries]
      .filter(([key, { value }]) => {
        const ini = `${section}.${key}`;
        return !known.has(ini) && !meaningless.has(key) && !isUsual(value, telling.get(ini));
      })
      .map(([key]) => (section === 'defaults' ? key : `[${section}] ${key}`));
  });
  const inEnvironment = TELLING.flatMap(([ini, name, usual]) => {
    const value = name === '' ? undefined : env[name];
    if (value === undefined || value === '' || isUsual(value, usual)) return [];
    const [section = '', key = ''] = ini.split('.');
    const inIt = cfg !== null && cfgEntry(cfg, section, key) !== undefined;
    return inIt ? [] : [name];
  });
  return [...inFile, ...inEnvironment];
}

function allSettings(): readonly Setting[] {
  return [...Object.values(OPTION_SETTINGS), ...Object.values(VARIABLE_SETTINGS), ANY_ERRORS_FATAL];
}

const WORDS: Readonly<Record<string, string>> = {
  yes: 'true',
  on: 'true',
  '1': 'true',
  no: 'false',
  off: 'false',
};

function isUsual(value: string, usual: string | undefined): boolean {
  const word = value.trim().toLowerCase();
  return (
    usual !== undefined && (word === usual || WORDS[word] === usual || (word === '0' && usual === 'false'))
  );
}
