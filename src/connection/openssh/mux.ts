import { connect as connectSocket } from 'node:net';
import { type MuxChannels, muxChannels } from './mux_channels.ts';
import { frameReader, lengthed, uint32, wireReader } from './wire.ts';

/** Channels on the connection that an ssh of the system keeps. */
export interface Mux {
  readonly open: MuxChannels['open'];
  /** Called once, whoever closes it. */
  readonly onClose: (callback: () => void) => void;
  /** Idempotent. ssh closes the channels that are open. */
  readonly close: () => void;
}

// PROTOCOL.mux of OpenSSH, versions since 7.4.
const HELLO = 1;
const VERSION = 4;
const PROXY = 0x1000000f;
const PROXY_GRANTED = 0x8000000f;
const PERMISSION_DENIED = 0x80000002;
const FAILURE = 0x80000003;

/** No packet of SSH is as long. */
const MAX_FRAME = 1024 * 1024;

/** An ssh that is stopped takes the connection and says nothing. */
const GREETING_MS = 10_000;

/**
 * Connects to a control socket in its proxy mode: packets of SSH's connection protocol in the clear, which the ssh that
 * listens there passes on. Unlike its sessions for other ssh this tells a signal from a status, and why a channel was
 * refused, and needs no process.
 * @throws Error when nobody listens there, or ssh refuses
 */
export function connectMux(path: string): Promise<Mux> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(path);
    const channels = muxChannels((packet) => {
      // One byte for the length of a padding that there is not.
      if (!socket.destroyed) socket.write(lengthed(Buffer.concat([Buffer.from([0]), packet])));
    });
    let ready = false;
    const silence = setTimeout(() => fail(new Error('it does not answer')), GREETING_MS);
    const fail = (error: Error): void => {
      clearTimeout(silence);
      if (!ready) reject(error);
      socket.destroy();
    };
    const greet = (frame: Buffer): void => {
      const read = wireReader(frame);
      const type = read.uint32();
      if (type === PROXY_GRANTED) {
        ready = true;
        clearTimeout(silence);
        resolve({
          open: channels.open,
          onClose: (callback) => void socket.once('close', callback),
          close: () => void socket.destroy(),
        });
      } else if (type === PERMISSION_DENIED || type === FAILURE) {
        read.uint32();
        fail(new Error(read.lengthed().toString('utf8')));
      } else if (type !== HELLO || read.uint32() !== VERSION)
        fail(new Error('it is no control socket of ssh'));
    };
    const take = frameReader(MAX_FRAME, (frame) =>
      ready ? channels.packet(frame.subarray(1)) : greet(frame),
    );
    socket.on('data', (chunk) => {
      try {
        take(chunk);
      } catch (error) {
        fail(error as Error);
      }
    });
    socket.on('error', fail);
    socket.once('close', () => {
      fail(new Error('the control socket was closed'));
      channels.lost();
    });
    socket.write(lengthed(Buffer.concat([uint32(HELLO), uint32(VERSION)])));
    socket.write(lengthed(Buffer.concat([uint32(PROXY), uint32(0)])));
  });
}
