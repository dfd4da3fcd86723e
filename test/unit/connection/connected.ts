import { ConnectionError, type ConnectionTarget } from '../../../src/connection/connection.ts';
import { type ConnectOptions, newConnector } from '../../../src/connection/connector.ts';
import { connectOpenSsh } from '../../../src/connection/openssh/connect.ts';
import type { ExecResult, Session } from '../../../src/connection/session.ts';
import { sessionOver } from '../../../src/connection/session_over.ts';
import { newShared } from '../../../src/connection/shared.ts';
import { connectSsh } from '../../../src/connection/ssh2/connect.ts';
import type { Program, Transport } from '../../../src/connection/transport.ts';

/** The run that the connections of a test file belong to. */
export const shared = newShared();
export const connector = newConnector({ shared });

export function connect(
  target: ConnectionTarget,
  signal?: AbortSignal,
  options: ConnectOptions = {},
): Promise<Session> {
  return connector.connect(target, { signal, ...options });
}

/** By virtune's own client, without retries and deadlines of the host. */
export async function ssh2Session(target: ConnectionTarget, signal?: AbortSignal): Promise<Session> {
  return sessionOver(await connectSsh(shared, target, signal), target);
}

/** By the ssh of the system, without retries and deadlines of the host. */
export async function opensshSession(target: ConnectionTarget, signal?: AbortSignal): Promise<Session> {
  return sessionOver(await connectOpenSsh(shared, target, signal), target);
}

/** The error with which it ends, which must be one of the connection's. */
export async function failure(promise: Promise<unknown>): Promise<ConnectionError> {
  const error = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConnectionError)) throw error;
  return error;
}

export const NO_PROGRAM: Program = {
  write: () => {},
  end: () => {},
  pause: () => {},
  resume: () => {},
  kill: () => {},
};

/** A login whose commands have the outcomes that a test says. */
export function scripted(
  outcome: (command: string, stdin: string) => ExecResult | Error,
  close = () => {},
): Transport {
  return {
    withholds: () => undefined,
    close,
    start: (command, events, noInput) => {
      let stdin = '';
      const answer = (): void => {
        const result = outcome(command, stdin);
        if (result instanceof Error) {
          events.failed(result);
          return;
        }
        events.started?.();
        if (result.stdout !== '') events.stdout(Buffer.from(result.stdout));
        if (result.stderr !== '') events.stderr(Buffer.from(result.stderr));
        events.ended(result.code, result.signal);
      };
      if (noInput) queueMicrotask(answer);
      return {
        ...NO_PROGRAM,
        write: (data, done) => {
          stdin += data;
          done?.();
        },
        end: () => queueMicrotask(answer),
      };
    },
  };
}
