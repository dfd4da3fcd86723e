import type { ClientChannel } from 'ssh2';
import { ConnectionError, type ConnectionTarget } from '../connection.ts';
import { type LiveProgram, sessionRefused } from '../live_programs.ts';
import type { ProgramEvents } from '../transport.ts';
import type { SshClient } from './client.ts';

interface Asked {
  readonly command: string;
  readonly events: ProgramEvents;
  /** How many other programs run on the same login now. */
  readonly beside: () => number;
}

/** Starts a program on an open client. ssh2 has no deadline there, and gives a channel that comes late all the same. */
export function startProgram(
  { client, longestLine }: Pick<SshClient, 'client' | 'longestLine'>,
  target: ConnectionTarget,
  { command, events, beside }: Asked,
): LiveProgram {
  const early: (() => void)[] = [];
  let channel: ClientChannel | undefined;
  let [over, unsent, ending] = [false, 0, false];
  /** As soon as there is a channel, in order. */
  const onChannel = (act: (open: ClientChannel) => void): void => {
    if (over) return;
    if (channel) act(channel);
    else early.push(() => channel && act(channel));
  };
  const kill = (): void => {
    if (over) return;
    over = true;
    if (channel) endChannel(channel);
  };
  const fail = (error: Error): void => {
    if (over) return;
    kill();
    events.failed(error);
  };
  const begin = (error: Error | undefined, opened: ClientChannel): void => {
    if (error) {
      fail(notStarted(target, error, beside()));
      return;
    }
    // It opened after it was given up: nobody waits for it any more.
    if (over) {
      endChannel(opened);
      return;
    }
    channel = opened;
    readChannel(opened, events, (code, signal) => {
      if (over) return;
      over = true;
      events.ended(code, signal);
    });
    events.started?.();
    for (const act of early.splice(0)) act();
  };
  try {
    if (command.length > longestLine) queueMicrotask(() => fail(tooLong(target, command, longestLine)));
    else client.exec(command, begin);
  } catch (error) {
    queueMicrotask(() => fail(notStarted(target, error as Error, 0)));
  }
  /** Not end(): ssh2 would then close the channel at the program's end of output, before its exit status has come. */
  const endInput = (): void => {
    if (ending && unsent === 0) onChannel((open) => open.eof());
  };
  return {
    write: (data, done) => {
      unsent++;
      onChannel((open) =>
        open.write(data, () => {
          unsent--;
          if (!over) done?.();
          endInput();
        }),
      );
    },
    end: () => {
      ending = true;
      endInput();
    },
    pause: () => onChannel((open) => void open.pause()),
    resume: () => onChannel((open) => void open.resume()),
    kill,
    fail,
  };
}

function readChannel(
  channel: ClientChannel,
  { stdout, stderr }: ProgramEvents,
  onEnd: (code: number | null, signal: string | undefined) => void,
): void {
  let code: number | null = null;
  let signal: string | undefined;
  let open = 2;
  const end = (): void => {
    if (--open === 0) onEnd(code, signal);
  };
  channel.on('data', stdout);
  channel.stderr.on('data', stderr);
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

function tooLong({ host }: ConnectionTarget, { length }: string, most: number): ConnectionError {
  return new ConnectionError(
    'line_too_long',
    `${host} takes no command line of ${length} characters, since its SSH server is dropbear: ${most} at most`,
    "OpenSSH's sshd takes it",
  );
}

function notStarted(target: ConnectionTarget, error: Error, beside: number): ConnectionError {
  if (/open fail/i.test(error.message)) return sessionRefused(target, error.message, beside);
  return new ConnectionError('closed', `${target.host} did not start the command: ${error.message}`);
}
