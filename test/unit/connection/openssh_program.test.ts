import { describe, expect, it } from 'vitest';
import { ConnectionError } from '../../../src/connection/connection.ts';
import { muxChannels } from '../../../src/connection/openssh/mux_channels.ts';
import { startMuxProgram } from '../../../src/connection/openssh/program.ts';
import { lengthed, uint32 } from '../../../src/connection/openssh/wire.ts';
import type { ProgramEvents } from '../../../src/connection/transport.ts';
import { targetOf } from './fixtures.ts';

/** A command in a session that the test answers, by the message numbers of RFC 4254 §9. */
function setUp() {
  const sent: number[] = [];
  const { open, packet, lost } = muxChannels((bytes) => sent.push(bytes[0] ?? 0));
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const events: Partial<ProgramEvents> = {};
  const result = new Promise<unknown>((resolve, reject) => {
    Object.assign(events, {
      stdout: (chunk: Buffer) => void out.push(chunk),
      stderr: (chunk: Buffer) => void err.push(chunk),
      ended: (code: number | null) =>
        resolve({ stdout: String(Buffer.concat(out)), stderr: String(Buffer.concat(err)), code }),
      failed: reject,
    });
  });
  const mux = { open, onClose: () => {}, close: lost };
  const program = startMuxProgram(mux, targetOf(), 'a command', events as ProgramEvents, () => 0);
  program.end();
  const run = { ...program, result };
  const say = (type: number, ...more: Buffer[]): void =>
    packet(Buffer.concat([Buffer.from([type]), uint32(0), ...more]));
  return { run, sent, lost, say, confirm: () => say(91, uint32(7), uint32(9_999), uint32(9_999)) };
}

const status = (code: number) => Buffer.concat([lengthed('exit-status'), Buffer.from([0]), uint32(code)]);

describe('a command in a session', () => {
  it('gives its status and output', async () => {
    const { run, say, confirm } = setUp();
    confirm();
    say(99);
    say(94, lengthed('out'));
    say(98, status(255));
    say(97);
    expect(await run.result).toEqual({ stdout: 'out', stderr: '', code: 255 });
    await run.closed;
  });

  it('that ended with neither status nor signal is no success', async () => {
    const { run, say, confirm } = setUp();
    confirm();
    say(99);
    say(97);
    expect(await run.result).toMatchObject({ code: null });
  });

  it.each([
    ['the session is refused', [[92, uint32(1), lengthed('open failed'), lengthed('')]]],
    ['the command is refused', [[91, uint32(7), uint32(9), uint32(9)], [100]]],
    ['the session is closed', [[91, uint32(7), uint32(9), uint32(9)], [97]]],
  ] as const)('is not taken for one that ran when %s', async (_, said) => {
    const { run, say } = setUp();
    for (const [type, ...more] of said) say(type, ...more);
    await expect(run.result).rejects.toMatchObject({
      code: 'closed',
      message: expect.stringMatching(/^hv1 did not start the command: /),
    });
  });

  it('that is given up is told to end, and is over when it has', async () => {
    const { run, say, confirm, sent } = setUp();
    confirm();
    say(99);
    const given = new ConnectionError('aborted', 'enough');
    run.fail(given);
    await expect(run.result).rejects.toBe(given);
    // Open, exec, end of input, the signal, the session's end.
    expect(sent).toEqual([90, 98, 96, 98, 97]);
    let over = false;
    void run.closed.then(() => {
      over = true;
    });
    await new Promise(setImmediate);
    expect(over).toBe(false);
    say(97);
    await run.closed;
  });

  it('that was lost with its connection waits for the reason', async () => {
    const { run, confirm, lost } = setUp();
    confirm();
    lost();
    const reason = new ConnectionError('closed', 'the connection was lost');
    run.fail(reason);
    await expect(run.result).rejects.toBe(reason);
  });
});
