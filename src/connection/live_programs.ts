import { ConnectionError, type ConnectionTarget } from './connection.ts';
import type { Login } from './login.ts';
import type { Program, ProgramEvents, Transport } from './transport.ts';

/** A program that runs, and a way to end it when the connection goes. */
export interface LiveProgram extends Program {
  /** No effect once it is over. */
  readonly fail: (error: Error) => void;
}

/** @param beside how many other programs run on the same login now */
export type StartProgram = (command: string, events: ProgramEvents, beside: () => number) => LiveProgram;

/** Starts programs on a login, all of which fail when it ends, and that with the reason of its end. */
export function livePrograms(login: Pick<Login, 'ended' | 'onEnd'>, start: StartProgram): Transport['start'] {
  const running = new Set<LiveProgram>();
  /** Those for which the server has opened a session. */
  const begun = new Set<LiveProgram>();
  const forget = (program: LiveProgram): void => {
    running.delete(program);
    begun.delete(program);
  };
  login.onEnd((error) => {
    for (const program of [...running]) program.fail(error);
  });
  return (command, events, noInput) => {
    const ended = login.ended();
    if (ended) {
      queueMicrotask(() => events.failed(ended));
      return OVER;
    }
    const heard: ProgramEvents = {
      ...events,
      started: () => {
        begun.add(program);
        events.started?.();
      },
      ended: (code, signal) => {
        forget(program);
        events.ended(code, signal);
      },
      failed: (error) => {
        forget(program);
        events.failed(error);
      },
    };
    const program = start(command, heard, () => begun.size);
    running.add(program);
    if (noInput) program.end();
    return {
      ...program,
      kill: () => {
        forget(program);
        program.kill();
      },
    };
  };
}

/** The server opened no session for a program. */
export function sessionRefused({ host }: ConnectionTarget, why: string, beside: number): ConnectionError {
  if (beside === 0)
    return new ConnectionError(
      'closed',
      `${host} did not start the command: ${why}`,
      'its sshd may limit sessions (MaxSessions), or forbid commands',
    );
  return new ConnectionError(
    'max_sessions',
    `${host} runs no more than ${beside === 1 ? '1 program' : `${beside} programs`} at once on one connection`,
    'its sshd limits them: MaxSessions in sshd_config',
  );
}

/** What there is of a program that can't start. */
const OVER: Program = {
  write: () => {},
  end: () => {},
  pause: () => {},
  resume: () => {},
  kill: () => {},
};
