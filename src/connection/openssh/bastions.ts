import { execFile } from 'node:child_process';
import { abortError } from '../abort.ts';
import { parseSettings, setting } from '../config/settings.ts';
import { ConnectionError, type ConnectionTarget } from '../connection.ts';
import { behind, channelError, type OpenFailure } from '../jumps/jump_errors.ts';
import { type Lease, loginKey, sharedLogins, unlessAborted } from '../jumps/shared_logins.ts';
import { newLogin } from '../login.ts';
import { withRetries } from '../persist.ts';
import type { Shared } from '../shared.ts';
import { type OpensshMaster, openMaster } from './master.ts';
import { connectMux, type Mux } from './mux.ts';
import { lengthed, uint32 } from './wire.ts';

interface OpensshBastion extends OpensshMaster {
  /** Channels on it; absent for a connection that is not virtune's own. */
  readonly mux?: () => Promise<Mux>;
}

/**
 * A part in the login of the system's ssh to a jump host, which has retries and a pace of its own. Where the user has
 * a connection to it open already (ControlPath in ssh_config), that one is used, as ssh itself would.
 */
export function leaseOpensshBastion(shared: Shared, hop: ConnectionTarget): Lease<OpensshBastion> {
  return shared.the(bastions)(hop);
}

function bastions(shared: Shared): (hop: ConnectionTarget) => Lease<OpensshBastion> {
  return sharedLogins(
    shared,
    async (hop, signal) => {
      const open = async () => withMux(await openBehind(shared, hop, signal));
      return (await usersOwn(hop)) ?? withRetries(shared, hop, signal, open);
    },
    // ssh reads its configuration itself: another file may say anything.
    (hop) => JSON.stringify([loginKey(hop), hop.sshName, hop.sshArgs]),
  );
}

/**
 * Logs in with the system's ssh, directly or through the shared login to the jump host.
 * @throws ConnectionError
 */
export async function openBehind(
  shared: Shared,
  target: ConnectionTarget,
  signal: AbortSignal | undefined,
): Promise<OpensshMaster> {
  const hop = target.jump;
  if (hop === undefined) return openMaster(shared, target, undefined, signal);
  const lease = leaseOpensshBastion(shared, hop);
  try {
    const login = lease.login.catch((error) => {
      throw behind(target, hop, error);
    });
    const givenUp = () => abortError(signal, `${target.host} was not contacted`);
    const bastion = await unlessAborted(login, signal, givenUp);
    const done = await lease.turn(signal);
    const master = await openMaster(shared, target, bastion.socket, signal)
      .finally(done)
      .catch(async (error: unknown) => {
        throw await blame(error, target, hop, bastion);
      });
    master.onEnd(lease.release);
    return master;
  } catch (error) {
    lease.release();
    throw error;
  }
}

/** What the ssh behind says when the jump host refused the channel: not why. */
const NOT_FORWARDED = /stdio forwarding (request )?failed/i;
/** When a connection goes, its end and that of what depends on it are told in any order. */
const GONE_MS = 500;

/** Whose fault a failed login is: the jump host's own words are better than those of the ssh behind it. */
async function blame(
  error: unknown,
  target: ConnectionTarget,
  hop: ConnectionTarget,
  bastion: OpensshBastion,
): Promise<unknown> {
  if (!(error instanceof ConnectionError)) return error;
  if (NOT_FORWARDED.test(error.message)) {
    const failure = await whyNotForwarded(bastion, target).catch(() => null);
    if (failure !== null) return channelError(target, hop, failure);
  }
  if (error.transient && bastion.ended() === undefined)
    await new Promise<void>((done) => {
      const timer = setTimeout(done, GONE_MS);
      bastion.onEnd(() => {
        clearTimeout(timer);
        done();
      });
    });
  const gone = bastion.ended();
  return gone !== undefined && error.transient ? behind(target, hop, gone, true) : error;
}

/** Asks the jump host once more, since ssh keeps the reason to itself. Null when it does connect now. */
async function whyNotForwarded(
  bastion: OpensshBastion,
  { address, port, connectTimeoutMs }: ConnectionTarget,
): Promise<OpenFailure | null> {
  const mux = await bastion.mux?.();
  if (mux === undefined) return null;
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), connectTimeoutMs);
    const end = (failure: OpenFailure | null) => (): void => {
      clearTimeout(timer);
      resolve(failure);
    };
    const events = {
      opened: () => {
        channel.close();
        end(null)();
      },
      refused: (failure: OpenFailure) => end(failure)(),
      closed: end(null),
    };
    const [from, fromPort] = ['127.0.0.1', 0];
    const more = [lengthed(address), uint32(port), lengthed(from), uint32(fromPort)];
    const channel = mux.open('direct-tcpip', events, ...more);
  });
}

/**
 * One connection to the socket, kept as long as the login: when one goes on which a channel was refused, ssh ends
 * altogether ("chan_send_close2: no remote_id", seen in 9.2).
 */
function withMux(master: OpensshMaster): OpensshBastion {
  let mux: Promise<Mux> | undefined;
  return {
    ...master,
    mux: () => {
      mux ??= connectMux(master.socket);
      return mux;
    },
  };
}

/** The user's own connection to a jump host, if there is one. It is left as it is at the end. */
async function usersOwn(hop: ConnectionTarget): Promise<OpensshMaster | null> {
  const socket = await controlPath(hop);
  const mux = socket === null ? null : await connectMux(socket).catch(() => null);
  if (socket === null || mux === null) return null;
  const login = newLogin(mux.close);
  mux.onClose(() =>
    login.end(
      new ConnectionError('closed', `your own connection to ${hop.host} (${socket}) ended`, undefined, true),
    ),
  );
  return { ...login, socket, changedHostKey: () => false };
}

/** A broken `Match exec` must not hold everything up for ever. */
const ASK_MS = 30_000;

function controlPath({
  user,
  port,
  sshArgs = [],
  sshName,
  address,
}: ConnectionTarget): Promise<string | null> {
  const args = ['-G', '-l', user, '-p', String(port), ...sshArgs, '--', sshName ?? address];
  return new Promise((resolve) => {
    const child = execFile('ssh', args, { timeout: ASK_MS }, (error, stdout) => {
      const settings = error === null ? parseSettings(stdout, new Set()) : null;
      resolve(setting(settings, 'controlpath') ?? null);
    });
    child.stdin?.end();
  });
}
