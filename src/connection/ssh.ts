import { connect as connectTcp, type Socket } from 'node:net';
import ssh2, { type Algorithms, type AnyAuthMethod, type Client, type ConnectConfig } from 'ssh2';
import { onceAborted } from './abort.ts';
import { type Connection, ConnectionError, type ConnectionTarget } from './connection.ts';
import { hostKeyAlgorithms, recordHostKey, refuseHostKey } from './host_keys.ts';
import { authError, type Logins, prepareLogins } from './ssh_auth.ts';
import { connectTimeout, type SshPhase, sshError } from './ssh_errors.ts';
import { type RunningExec, startExec } from './ssh_exec.ts';
import { ignoreHostKeyUpdates } from './ssh2_tuning.ts';

/** Cheapest first; Diffie-Hellman groups cost up to 30 ms of CPU a handshake, so they are not offered. */
const ALGORITHMS = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
  ],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  compress: ['none'],
} satisfies Algorithms;

const KEEPALIVE = { keepaliveInterval: 10_000, keepaliveCountMax: 3 };

/** How long the farewell to a host may take before the socket is torn down. */
const FAREWELL_MS = 1_000;

/** For names with several addresses: how long one may take before the next is tried. */
const ADDRESS_MS = 2_000;

/**
 * Connects to a host over SSH and logs in.
 * @param signal ends the connection, and what runs on it, at any time of its life (code `aborted`)
 * @throws ConnectionError
 */
export async function connectSsh(target: ConnectionTarget, signal?: AbortSignal): Promise<Connection> {
  if (signal?.aborted) throw aborted(target);
  const algorithms = { ...ALGORITHMS, serverHostKey: hostKeyAlgorithms(target) };
  const logins = prepareLogins(target);
  return new Promise((resolve, reject) =>
    openLink(target, { algorithms, ...KEEPALIVE }, logins, signal, resolve, reject),
  );
}

function openLink(
  target: ConnectionTarget,
  config: ConnectConfig,
  logins: Logins,
  signal: AbortSignal | undefined,
  resolve: (connection: Connection) => void,
  reject: (error: ConnectionError) => void,
): void {
  const { address: host, port } = target;
  const socket = connectTcp({ host, port, noDelay: true, autoSelectFamilyAttemptTimeout: ADDRESS_MS });
  const client = new ssh2.Client();
  const running = new Set<RunningExec>();
  let phase: SshPhase = 'connect';
  let greeting = '';
  let hostKey: Buffer | undefined;
  let ended: ConnectionError | undefined;

  const end = (error: ConnectionError): void => {
    if (ended) return;
    ended = error;
    clearTimeout(deadline);
    forgetSignal();
    for (const exec of running) exec.abandon(error);
    hangUp(client, socket, phase);
    reject(error);
  };
  const forgetSignal = onceAborted(signal, () => end(aborted(target)));
  const onTimeout = (): void => end(connectTimeout(target, phase, greeting));
  const onFailure = (error?: unknown): void => end(sshError(target, { phase, greeting, error }));
  const deadline = setTimeout(onTimeout, target.connectTimeoutMs);

  socket.once('connect', () => {
    phase = 'handshake';
  });
  client.on('error', (error: Error & { level?: string }) => {
    // ssh2 goes on with the next key after these two.
    if (phase === 'auth' && (error.level === 'agent' || /with key/.test(error.message)))
      logins.note(error.message);
    else onFailure(error);
  });
  client.on('end', () => onFailure());
  client.on('close', () => onFailure());
  client.on('handshake', () => {
    if (phase !== 'handshake') return; // a new key exchange of an old connection
    phase = 'auth';
    const refusal =
      target.acceptNewHostKeys && hostKey
        ? attempt(() => recordHostKey(target, hostKey as Buffer))
        : undefined;
    if (refusal) end(refusal);
  });
  client.on('ready', () => {
    if (ended) return;
    phase = 'ready';
    clearTimeout(deadline);
    resolve({ exec, close: () => end(closed(target)) });
  });
  const exec: Connection['exec'] = async (command) => {
    if (ended) throw ended;
    const run = startExec(client, target, command);
    running.add(run);
    return run.result.finally(() => running.delete(run));
  };

  try {
    client.connect({
      ...config,
      sock: socket,
      username: target.user,
      readyTimeout: 0,
      hostVerifier: (key: Buffer, verify: (good: boolean) => void) => {
        hostKey = key;
        const refusal = attempt(() => refuseHostKey(target, key));
        if (refusal) end(refusal);
        verify(refusal === undefined);
      },
      authHandler: authHandler(target, logins, end, () => ended !== undefined),
    });
    ignoreHostKeyUpdates(client);
    // After connect(), which pauses the socket: an earlier listener would take the first bytes from ssh2.
    socket.on('data', function listen(chunk: Buffer) {
      if (phase === 'handshake' && greeting.length < 1024) greeting += chunk.toString('latin1', 0, 1024);
      if (phase !== 'handshake' || greeting.includes('SSH-')) socket.off('data', listen);
    });
  } catch (error) {
    onFailure(error);
  }
}

/** Feeds ssh2 one login after the other. */
function authHandler(
  target: ConnectionTarget,
  logins: Logins,
  end: (error: ConnectionError) => void,
  isEnded: () => boolean,
): NonNullable<ConnectConfig['authHandler']> {
  return (
    methods: readonly string[] | null,
    partial: boolean | null,
    next: (method: AnyAuthMethod) => void,
  ) => {
    const accepted = methods ?? [];
    const giveUp = (): void => end(authError(target, logins.story, accepted, partial === true));
    if (methods && !methods.includes('publickey')) return giveUp();
    logins.next().then(
      (login) => {
        if (isEnded()) return;
        if (login) next(login.method);
        else giveUp();
      },
      (error: unknown) =>
        end(
          error instanceof ConnectionError ? error : sshError(target, { phase: 'auth', greeting: '', error }),
        ),
    );
  };
}

/** Says goodbye where there is someone to hear it, and lets go of the socket in bounded time. */
function hangUp(client: Client, socket: Socket, phase: SshPhase): void {
  if (phase === 'connect' || phase === 'handshake') {
    socket.destroy();
    return;
  }
  try {
    client.end();
  } catch {
    // ssh2 throws when its own state is broken already.
  }
  socket.destroySoon();
  socket.unref();
  setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
}

function attempt(judge: () => ConnectionError | undefined): ConnectionError | undefined {
  try {
    return judge();
  } catch (error) {
    if (error instanceof ConnectionError) return error;
    return new ConnectionError('protocol', (error as Error).message);
  }
}

function aborted(target: ConnectionTarget): ConnectionError {
  return new ConnectionError(
    'aborted',
    `the connection to ${target.host} was given up: the run was interrupted`,
  );
}

function closed(target: ConnectionTarget): ConnectionError {
  return new ConnectionError('closed', `the connection to ${target.host} is closed`);
}
