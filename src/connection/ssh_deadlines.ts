import { ConnectionError, type ConnectionTarget } from './connection.ts';
import { hostPort, notSsh, type SshPhase } from './ssh_errors.ts';

/** How long a phase may take; undefined for one that has no end of its own. */
export function phaseLimit(target: ConnectionTarget, phase: SshPhase): number | undefined {
  switch (phase) {
    case 'connect':
      return target.connectTimeoutMs;
    case 'handshake':
      return target.handshakeTimeoutMs ?? target.connectTimeoutMs;
    case 'auth':
      return target.authTimeoutMs ?? target.connectTimeoutMs;
    default:
      return undefined;
  }
}

/** The deadline of a phase passed. */
export function connectTimeout(
  target: ConnectionTarget,
  phase: SshPhase,
  greeting: string,
  limitMs: number,
): ConnectionError {
  const where = `${target.host} (${hostPort(target)})`;
  if (phase === 'handshake' && greeting !== '' && !greeting.includes('SSH-')) return notSsh(where, greeting);
  const what = {
    connect: `did not answer${target.jump ? ` through ${target.jump.host}` : ''}`,
    handshake: 'accepted the connection but did not complete the SSH handshake',
    auth: 'did not complete the login',
    person: 'did not complete the login',
    ready: 'did not answer',
  }[phase];
  return new ConnectionError(
    'timeout',
    `${where} ${what} within ${limitMs / 1000} s`,
    phase === 'connect'
      ? 'is it up, and does a firewall let you through? ansible_timeout or --timeout sets how long virtune waits'
      : `the host may be overloaded; ansible_timeout, --timeout or virtune_${phase === 'handshake' ? 'handshake' : 'auth'}_timeout sets how long virtune waits`,
  );
}
