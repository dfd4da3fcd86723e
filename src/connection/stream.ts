import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionTarget } from './connection.ts';

/** A way to a host's sshd that is being opened. */
export interface Opening {
  /** Rejects with the error as the network, the jump host or the proxy command gives it. */
  readonly stream: Promise<Duplex>;
  /** Idempotent: before and after the opening. */
  readonly destroy: () => void;
  /** Lets what was written go out, then closes; the process need not wait for it. */
  readonly finish?: () => void;
  /** Rejects when the way itself breaks, with a better reason than the end of the stream. */
  readonly failed?: Promise<never>;
}

/** For names with several addresses: how long one may take before the next is tried. */
const ADDRESS_MS = 2_000;

/** Opens a TCP connection to the target itself. */
export function openTcp(target: ConnectionTarget): Opening {
  const { address: host, port, addressFamily: family, bindAddress: localAddress } = target;
  const socket = connectTcp({
    host,
    port,
    noDelay: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_MS,
    ...(family === undefined ? {} : { family }),
    ...(localAddress === undefined ? {} : { localAddress }),
  });
  const stream = new Promise<Duplex>((resolve, reject) => {
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
  // Whoever takes the stream listens for itself; nobody may be listening when it is given up.
  socket.on('error', () => {});
  return {
    stream,
    destroy: () => void socket.destroy(),
    finish: () => {
      socket.destroySoon();
      socket.unref();
    },
  };
}
