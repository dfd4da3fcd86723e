import type { Duplex } from 'node:stream';
import pLimit from 'p-limit';
import { ConnectionError, type ConnectionTarget } from './connection.ts';
import { gateKey } from './gate.ts';
import { openSshClient, type SshClient } from './ssh_client.ts';
import { type Opening, openTcp } from './stream.ts';

/** A connection to a jump host that all the hosts behind it share. */
interface Bastion {
  readonly login: Promise<SshClient>;
  /** Bounds the channels that are being opened at a time. */
  readonly limit: ReturnType<typeof pLimit>;
  users: number;
  closing?: NodeJS.Timeout;
}

/** Channels of one bastion that are being opened at a time: it connects to that many hosts at once. */
const OPENS_AT_ONCE = 16;
/** A host that does not answer the bastion holds up the next only this long. */
const OPEN_TURN_MS = 1_000;
/** A bastion that nobody uses is left after this: the next batch of hosts comes at once, if it comes. */
const LINGER_MS = 100;
/** A bastion that failed is not asked again for each of the hosts behind it. */
const FAILED_MS = 30_000;

const bastions = new Map<string, Bastion>();

/** Logs in, with retries and at the pace of the server. */
export type Retrying = <T>(target: ConnectionTarget, login: () => Promise<T>) => Promise<T>;

/** Opens the way to a target: directly, by its proxy command, or through its jump host. */
export function openWay(target: ConnectionTarget, retrying: Retrying, proxy: ProxyOpener): Promise<Opening> {
  if (target.jump !== undefined) return openThrough(target, target.jump, retrying, proxy);
  const { proxyCommand } = target;
  return Promise.resolve(proxyCommand === undefined ? openTcp(target) : proxy({ ...target, proxyCommand }));
}

export type ProxyOpener = (target: ConnectionTarget & { readonly proxyCommand: string }) => Opening;

/** @throws ConnectionError when the jump host can't be used */
async function openThrough(
  target: ConnectionTarget,
  hop: ConnectionTarget,
  retrying: Retrying,
  proxy: ProxyOpener,
): Promise<Opening> {
  const bastion = bastionFor(hop, retrying, proxy);
  bastion.users++;
  clearTimeout(bastion.closing);
  let released = false;
  const release = (): void => {
    if (released) return;
    released = true;
    if (--bastion.users === 0) bastion.closing = setTimeout(() => leave(hop, bastion), LINGER_MS);
  };
  let client: SshClient;
  try {
    client = await bastion.login;
  } catch (error) {
    release();
    throw behind(target, hop, error);
  }
  const channel = openChannel(client, target, hop, bastion);
  const destroy = (): void => {
    release();
    channel.then((stream) => stream.destroy()).catch(() => {});
  };
  channel.then((stream) => stream.once('close', release)).catch(release);
  return { stream: channel, destroy };
}

function bastionFor(hop: ConnectionTarget, retrying: Retrying, proxy: ProxyOpener): Bastion {
  const key = bastionKey(hop);
  const known = bastions.get(key);
  if (known) return known;
  const login = retrying(hop, () => openSshClient(hop, () => openWay(hop, retrying, proxy), undefined));
  const bastion: Bastion = { login, limit: pLimit(OPENS_AT_ONCE), users: 0 };
  bastions.set(key, bastion);
  const forget = (): void => {
    if (bastions.get(key) === bastion) bastions.delete(key);
  };
  login.then(
    (client) => client.onEnd(forget),
    () => setTimeout(forget, FAILED_MS).unref(),
  );
  return bastion;
}

function leave(hop: ConnectionTarget, bastion: Bastion): void {
  const key = bastionKey(hop);
  const closed = new ConnectionError('closed', `the connection to ${hop.host} is closed`);
  bastion.login.then(
    (client) => {
      if (bastion.users > 0) return;
      if (bastions.get(key) === bastion) bastions.delete(key);
      client.end(closed);
    },
    () => {},
  );
}

/** One login for hosts that would log in to it alike. */
function bastionKey(hop: ConnectionTarget): string {
  const { user, privateKeyFile, identityFiles, agentSocket, knownHostsFiles, hostKeyAlias, jump } = hop;
  const way = jump === undefined ? null : bastionKey(jump);
  return JSON.stringify([
    gateKey(hop),
    user,
    privateKeyFile,
    identityFiles,
    agentSocket,
    knownHostsFiles,
    hostKeyAlias,
    way,
  ]);
}

function openChannel(
  { client, ended }: SshClient,
  target: ConnectionTarget,
  hop: ConnectionTarget,
  { limit }: Bastion,
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const open = (): Promise<void> =>
      new Promise((nextTurn) => {
        const turn = setTimeout(nextTurn, OPEN_TURN_MS);
        const done = (): void => {
          clearTimeout(turn);
          nextTurn();
        };
        const gone = ended();
        if (gone) {
          done();
          return reject(behind(target, hop, gone));
        }
        try {
          client.forwardOut('127.0.0.1', 0, target.address, target.port, (error, stream) => {
            done();
            if (error) return reject(channelError(target, hop, error));
            stream.on('error', () => {});
            resolve(stream);
          });
        } catch (error) {
          done();
          reject(channelError(target, hop, error as Error));
        }
      });
    limit(open).catch(reject);
  });
}

/** The jump host's own outcome, told as the host's: its code, since the same mends it. */
function behind(target: ConnectionTarget, hop: ConnectionTarget, error: unknown): ConnectionError {
  if (!(error instanceof ConnectionError))
    return new ConnectionError('jump_host', `${target.host}: ${hop.host}: ${String(error)}`);
  const code = error.code === 'closed' ? 'jump_host' : error.code;
  return new ConnectionError(code, `${target.host} is behind ${hop.host}: ${error.message}`, error.hint);
}

function channelError(target: ConnectionTarget, hop: ConnectionTarget, error: Error): ConnectionError {
  const reason = /open failed: (.*)/i.exec(error.message)?.[1] ?? error.message;
  // RFC 4254 §5.1, by number or name.
  const prohibited = /^(1|ADMINISTRATIVELY_PROHIBITED)$/.test(String((error as { reason?: unknown }).reason));
  return new ConnectionError(
    prohibited ? 'jump_host' : /refused/i.test(reason) ? 'refused' : 'unreachable',
    `${hop.host} could not connect to ${target.host} (${target.address} port ${target.port}): ${reason}`,
    prohibited
      ? `its sshd forbids it: AllowTcpForwarding, PermitOpen`
      : `is it up, and can ${hop.host} reach it?`,
  );
}
