import type { SshQuestion } from '../config/settings.ts';
import type { ConnectionTarget } from '../connection.ts';
import { type HostVars, secretOf } from './host_vars.ts';
import type { ConnectionOptions } from './options.ts';
import { pathProblem } from './var_checks.ts';

/** libvirt waits 30 s for a busy VM, without a word, and a step may hold two commands. */
const IDLE_TIMEOUT_MS = 90_000;
const EXEC_TIMEOUT_MS = 1_800_000;
const MAX_SECONDS = 86_400;

/** The deadlines that variables and flags set. */
export type Timing = Pick<
  ConnectionTarget,
  'handshakeTimeoutMs' | 'authTimeoutMs' | 'idleTimeoutMs' | 'execTimeoutMs' | 'hostTimeoutMs'
> & { readonly connectTimeoutMs: number | undefined };

export function timing(read: HostVars, options: ConnectionOptions): Timing {
  // A timer that is set for more than 24 days is over at once.
  const flag = (seconds: number | undefined): number | undefined =>
    seconds === undefined ? undefined : Math.min(seconds, MAX_SECONDS) * 1000;
  const idleTimeoutMs = read.seconds(MAX_SECONDS, 'ansible_command_timeout') ?? IDLE_TIMEOUT_MS;
  const execTimeoutMs =
    read.seconds(MAX_SECONDS, 'virtune_exec_timeout') ?? Math.max(EXEC_TIMEOUT_MS, idleTimeoutMs);
  const handshakeTimeoutMs = read.seconds(MAX_SECONDS, 'virtune_handshake_timeout');
  const authTimeoutMs = read.seconds(MAX_SECONDS, 'virtune_auth_timeout');
  const hostTimeoutMs = read.seconds(MAX_SECONDS, 'virtune_host_timeout') ?? flag(options.hostTimeoutSeconds);
  return {
    connectTimeoutMs:
      read.seconds(MAX_SECONDS, 'ansible_ssh_timeout', 'ansible_timeout') ?? flag(options.timeoutSeconds),
    idleTimeoutMs,
    execTimeoutMs,
    ...(handshakeTimeoutMs === undefined ? {} : { handshakeTimeoutMs }),
    ...(authTimeoutMs === undefined ? {} : { authTimeoutMs }),
    ...(hostTimeoutMs === undefined ? {} : { hostTimeoutMs }),
  };
}

/**
 * Puts a host's variables and the flags over what ssh_config says. Pure.
 * @param isJump a jump host has no variables, and flags about logins are not meant for it
 */
export function overlayVars<T extends Omit<ConnectionTarget, 'idleTimeoutMs' | 'execTimeoutMs'>>(
  read: HostVars,
  options: ConnectionOptions,
  base: T,
  question: SshQuestion,
  isJump = false,
): T {
  const expand = (path: string): string =>
    path === '~' || path.startsWith('~/') ? options.home + path.slice(1) : path;
  const named =
    read.text(pathProblem, 'ansible_ssh_private_key_file', 'ansible_private_key_file') ??
    (isJump ? undefined : options.privateKeyFile);
  const known = read.text(pathProblem, 'virtune_known_hosts_file') ?? options.knownHostsFile;
  const retries = read.integer(0, 100, 'ansible_ssh_retries', 'ansible_retries');
  const password =
    secretOf(read, /[\n\0]/, ['ansible_ssh_password', 'ansible_ssh_pass', 'ansible_password']) ??
    (isJump ? undefined : options.password);
  const passphrase = secretOf(read, /[\n\0]/, [
    'ansible_ssh_private_key_passphrase',
    'ansible_private_key_passphrase',
  ]);
  return {
    ...base,
    ...(named === undefined ? {} : { privateKeyFile: expand(named) }),
    // As ssh -i: the usual keys are tried only where nothing else is named.
    ...(named !== undefined && !keysAreNamed(options, question) ? { identityFiles: [] } : {}),
    ...(known === undefined ? {} : { knownHostsFiles: [expand(known)] }),
    ...(options.acceptNewHostKeys ? { acceptNewHostKeys: true } : {}),
    ...(retries === undefined ? {} : { attempts: Math.max(base.attempts ?? 1, retries + 1) }),
    ...(password === undefined ? {} : { password }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(question.args.length === 0 ? {} : { sshArgs: question.args }),
  };
}

function keysAreNamed(options: ConnectionOptions, question: SshQuestion): boolean {
  const answer = options.sshConfigs?.(question);
  return answer !== undefined && !('problem' in answer) && answer.explicit.has('identityfile');
}
