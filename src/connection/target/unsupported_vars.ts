import { type HostVars, truth } from './host_vars.ts';

/** Variables of Ansible that would change the connection, and what to do instead: refused when they are set. */
const REFUSED: readonly (readonly [names: readonly string[], hint: string])[] = [
  [
    ['ansible_ssh_private_key', 'ansible_private_key'],
    'write the key to a file of your own and set ansible_ssh_private_key_file, or load it into ssh-agent',
  ],
  [['ansible_ssh_executable'], 'virtune runs the ssh that it finds in PATH'],
];

const HOST_KEY_CHECKING = ['ansible_host_key_checking', 'ansible_ssh_host_key_checking'];
const SHELLS = ['sh', 'csh', 'fish'];

/** Refuses by name what would change an SSH connection and can't be honoured yet, rather than ignoring it. */
export function refuseUnsupported(vars: HostVars): void {
  for (const [names, hint] of REFUSED) {
    for (const name of names) if (isSet(vars, name)) vars.error(name, `${name} is not supported yet`, hint);
  }
  for (const name of HOST_KEY_CHECKING) {
    const found = vars.first(name);
    if (found && truth(found.value) === undefined) vars.error(name, `${name} must be true or false`);
  }
  const shell = vars.first('ansible_shell_type');
  if (shell && !SHELLS.includes(String(shell.value))) {
    vars.error(
      shell.name,
      `ansible_shell_type ${String(shell.value)} is not supported`,
      `supported: ${SHELLS.join(', ')}`,
    );
  }
}

function isSet(vars: HostVars, name: string): boolean {
  const found = vars.first(name);
  return found !== null && found.value !== '';
}
