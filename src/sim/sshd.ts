import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server as NetServer } from 'node:net';
import ssh2, { type Algorithms } from 'ssh2';
import type { SimHost } from './model.ts';
import type { SshFaults } from './ssh_faults.ts';
import { noFaults } from './ssh_faults.ts';
import { serveConnection } from './ssh_session.ts';

/** One simulated SSH server and the hypervisor behind it. */
export interface SimServer {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Lines of a known_hosts file. */
  readonly knownHosts: readonly string[];
  readonly host: SimHost;
  /** Change them at any time; they hold for what happens from then on. */
  readonly faults: SshFaults;
  /** What happened so far: to assert a budget of round trips. */
  readonly counts: { connections: number; execs: number };
  /** Breaks all connections that there are. */
  readonly dropAll: () => void;
}

export interface SimFleet {
  readonly hosts: readonly SimServer[];
  /** Private key of the one client that may log in, in OpenSSH's format. */
  readonly privateKey: string;
  readonly publicKey: string;
  close(): Promise<void>;
}

export interface SimFleetOptions {
  /** A host key for every host instead of one for all: costs a millisecond a host. */
  readonly ownHostKeys?: boolean;
  /** Faults by host name, there from the start. */
  readonly faults?: Readonly<Record<string, Partial<SshFaults>>>;
  /** The only algorithms that the hosts offer, by ssh2's names: whoever logs in has agreed to them. */
  readonly algorithms?: Pick<Algorithms, 'kex' | 'cipher'>;
  /** What the servers call themselves. */
  readonly software?: string;
}

const ADDRESS = '127.0.0.1';

/** As good as never. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** As on an ordinary server, fastest first. */
const ALGORITHMS: Pick<Algorithms, 'kex' | 'cipher'> = {
  kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256'],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes256-ctr'],
};

/** Starts an SSH server on a loopback port of its own for every hypervisor. */
export async function startSimFleet(
  hosts: readonly SimHost[],
  options: SimFleetOptions = {},
): Promise<SimFleet> {
  const client = newKey();
  const shared = newKey();
  const algorithms = { ...ALGORITHMS, ...options.algorithms };
  const servers: Listening[] = [];
  try {
    for (const host of hosts) {
      const faults = { ...noFaults(), ...options.faults?.[host.name] };
      const key = options.ownHostKeys === true ? newKey() : shared;
      const { software } = options;
      servers.push(await listen(host, { faults, key, clientKey: client.public, algorithms, software }));
    }
  } catch (error) {
    await Promise.all(servers.map((server) => server.close()));
    throw error;
  }
  return {
    hosts: servers.map(({ server }) => server),
    privateKey: client.private,
    publicKey: client.public,
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

interface KeyPair {
  readonly private: string;
  readonly public: string;
}

/** One in 256 keys that ssh2 1.17 makes is a byte short (its public half begins with a zero): those are thrown away. */
function newKey(): KeyPair {
  for (;;) {
    const key = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(key.public) instanceof Error)) return key;
  }
}

interface Listening {
  readonly server: SimServer;
  readonly close: () => Promise<void>;
}

interface ServerSettings {
  readonly faults: SshFaults;
  readonly key: KeyPair;
  /** The public key that may log in. */
  readonly clientKey: string;
  readonly algorithms: Algorithms;
  readonly software: string | undefined;
}

async function listen(
  host: SimHost,
  { faults, key, clientKey, algorithms, software }: ServerSettings,
): Promise<Listening> {
  const allowed = ssh2.utils.parseKey(clientKey);
  if (allowed instanceof Error) throw allowed;
  const counts = { connections: 0, execs: 0 };
  const sshServer = new ssh2.Server(
    {
      hostKeys: [key.private],
      algorithms,
      // ssh2 would ask every 15 s whether the client is there; an sshd asks for nothing unless told (ClientAliveInterval).
      keepaliveInterval: LONGEST_TIMER_MS,
      ...(software === undefined ? {} : { ident: software }),
      // ssh2 sends it before every authentication; the faults may come later, so they are read then.
      get banner() {
        return faults.banner === '' ? undefined : faults.banner;
      },
    } as ssh2.ServerConfig,
    (connection) => serveConnection(connection, { host, faults, counts, allowed }),
  );
  const sockets = new Set<Socket>();
  const net = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    counts.connections++;
    receive(socket, faults, sshServer);
  });
  const port = await open(net);
  if (faults.connect === 'refuse') net.close();
  return {
    server: {
      name: host.name,
      address: ADDRESS,
      port,
      knownHosts: [`[${ADDRESS}]:${port} ${key.public.split(' ').slice(0, 2).join(' ')}`],
      host,
      faults,
      counts,
      dropAll: () => {
        for (const socket of sockets) socket.destroy();
      },
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      if (!net.listening) return;
      net.close();
      await once(net, 'close');
    },
  };
}

async function open(net: NetServer): Promise<number> {
  net.listen(0, ADDRESS);
  await once(net, 'listening');
  return (net.address() as AddressInfo).port;
}

function receive(socket: Socket, faults: SshFaults, sshServer: ssh2.Server): void {
  switch (faults.connect) {
    case 'silent':
      socket.resume();
      return;
    case 'garbage':
      socket.end('220 mail.example.net ESMTP ready\r\n');
      return;
    case 'close':
    // A listener that is open already can only hang up at once.
    case 'refuse':
      socket.destroy();
      return;
    case 'ok':
  }
  if (faults.closeAfterBytes !== null) {
    const limit = faults.closeAfterBytes;
    let received = 0;
    socket.on('data', (data) => {
      received += data.length;
      if (received >= limit) socket.destroy();
    });
  }
  sshServer.injectSocket(socket);
}
