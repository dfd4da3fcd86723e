import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Fault } from './fault.ts';
import { noLengths } from './fault.ts';
import { type Direction, type Phase, watchPhases } from './phases.ts';
import { pipe } from './pipe.ts';

/** Stands on loopback before an sshd and does to each connection what it is told to. */
export interface BadLine {
  readonly port: number;
  /** Connections so far, by what became of them. */
  readonly connections: readonly Passed[];
  /** Breaks off what is left. */
  readonly release: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface Passed {
  readonly fault: Fault | null;
  /** The fault really happened: the connection lived to its place. */
  harmed: boolean;
  /** Bytes that came in. */
  readonly lengths: Record<Direction, Record<Phase, number>>;
}

/** @param draw says what is to happen to the next connection */
export async function startBadLine(
  upstream: { readonly host: string; readonly port: number },
  draw: () => Fault | null,
): Promise<BadLine> {
  const connections: Passed[] = [];
  const open = new Set<Socket>();
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // Breaking off is what this is for.
    socket.on('error', () => {});
  };
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    keep(client);
    const passed: Passed = { fault: draw(), harmed: false, lengths: noLengths() };
    connections.push(passed);
    if (passed.fault?.phase === 'connect') {
      passed.harmed = true;
      hangUp(client, passed.fault.harm.how);
      return;
    }
    const host = connect({ ...upstream, noDelay: true, allowHalfOpen: true });
    keep(host);
    join(client, host, passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const release = async (): Promise<void> => {
    const ends = [...open].map((socket) => once(socket, 'close'));
    for (const socket of open) socket.destroy();
    await Promise.all(ends);
  };
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    release,
    close: async () => {
      server.close();
      await release();
    },
  };
}

function join(client: Socket, host: Socket, passed: Passed): void {
  const watch = watchPhases();
  const fault = passed.fault?.phase === 'connect' ? null : passed.fault;
  const cut = (how: 'fin' | 'rst'): void => {
    for (const socket of [client, host]) hangUp(socket, how);
  };
  const pipes = {
    up: pipe(client, host, cut),
    down: pipe(host, client, cut),
  };
  const onData = (direction: Direction) => (chunk: Buffer) => {
    for (const { phase, bytes } of watch(direction, chunk)) {
      const seen = passed.lengths[direction][phase];
      passed.lengths[direction][phase] += bytes.length;
      const here = !passed.harmed && fault?.phase === phase && fault.direction === direction;
      const at = here ? fault.at - seen : bytes.length;
      if (!here || at >= bytes.length) {
        pipes[direction].pass(bytes);
        continue;
      }
      passed.harmed = true;
      pipes[direction].pass(bytes.subarray(0, at));
      if (fault.harm.kind === 'stall' && fault.harm.both)
        for (const each of Object.values(pipes)) each.harm({ kind: 'stall', both: true }, Buffer.alloc(0));
      pipes[direction].harm(fault.harm, bytes.subarray(at));
    }
  };
  client.on('data', onData('up'));
  host.on('data', onData('down'));
}

/** FIN after what was written, or RST. */
function hangUp(socket: Socket, how: 'fin' | 'rst'): void {
  if (how === 'rst') {
    const reset = (): void => void socket.resetAndDestroy();
    // While its FIN is on the way Node resets none (EINVAL), and never tells of the end of a socket that it was to.
    if (socket.writableEnded && !socket.writableFinished) socket.once('finish', reset);
    else reset();
    return;
  }
  // Whatever still comes is read, or closing would send a RST after all.
  socket.removeAllListeners('data').resume();
  socket.end(() => setTimeout(() => socket.destroy(), 50).unref());
}
