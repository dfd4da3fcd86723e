/** How a setting's text becomes a value: values.ts. */
export type Kind = 'truth' | 'number' | 'text' | 'path' | 'paths' | 'list' | 'identities';

/** Where Ansible looks for a setting; of several that are set the last one counts, and the environment before files. */
export interface Setting {
  readonly kind: Kind;
  /** `section.key` */
  readonly ini: readonly string[];
  readonly env: readonly string[];
}

const setting = (kind: Kind, ini: string, env: string): Setting => ({
  kind,
  ini: ini === '' ? [] : ini.split(' '),
  env: env === '' ? [] : env.split(' '),
});

/**
 * Settings that are the same as an option of the command line, by its name. Source: ansible-core 2.14, config/base.yml,
 * plugins/connection/ssh.py and plugins/become/sudo.py.
 */
export const OPTION_SETTINGS = {
  inventory: setting('paths', 'defaults.inventory', 'ANSIBLE_INVENTORY'),
  user: setting('text', 'defaults.remote_user', 'ANSIBLE_REMOTE_USER'),
  privateKey: setting('path', 'defaults.private_key_file', 'ANSIBLE_PRIVATE_KEY_FILE'),
  timeout: setting(
    'number',
    'defaults.timeout ssh_connection.timeout',
    'ANSIBLE_TIMEOUT ANSIBLE_SSH_TIMEOUT',
  ),
  forks: setting('number', 'defaults.forks', 'ANSIBLE_FORKS'),
  askPass: setting('truth', 'defaults.ask_pass', 'ANSIBLE_ASK_PASS'),
  connectionPasswordFile: setting(
    'path',
    'defaults.connection_password_file',
    'ANSIBLE_CONNECTION_PASSWORD_FILE',
  ),
  askVaultPass: setting('truth', 'defaults.ask_vault_pass', 'ANSIBLE_ASK_VAULT_PASS'),
  vaultPasswordFile: setting('path', 'defaults.vault_password_file', 'ANSIBLE_VAULT_PASSWORD_FILE'),
  vaultId: setting('identities', 'defaults.vault_identity_list', 'ANSIBLE_VAULT_IDENTITY_LIST'),
  become: setting('truth', 'privilege_escalation.become', 'ANSIBLE_BECOME'),
  becomeMethod: setting('text', 'privilege_escalation.become_method', 'ANSIBLE_BECOME_METHOD'),
  becomeUser: setting(
    'text',
    'privilege_escalation.become_user sudo_become_plugin.user',
    'ANSIBLE_BECOME_USER ANSIBLE_SUDO_USER',
  ),
  askBecomePass: setting('truth', 'privilege_escalation.become_ask_pass', 'ANSIBLE_BECOME_ASK_PASS'),
  becomePasswordFile: setting('path', 'defaults.become_password_file', 'ANSIBLE_BECOME_PASSWORD_FILE'),
  verbose: setting('number', 'defaults.verbosity', 'ANSIBLE_VERBOSITY'),
  diff: setting('truth', 'diff.always', 'ANSIBLE_DIFF_ALWAYS'),
  tags: setting('list', 'tags.run', 'ANSIBLE_RUN_TAGS'),
  skipTags: setting('list', 'tags.skip', 'ANSIBLE_SKIP_TAGS'),
} as const satisfies Readonly<Record<string, Setting>>;

/** Settings that are the same as a variable of hosts, by the name of it that counts least. */
export const VARIABLE_SETTINGS = {
  ansible_host_key_checking: setting(
    'truth',
    'defaults.host_key_checking ssh_connection.host_key_checking',
    'ANSIBLE_HOST_KEY_CHECKING ANSIBLE_SSH_HOST_KEY_CHECKING',
  ),
  ansible_ssh_args: setting('text', 'ssh_connection.ssh_args', 'ANSIBLE_SSH_ARGS'),
  ansible_ssh_common_args: setting('text', 'ssh_connection.ssh_common_args', 'ANSIBLE_SSH_COMMON_ARGS'),
  ansible_ssh_extra_args: setting('text', 'ssh_connection.ssh_extra_args', 'ANSIBLE_SSH_EXTRA_ARGS'),
  ansible_ssh_pkcs11_provider: setting('text', 'ssh_connection.pkcs11_provider', 'ANSIBLE_PKCS11_PROVIDER'),
  ansible_retries: setting('number', 'connection.retries ssh_connection.retries', 'ANSIBLE_SSH_RETRIES'),
  ansible_port: setting('number', 'defaults.remote_port', 'ANSIBLE_REMOTE_PORT'),
  ansible_connection: setting('text', 'defaults.transport', 'ANSIBLE_TRANSPORT'),
  ansible_become_exe: setting(
    'text',
    'privilege_escalation.become_exe sudo_become_plugin.executable',
    'ANSIBLE_BECOME_EXE ANSIBLE_SUDO_EXE',
  ),
  ansible_become_flags: setting(
    'text',
    'privilege_escalation.become_flags sudo_become_plugin.flags',
    'ANSIBLE_BECOME_FLAGS ANSIBLE_SUDO_FLAGS',
  ),
  ansible_become_password: setting(
    'text',
    'sudo_become_plugin.password',
    'ANSIBLE_BECOME_PASS ANSIBLE_SUDO_PASS',
  ),
} as const satisfies Readonly<Record<string, Setting>>;

/** The keyword of plays where a play does not have it. */
export const ANY_ERRORS_FATAL = setting('truth', 'defaults.any_errors_fatal', 'ANSIBLE_ANY_ERRORS_FATAL');
