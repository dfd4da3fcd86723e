import type { SshQuestion } from '../config/settings.ts';
import { parseSshArgs } from '../config/ssh_args.ts';
import type { ConnectionTarget } from '../connection.ts';
import { type HostVars, truth } from './host_vars.ts';
import type { ConnectionOptions } from './options.ts';
import { addressProblem, userProblem } from './var_checks.ts';

/** In the order in which Ansible gives them to ssh: the first to set an option wins. */
const SSH_ARGUMENTS = ['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args'];

/** What kind of connection a host has, null for one that there is not, and how OpenSSH is to be asked for it. */
export interface Asked {
  readonly kind: ConnectionTarget['kind'] | null;
  readonly question: SshQuestion;
}

/** Reads the variables that decide how OpenSSH is asked for a host. Pure; mistakes are noted in `read`. */
export function askFor(read: HostVars, host: string, options: ConnectionOptions): Asked {
  const kind = connectionKind(read);
  const address = read.text(addressProblem, 'ansible_ssh_host', 'ansible_host') ?? host;
  const problem = address === host && kind !== 'local' ? addressProblem(host) : null;
  if (problem)
    read.error('ansible_host', `its name can't be an address: it ${problem.problem}`, 'set ansible_host');
  const port = read.integer(1, 65_535, 'ansible_ssh_port', 'ansible_port');
  const user = read.text(userProblem, 'ansible_ssh_user', 'ansible_user') ?? options.user;
  const args = kind === 'local' ? [] : sshArguments(read);
  return {
    kind,
    question: {
      host: address,
      ...(user === undefined ? {} : { user }),
      ...(port === undefined ? {} : { port }),
      args,
    },
  };
}

function sshArguments(read: HostVars): readonly string[] {
  const args: string[] = [];
  for (const name of SSH_ARGUMENTS) {
    const found = read.first(name);
    if (found === null || found.value === '') continue;
    if (typeof found.value !== 'string') {
      read.error(name, `${name} must be a string`, 'put it in quotes');
      continue;
    }
    const parsed = parseSshArgs(found.value);
    args.push(...parsed.args);
    for (const problem of parsed.problems) read.error(name, `${name} ${problem}`);
    for (const what of parsed.ignored) read.tell('warning', `${name}: ${what} has no effect in virtune`);
  }
  const provider = read.first('ansible_ssh_pkcs11_provider');
  if (typeof provider?.value === 'string') args.push('-o', `PKCS11Provider=${provider.value}`);
  const checking = read.first('ansible_ssh_host_key_checking', 'ansible_host_key_checking');
  if (checking && truth(checking.value) === false) args.push('-o', 'StrictHostKeyChecking=no');
  return args;
}

/** `smart` was Ansible's word for ssh with the best settings. A localhost of the inventory is ssh, as in Ansible. */
function connectionKind(read: HostVars): ConnectionTarget['kind'] | null {
  const found = read.first('ansible_connection');
  const word = String(found?.value ?? 'ssh').replace(/^ansible\.builtin\./, '');
  if (word === 'ssh' || word === 'smart') return 'ssh';
  if (word === 'openssh' || word === 'local') return word;
  read.error(
    'ansible_connection',
    `ansible_connection ${JSON.stringify(found?.value)} is not supported`,
    'supported: ssh, openssh, local',
  );
  return null;
}
