import { createHash } from 'node:crypto';
import pLimit from 'p-limit';
import { onceAborted } from '../abort.ts';
import { ConnectionError, type ConnectionTarget } from '../connection.ts';
import type { Login } from '../login.ts';
import type { Shared } from '../shared.ts';

/** A host's part in the login to its jump host. */
export interface Lease<L extends Login> {
  readonly login: Promise<L>;
  /**
   * Waits for a turn to go through the jump host. The turn ends when the returned function is called, or after a
   * second: a host that does not answer holds up the next only this long. No longer than until the signal fires, in
   * which case there is no turn.
   */
  readonly turn: (signal: AbortSignal | undefined) => Promise<() => void>;
  /** Idempotent. The login is left a moment after nobody has a part in it. */
  readonly release: () => void;
}

interface SharedLogin<L extends Login> {
  readonly hop: ConnectionTarget;
  readonly login: Promise<L>;
  readonly limit: ReturnType<typeof pLimit>;
  readonly giveUp: AbortController;
  users: number;
  failed: boolean;
  closing?: NodeJS.Timeout;
}

/** A jump host connects to that many hosts at once. */
const TURNS_AT_ONCE = 16;
const TURN_MS = 1_000;
/** A jump host that nobody uses is left after this: the next batch of hosts comes at once, if it comes. */
const LINGER_MS = 100;
/** A jump host that failed is not asked again for each of the hosts behind it. */
const FAILED_MS = 30_000;
/** One that refused the login might lock the account: no run asks it again, and a watch seldom. */
const REFUSED_MS = 1_200_000;
/** Different jump hosts that are being logged in to: a fleet may have as many as hosts. */
const LOGINS_AT_ONCE = 32;

/**
 * One login to each jump host for all the hosts behind it. It begins with the first of them, fails for all of them
 * alike, and ends with the last.
 * @param logIn its signal fires when nobody waits for the login any more
 * @param keyOf the same for jump hosts that one login serves
 */
export function sharedLogins<L extends Login>(
  owner: Pick<Shared, 'onClose'>,
  logIn: (hop: ConnectionTarget, signal: AbortSignal) => Promise<L>,
  keyOf: (hop: ConnectionTarget) => string = loginKey,
): (hop: ConnectionTarget) => Lease<L> {
  const all = new Map<string, SharedLogin<L>>();
  const atOnce = pLimit(LOGINS_AT_ONCE);

  const begin = (key: string, hop: ConnectionTarget): SharedLogin<L> => {
    const giveUp = new AbortController();
    const enter = (): Promise<L> => logIn(hop, giveUp.signal);
    // A further hop waits for the one before it, and must not keep that one from its turn.
    const login = hop.jump === undefined ? atOnce(enter) : enter();
    const begun: SharedLogin<L> = {
      hop,
      login,
      limit: pLimit(TURNS_AT_ONCE),
      giveUp,
      users: 0,
      failed: false,
    };
    const forget = (): void => {
      if (all.get(key) === begun) all.delete(key);
    };
    login.then(
      (client) => client.onEnd(forget),
      (error: unknown) => {
        begun.failed = true;
        const isRefusal = error instanceof ConnectionError && error.code === 'auth';
        setTimeout(forget, isRefusal ? REFUSED_MS : FAILED_MS).unref();
      },
    );
    all.set(key, begun);
    return begun;
  };

  const leave = (key: string, hop: ConnectionTarget, shared: SharedLogin<L>): void => {
    if (shared.failed) return;
    if (all.get(key) === shared) all.delete(key);
    const closed = new ConnectionError('closed', `the connection to ${hop.host} is closed`);
    shared.giveUp.abort(closed);
    shared.login.then(
      (client) => client.end(closed),
      () => {},
    );
  };

  owner.onClose(() => {
    for (const [key, one] of [...all]) leave(key, one.hop, one);
  });
  return (hop) => {
    const key = keyOf(hop);
    const shared = all.get(key) ?? begin(key, hop);
    shared.users++;
    clearTimeout(shared.closing);
    let released = false;
    return {
      login: shared.login,
      turn: (signal) => turnOf(shared, signal),
      release: () => {
        if (released) return;
        released = true;
        if (--shared.users === 0) shared.closing = setTimeout(() => leave(key, hop, shared), LINGER_MS);
      },
    };
  };
}

function turnOf(
  { limit }: { readonly limit: ReturnType<typeof pLimit> },
  signal: AbortSignal | undefined,
): Promise<() => void> {
  return new Promise((begin) => {
    const forget = onceAborted(signal, () => begin(() => {}));
    void limit(async () => {
      forget();
      if (signal?.aborted) return begin(() => {});
      await new Promise<void>((next) => {
        const timer = setTimeout(next, TURN_MS);
        begin(() => {
          clearTimeout(timer);
          next();
        });
      });
    });
  });
}

/** A promise's outcome, or a rejection with `reason()` as soon as the signal fires. */
export function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  reason: () => ConnectionError,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) reject(reason());
    const forget = onceAborted(signal, () => reject(reason()));
    promise.then(resolve, reject).finally(forget);
  });
}

/** How it is called and how patient one is with it: what hosts may say otherwise of the same jump host. */
const NOT_THE_LOGIN: ReadonlySet<string> = new Set<keyof ConnectionTarget>([
  'host',
  'sshName',
  'sshArgs',
  'attempts',
  'connectTimeoutMs',
  'handshakeTimeoutMs',
  'authTimeoutMs',
  'idleTimeoutMs',
  'execTimeoutMs',
  'hostTimeoutMs',
  'keepaliveMs',
  'keepaliveCount',
]);

/**
 * The same for hosts that would log in to it alike: by the same way, as the same user with the same secrets, and with
 * the same trust in its host key. Pure.
 */
export function loginKey(hop: ConnectionTarget): string {
  const told = Object.entries(hop).filter(([name, value]) => value !== undefined && !NOT_THE_LOGIN.has(name));
  return JSON.stringify(
    told.sort(([a], [b]) => (a < b ? -1 : 1)),
    (name, value: unknown) => {
      if (typeof value === 'function') return createHash('sha256').update(String(value())).digest('hex');
      return name === '1' && isTarget(value) ? loginKey(value) : value;
    },
  );
}

function isTarget(value: unknown): value is ConnectionTarget {
  return typeof value === 'object' && value !== null && 'knownHostsFiles' in value;
}
