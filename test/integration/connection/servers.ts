import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type ServerChannel, type Connection as ServerSide } from 'ssh2';
import type { ConnectionTarget } from '../../../src/connection/connection.ts';
import { targetOf } from '../../unit/connection/fixtures.ts';

/** What a test opened; closed by `closeAll`. */
const open: (() => void)[] = [];

export function closeAll(): void {
  for (const close of open.splice(0)) close();
}

/** A TCP server that does to each connection what the test says. */
export async function tcpServer(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  open.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as { port: number }).port;
}

/** An SSH server in this process that knows one user key and answers each command as the test says. */
export async function sshServer(
  onExec: (channel: ServerChannel, command: string) => void,
  onClient: (client: ServerSide) => void = () => {},
): Promise<ConnectionTarget> {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-ssh-'));
  const host = keyPair();
  const user = keyPair();
  writeFileSync(join(dir, 'key'), user.private, { mode: 0o600 });
  const server = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => {
      if (context.method === 'publickey') context.accept();
      else context.reject(['publickey']);
    });
    onClient(client);
    client.on('session', (accept) => {
      accept().on('exec', (acceptExec, _, { command }) => onExec(acceptExec(), command));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
  const { port } = server.address() as { port: number };
  // Star: the same key is right behind the proxies of the tests, whatever their port.
  writeFileSync(join(dir, 'known_hosts'), `[127.0.0.1]:* ${host.public}\n`);
  open.push(() => {
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return targetOf({ port, privateKeyFile: join(dir, 'key'), knownHostsFiles: [join(dir, 'known_hosts')] });
}

/** ssh2 1.17 drops a leading zero byte, so that one Ed25519 pair in 128 can't be read: not those. */
function keyPair(): { private: string; public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

export interface Proxy {
  readonly port: number;
  /** From now on no byte gets through, and nobody is told. */
  readonly freeze: () => void;
}

/** Passes everything on, but cuts the connection after so many bytes from the server. */
export async function proxy(to: number, cutAfterBytes = Number.POSITIVE_INFINITY): Promise<Proxy> {
  let frozen = false;
  const port = await tcpServer((near) => {
    const far = connectTcp(to, '127.0.0.1');
    let left = cutAfterBytes;
    near.on('data', (chunk) => frozen || far.write(chunk));
    far.on('data', (chunk) => {
      if (frozen) return;
      near.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) {
        near.end();
        far.destroy();
      }
    });
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => frozen || near.end());
  });
  return {
    port,
    freeze: () => {
      frozen = true;
    },
  };
}
