import type { Remedy } from '../model/result.ts';
import type { ExecResult } from './session.ts';

/** What is never printed: a function has no text of its own, in JSON or anywhere. */
export type Secret = () => string;

/** What to connect to, resolved from host variables and ssh_config. Durations in milliseconds. */
export interface ConnectionTarget {
  readonly kind: 'ssh' | 'openssh' | 'local';
  /** Inventory name, for messages. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Named by a variable or a flag: tried first, and it must be usable. */
  readonly privateKeyFile?: string | undefined;
  /** SSH_AUTH_SOCK or IdentityAgent; without it no agent is asked. */
  readonly agentSocket?: string | undefined;
  /** Offered after the agent's keys, those that exist. */
  readonly identityFiles?: readonly string[] | undefined;
  /** Of the agent, only keys of the files above. */
  readonly identitiesOnly?: boolean | undefined;
  readonly password?: Secret | undefined;
  /** Of the private key files. */
  readonly passphrase?: Secret | undefined;
  /** PreferredAuthentications, less what is switched off; by default OpenSSH's order. */
  readonly authMethods?: readonly string[] | undefined;
  /** Read in this order; new keys are added to the first. */
  readonly knownHostsFiles: readonly string[];
  /** The name to look for in them instead of the address. */
  readonly hostKeyAlias?: string | undefined;
  readonly acceptNewHostKeys: boolean;
  /** StrictHostKeyChecking no: a changed key is no reason to stop, but no password is sent then. */
  readonly tolerateChangedHostKeys?: boolean | undefined;
  readonly hashKnownHosts?: boolean | undefined;
  /** The host to go through, which may have one itself. */
  readonly jump?: ConnectionTarget | undefined;
  /** Run by the user's shell; its input and output are the connection. */
  readonly proxyCommand?: string | undefined;
  readonly addressFamily?: 4 | 6 | undefined;
  readonly bindAddress?: string | undefined;
  readonly compress?: boolean | undefined;
  /** Allowed algorithms by kind, best first; where one is absent virtune's own choice holds. */
  readonly algorithms?: Readonly<Partial<Record<AlgorithmKind, readonly string[]>>> | undefined;
  /** Tries where the host refuses or does not answer (ConnectionAttempts); 1 by default. */
  readonly attempts?: number | undefined;
  /** TCP connect, the way through jump hosts included. */
  readonly connectTimeoutMs: number;
  /** By default as long as the connect. */
  readonly handshakeTimeoutMs?: number | undefined;
  /** By default as long as the connect; the time in which a person is asked does not count. */
  readonly authTimeoutMs?: number | undefined;
  /** An exec that sends nothing for this long is given up. */
  readonly idleTimeoutMs: number;
  /** An exec is given up after this, whatever it sends. */
  readonly execTimeoutMs: number;
  /** The host is given up once connecting and commands have taken this long together. */
  readonly hostTimeoutMs?: number | undefined;
  /** A quiet connection is probed this often; 0 for never. */
  readonly keepaliveMs?: number | undefined;
  readonly keepaliveCount?: number | undefined;
  /** What only OpenSSH itself can do, in words; the system's ssh is used then. */
  readonly needsOpenssh?: readonly string[] | undefined;
  readonly certificateFiles?: readonly string[] | undefined;
  /** GSSAPIAuthentication: worth a try with the system's ssh where keys are refused. */
  readonly gssapi?: boolean | undefined;
  /** Arguments for the system's ssh, as the inventory gives them. */
  readonly sshArgs?: readonly string[] | undefined;
  /** The name that the system's ssh is to be asked for; by default the address. */
  readonly sshName?: string | undefined;
}

export type AlgorithmKind = 'kex' | 'cipher' | 'mac' | 'hostKey';

/** Named outcomes of a host that could not be used at all. */
export type ConnectionErrorCode =
  | 'dns'
  | 'unreachable'
  | 'refused'
  | 'timeout'
  | 'closed'
  | 'host_timeout'
  | 'jump_host'
  | 'proxy_command'
  | 'no_openssh'
  | 'aborted'
  | 'host_key_unknown'
  | 'host_key_changed'
  | 'host_key_revoked'
  | 'known_hosts'
  | 'auth'
  | 'key_file'
  | 'protocol'
  | 'exec_timeout'
  | 'max_sessions'
  | 'line_too_long'
  | 'output_too_large';

/** The host could not be reached, or was lost midway. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly code: ConnectionErrorCode;
  readonly hint: string | undefined;
  /** True when the same attempt may well succeed in a moment, e.g. a server that sheds load (MaxStartups). */
  readonly transient: boolean;
  /** What a command had said before a deadline ended it. */
  readonly said: Pick<ExecResult, 'stdout' | 'stderr'> | undefined;
  /** The hint in a form that hosts can share. */
  readonly remedy: Omit<Remedy, 'error'> | undefined;
  constructor(
    code: ConnectionErrorCode,
    message: string,
    hint?: string,
    transient = false,
    said?: Pick<ExecResult, 'stdout' | 'stderr'>,
    remedy?: Omit<Remedy, 'error'>,
  ) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.transient = transient;
    this.said = said;
    this.remedy = remedy;
  }
}
