import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect as connectTcp, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { ConnectionTarget } from '../../../src/connection/connection.ts';

/** A real sshd of the current user on loopback, with its own keys and files. */
export interface TestSshd {
  readonly dir: string;
  readonly port: number;
  readonly target: (changes?: Partial<ConnectionTarget>) => ConnectionTarget;
  readonly file: (name: string, text?: string) => string;
  /** Lets a public key log in. */
  readonly authorize: (publicKeyFile: string) => void;
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

/** Where sshd is, or null. */
export function sshdBinary(): string | null {
  return (
    ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/lib/ssh/sshd'].find((path) => existsSync(path)) ?? null
  );
}

export function keygen(path: string, type = 'ed25519', passphrase = ''): string {
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'test', '-f', path]);
  return path;
}

/** Below those that the system gives out by itself: other servers, which start meanwhile, do not take it. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const free = await new Promise<boolean>((done) => {
      server.once('error', () => done(false)).listen(port, '127.0.0.1', () => done(true));
    });
    if (!free) continue;
    await new Promise((done) => server.close(done));
    return port;
  }
}

/**
 * OpenSSH's server.
 * @param extra lines for sshd_config, which win over the usual ones
 * @param addresses to listen on besides 127.0.0.1
 */
export function startSshd(
  extra: readonly string[] = [],
  hostKeys: readonly string[] = ['ed25519'],
  addresses: readonly string[] = [],
): Promise<TestSshd> {
  return startServer(hostKeys, ({ dir, port, log }) => {
    const config = [
      ...extra,
      `Port ${port}`,
      ...['127.0.0.1', ...addresses].map((address) => `ListenAddress ${address}`),
      ...hostKeys.map((type) => `HostKey ${join(dir, `host_${type}`)}`),
      `AuthorizedKeysFile ${join(dir, 'authorized_keys')}`,
      `PidFile ${join(dir, 'pid')}`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      'MaxStartups 200',
      'LogLevel VERBOSE',
    ];
    writeFileSync(join(dir, 'sshd_config'), `${config.join('\n')}\n`);
    // The privilege separation folder, which the package's service would make.
    if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
    return [sshdBinary() as string, '-D', '-f', join(dir, 'sshd_config'), '-E', log];
  });
}

interface ServerFiles {
  /** Holds `host_TYPE`, `user_key`, `authorized_keys`, `known_hosts`. */
  readonly dir: string;
  readonly port: number;
  readonly log: string;
}

/** Makes keys and files, starts a server in the foreground that uses them, and waits until it listens. */
export async function startServer(
  hostKeys: readonly string[],
  commandFor: (files: ServerFiles) => readonly [program: string, ...args: string[]],
): Promise<TestSshd> {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-sshd-'));
  keygen(join(dir, 'user_key'));
  for (const type of hostKeys) keygen(join(dir, `host_${type}`), type);
  const port = await freePort();
  const publicKeys = readFileSync(join(dir, 'user_key.pub'), 'utf8');
  writeFileSync(join(dir, 'authorized_keys'), publicKeys, { mode: 0o600 });
  const known = hostKeys.map(
    (type) => `[127.0.0.1]:${port} ${readFileSync(join(dir, `host_${type}.pub`), 'utf8')}`,
  );
  writeFileSync(join(dir, 'known_hosts'), known.join(''));
  const log = join(dir, 'log');
  writeFileSync(log, '');
  const [program, ...args] = commandFor({ dir, port, log });
  const child = spawn(program, args, { stdio: 'ignore' });
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  await untilListening(port, () => child.exitCode !== null, log);
  return {
    dir,
    port,
    target: (changes = {}) => ({
      kind: 'ssh',
      host: 'hv1',
      address: '127.0.0.1',
      port,
      user: userInfo().username,
      privateKeyFile: join(dir, 'user_key'),
      knownHostsFiles: [join(dir, 'known_hosts')],
      acceptNewHostKeys: false,
      connectTimeoutMs: 20_000,
      idleTimeoutMs: 20_000,
      execTimeoutMs: 60_000,
      ...changes,
    }),
    file: (name, text) => {
      if (text !== undefined) writeFileSync(join(dir, name), text);
      return join(dir, name);
    },
    authorize: (publicKeyFile) => appendFileSync(join(dir, 'authorized_keys'), readFileSync(publicKeyFile)),
    log: () => readFileSync(log, 'utf8'),
    stop: async () => {
      child.kill();
      await exited;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function untilListening(port: number, gone: () => boolean, log: string): Promise<void> {
  for (;;) {
    if (gone()) throw new Error(`sshd did not start:\n${readFileSync(log, 'utf8')}`);
    const up = await new Promise<boolean>((done) => {
      const socket = connectTcp(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        done(true);
      });
      socket.once('error', () => done(false));
    });
    if (up) return;
    await new Promise((done) => setTimeout(done, 50));
  }
}
