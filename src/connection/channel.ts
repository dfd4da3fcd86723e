import { ConnectionError, type ConnectionTarget } from './connection.ts';
import { lineSplitter } from './lines.ts';
import type { Channel, ChannelEnd, Line, OpenOptions } from './session.ts';
import type { Transport } from './transport.ts';

/** What may wait for the reader, in bytes, before the program is held back. */
const QUEUE_BYTES = 256 * 1024;

/** What of standard error the end of a channel tells. */
const STDERR_BYTES = 8 * 1024;

/** Starts a program whose lines are read as they come. @throws ConnectionError when it does not start */
export function openChannel(
  transport: Transport,
  target: ConnectionTarget,
  command: string,
  { onStderr }: OpenOptions = {},
): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const inbox = lineQueue((hold) => (hold ? program.pause() : program.resume()));
    const splitter = lineSplitter(inbox.push);
    const unwritten = new Set<() => void>();
    const end = settled<ChannelEnd>();
    let stderr = '';
    let over = false;
    /** @returns whether it was still open */
    const finish = (error?: Error): boolean => {
      if (over) return false;
      over = true;
      clearTimeout(timer);
      // Of a lost connection the last line may be half a line.
      if (error === undefined) splitter.flush();
      inbox.end(error);
      for (const done of unwritten) done();
      unwritten.clear();
      return true;
    };
    const fail = (error: Error): void => {
      if (!finish(error)) return;
      end.reject(error);
      reject(error);
    };
    const timer = setTimeout(() => {
      program.kill();
      fail(notStarted(target));
    }, target.idleTimeoutMs);
    const program = transport.start(command, {
      started: () => {
        clearTimeout(timer);
        resolve(channel);
      },
      stdout: splitter.push,
      stderr: (chunk) => {
        const text = chunk.toString('utf8');
        stderr = (stderr + text).slice(-STDERR_BYTES);
        onStderr?.(text);
      },
      ended: (code, signal) => {
        if (finish()) end.resolve({ code, ...(signal === undefined ? {} : { signal }), stderr });
      },
      failed: fail,
    });
    const channel: Channel = {
      lines: inbox.lines,
      write: (text) =>
        new Promise((written) => {
          if (over) return written();
          const done = (): void => {
            unwritten.delete(done);
            written();
          };
          unwritten.add(done);
          program.write(text, done);
        }),
      end: () => over || program.end(),
      ended: end.promise,
      close: () => {
        program.kill();
        if (finish()) end.resolve({ code: null, stderr });
      },
    };
  });
}

interface LineQueue {
  readonly push: (line: Line) => void;
  readonly end: (error?: Error) => void;
  readonly lines: AsyncIterable<Line>;
}

/** Lines that wait for their reader. @param hold told once too many wait, and when it may go on */
function lineQueue(hold: (hold: boolean) => void): LineQueue {
  let queue: Line[] = [];
  let at = 0;
  let bytes = 0;
  let held = false;
  let over: { readonly error: Error | undefined } | null = null;
  let wake: (() => void) | null = null;
  const tell = (): void => {
    wake?.();
    wake = null;
  };
  const take = (): Line | undefined => {
    const line = queue[at];
    if (line === undefined) return undefined;
    at++;
    bytes -= sizeOf(line);
    // Not shift(), which moves all that wait.
    if (at === queue.length || at > 1000) [queue, at] = [queue.slice(at), 0];
    if (held && bytes <= QUEUE_BYTES / 2) {
      held = false;
      hold(false);
    }
    return line;
  };
  const next = async (): Promise<IteratorResult<Line>> => {
    for (;;) {
      const line = take();
      if (line !== undefined) return { done: false, value: line };
      if (over?.error !== undefined) throw over.error;
      if (over !== null) return { done: true, value: undefined };
      await new Promise<void>((resume) => {
        wake = resume;
      });
    }
  };
  return {
    push: (line) => {
      queue.push(line);
      bytes += sizeOf(line);
      if (!held && over === null && bytes > QUEUE_BYTES) {
        held = true;
        hold(true);
      }
      tell();
    },
    end: (error) => {
      over = { error };
      tell();
    },
    lines: { [Symbol.asyncIterator]: () => ({ next }) },
  };
}

/** An empty line, too, takes room. */
function sizeOf({ text }: Line): number {
  return text.length + 64;
}

/** A promise that nobody need listen to. */
function settled<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
} {
  let [resolve, reject]: [(value: T) => void, (error: Error) => void] = [() => {}, () => {}];
  const promise = new Promise<T>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}

function notStarted({ host, idleTimeoutMs }: ConnectionTarget): ConnectionError {
  return new ConnectionError(
    'exec_timeout',
    `${host} did not start a program within ${idleTimeoutMs / 1000} s`,
    'the host may be overloaded; ansible_command_timeout sets how long virtune waits',
  );
}
