import type { AnyAuthMethod, ConnectConfig } from 'ssh2';
import { ConnectionError, type ConnectionTarget } from '../connection.ts';
import { type SshPhase, sshError } from '../ssh_errors.ts';
import { authError, type Logins } from './auth.ts';

/** Feeds ssh2 one login after the other. */
export function authHandler(
  target: ConnectionTarget,
  logins: Logins,
  end: (error: ConnectionError) => void,
  isEnded: () => boolean,
  enter: (phase: SshPhase) => void,
): NonNullable<ConnectConfig['authHandler']> {
  return (
    methods: readonly string[] | null,
    partial: boolean | null,
    next: (method: AnyAuthMethod) => void,
  ) => {
    const accepted = methods ?? [];
    const clock = { stop: () => enter('person'), start: () => isEnded() || enter('auth') };
    logins.next(accepted, clock).then(
      (login) => {
        if (isEnded()) return;
        enter('auth');
        if (login) next(login.method);
        else end(authError(target, logins.story, accepted, partial === true));
      },
      (error: unknown) =>
        end(
          error instanceof ConnectionError ? error : sshError(target, { phase: 'auth', greeting: '', error }),
        ),
    );
  };
}
