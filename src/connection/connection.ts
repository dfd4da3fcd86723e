/** What a command on a host did. Success and failure have the same shape; a cut connection is thrown. */
export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  /** null when the command ended by a signal or the host closed the channel without a status. */
  readonly code: number | null;
  readonly signal?: string | undefined;
}

/** A way to run commands on one host. One connection a host and run. */
export interface Connection {
  /**
   * Runs one command line through the login shell of the remote user.
   * @param command one line that sh, fish and csh all read alike (libvirt/script.ts renders those)
   * @throws ConnectionError when the connection breaks, a deadline passes or too much output comes
   */
  exec(command: string): Promise<ExecResult>;
  /** Idempotent. What still runs on the connection fails with code `closed`. */
  close(): void;
}

/** What to connect to, resolved from host variables. Durations in milliseconds. */
export interface ConnectionTarget {
  readonly kind: 'ssh' | 'local';
  /** Inventory name, for messages. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** When set, this key alone is offered. */
  readonly privateKeyFile?: string | undefined;
  /** SSH_AUTH_SOCK; without it no agent is asked. */
  readonly agentSocket?: string | undefined;
  /** Offered after the agent's keys, those that exist, when `privateKeyFile` is not set. */
  readonly defaultKeyFiles?: readonly string[] | undefined;
  /** Read in this order; new keys are added to the first. */
  readonly knownHostsFiles: readonly string[];
  readonly acceptNewHostKeys: boolean;
  /** TCP connect, handshake and authentication together. */
  readonly connectTimeoutMs: number;
  /** An exec that sends nothing for this long is given up. */
  readonly idleTimeoutMs: number;
  /** An exec is given up after this, whatever it sends. */
  readonly execTimeoutMs: number;
}

/** Named outcomes of a host that could not be used at all. */
export type ConnectionErrorCode =
  | 'dns'
  | 'unreachable'
  | 'refused'
  | 'timeout'
  | 'closed'
  | 'aborted'
  | 'host_key_unknown'
  | 'host_key_changed'
  | 'host_key_revoked'
  | 'known_hosts'
  | 'auth'
  | 'key_file'
  | 'protocol'
  | 'exec_timeout'
  | 'output_too_large';

/** The host could not be reached, or was lost midway. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly code: ConnectionErrorCode;
  readonly hint: string | undefined;
  /** True when the same attempt may well succeed in a moment, e.g. a server that sheds load (MaxStartups). */
  readonly transient: boolean;
  constructor(code: ConnectionErrorCode, message: string, hint?: string, transient = false) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.transient = transient;
  }
}
