import type { Duplex } from 'node:stream';
import ssh2, { type Client, type ConnectConfig } from 'ssh2';
import { abortError, onceAborted } from '../abort.ts';
import { ConnectionError, type ConnectionTarget } from '../connection.ts';
import { hostKeyAlgorithms, hostKeyChanged, recordHostKey, refuseHostKey } from '../host_keys/host_keys.ts';
import { type Login, newLogin } from '../login.ts';
import type { Shared } from '../shared.ts';
import { connectTimeout, phaseLimit } from '../ssh_deadlines.ts';
import { type SshPhase, sshError } from '../ssh_errors.ts';
import type { Opening } from '../stream.ts';
import { type Logins, prepareLogins } from './auth.ts';
import { authHandler } from './auth_handler.ts';
import { clientAlgorithms, ignoreHostKeyUpdates, writeLater } from './tuning.ts';

/** How long the farewell to a host may take before its stream is torn down. */
const FAREWELL_MS = 1_000;

/** How long a proxy command that hung up has to say why. */
const LAST_WORDS_MS = 1_000;

const KEEPALIVE_MS = 10_000;
const KEEPALIVE_COUNT = 3;

/** A login that succeeded. */
export interface SshClient extends Login {
  readonly client: Client;
  /** Whether the host showed another key than the known one, and StrictHostKeyChecking is off. */
  readonly changedHostKey: () => boolean;
  /** Characters of the longest command line that its server takes, where that is known to be few. */
  readonly longestLine: number;
}

/** dropbear ends the connection at a longer one (MAX_CMD_LEN of its sysoptions.h), whatever was under way. */
const DROPBEAR_LINE = 9_000;

const longestLineOf = (greeting: string): number =>
  /^SSH-[\d.]+-dropbear/m.test(greeting) ? DROPBEAR_LINE : Number.POSITIVE_INFINITY;

/**
 * Logs in to an SSH server over a stream that is being opened.
 * @param signal ends the login and later the connection, at any time of its life
 * @throws ConnectionError
 */
export async function openSshClient(
  shared: Shared,
  target: ConnectionTarget,
  open: () => Opening | Promise<Opening>,
  signal: AbortSignal | undefined,
): Promise<SshClient> {
  if (signal?.aborted) throw abandoned(target, signal);
  const algorithms = clientAlgorithms(target, hostKeyAlgorithms(shared, target));
  const logins = prepareLogins(shared, target);
  const opening = await unlessAborted(target, signal, open);
  return new Promise((resolve, reject) => {
    logIn(target, { shared, algorithms, opening, logins, signal }, resolve, reject);
  });
}

/** A way that leads through a jump host may be long in coming; one that comes too late is closed. */
function unlessAborted(
  target: ConnectionTarget,
  signal: AbortSignal | undefined,
  open: () => Opening | Promise<Opening>,
): Promise<Opening> {
  return new Promise((resolve, reject) => {
    const forget = onceAborted(signal, () => reject(abandoned(target, signal)));
    Promise.resolve(open()).then(
      (opening) => {
        forget();
        if (signal?.aborted) {
          opening.stream.catch(() => {});
          opening.destroy();
        } else resolve(opening);
      },
      (error: Error) => {
        forget();
        reject(error);
      },
    );
  });
}

interface Parts {
  readonly shared: Shared;
  readonly algorithms: NonNullable<ConnectConfig['algorithms']>;
  readonly opening: Opening;
  readonly logins: Logins;
  readonly signal: AbortSignal | undefined;
}

