import { ConnectionError, type ConnectionTarget } from '../connection.ts';
import { type LiveProgram, sessionRefused } from '../live_programs.ts';
import type { ProgramEvents } from '../transport.ts';
import type { Mux } from './mux.ts';
import type { MuxChannel } from './mux_channels.ts';
import { lengthed } from './wire.ts';

export interface MuxProgram extends LiveProgram {
  /** Fulfilled once the session is closed on both sides, which may be after the program is over. */
  readonly closed: Promise<void>;
}

/** Starts a program in a session of the connection. */
export function startMuxProgram(
  mux: Mux,
  target: ConnectionTarget,
  command: string,
  events: ProgramEvents,
  beside: () => number,
): MuxProgram {
  const early: (() => void)[] = [];
  let end: () => void = () => {};
  const closed = new Promise<void>((done) => {
    end = done;
  });
  let code: number | null = null;
  let signal: string | undefined;
  let [over, started] = [false, false];
  const kill = (): void => {
    if (over) return;
    over = true;
    // Servers that know the request (OpenSSH since 7.9) end the command; closing is for all others.
    channel.request('signal', false, lengthed('TERM'));
    channel.close();
  };
  const fail = (error: Error): void => {
    if (over) return;
    kill();
    events.failed(error);
  };
  /** Input before the command would be the shell's. */
  const onStart = (act: () => void): void => {
    if (over) return;
    if (started) act();
    else early.push(act);
  };
  const channel: MuxChannel = mux.open('session', {
    opened: () => {
      channel.request('exec', true, lengthed(command));
    },
    refused: ({ text }) => {
      end();
      fail(sessionRefused(target, text || 'the session was refused', beside()));
    },
    answered: (granted) => {
      if (!granted) return fail(notStarted(target, 'the command was refused'));
      started = true;
      if (over) return;
      events.started?.();
      for (const act of early.splice(0)) act();
    },
    data: (stream, chunk) => over || events[stream](chunk),
    exit: (status, name) => {
      code = status;
      signal = name;
    },
    closed: (lost) => {
      end();
      // The owner of a lost connection knows why, and ends what ran on it.
      if (over || lost) return;
      if (!started) return fail(notStarted(target, 'it closed the session'));
      over = true;
      events.ended(code, signal);
    },
  });
  return {
    closed,
    write: (data, done) => onStart(() => channel.send(Buffer.from(data, 'utf8'), () => over || done?.())),
    end: () => onStart(channel.end),
    pause: () => onStart(channel.pause),
    resume: () => onStart(channel.resume),
    kill,
    fail,
  };
}

function notStarted({ host }: ConnectionTarget, why: string): ConnectionError {
  return new ConnectionError(
    'closed',
    `${host} did not start the command: ${why}`,
    'its sshd may limit sessions (MaxSessions), or forbid commands',
  );
}
