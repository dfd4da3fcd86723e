import { ConnectionError, type ConnectionTarget } from '../connection.ts';
import { watchOutput } from '../exec_output.ts';
import type { RunningExec } from '../ssh2/exec.ts';
import type { Mux } from './mux.ts';
import { lengthed } from './wire.ts';

export interface MuxExec extends RunningExec {
  /** Fulfilled once the session is closed on both sides, which may be after the result. */
  readonly over: Promise<void>;
}

/** Runs one command in a session of the connection. The deadlines cover opening it too. */
export function startMuxExec(mux: Mux, target: ConnectionTarget, command: string, stdin?: string): MuxExec {
  let end: () => void = () => {};
  const over = new Promise<void>((done) => {
    end = done;
  });
  let abandon: (error: ConnectionError) => void = () => {};
  const result = new Promise<Awaited<RunningExec['result']>>((resolve, reject) => {
    let code: number | null = null;
    let signal: string | undefined;
    let [done, started] = [false, false];
    const fail = (error: ConnectionError): void => {
      if (done) return;
      done = true;
      output.stop();
      // Servers that know the request (OpenSSH since 7.9) end the command; closing is for all others.
      channel.request('signal', false, lengthed('TERM'));
      channel.close();
      reject(error);
    };
    abandon = fail;
    const output = watchOutput(target, fail);
    const channel = mux.open('session', {
      opened: () => {
        channel.request('exec', true, lengthed(command));
      },
      refused: ({ text }) => {
        end();
        fail(notStarted(target, text || 'the session was refused'));
      },
      answered: (granted) => {
        started = granted;
        if (granted) channel.sendAll(Buffer.from(stdin ?? '', 'utf8'));
        else fail(notStarted(target, 'the command was refused'));
      },
      data: (stream, chunk) => output[stream](chunk),
      exit: (status, name) => {
        code = status;
        signal = name;
      },
      closed: (lost) => {
        end();
        // The owner of a lost connection knows why, and abandons what ran on it.
        if (done || lost) return;
        if (!started) return fail(notStarted(target, 'it closed the session'));
        done = true;
        output.stop();
        resolve(output.result(code, signal));
      },
    });
  });
  return { result, over, abandon: (error) => abandon(error) };
}

function notStarted(target: ConnectionTarget, why: string): ConnectionError {
  return new ConnectionError(
    'closed',
    `${target.host} did not start the command: ${why}`,
    'its sshd may limit sessions (MaxSessions), or forbid commands',
  );
}
