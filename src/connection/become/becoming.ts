import type { Secret } from '../connection.ts';
import { newMarker } from '../marker.ts';
import type { Program, ProgramEvents, Transport } from '../transport.ts';
import { type Become, becomeCommand, becomeMarks, withoutSecret } from './become.ts';
import { BEGUN, becomeRefusal } from './errors.ts';
import { questions } from './questions.ts';

/** What may come before a program has begun, and is looked at. */
const HEAD_BYTES = 64 * 1024;

/**
 * A login whose programs run as another user. Where the host refuses that, they fail with BecomeError. Their own
 * standard input reaches them whole, whether a password is asked for or not.
 */
export function becoming(transport: Transport, become: Become | null, marker = newMarker): Transport {
  if (become === null) return transport;
  return {
    ...transport,
    start: (command, events, noInput) => {
      const withheld = become.password === undefined ? undefined : transport.withholds();
      if (withheld === undefined)
        return startAs(transport, become, marker(), { command, events, noInput: noInput === true });
      queueMicrotask(() => events.failed(withheld));
      return { write: () => {}, end: () => {}, pause: () => {}, resume: () => {}, kill: () => {} };
    },
  };
}

interface Start {
  readonly command: string;
  readonly events: ProgramEvents;
  readonly noInput: boolean;
}

function startAs(
  transport: Transport,
  become: Become,
  marker: string,
  { command, events, noInput }: Start,
): Program {
  const { password } = become;
  const line = becomeCommand(command, become, marker).command;
  const asks = questions(marker);
  let said = '';
  const output = programOutput(marker, password, events, () => input?.release());
  const program = transport.start(
    line,
    {
      started: events.started,
      stdout: output.stdout,
      stderr: (chunk) => {
        output.stderr(chunk);
        if (output.begun()) return;
        said = (said + chunk.toString('utf8')).slice(-HEAD_BYTES);
        for (let count = asks(said); count > 0; count--) input?.answer();
      },
      ended: (code, signal) => {
        const refusal = output.begun()
          ? null
          : becomeRefusal({ stdout: '', stderr: said, code }, become, marker);
        if (refusal !== null) return events.failed(refusal);
        output.flush();
        events.ended(code, signal);
      },
      failed: events.failed,
    },
    noInput && password === undefined,
  );
  const input = password === undefined ? null : heldInput(program, password);
  if (noInput) input?.end();
  return input === null ? program : { ...program, write: input.write, end: input.end };
}

interface HeldInput extends Pick<Program, 'write' | 'end'> {
  /** There is a question. It is answered once: the same password might lock the account. */
  readonly answer: () => void;
  /** The program has begun: what is written now it reads itself. */
  readonly release: () => void;
}

/** Input that would be taken for the answer to a question waits until there will be none. */
function heldInput(program: Program, password: Secret): HeldInput {
  const held: (() => void)[] = [];
  let [free, answered, anything] = [false, false, false];
  const whenFree = (act: () => void): void => {
    if (free) act();
    else held.push(act);
  };
  const release = (): void => {
    free = true;
    for (const act of held.splice(0)) act();
  };
  return {
    write: (data, done) => {
      anything = true;
      whenFree(() => program.write(data, done));
    },
    end: () => whenFree(() => program.end()),
    answer: () => {
      if (free) return;
      if (answered) return program.end();
      answered = true;
      program.write(`${password()}\n`);
      // Only the end of it is held: a second question gets that.
      if (!anything && held.length > 0) release();
    },
    release,
  };
}

interface ProgramOutput extends Pick<ProgramEvents, 'stdout' | 'stderr'> {
  /** Whether the program itself has said something. */
  readonly begun: () => boolean;
  /** Gives what is held back. */
  readonly flush: () => void;
}

/**
 * What the program itself says, without the marks of becoming. Before it has begun nothing is believed to be its own:
 * a host that repeats its input must not have the password repeated.
 */
function programOutput(
  marker: string,
  password: Secret | undefined,
  events: ProgramEvents,
  onBegin: () => void,
): ProgramOutput {
  const marks = becomeMarks(marker);
  let begun = false;
  let [head, tail]: [Buffer, string] = [Buffer.alloc(0), ''];
  const own = (text: string): string => (begun ? text : withoutSecret(text, password));
  const giveHead = (): void => {
    if (head.length > 0) events.stdout(begun ? head : Buffer.from(own(head.toString('utf8'))));
    head = Buffer.alloc(0);
  };
  const giveStderr = (text: string): void => {
    const rest = own(marks(text));
    if (rest !== '') events.stderr(Buffer.from(rest));
  };
  return {
    begun: () => begun,
    stdout: (chunk) => {
      if (begun) return events.stdout(chunk);
      head = Buffer.concat([head, chunk]);
      begun = BEGUN.test(head.toString('latin1'));
      if (begun || password === undefined || head.length > HEAD_BYTES) giveHead();
      if (begun) onBegin();
    },
    stderr: (chunk) => {
      // By whole lines: a mark may come in pieces.
      tail += chunk.toString('utf8');
      const end = tail.length > HEAD_BYTES ? tail.length : tail.lastIndexOf('\n') + 1;
      giveStderr(tail.slice(0, end));
      tail = tail.slice(end);
    },
    flush: () => {
      giveHead();
      giveStderr(tail);
      tail = '';
    },
  };
}
