import { $ } from 'zx/core';
import { abortError, onceAborted } from './abort.ts';
import { ConnectionError, type ConnectionTarget } from './connection.ts';
import { type LiveProgram, livePrograms } from './live_programs.ts';
import { newLogin } from './login.ts';
import type { Shared } from './shared.ts';
import type { ProgramEvents, Transport } from './transport.ts';

/**
 * "Connects" to the machine itself: programs run through /bin/sh.
 * @param signal ends what runs (code `aborted`)
 */
export async function connectLocal(
  _: Shared,
  target: ConnectionTarget,
  signal?: AbortSignal,
): Promise<Transport> {
  const interrupted = (): ConnectionError =>
    abortError(signal, `the commands on ${target.host} were given up`);
  if (signal?.aborted) throw interrupted();
  const login = newLogin(() => forget());
  const forget = onceAborted(signal, () => login.end(interrupted()));
  return {
    start: livePrograms(login, (command, events) => startShell(target, command, events)),
    withholds: () => undefined,
    close: () => login.end(new ConnectionError('closed', `the connection to ${target.host} is closed`)),
  };
}

/** What zx may keep of the output of a program that may never end. */
const NOTHING = Object.assign([], { push: () => 0 }) as never[];

function startShell(target: ConnectionTarget, command: string, events: ProgramEvents): LiveProgram {
  // Its own process group, so that all that the command started can be ended with it.
  const shell = $({
    shell: '/bin/sh',
    prefix: '',
    nothrow: true,
    quiet: true,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    store: { stdout: NOTHING, stderr: NOTHING, stdall: NOTHING },
  });
  const child = shell(asTemplate(command));
  const { stdin, stdout, stderr } = child;
  let over = false;
  const kill = (): void => {
    if (over) return;
    over = true;
    killGroup(child.pid);
    stdout.resume();
  };
  const fail = (error: Error): void => {
    if (over) return;
    kill();
    events.failed(error);
  };
  stdout.on('data', (chunk: Buffer) => over || events.stdout(chunk));
  stderr.on('data', (chunk: Buffer) => over || events.stderr(chunk));
  // A program that ends without reading its input is no error.
  stdin.on('error', () => {});
  child.child?.once('spawn', () => over || events.started?.());
  child.then(
    ({ exitCode, signal }) => {
      if (over) return;
      over = true;
      events.ended(exitCode, signal ?? undefined);
    },
    (error: Error) =>
      fail(new ConnectionError('closed', `${target.host}: /bin/sh could not be started: ${error.message}`)),
  );
  return {
    write: (data, done) => void stdin.write(data, () => over || done?.()),
    end: () => void stdin.end(),
    pause: () => void stdout.pause(),
    resume: () => void stdout.resume(),
    kill,
    fail,
  };
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
