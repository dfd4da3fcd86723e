import { ConnectionError, type ConnectionTarget } from '../connection.ts';

/**
 * The jump host's own outcome, told as the host's: its code, since the same remedy helps.
 * @param lost the login to it had succeeded, and a new one may too
 */
export function behind(
  target: ConnectionTarget,
  hop: ConnectionTarget,
  error: unknown,
  lost = false,
): ConnectionError {
  if (!(error instanceof ConnectionError))
    return new ConnectionError('jump_host', `${target.host}: ${hop.host}: ${String(error)}`);
  const code = error.code === 'closed' ? 'jump_host' : error.code;
  return new ConnectionError(
    code,
    `${target.host} is behind ${hop.host}: ${error.message}`,
    error.hint,
    lost,
  );
}

/** What a jump host says when it does not connect to a host. */
export interface OpenFailure {
  /** By number, as a text: RFC 4254 §5.1. */
  readonly reason: string;
  readonly text: string;
}

const ADMINISTRATIVELY_PROHIBITED = '1';

export function channelError(
  target: ConnectionTarget,
  hop: ConnectionTarget,
  { reason, text }: OpenFailure,
): ConnectionError {
  const prohibited = reason === ADMINISTRATIVELY_PROHIBITED;
  return new ConnectionError(
    prohibited ? 'jump_host' : /refused/i.test(text) ? 'refused' : 'unreachable',
    `${hop.host} could not connect to ${target.host} (${target.address} port ${target.port}): ${text}`,
    prohibited
      ? `its sshd forbids it: AllowTcpForwarding, PermitOpen`
      : `is it up, and can ${hop.host} reach it?`,
  );
}
