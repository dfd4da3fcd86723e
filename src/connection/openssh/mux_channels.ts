import type { OpenFailure } from '../jumps/jump_errors.ts';
import { lengthed, uint32, wireReader } from './wire.ts';

/** What becomes of a channel; nothing more comes after `refused` and `closed`. */
export interface ChannelEvents {
  readonly opened: () => void;
  readonly refused: (failure: OpenFailure) => void;
  /** Answer to the one request that asked for it. */
  readonly answered?: (granted: boolean) => void;
  readonly data?: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  /** @param signal with its SIG; then there is no code */
  readonly exit?: (code: number | null, signal?: string) => void;
  /** @param lost the connection ended, not only the channel */
  readonly closed: (lost: boolean) => void;
}

/** A request has no effect before the channel is open. */
export interface MuxChannel {
  readonly request: (type: string, wantsAnswer: boolean, ...more: Buffer[]) => void;
  /** Sends as fast as the other side takes it. @param sent called when all of it has been */
  readonly send: (input: Buffer, sent?: () => void) => void;
  /** The end of input, after what is to be sent. */
  readonly end: () => void;
  /** Takes no more than the window that the other side has already. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Idempotent. */
  readonly close: () => void;
}

/** Channels of one connection (RFC 4254 §5, §6). No I/O of its own. */
export interface MuxChannels {
  /** @param more what this type of channel needs */
  readonly open: (type: 'session' | 'direct-tcpip', events: ChannelEvents, ...more: Buffer[]) => MuxChannel;
  /** Takes one packet: its type and what follows. Throws RangeError for one that is cut short. */
  readonly packet: (packet: Buffer) => void;
  /** No packet will come any more. */
  readonly lost: () => void;
}

const OPEN = 90;
const OPENED = 91;
const REFUSED = 92;
const WINDOW_ADJUST = 93;
const DATA = 94;
const EXTENDED_DATA = 95;
const EOF = 96;
const CLOSE = 97;
const REQUEST = 98;
const SUCCESS = 99;
const FAILURE = 100;

/** What the other side may send before it is told to go on. */
const WINDOW = 2 * 1024 * 1024;
const MAX_PACKET = 32_768;

interface Channel {
  readonly events: ChannelEvents;
  /** Its number on the other side, once it is open there. */
  remote?: number;
  /** What may be sent, and what waits for that. */
  window: number;
  maxPacket: number;
  readonly left: { input: Buffer; readonly sent: (() => void) | undefined }[];
  ending: boolean;
  /** Bytes that the other side was not yet told of as taken. */
  taken: number;
  paused: boolean;
  closing: boolean;
}

/** @param send sends a packet: its type and what follows */
export function muxChannels(send: (packet: Buffer) => void): MuxChannels {
  const channels = new Map<number, Channel>();
  let [next, ended] = [0, false];

  const tell = (channel: Channel, type: number, ...more: Buffer[]): void => {
    if (channel.remote !== undefined)
      send(Buffer.concat([Buffer.from([type]), uint32(channel.remote), ...more]));
  };
  const close = (channel: Channel): void => {
    if (channel.closing) return;
    // Nothing may follow a CLOSE: a server may end the connection for it.
    channel.closing = true;
    tell(channel, CLOSE);
  };
  const flush = (channel: Channel): void => {
    if (channel.remote === undefined) return;
    while (!channel.closing) {
      const [first] = channel.left;
      if (first === undefined) {
        if (channel.ending) tell(channel, EOF);
        channel.ending = false;
        return;
      }
      const size = Math.min(first.input.length, channel.window, channel.maxPacket);
      if (size === 0 && first.input.length > 0) return;
      if (size > 0) tell(channel, DATA, lengthed(first.input.subarray(0, size)));
      channel.window -= size;
      first.input = first.input.subarray(size);
      if (first.input.length > 0) continue;
      channel.left.shift();
      first.sent?.();
    }
  };
  const allowMore = (channel: Channel): void => {
    if (channel.paused || channel.closing || channel.taken < WINDOW / 2) return;
    tell(channel, WINDOW_ADJUST, uint32(channel.taken));
    channel.taken = 0;
  };

  return {
    open: (type, events, ...more) => {
      const number = next++;
      const channel: Channel = {
        events,
        window: 0,
        maxPacket: 0,
        left: [],
        ending: false,
        taken: 0,
        paused: false,
        closing: false,
      };
      channels.set(number, channel);
      if (ended) queueMicrotask(() => channels.delete(number) && events.closed(true));
      const head = [lengthed(type), uint32(number), uint32(WINDOW), uint32(MAX_PACKET)];
      send(Buffer.concat([Buffer.from([OPEN]), ...head, ...more]));
      return {
        request: (name, wantsAnswer, ...rest) => {
          if (channel.closing) return;
          tell(channel, REQUEST, lengthed(name), Buffer.from([wantsAnswer ? 1 : 0]), ...rest);
        },
        send: (input, sent) => {
          channel.left.push({ input, sent });
          flush(channel);
        },
        end: () => {
          channel.ending = true;
          flush(channel);
        },
        pause: () => {
          channel.paused = true;
        },
        resume: () => {
          channel.paused = false;
          allowMore(channel);
        },
        close: () => close(channel),
      };
    },

    packet: (packet) => {
      const read = wireReader(packet);
      const type = read.byte();
      const number = read.uint32();
      const channel = channels.get(number);
      if (channel === undefined) return;
      const { events } = channel;
      switch (type) {
        case OPENED: {
          channel.remote = read.uint32();
          channel.window = read.uint32();
          channel.maxPacket = Math.min(read.uint32(), MAX_PACKET);
          // It may have been given up before it opened.
          if (channel.closing) tell(channel, CLOSE);
          else events.opened();
          return;
        }
        case REFUSED: {
          const reason = String(read.uint32());
          const text = read.lengthed().toString('utf8');
          channels.delete(number);
          return events.refused({ reason, text });
        }
        case WINDOW_ADJUST:
          channel.window += read.uint32();
          return flush(channel);
        case DATA:
        case EXTENDED_DATA: {
          if (type === EXTENDED_DATA) read.uint32();
          const chunk = read.lengthed();
          channel.taken += chunk.length;
          allowMore(channel);
          return events.data?.(type === DATA ? 'stdout' : 'stderr', chunk);
        }
        case REQUEST: {
          const name = read.lengthed().toString('latin1');
          const wantsAnswer = read.byte() !== 0;
          if (name === 'exit-status') events.exit?.(read.uint32());
          else if (name === 'exit-signal') events.exit?.(null, `SIG${read.lengthed().toString('latin1')}`);
          // A server that probes its clients is content with any answer.
          else if (wantsAnswer && !channel.closing) tell(channel, FAILURE);
          return;
        }
        case SUCCESS:
        case FAILURE:
          return events.answered?.(type === SUCCESS);
        case CLOSE:
          close(channel);
          channels.delete(number);
          return events.closed(false);
        default:
          return;
      }
    },

    lost: () => {
      ended = true;
      const open = [...channels.values()];
      channels.clear();
      for (const { events } of open) events.closed(true);
    },
  };
}
