import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectCode, run } from './process.ts';

const SSHD = '/usr/sbin/sshd';
const ADDRESS = '127.0.0.1';

/** A real OpenSSH server that does nothing but forward. */
export interface Bastion {
  /** An ssh_config that leads to everything on the loopback through it. */
  readonly config: string;
  readonly stop: () => Promise<void>;
}

/**
 * Starts sshd on a port of the loopback, for one key and the user who runs this.
 * @returns the bastion, or why there is none
 */
export async function startBastion(dir: string, kex: string, cipher: string): Promise<Bastion | string> {
  if (!existsSync(SSHD)) return `${SSHD} is not installed`;
  await mkdir(dir, { recursive: true });
  // Where sshd goes to before a login; the package's service makes it.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
  const file = (name: string): string => join(dir, name);
  for (const key of ['host_key', 'id_ed25519'])
    expectCode(await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', file(key)]), 0, 'ssh-keygen');
  const port = await freePort();
  const [type, key] = (await readFile(file('host_key.pub'), 'utf8')).split(' ');
  await writeFile(file('known_hosts'), `[${ADDRESS}]:${port} ${type} ${key}\n`);
  const settings = [
    `ListenAddress ${ADDRESS}`,
    `Port ${port}`,
    `HostKey ${file('host_key')}`,
    `AuthorizedKeysFile ${file('id_ed25519.pub')}`,
    `PidFile ${file('sshd.pid')}`,
    `KexAlgorithms ${kex}`,
    `Ciphers ${cipher}`,
    'AllowTcpForwarding local',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    'StrictModes no',
    'UsePAM no',
  ];
  await writeFile(file('sshd_config'), `${settings.join('\n')}\n`);
  const config = file('ssh_config');
  await writeFile(
    config,
    `Host bastion
  HostName ${ADDRESS}
  Port ${port}
  User ${userInfo().username}
  IdentityFile ${file('id_ed25519')}
  IdentitiesOnly yes
  UserKnownHostsFile ${file('known_hosts')}
Host ${ADDRESS}
  ProxyJump bastion
`,
  );
  const log = ['-E', file('sshd.log')];
  const child = spawn(SSHD, ['-D', '-f', file('sshd_config'), ...log], { stdio: 'ignore' });
  const ended = once(child, 'close');
  if (!(await answers(port))) {
    child.kill();
    return `${SSHD} does not answer: ${(await readFile(file('sshd.log'), 'utf8').catch(() => '')).trim()}`;
  }
  return {
    config,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, ADDRESS);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    const socket = connect(port, ADDRESS);
    const answered = await once(socket, 'data').catch(() => null);
    socket.destroy();
    if (answered !== null) return true;
    await sleep(50);
  }
  return false;
}
