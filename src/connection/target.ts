import type { Diagnostic } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import type { ConnectionTarget } from './connection.ts';
import { type HostVars, hostVars, type PlaceOf, type TextProblem } from './host_vars.ts';
import { refuseUnsupported } from './unsupported_vars.ts';

/** What holds where a host's variables say nothing: flags of the command line, then the environment. */
export interface ConnectionOptions {
  readonly user?: string | undefined;
  readonly privateKeyFile?: string | undefined;
  /** `--timeout`, to connect, in seconds. */
  readonly timeoutSeconds?: number | undefined;
  readonly knownHostsFile?: string | undefined;
  readonly acceptNewHostKeys?: boolean | undefined;
  /** Name of the user who runs virtune. */
  readonly localUser: string;
  /** That user's home directory, for `~`. */
  readonly home: string;
  /** SSH_AUTH_SOCK. */
  readonly agentSocket?: string | undefined;
  readonly placeOf?: PlaceOf | undefined;
}

/** `target` is null when a diagnostic is an error. */
export interface ResolvedTarget {
  readonly target: ConnectionTarget | null;
  readonly diagnostics: readonly Diagnostic[];
}

const CONNECT_TIMEOUT_MS = 20_000;
/** libvirt waits 30 s for a busy VM, without a word, and a step may hold two commands. */
const IDLE_TIMEOUT_MS = 90_000;
const EXEC_TIMEOUT_MS = 1_800_000;
const MAX_SECONDS = 86_400;

const KEY_FILES = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
const KNOWN_HOSTS = [
  '~/.ssh/known_hosts',
  '~/.ssh/known_hosts2',
  '/etc/ssh/ssh_known_hosts',
  '/etc/ssh/ssh_known_hosts2',
];

/**
 * Resolves how to reach a host from its variables. As in Ansible, variables win over flags, and the name with
 * `ssh` in it over the shorter one. Pure.
 * @param host inventory name, the address too unless ansible_host is set
 */
export function connectionTarget(host: string, vars: Vars, options: ConnectionOptions): ResolvedTarget {
  const read = hostVars(host, vars, options.placeOf ?? (() => undefined));
  const kind = connectionKind(read);
  const expand = (path: string): string =>
    path === '~' || path.startsWith('~/') ? options.home + path.slice(1) : path;

  const address = read.text(addressProblem, 'ansible_ssh_host', 'ansible_host') ?? host;
  const nameProblem = address === host && kind === 'ssh' ? addressProblem(host) : null;
  if (nameProblem)
    read.error('ansible_host', `its name can't be an address: it ${nameProblem.problem}`, 'set ansible_host');
  const port = read.integer(1, 65_535, 'ansible_ssh_port', 'ansible_port') ?? 22;
  const user =
    read.text(userProblem, 'ansible_ssh_user', 'ansible_user') ?? options.user ?? options.localUser;
  const key =
    read.text(pathProblem, 'ansible_ssh_private_key_file', 'ansible_private_key_file') ??
    options.privateKeyFile;
  const connectTimeoutMs = read.seconds(MAX_SECONDS, 'ansible_ssh_timeout', 'ansible_timeout');
  const idleTimeoutMs = read.seconds(MAX_SECONDS, 'ansible_command_timeout') ?? IDLE_TIMEOUT_MS;
  const known = read.text(pathProblem, 'virtune_known_hosts_file') ?? options.knownHostsFile;
  if (kind === 'ssh') refuseUnsupported(read, user);

  const { diagnostics } = read;
  if (kind === null || diagnostics.some(({ severity }) => severity === 'error'))
    return { target: null, diagnostics };
  const target: ConnectionTarget = {
    kind,
    host,
    address,
    port,
    user,
    privateKeyFile: key === undefined ? undefined : expand(key),
    agentSocket: options.agentSocket,
    defaultKeyFiles: KEY_FILES.map((name) => expand(`~/.ssh/${name}`)),
    knownHostsFiles: (known === undefined ? KNOWN_HOSTS : [known]).map(expand),
    acceptNewHostKeys: options.acceptNewHostKeys ?? false,
    connectTimeoutMs:
      connectTimeoutMs ??
      (options.timeoutSeconds === undefined ? CONNECT_TIMEOUT_MS : options.timeoutSeconds * 1000),
    idleTimeoutMs,
    execTimeoutMs: Math.max(EXEC_TIMEOUT_MS, idleTimeoutMs),
  };
  return { target, diagnostics };
}

/** `smart` was Ansible's word for ssh with the best settings. A localhost of the inventory is ssh, as in Ansible. */
function connectionKind(read: HostVars): ConnectionTarget['kind'] | null {
  const found = read.first('ansible_connection');
  const word = String(found?.value ?? 'ssh').replace(/^ansible\.builtin\./, '');
  if (word === 'ssh' || word === 'smart') return 'ssh';
  if (word === 'local') return 'local';
  read.error(
    'ansible_connection',
    `ansible_connection ${JSON.stringify(found?.value)} is not supported`,
    'supported: ssh, local',
  );
  return null;
}

/** @returns what is wrong with an address, or null: host names, IPv4, IPv6 with a zone perhaps */
function addressProblem(address: string): TextProblem | null {
  if (address === '') return { problem: 'is empty' };
  if (address.includes('{{')) return { problem: 'holds a template that was not resolved' };
  if (address.startsWith('-')) return { problem: 'starts with a dash' };
  if (address.includes('@')) return { problem: 'holds a user', hint: 'put the user in ansible_user' };
  if (/^\[.*\]/.test(address)) {
    return {
      problem: 'is in brackets',
      hint: 'write IPv6 addresses without brackets, and the port in ansible_port',
    };
  }
  if (/^[^:]+:\d+$/.test(address)) return { problem: 'holds a port', hint: 'put the port in ansible_port' };
  if (!/^[\p{L}\p{M}\p{N}._%:-]+$/u.test(address)) {
    return {
      problem: 'is not a host name or an IP address',
      hint: 'allowed are letters, digits and . - _ : %',
    };
  }
  return null;
}

function userProblem(user: string): TextProblem | null {
  if (user === '') return { problem: 'is empty' };
  if (user.includes('{{')) return { problem: 'holds a template that was not resolved' };
  if (user.startsWith('-')) return { problem: 'starts with a dash' };
  return /[\s\p{C}'"`;&<>|(){}]/u.test(user)
    ? { problem: 'is not a user name: it holds white space, control characters or shell characters' }
    : null;
}

function pathProblem(path: string): TextProblem | null {
  if (path === '') return { problem: 'is empty' };
  if (path.includes('{{')) return { problem: 'holds a template that was not resolved' };
  if (/^~[^/]/.test(path)) return { problem: "names another user's home", hint: 'write the path out' };
  return /\p{Cc}/u.test(path) ? { problem: 'holds control characters' } : null;
}
