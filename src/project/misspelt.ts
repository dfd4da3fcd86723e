import { didYouMean } from '../base/suggest.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import { keyPlaceOf } from '../yaml/places.ts';

/** The variables that say how to reach a host and its libvirt. */
const READ = [
  ...['host', 'port', 'user', 'password', 'connection', 'timeout', 'command_timeout', 'private_key_file'],
  ...[
    'become',
    'become_method',
    'become_user',
    'become_password',
    'become_pass',
    'become_exe',
    'become_flags',
  ],
  ...['ssh_host', 'ssh_port', 'ssh_user', 'ssh_pass', 'ssh_password', 'ssh_private_key_file', 'ssh_timeout'],
  ...['ssh_args', 'ssh_common_args', 'ssh_extra_args', 'ssh_retries', 'ssh_executable'],
  ...['ssh_private_key_passphrase', 'private_key_passphrase', 'host_key_checking', 'ssh_host_key_checking'],
  ...['libvirt_uri', 'sudo_pass', 'su_pass'],
].map((name) => `ansible_${name}`);

const OWN = [
  ...['auth_timeout', 'exec_timeout', 'handshake_timeout', 'host_timeout', 'known_hosts_file', 'uplink'].map(
    (name) => `virtune_${name}`,
  ),
  'libvirt_uri',
  'libvirt_virsh',
];

/** Ansible's other variables, and facts of hosts, whose names are near to one of those above. */
const OTHERS = new Set(
  [
    ...['hostname', 'nodename', 'fqdn', 'domain', 'become_plugin', 'remote_user', 'remote_port', 'retries'],
    ...[
      'shell_type',
      'shell_executable',
      'python_interpreter',
      'pipelining',
      'user_id',
      'user_uid',
      'user_dir',
    ],
    ...[
      'user_gid',
      'user_shell',
      'user_gecos',
      'ssh_pipelining',
      'ssh_transfer_method',
      'ssh_transfer_files',
    ],
    ...['ssh_host_pattern_mismatch', 'ssh_use_tty', 'ssh_private_key', 'private_key', 'sftp_extra_args'],
    ...['scp_extra_args', 'scp_if_ssh', 'hosts', 'play_hosts', 'timeouts', 'ssh_control_path', 'ssh_keys'],
    ...['ssh_pkcs11_provider', 'ssh_reconnection_retries', 'ssh_verbosity', 'ssh_agent', 'connections'],
    ...[
      'su_user',
      'su_exe',
      'su_flags',
      'sudo_user',
      'sudo_exe',
      'sudo_flags',
      'password_file',
      'ports',
      'users',
    ],
  ].map((name) => `ansible_${name}`),
);

const NAMES = [...READ, ...OWN];
const KNOWN = new Set([...NAMES, ...OTHERS]);
const PREFIX = /^(?:ansible|virtune|libvirt)_/;

/** Letters that may be wrong in a name: more make it another one. */
const NEAR = 2;

/**
 * Finds variables that are nearly called as one that would be read: `ansible_hots` leaves a host at its name. Hosts
 * mostly have the same names: each is looked at once.
 */
export function misspeltFinder(): (vars: Vars) => readonly Diagnostic[] {
  const known = new Map<string, string | null>([...KNOWN].map((name) => [name, null]));
  const meantBy = (name: string): string | null => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const meant = PREFIX.test(name) ? didYouMean(name, NAMES, NEAR) : null;
    known.set(name, meant);
    return meant;
  };
  return (vars) =>
    Object.keys(vars).flatMap((name): Diagnostic[] => {
      const meant = meantBy(name);
      if (meant === null || Object.hasOwn(vars, meant)) return [];
      return [
        {
          severity: 'warning',
          message: `nothing reads the variable ${name}`,
          hint: `did you mean ${meant}?`,
          place: keyPlaceOf(vars, name),
        },
      ];
    });
}
