/** What a command on a host did. Success and failure have the same shape; a cut connection is thrown. */
export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  /** null when the command ended by a signal or the host closed the channel without a status. */
  readonly code: number | null;
  readonly signal?: string | undefined;
}

/** Programs on one host, all over one login. Each is one command line, run by the login shell of the remote user. */
export interface Session {
  /**
   * Runs a command to its end. Its output is bounded, its time is limited by the target's deadlines.
   * @param command one line that sh, fish and csh all read alike (libvirt/script.ts renders those)
   * @param stdin what the command may read, then its input ends; for what no process list may show
   * @param heard hears standard output as it comes, in any pieces; of a command that is repeated all of it, each time
   * @throws ConnectionError when the connection breaks, a deadline passes or too much output comes
   * @throws BecomeError where the host does not let the login become the user that was asked for
   */
  exec(command: string, stdin?: string, heard?: (text: string) => void): Promise<ExecResult>;
  /**
   * Starts a program that lives until it ends or is closed, and gives its lines as they come. No deadline holds for
   * it but that of its start (the target's idleTimeoutMs), and it is never started again by itself: where the
   * connection breaks, the channel ends with the error. A host with `MaxSessions 1` has room for
   * nothing beside it (code `max_sessions`).
   * @throws ConnectionError when it could not be started. A refusal to become another user ends the channel instead
   */
  open(command: string, options?: OpenOptions): Promise<Channel>;
  /** Idempotent. What still runs on the connection fails with code `closed`. */
  close(): void;
}

export interface OpenOptions {
  /** Hears what the program says on standard error, as it comes, in any pieces. */
  readonly onStderr?: (text: string) => void;
}

/** One line of standard output, without its line end. */
export interface Line {
  readonly text: string;
  /** It was longer than LINE_LIMIT: the rest of it is lost. */
  readonly cut: boolean;
}

/** Bytes of the longest line that a channel gives in full. */
export const LINE_LIMIT = 64 * 1024;

/** A program that runs on a host. */
export interface Channel {
  /**
   * Standard output, for one reader. A reader that is slow slows the program down; nothing is dropped, and little is
   * held. Ends with the program, and after `close`. Throws the error with which the channel ended, after all the lines
   * that had come before it. Stopping to read ends nothing.
   */
  readonly lines: AsyncIterable<Line>;
  /**
   * Writes to standard input. Fulfilled once the connection has taken it, which is when more may be written; never
   * rejected: what becomes of the program `lines` and `ended` say. As another user whose becoming may ask for a
   * password, input waits until the program has said `vt…:begin`, as all of virtune's programs do first.
   */
  readonly write: (text: string) => Promise<void>;
  /** Ends standard input, after what was written. */
  readonly end: () => void;
  /** How the program ended; rejected with ConnectionError or BecomeError. Nobody need listen. */
  readonly ended: Promise<ChannelEnd>;
  /** Idempotent. Ends the program: its input ends, it gets SIGTERM where the server passes that on. */
  readonly close: () => void;
}

export interface ChannelEnd {
  /** null after a signal, or when the channel was closed from this side. */
  readonly code: number | null;
  readonly signal?: string | undefined;
  /** The last of what it said on standard error. */
  readonly stderr: string;
}
