import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChannelEvents, muxChannels } from '../../../src/connection/openssh/mux_channels.ts';
import { lengthed, uint32, wireReader } from '../../../src/connection/openssh/wire.ts';

const REMOTE = 77;

/** Channels with another side that the test plays, by the message numbers of RFC 4254 §9. */
function setUp() {
  const sent: Buffer[] = [];
  const seen: string[] = [];
  const channels = muxChannels((packet) => sent.push(packet));
  const events: ChannelEvents = {
    opened: () => seen.push('opened'),
    refused: ({ reason, text }) => seen.push(`refused ${reason} ${text}`),
    answered: (granted) => seen.push(`answered ${granted}`),
    data: (stream, chunk) => seen.push(`${stream} ${chunk}`),
    exit: (code, signal) => seen.push(`exit ${code} ${signal}`),
    closed: (lost) => seen.push(`closed ${lost}`),
  };
  const say = (type: number, ...more: Buffer[]): void =>
    channels.packet(Buffer.concat([Buffer.from([type]), uint32(0), ...more]));
  return {
    channels,
    seen,
    say,
    channel: channels.open('session', events),
    confirm: (window = 1_000_000, maxPacket = 1_000_000) =>
      say(91, uint32(REMOTE), uint32(window), uint32(maxPacket)),
    /** What was sent since the last call, by type. */
    sent: () => sent.splice(0).map((packet) => ({ type: packet[0], rest: packet.subarray(5) })),
  };
}

const request = (name: string, wantsAnswer: boolean, ...more: Buffer[]): Buffer =>
  Buffer.concat([lengthed(name), Buffer.from([wantsAnswer ? 1 : 0]), ...more]);

describe('a channel', () => {
  it('tells a status from a signal from neither', () => {
    for (const [said, expected] of [
      [request('exit-status', false, uint32(255)), ['exit 255 undefined']],
      [request('exit-signal', false, lengthed('KILL')), ['exit null SIGKILL']],
      [null, []],
    ] as const) {
      const { seen, say, confirm } = setUp();
      confirm();
      if (said) say(98, said);
      say(97);
      expect(seen).toEqual(['opened', ...expected, 'closed false']);
    }
  });

  it('tells output from errors, whatever the other side sends first', () => {
    const { seen, say, confirm } = setUp();
    confirm();
    say(99);
    say(94, lengthed('out'));
    say(95, uint32(1), lengthed('err'));
    expect(seen).toEqual(['opened', 'answered true', 'stdout out', 'stderr err']);
  });

  it('tells why it was refused, and nothing more', () => {
    const { seen, say, channels } = setUp();
    say(92, uint32(1), lengthed('open failed'), lengthed(''));
    say(97);
    channels.lost();
    expect(seen).toEqual(['refused 1 open failed']);
  });

  it('answers a server that probes it', () => {
    const { say, confirm, sent } = setUp();
    confirm();
    sent();
    say(98, request('keepalive@openssh.com', true));
    expect(sent().map(({ type }) => type)).toEqual([100]);
  });

  it('that is given up before it opened is closed when it opens', () => {
    const { channel, confirm, sent, seen } = setUp();
    channel.close();
    channel.close();
    sent();
    confirm();
    expect(sent().map(({ type }) => type)).toEqual([97]);
    expect(seen).toEqual([]);
  });

  it('sends nothing after its end', () => {
    for (const byTheServer of [true, false]) {
      const { channel, confirm, say, sent } = setUp();
      confirm();
      if (byTheServer) say(97);
      else channel.close();
      expect(sent().at(-1)?.type).toBe(97);
      channel.request('signal', false, lengthed('TERM'));
      channel.send(Buffer.from('late'));
      channel.end();
      channel.close();
      say(98, request('keepalive@openssh.com', true));
      say(94, lengthed(Buffer.alloc(1_500_000)));
      expect(sent()).toEqual([]);
    }
  });

  it('ends once, when its connection does', async () => {
    const { channels, seen, say } = setUp();
    channels.lost();
    say(97);
    const late: string[] = [];
    channels.open('session', { opened: () => {}, refused: () => {}, closed: (lost) => late.push(`${lost}`) });
    await Promise.resolve();
    expect([seen, late]).toEqual([['closed true'], ['true']]);
  });

  it('sends all of its input and the end of it, never more than the other side takes', () => {
    const sizes = fc.integer({ min: 1, max: 50 });
    fc.assert(
      fc.property(
        fc.string({ maxLength: 300 }),
        sizes,
        fc.array(sizes, { minLength: 1 }),
        (input, packet, windows) => {
          const { channel, confirm, say, sent } = setUp();
          confirm(0, packet);
          sent();
          channel.send(Buffer.from(input));
          channel.end();
          let got = '';
          let ended = Buffer.from(input).length === 0;
          for (let turn = 0; !ended; turn++) {
            const window = windows[turn % windows.length] ?? 1;
            say(93, uint32(window));
            let taken = 0;
            for (const { type, rest } of sent()) {
              if (type === 96) ended = true;
              else {
                const data = wireReader(rest).lengthed();
                expect(data.length).toBeLessThanOrEqual(packet);
                taken += data.length;
                got += data.toString('latin1');
              }
            }
            expect(taken).toBeLessThanOrEqual(window);
          }
          expect(got).toBe(Buffer.from(input).toString('latin1'));
        },
      ),
    );
  });

  it('lets the other side send on for ever', () => {
    const { say, confirm, sent } = setUp();
    confirm();
    sent();
    let window = 2 * 1024 * 1024;
    for (let packet = 0; packet < 300; packet++) {
      say(94, lengthed(Buffer.alloc(32_768)));
      window -= 32_768;
      for (const { type, rest } of sent()) if (type === 93) window += rest.readUInt32BE(0);
      expect(window).toBeGreaterThan(0);
    }
  });

  it('survives anything: what can’t be read is an error of one kind', () => {
    const packets = fc.array(fc.uint8Array({ maxLength: 60 }));
    fc.assert(
      fc.property(packets, fc.array(fc.integer({ min: 90, max: 100 })), (list, types) => {
        const { channels, confirm } = setUp();
        confirm();
        for (const [index, bytes] of list.entries()) {
          const known = Buffer.concat([Buffer.from([types[index] ?? 98]), uint32(0), bytes]);
          for (const packet of [Buffer.from(bytes), known]) {
            try {
              channels.packet(packet);
            } catch (error) {
              expect(error).toBeInstanceOf(RangeError);
            }
          }
        }
      }),
    );
  });
});
