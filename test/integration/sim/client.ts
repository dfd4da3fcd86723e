import ssh2 from 'ssh2';
import type { SimFleet, SimServer } from '../../../src/sim/sshd.ts';

export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: string | undefined;
}

/** Logs in with the fleet's key; rejects as ssh2 does. */
export async function connect(
  fleet: SimFleet,
  server: SimServer,
  key = fleet.privateKey,
  cipher: ssh2.CipherAlgorithm = 'aes128-gcm@openssh.com',
): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  // One failure may come with several errors.
  client.on('error', () => {});
  client.connect({
    host: server.address,
    port: server.port,
    username: 'root',
    privateKey: key,
    readyTimeout: 2000,
    algorithms: { kex: ['curve25519-sha256'], cipher: [cipher] },
  });
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    client.once('error', reject);
    // ssh2 ends some connections without an error.
    client.once('close', () => reject(new Error('closed before it was ready')));
  });
  return client;
}

export function exec(client: ssh2.Client, command: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    client.on('error', reject);
    client.on('close', () => reject(new Error('connection closed')));
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      let stdout = '';
      let stderr = '';
      channel.on('data', (data: Buffer) => {
        stdout += data.toString();
      });
      channel.stderr.on('data', (data: Buffer) => {
        stderr += data.toString();
      });
      channel.on('close', (code: number | null, signal?: string) =>
        resolve({ stdout, stderr, code, signal }),
      );
    });
  });
}

/** Connects, runs one command and hangs up. */
export async function runOnce(fleet: SimFleet, server: SimServer, command: string): Promise<Answer> {
  const client = await connect(fleet, server);
  try {
    return await exec(client, command);
  } finally {
    client.end();
  }
}
