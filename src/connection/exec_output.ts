import { ConnectionError, type ConnectionTarget } from './connection.ts';
import type { ExecResult } from './session.ts';

/** What one exec may send, standard output and standard error together. */
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

/** Gathers what a command sends, and watches over its deadlines. */
export interface ExecOutput {
  readonly stdout: (chunk: Buffer) => void;
  readonly stderr: (chunk: Buffer) => void;
  /** Ends the watch. */
  readonly stop: () => void;
  readonly result: (code: number | null, signal?: string) => ExecResult;
}

/**
 * @param giveUp called once at most: a deadline passed, or too much was sent
 * @param limitBytes of both streams together
 */
export function watchOutput(
  target: Pick<ConnectionTarget, 'host' | 'idleTimeoutMs' | 'execTimeoutMs'>,
  giveUp: (error: ConnectionError) => void,
  limitBytes: number = OUTPUT_LIMIT_BYTES,
): ExecOutput {
  const streams: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
  let bytes = 0;
  let open = true;
  const stop = (): void => {
    open = false;
    clearTimeout(idle);
    clearTimeout(total);
  };
  const said = (): Said => ({
    stdout: Buffer.concat(streams.stdout).toString('utf8'),
    stderr: Buffer.concat(streams.stderr).toString('utf8'),
  });
  const fail = (error: ConnectionError): void => {
    stop();
    streams.stdout = [];
    streams.stderr = [];
    giveUp(error);
  };
  const idle = setTimeout(() => fail(idleTooLong(target, said())), target.idleTimeoutMs);
  const total = setTimeout(() => fail(tookTooLong(target, said())), target.execTimeoutMs);
  const take = (name: 'stdout' | 'stderr') => (chunk: Buffer) => {
    if (!open) return;
    idle.refresh();
    bytes += chunk.length;
    if (bytes > limitBytes) fail(tooMuch(target.host, limitBytes));
    else streams[name].push(chunk);
  };
  return {
    stdout: take('stdout'),
    stderr: take('stderr'),
    stop,
    result: (code, signal) => ({
      ...said(),
      code,
      ...(signal === undefined ? {} : { signal }),
    }),
  };
}

type Said = Pick<ExecResult, 'stdout' | 'stderr'>;

function idleTooLong(target: Pick<ConnectionTarget, 'host' | 'idleTimeoutMs'>, said: Said): ConnectionError {
  return new ConnectionError(
    'exec_timeout',
    `${target.host} sent nothing for ${target.idleTimeoutMs / 1000} s while a command ran`,
    'a service on it may hang (libvirtd?); ansible_command_timeout sets how long virtune waits',
    false,
    said,
  );
}

function tookTooLong(target: Pick<ConnectionTarget, 'host' | 'execTimeoutMs'>, said: Said): ConnectionError {
  return new ConnectionError(
    'exec_timeout',
    `a command on ${target.host} was not done after ${target.execTimeoutMs / 1000} s`,
    'the host may be overloaded; ansible_command_timeout raises the limit when it is longer than that',
    false,
    said,
  );
}

function tooMuch(host: string, limitBytes: number): ConnectionError {
  return new ConnectionError(
    'output_too_large',
    `a command on ${host} sent more than ${Math.floor(limitBytes / 1024 / 1024)} MiB`,
    'a login script that prints without end would do that',
  );
}
