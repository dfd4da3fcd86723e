import type { Duplex } from 'node:stream';
import { abortError } from '../abort.ts';
import type { ConnectionTarget } from '../connection.ts';
import { behind, channelError } from '../jumps/jump_errors.ts';
import { openProxyCommand } from '../jumps/proxy_command.ts';
import { type Lease, sharedLogins, unlessAborted } from '../jumps/shared_logins.ts';
import { withRetries } from '../persist.ts';
import type { Shared } from '../shared.ts';
import { type Opening, openTcp } from '../stream.ts';
import { openSshClient, type SshClient } from './client.ts';

/**
 * A part in virtune's own login to a jump host. No host's own deadline or interruption ends that login, which has
 * retries and a pace of its own.
 */
export function leaseBastion(shared: Shared, hop: ConnectionTarget): Lease<SshClient> {
  return shared.the(bastions)(hop);
}

function bastions(shared: Shared): (hop: ConnectionTarget) => Lease<SshClient> {
  return sharedLogins(shared, (hop, signal) => {
    const open = () => openRoute(shared, hop, signal);
    return withRetries(shared, hop, signal, () => openSshClient(shared, hop, open, signal));
  });
}

/**
 * Opens the way to a target: directly, by its proxy command, or through its jump host.
 * @param signal ends the wait for the jump host
 */
export function openRoute(
  shared: Shared,
  target: ConnectionTarget,
  signal: AbortSignal | undefined,
): Promise<Opening> {
  if (target.jump !== undefined) return openThrough(shared, target, target.jump, signal);
  const { proxyCommand } = target;
  return Promise.resolve(
    proxyCommand === undefined ? openTcp(target) : openProxyCommand(shared, { ...target, proxyCommand }),
  );
}

/** @throws ConnectionError when the jump host can't be used */
async function openThrough(
  shared: Shared,
  target: ConnectionTarget,
  hop: ConnectionTarget,
  signal: AbortSignal | undefined,
): Promise<Opening> {
  const lease = leaseBastion(shared, hop);
  const begin = async (): Promise<{ readonly client: SshClient; readonly done: () => void }> => {
    const login = lease.login.catch((error) => {
      throw behind(target, hop, error);
    });
    const givenUp = () => abortError(signal, `${target.host} was not contacted`);
    const client = await unlessAborted(login, signal, givenUp);
    // Before the way is there to be waited for: whoever stands in the queue is not late yet.
    const done = await lease.turn(signal);
    if (!signal?.aborted) return { client, done };
    done();
    throw givenUp();
  };
  const { client, done } = await begin().catch((error: unknown) => {
    lease.release();
    throw error;
  });
  const channel = openChannel(client, target, hop, done);
  const destroy = (): void => {
    lease.release();
    channel.then((stream) => stream.destroy()).catch(() => {});
  };
  channel.then((stream) => stream.once('close', lease.release)).catch(lease.release);
  return { stream: channel, destroy };
}

/** @param done ends the turn to go through the jump host */
async function openChannel(
  { client, ended, onEnd }: SshClient,
  target: ConnectionTarget,
  hop: ConnectionTarget,
  done: () => void,
): Promise<Duplex> {
  const gone = ended();
  if (gone) {
    done();
    throw behind(target, hop, gone, true);
  }
  return new Promise<Duplex>((resolve, reject) => {
    const fail = (error: Error): void => reject(channelError(target, hop, failureOf(error)));
    onEnd((error) => reject(behind(target, hop, error, true)));
    try {
      client.forwardOut('127.0.0.1', 0, target.address, target.port, (error, stream) => {
        done();
        if (error) return fail(error);
        stream.on('error', () => {});
        resolve(stream);
      });
    } catch (error) {
      done();
      fail(error as Error);
    }
  });
}

/** ssh2 gives the reason by number or by name. */
function failureOf(error: Error): { reason: string; text: string } {
  const reason = String((error as { reason?: unknown }).reason);
  return {
    reason: reason === 'ADMINISTRATIVELY_PROHIBITED' ? '1' : reason,
    text: /open failed: (.*)/i.exec(error.message)?.[1] ?? error.message,
  };
}
