import { $ } from 'zx/core';
import { abortError, onceAborted } from './abort.ts';
import { type Connection, ConnectionError, type ConnectionTarget } from './connection.ts';
import { watchOutput } from './exec_output.ts';

/**
 * "Connects" to the machine itself: commands run through /bin/sh, with the deadlines and the cap of SSH.
 * @param signal ends what runs (code `aborted`)
 */
export async function connectLocal(target: ConnectionTarget, signal?: AbortSignal): Promise<Connection> {
  const running = new Set<(error: ConnectionError) => void>();
  let ended: ConnectionError | undefined;
  const end = (error: ConnectionError): void => {
    if (ended) return;
    ended = error;
    forgetSignal();
    for (const abandon of running) abandon(error);
  };
  const interrupted = (): ConnectionError =>
    abortError(signal, `the commands on ${target.host} were given up`);
  if (signal?.aborted) throw interrupted();
  const forgetSignal = onceAborted(signal, () => end(interrupted()));
  return {
    exec: async (command, stdin) => {
      if (ended) throw ended;
      return run(target, command, stdin, running);
    },
    close: () => end(new ConnectionError('closed', `the connection to ${target.host} is closed`)),
  };
}

async function run(
  target: ConnectionTarget,
  command: string,
  stdin: string | undefined,
  running: Set<(error: ConnectionError) => void>,
): ReturnType<Connection['exec']> {
  // Its own process group, so that all that the command started can be ended with it.
  const shell = $({
    shell: '/bin/sh',
    prefix: '',
    nothrow: true,
    quiet: true,
    detached: true,
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const child = shell(asTemplate(command));
  return new Promise((resolve, reject) => {
    const abandon = (error: ConnectionError): void => {
      output.stop();
      running.delete(abandon);
      killGroup(child.pid);
      reject(error);
    };
    const output = watchOutput(target, abandon);
    running.add(abandon);
    if (stdin !== undefined) {
      // A command that ends without reading its input is no error.
      child.stdin.on('error', () => {}).end(stdin);
    }
    child.stdout.on('data', output.stdout);
    child.stderr.on('data', output.stderr);
    child.then(
      ({ exitCode, signal }) => {
        output.stop();
        running.delete(abandon);
        resolve(output.result(exitCode, signal ?? undefined));
      },
      (error: Error) =>
        abandon(
          new ConnectionError('closed', `${target.host}: /bin/sh could not be started: ${error.message}`),
        ),
    );
  });
}

/** zx takes its command as a template; one piece without arguments passes as it is, nothing is quoted. */
function asTemplate(command: string): TemplateStringsArray {
  return Object.assign([command], { raw: [command] });
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}