function logIn(
  target: ConnectionTarget,
  { shared, algorithms, opening, logins, signal }: Parts,
  resolve: (client: SshClient) => void,
  reject: (error: ConnectionError) => void,
): void {
  const client = new ssh2.Client();
  let phase: SshPhase = 'connect';
  let greeting = '';
  let hostKey: Buffer | undefined;
  let changed = false;
  let deadline: NodeJS.Timeout | undefined;

  const login = newLogin((error) => {
    clearTimeout(deadline);
    forgetSignal();
    hangUp(client, opening, phase);
    reject(error);
  });
  const { end, ended } = login;
  const enter = (next: SshPhase): void => {
    phase = next;
    clearTimeout(deadline);
    const limit = phaseLimit(target, next);
    if (limit !== undefined && !ended())
      deadline = setTimeout(() => end(connectTimeout(target, phase, greeting, limit)), limit);
  };
  const forgetSignal = onceAborted(signal, () => end(abandoned(target, signal)));
  const onFailure = (error?: unknown): void => {
    // A stream ends as well where the login was ended here, and an error's trace costs more than all else of an end.
    if (ended()) return;
    if (error instanceof ConnectionError) end(error);
    else end(sshError(target, { phase, greeting, error }));
  };
  /** The way to a host that has not said a word may know why, and says so in a moment. */
  const onLoss = (error?: unknown): void => {
    if (opening.failed && greeting === '' && !ended()) setTimeout(() => onFailure(error), LAST_WORDS_MS);
    else onFailure(error);
  };
  enter('connect');
  // Once the host has spoken, the way has done its part: what ends with it is the connection.
  opening.failed?.catch((error: unknown) => (greeting === '' ? onFailure(error) : onFailure()));

  client.on('error', (error: Error & { level?: string }) => {
    // ssh2 goes on with the next key after these two.
    if (phase === 'auth' && (error.level === 'agent' || /with key/.test(error.message)))
      logins.note(error.message);
    else onLoss(error);
  });
  client.on('end', () => onLoss());
  client.on('close', () => onLoss());
  client.on('handshake', () => {
    if (phase !== 'handshake') return; // a new key exchange of an old connection
    enter('auth');
    const refusal =
      target.acceptNewHostKeys && hostKey
        ? attempt(() => recordHostKey(shared, target, hostKey as Buffer))
        : undefined;
    if (refusal) end(refusal);
  });
  client.on('ready', () => {
    if (ended()) return;
    enter('ready');
    resolve({ ...login, client, changedHostKey: () => changed, longestLine: longestLineOf(greeting) });
  });

  const begin = (stream: Duplex): void => {
    if (ended()) return;
    enter('handshake');
    writeLater(stream);
    client.connect({
      algorithms,
      sock: stream,
      username: target.user,
      readyTimeout: 0,
      keepaliveInterval: target.keepaliveMs ?? KEEPALIVE_MS,
      keepaliveCountMax: target.keepaliveCount ?? KEEPALIVE_COUNT,
      hostVerifier: (key: Buffer, verify: (good: boolean) => void) => {
        hostKey = key;
        const refusal = attempt(() => refuseHostKey(shared, target, key));
        if (refusal) end(refusal);
        else if (target.tolerateChangedHostKeys && hostKeyChanged(shared, target, key)) {
          changed = true;
          logins.withholdPasswords();
        }
        verify(refusal === undefined);
      },
      authHandler: authHandler(target, logins, end, () => ended() !== undefined, enter),
    });
    ignoreHostKeyUpdates(client);
    // After connect(), which pauses the stream: an earlier listener would take the first bytes from ssh2.
    stream.on('data', function listen(chunk: Buffer) {
      if (phase === 'handshake' && greeting.length < 1024) greeting += chunk.toString('latin1', 0, 1024);
      if (phase !== 'handshake' || greeting.includes('SSH-')) stream.off('data', listen);
    });
  };
  opening.stream.then(begin).catch(onFailure);
}

/** Says goodbye where there is someone to hear it, and lets go of the stream in bounded time. */
function hangUp(client: Client, opening: Opening, phase: SshPhase): void {
  opening.stream.catch(() => {});
  if (phase === 'connect' || phase === 'handshake') {
    opening.destroy();
    return;
  }
  try {
    client.end();
  } catch {
    // ssh2 throws when its own state is broken already.
  }
  setTimeout(opening.destroy, FAREWELL_MS).unref();
  opening.finish?.();
}

function attempt(judge: () => ConnectionError | undefined): ConnectionError | undefined {
  try {
    return judge();
  } catch (error) {
    if (error instanceof ConnectionError) return error;
    return new ConnectionError('protocol', (error as Error).message);
  }
}

function abandoned(target: ConnectionTarget, signal: AbortSignal | undefined): ConnectionError {
  return abortError(signal, `the connection to ${target.host} was given up`);
}
