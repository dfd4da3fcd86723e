import { createConnection } from 'node:net';
import ssh2, { type BaseAgent, type ParsedKey } from 'ssh2';
import type { Shared } from '../shared.ts';

/** A running ssh-agent and the keys that it holds. */
export interface Agent {
  readonly keys: readonly ParsedKey[];
  /** The agent as ssh2 wants it, offering only the given keys of it. */
  readonly offering: (keys: readonly ParsedKey[]) => BaseAgent;
}

/** Long enough to ask the agent once for a burst of hosts, short enough to see a key that was just added. */
const FRESH_MS = 5_000;

/** The agents that a run has asked. */
function asked(): Map<string, { readonly until: number; readonly agent: Promise<Agent | null> }> {
  return new Map();
}

/**
 * The agent behind a socket with its keys, or null when nothing answers there. Asked once for many hosts.
 * @param socketPath SSH_AUTH_SOCK
 */
export function agentAt(shared: Shared, socketPath: string): Promise<Agent | null> {
  const cache = shared.the(asked);
  const hit = cache.get(socketPath);
  if (hit && hit.until > performance.now()) return hit.agent;
  const agent = askAgent(socketPath);
  cache.set(socketPath, { until: performance.now() + FRESH_MS, agent });
  return agent;
}

function askAgent(socketPath: string): Promise<Agent | null> {
  const agent = ssh2.createAgent(socketPath);
  // An agent that hangs must not keep the process alive: the connect deadline of the host ends the wait.
  const getStream = (done: (error: Error | null, stream?: unknown) => void): void => {
    const socket = createConnection(socketPath).unref();
    socket.once('connect', () => done(null, socket));
    socket.once('error', done);
  };
  const base = process.platform === 'win32' ? agent : derive(agent, { getStream });
  return new Promise((resolve) => {
    base.getIdentities((error, found) => {
      if (error || !found) return resolve(null);
      // Certificates and security keys, which ssh2 can't use, are not among them.
      const keys = found.flatMap((key) => parsed(key));
      resolve({
        keys,
        offering: (offered) =>
          derive(base, {
            getIdentities: (done: (error: undefined, keys: ParsedKey[]) => void) =>
              done(undefined, [...offered]),
          }),
      });
    });
  });
}

/**
 * An agent of virtune's own that holds one key, whose private half is fetched when the server has accepted it.
 * @param unlock null when there is no way to it
 */
export function lazyAgent(publicKey: ParsedKey, unlock: () => Promise<ParsedKey | null>): BaseAgent {
  const getIdentities = (done: (error: undefined, keys: ParsedKey[]) => void) => done(undefined, [publicKey]);
  const sign = (
    _: unknown,
    data: Buffer,
    options: { hash?: string } | SignDone,
    callback?: SignDone,
  ): void => {
    const done = typeof options === 'function' ? options : callback;
    const hash = typeof options === 'function' ? undefined : options.hash;
    unlock().then(
      (key) => {
        const signature: Buffer | Error | undefined = key?.sign(data, hash) as Buffer | Error | undefined;
        if (Buffer.isBuffer(signature)) done?.(null, signature);
        else done?.(signature ?? new Error('its private key stayed locked'));
      },
      (error: Error) => done?.(error),
    );
  };
  return derive(ssh2.createAgent('/nowhere'), { getIdentities, sign });
}

type SignDone = (error: Error | null, signature?: Buffer) => void;

/** ssh2 wants an instance of its own class: the same object with some methods of ours. */
function derive(agent: BaseAgent, methods: object): BaseAgent {
  return Object.assign(Object.create(agent) as BaseAgent, methods);
}

function parsed(key: unknown): ParsedKey[] {
  const result: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(key as Buffer);
  if (result instanceof Error) return [];
  return Array.isArray(result) ? result : [result];
}
