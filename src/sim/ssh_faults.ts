/** What can go wrong between a client and one simulated SSH server. May be changed at any time. */
export interface SshFaults {
  /** `refuse`: nothing listens. `silent`: accepts and says nothing. `garbage`: not SSH at all. `close`: hangs up. */
  connect: 'ok' | 'refuse' | 'silent' | 'garbage' | 'close';
  /** Hangs up after this many bytes from the client: within the key exchange at about 1,000. Null: never. */
  closeAfterBytes: number | null;
  /** No key is good enough. */
  rejectKeys: boolean;
  /** SSH's own banner, before authentication. */
  banner: string;
  /** What a login shell's profile prints before the command runs. */
  noise: { readonly stdout: string; readonly stderr: string };
  /** For the first exec of a connection, the second, and so on; the last one holds for all that follow. */
  execs: readonly ExecFault[];
  /** A longer command line ends the connection. */
  longestCommand: number;
}

export interface ExecFault {
  readonly delayMs?: number;
  /** After so many bytes of standard output the answer ends: the connection breaks, or nothing more comes. */
  readonly cut?: { readonly afterBytes: number; readonly how: 'drop' | 'hang' };
  /** Changes the answer's text. */
  readonly corrupt?: (stdout: string) => string;
  /** The same of what comes on standard error. */
  readonly corruptErrors?: (stderr: string) => string;
  /** The server refuses to run anything. */
  readonly refuse?: boolean;
  /** Ends by this signal, without an exit status. */
  readonly signal?: string;
}

export function noFaults(): SshFaults {
  return {
    connect: 'ok',
    closeAfterBytes: null,
    rejectKeys: false,
    banner: '',
    noise: { stdout: '', stderr: '' },
    execs: [],
    // RFC 4253 §6.1 promises no more.
    longestCommand: 32_768,
  };
}
