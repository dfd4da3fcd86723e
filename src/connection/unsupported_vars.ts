import { type HostVars, truth } from './host_vars.ts';

const OWN_CLIENT = 'virtune uses its own SSH client';

/** Variables of Ansible that would change the connection, and what to do instead: refused when they are set. */
const REFUSED: readonly (readonly [names: readonly string[], hint: string])[] = [
  [
    ['ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password'],
    'virtune logs in with keys only: set ansible_ssh_private_key_file, or load the key into ssh-agent',
  ],
  [
    [
      'ansible_ssh_private_key_passphrase',
      'ansible_private_key_passphrase',
      'ansible_ssh_private_key',
      'ansible_private_key',
    ],
    'load the key into ssh-agent with ssh-add',
  ],
  [['ansible_ssh_pkcs11_provider'], 'load the key into ssh-agent with ssh-add -s'],
  [['ansible_ssh_executable'], OWN_CLIENT],
];

const SSH_ARGUMENTS = ['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args'];
const HOST_KEY_CHECKING = ['ansible_host_key_checking', 'ansible_ssh_host_key_checking'];
const SHELLS = ['sh', 'csh', 'fish'];

/**
 * Refuses by name what would change an SSH connection and can't be honoured yet, rather than ignoring it.
 * @param user whom the login is as
 */
export function refuseUnsupported(vars: HostVars, user: string): void {
  for (const [names, hint] of REFUSED) {
    for (const name of names) if (isSet(vars, name)) vars.error(name, `${name} is not supported yet`, hint);
  }
  for (const name of SSH_ARGUMENTS) {
    if (isSet(vars, name))
      vars.error(name, `${name} is not supported yet`, argumentsHint(vars.first(name)?.value));
  }
  for (const name of HOST_KEY_CHECKING) {
    const found = vars.first(name);
    if (found && truth(found.value) !== true) {
      vars.error(
        name,
        `${name} can't be switched off`,
        'to trust hosts at first sight, use --accept-new-host-keys',
      );
    }
  }
  const shell = vars.first('ansible_shell_type');
  if (shell && !SHELLS.includes(String(shell.value))) {
    vars.error(
      shell.name,
      `ansible_shell_type ${String(shell.value)} is not supported`,
      `supported: ${SHELLS.join(', ')}`,
    );
  }
  refuseBecome(vars, user);
}

/** Becoming root when one is root already changes nothing; without ansible_become its details have no effect. */
function refuseBecome(vars: HostVars, user: string): void {
  const become = vars.first('ansible_become');
  if (!become) return;
  const wanted = truth(become.value);
  if (wanted === undefined) vars.error(become.name, 'ansible_become must be true or false');
  if (!wanted) return;
  const as = vars.first('ansible_become_user');
  const becomesRoot = as === null || as.value === 'root';
  if (user === 'root' && becomesRoot) return;
  vars.error(
    become.name,
    `ansible_become is not supported yet (the login is as ${user})`,
    becomesRoot
      ? 'set ansible_user to root, or to a user who may use qemu:///system (the libvirt group), and ansible_become to false'
      : 'set ansible_user to the user who is to run virsh, and ansible_become to false',
  );
}

function argumentsHint(value: unknown): string {
  const text = String(value);
  if (/ProxyJump|ProxyCommand|-J\b/i.test(text)) {
    return 'jump hosts are not supported yet: run virtune on the jump host, or forward a port and set ansible_port';
  }
  if (/StrictHostKeyChecking/i.test(text)) return 'to trust hosts at first sight, use --accept-new-host-keys';
  if (/UserKnownHostsFile/i.test(text)) return 'use virtune_known_hosts_file';
  if (/IdentityFile|(^|\s)-i\b/i.test(text)) return 'use ansible_ssh_private_key_file';
  return `${OWN_CLIENT}: use ansible_host, ansible_port, ansible_user, ansible_ssh_private_key_file instead`;
}

function isSet(vars: HostVars, name: string): boolean {
  const found = vars.first(name);
  return found !== null && found.value !== '';
}
