import { ConnectionError, type ConnectionTarget } from './connection.ts';

/** How far a connection had come when it failed. */
export type SshPhase = 'connect' | 'handshake' | 'auth' | 'person' | 'ready';

/** What is known about a failure of ssh2 or of the socket. */
export interface SshFailure {
  readonly phase: SshPhase;
  /** The first bytes that the server sent, as text; empty when it said nothing. */
  readonly greeting: string;
  /** Absent when the connection just closed. */
  readonly error?: unknown;
}

interface RawError {
  readonly message: string;
  readonly code?: string | number;
  readonly level?: string;
  readonly syscall?: string;
  readonly errors?: readonly RawError[];
}

/** SSH_MSG_DISCONNECT reasons (RFC 4253 §11.1) by which a server sheds load. */
const TOO_MANY_CONNECTIONS = 12;

const SHEDDING = /^(Exceeded MaxStartups|Not allowed at this time)/;

/** Turns what went wrong into the named outcome of the host. Pure. */
export function sshError(target: ConnectionTarget, failure: SshFailure): ConnectionError {
  const raw = rootCause(failure.error);
  const where = `${target.host} (${hostPort(target)})`;
  if (raw?.syscall === 'getaddrinfo') {
    return new ConnectionError(
      'dns',
      `${target.host}: the name ${target.address} could not be resolved (${raw.code})`,
      'check the spelling, or set ansible_host to its address',
      raw.code === 'EAI_AGAIN',
    );
  }
  if (failure.phase === 'ready') return lostLater(where, raw);
  if (typeof raw?.code === 'string') {
    const known = socketError(where, raw.code, failure);
    if (known) return known;
  }
  if (raw?.level === 'client-timeout') return silent(where, false);
  if (failure.phase === 'auth') return endedInAuth(target, where, raw);
  return badHandshake(where, raw, failure);
}

/** `address:port`, with brackets where the address needs them. */
export function hostPort(target: Pick<ConnectionTarget, 'address' | 'port'>): string {
  return target.address.includes(':')
    ? `[${target.address}]:${target.port}`
    : `${target.address}:${target.port}`;
}

function socketError(
  where: string,
  code: string,
  { phase, greeting }: SshFailure,
): ConnectionError | undefined {
  switch (code) {
    case 'ECONNREFUSED':
      return new ConnectionError(
        'refused',
        `${where} refused the connection`,
        'is sshd running on that port?',
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
    case 'ENETDOWN':
    case 'EADDRNOTAVAIL':
    case 'EACCES':
    case 'EPERM':
      return new ConnectionError(
        'unreachable',
        `there is no way to ${where} (${code})`,
        'check routes and firewalls',
      );
    // What the kernel says of a route of type blackhole.
    case 'EINVAL':
      return phase !== 'connect'
        ? undefined
        : new ConnectionError(
            'unreachable',
            `a route of this machine drops everything to ${where} (${code}: a blackhole)`,
            'ip route get ADDRESS shows it here; remove it, or go another way',
          );
    case 'EMFILE':
    case 'ENFILE':
      return new ConnectionError(
        'unreachable',
        `${where} was not contacted: this machine has no more files to open (${code})`,
        'lower --forks, or raise the limit with ulimit -n',
      );
    case 'ETIMEDOUT':
      return new ConnectionError(
        'timeout',
        `${where} did not answer (${code})`,
        'is it up, and reachable from here?',
      );
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ECONNABORTED':
      return phase === 'connect' || phase === 'handshake'
        ? droppedEarly(where, greeting)
        : lost(where, code, ' during the login');
    default:
      return undefined;
  }
}

function badHandshake(where: string, raw: RawError | undefined, { greeting }: SshFailure): ConnectionError {
  if (raw?.code === TOO_MANY_CONNECTIONS || SHEDDING.test(greeting)) return droppedEarly(where, '');
  if (raw === undefined || /Connection lost before handshake/.test(raw.message)) {
    return droppedEarly(where, greeting);
  }
  const common = /no matching (.*)/i.exec(raw.message);
  if (common) {
    const openssh = 'where ssh can reach it, so can virtune with ansible_connection: openssh';
    return new ConnectionError(
      'protocol',
      `${where} and virtune have no ${common[1]?.toLowerCase()} in common`,
      /key exchange/i.test(raw.message)
        ? `it may allow post-quantum key exchanges only: ${openssh}`
        : `the server is very old, or allows very few algorithms; ${openssh}`,
    );
  }
  if (!greeting.includes('SSH-') && greeting !== '') return notSsh(where, greeting);
  if (typeof raw.code === 'number') {
    return new ConnectionError('closed', `${where} ended the connection: ${short(raw.message)}`);
  }
  return new ConnectionError('protocol', `the SSH handshake with ${where} failed: ${short(raw.message)}`);
}

function droppedEarly(where: string, greeting: string): ConnectionError {
  if (greeting !== '' && !greeting.includes('SSH-') && !SHEDDING.test(greeting))
    return notSsh(where, greeting);
  return new ConnectionError(
    'closed',
    `${where} closed the connection before the login`,
    'its sshd may shed load (MaxStartups, PerSourcePenalties, fail2ban): try fewer --forks',
    true,
  );
}

function endedInAuth(target: ConnectionTarget, where: string, raw: RawError | undefined): ConnectionError {
  if (typeof raw?.code === 'number') {
    return new ConnectionError(
      'auth',
      `${where} refused the login as ${target.user}: ${short(raw.message)}`,
      /too many/i.test(raw.message)
        ? 'ssh-agent holds more keys than the server lets one try: set ansible_ssh_private_key_file'
        : undefined,
    );
  }
  return lost(where, raw?.message, ' during the login');
}

/** A login that had succeeded may well succeed once more. */
function lostLater(where: string, raw: RawError | undefined): ConnectionError {
  if (raw?.level === 'client-timeout' || raw?.code === 'ETIMEDOUT') return silent(where, true);
  return lost(where, typeof raw?.code === 'string' ? raw.code : raw?.message, '', true);
}

/** Not transient during a login: what counts as a failed one might lock the account. */
function lost(where: string, detail: string | undefined, when: string, transient = false): ConnectionError {
  const why = detail === undefined ? '' : ` (${short(detail)})`;
  return new ConnectionError(
    'closed',
    `the connection to ${where} was lost${when}${why}`,
    undefined,
    transient,
  );
}

function silent(where: string, transient: boolean): ConnectionError {
  const hint = 'the host or the way to it went down';
  return new ConnectionError('timeout', `${where} stopped answering`, hint, transient);
}

/** The server's first words are not those of an SSH server. */
export function notSsh(where: string, greeting: string): ConnectionError {
  return new ConnectionError(
    'protocol',
    `${where} is not an SSH server: it sent ${JSON.stringify(short(greeting))}`,
    'is ansible_port right?',
  );
}

function short(text: string): string {
  const line = text.trim().split(/[\r\n]/, 1)[0] ?? '';
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}

/** Node reports a name with several addresses as one error that holds an error per address. */
function rootCause(error: unknown): RawError | undefined {
  if (error === undefined || error === null) return undefined;
  const raw = error as RawError;
  return raw.errors?.[0] ?? raw;
}
