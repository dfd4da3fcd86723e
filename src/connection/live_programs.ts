import type { Login } from './login.ts';
import type { Program, ProgramEvents, Transport } from './transport.ts';

/** A program that runs, and a way to end it when the connection goes. */
export interface LiveProgram extends Program {
  /** No effect once it is over. */
  readonly fail: (error: Error) => void;
}

/** Starts programs on a login, all of which fail when it ends, and that with the reason of its end. */
export function livePrograms(
  login: Pick<Login, 'ended' | 'onEnd'>,
  start: (command: string, events: ProgramEvents) => LiveProgram,
): Transport['start'] {
  const running = new Set<LiveProgram>();
  login.onEnd((error) => {
    for (const program of [...running]) program.fail(error);
  });
  return (command, events, noInput) => {
    const ended = login.ended();
    if (ended) {
      queueMicrotask(() => events.failed(ended));
      return OVER;
    }
    const program = start(command, {
      ...events,
      ended: (code, signal) => {
        running.delete(program);
        events.ended(code, signal);
      },
      failed: (error) => {
        running.delete(program);
        events.failed(error);
      },
    });
    running.add(program);
    if (noInput) program.end();
    return {
      ...program,
      kill: () => {
        running.delete(program);
        program.kill();
      },
    };
  };
}

/** What there is of a program that can't start. */
const OVER: Program = {
  write: () => {},
  end: () => {},
  pause: () => {},
  resume: () => {},
  kill: () => {},
};
