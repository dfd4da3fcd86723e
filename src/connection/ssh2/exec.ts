import type { Client, ClientChannel } from 'ssh2';
import { ConnectionError, type ConnectionTarget, type ExecResult } from '../connection.ts';
import { watchOutput } from '../exec_output.ts';

/** A command that runs: its result, and a way to end it when the connection goes. */
export interface RunningExec {
  readonly result: Promise<ExecResult>;
  readonly abandon: (error: ConnectionError) => void;
}

/** Runs one command on an open client. The deadlines cover opening the channel too: ssh2 has none there. */
export function startExec(
  client: Client,
  target: ConnectionTarget,
  command: string,
  stdin?: string,
): RunningExec {
  const { promise, resolve, reject } = withResolvers<ExecResult>();
  let channel: ClientChannel | undefined;
  let done = false;
  const fail = (error: ConnectionError): void => {
    if (done) return;
    done = true;
    output.stop();
    if (channel) endChannel(channel);
    reject(error);
  };
  const output = watchOutput(target, fail);
  try {
    client.exec(command, (error, opened) => {
      if (error) return fail(notStarted(target, error));
      channel = opened;
      readChannel(opened, output, (code, signal) => {
        if (done) return;
        done = true;
        output.stop();
        resolve(output.result(code, signal));
      });
      // It opened after the deadline: nobody waits for it any more.
      if (done) endChannel(opened);
      // End of input at once. Not end(): ssh2 would then close the channel at the command's end of output,
      // before its exit status has come.
      else if (stdin === undefined) opened.eof();
      else opened.write(stdin, () => opened.eof());
    });
  } catch (error) {
    fail(notStarted(target, error as Error));
  }
  return { result: promise, abandon: fail };
}

function readChannel(
  channel: ClientChannel,
  output: Pick<ReturnType<typeof watchOutput>, 'stdout' | 'stderr'>,
  onEnd: (code: number | null, signal: string | undefined) => void,
): void {
  let code: number | null = null;
  let signal: string | undefined;
  let open = 2;
  const end = (): void => {
    if (--open === 0) onEnd(code, signal);
  };
  channel.on('data', output.stdout);
  channel.stderr.on('data', output.stderr);
  channel.on('exit', (status: number | null, name?: string) => {
    code = status;
    signal = name;
  });
  // `close` and not `exit`: output may still follow the exit status. Standard error ends on its own.
  channel.once('close', end);
  channel.stderr.once('end', end);
  channel.on('error', () => {});
  channel.stderr.on('error', () => {});
}

/** Servers that know the request (OpenSSH since 7.9) end the command; closing the channel is for all others. */
function endChannel(channel: ClientChannel): void {
  try {
    channel.signal('TERM');
    channel.close();
  } catch {
    // The connection is gone, and the command's channel with it.
  }
}

function notStarted(target: ConnectionTarget, error: Error): ConnectionError {
  return new ConnectionError(
    'closed',
    `${target.host} did not start the command: ${error.message}`,
    /open fail/i.test(error.message)
      ? 'its sshd may limit sessions (MaxSessions), or forbid commands'
      : undefined,
  );
}

function withResolvers<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: Error) => void;
} {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
