import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConnectionError, type ConnectionTarget } from '../../../src/connection/connection.ts';
import { sharedLogins } from '../../../src/connection/jumps/shared_logins.ts';
import type { Login } from '../../../src/connection/login.ts';
import { newShared } from '../../../src/connection/shared.ts';
import { targetOf } from './fixtures.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const SICK = new ConnectionError('timeout', 'it did not answer');

/** Logins that the test lets succeed or fail; by number, in the order in which they began. */
function setUp() {
  const begun: {
    hop: ConnectionTarget;
    settle: (error?: Error) => void;
    signal: AbortSignal;
    login: Login;
  }[] = [];
  const ends: string[] = [];
  const owner = newShared();
  const lease = sharedLogins<Login>(owner, (hop, signal) => {
    let ended: ConnectionError | undefined;
    const listeners: ((error: ConnectionError) => void)[] = [];
    const login: Login = {
      ended: () => ended,
      onEnd: (callback) => void listeners.push(callback),
      end: (error) => {
        if (ended) return;
        ended = error;
        ends.push(hop.host);
        for (const tell of listeners) tell(error);
      },
    };
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      begun.push({ hop, signal, login, settle: (error) => (error ? reject(error) : resolve(login)) });
    });
  });
  return { lease, begun, ends, owner };
}

/** Until what was asked for has begun. */
const soon = () => vi.advanceTimersByTimeAsync(0);

const hop = (changes: Partial<ConnectionTarget> = {}) => targetOf({ host: 'bastion', ...changes });

describe('the login to a jump host', () => {
  it('is one for all, whenever they come, and ends a moment after the last', async () => {
    const { lease, begun, ends } = setUp();
    const early = Array.from({ length: 50 }, () => lease(hop()));
    await soon();
    begun[0]?.settle();
    const logins = await Promise.all(early.map((each) => each.login));
    const late = lease(hop());
    expect(new Set([...logins, await late.login]).size).toBe(1);
    for (const each of early) each.release();
    for (const each of early) each.release();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ends).toEqual([]);
    late.release();
    await vi.advanceTimersByTimeAsync(50);
    const next = lease(hop());
    await vi.advanceTimersByTimeAsync(10_000);
    expect([begun.length, ends]).toEqual([1, []]);
    next.release();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ends).toEqual(['bastion']);
    lease(hop());
    await soon();
    expect(begun).toHaveLength(2);
  });

  it('fails for all of them alike, and for those that come soon after, without another try', async () => {
    const { lease, begun } = setUp();
    const first = lease(hop());
    const failed = expect(first.login).rejects.toBe(SICK);
    await soon();
    begun[0]?.settle(SICK);
    await failed;
    first.release();
    await vi.advanceTimersByTimeAsync(20_000);
    await expect(lease(hop()).login).rejects.toBe(SICK);
    expect(begun).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(20_000);
    lease(hop());
    await soon();
    expect(begun).toHaveLength(2);
  });

  it('is not tried again for the next hosts where it was refused: that might lock the account', async () => {
    const { lease, begun } = setUp();
    const failed = expect(lease(hop()).login).rejects.toMatchObject({ code: 'auth' });
    await soon();
    begun[0]?.settle(new ConnectionError('auth', 'it refused the login'));
    await failed;
    await vi.advanceTimersByTimeAsync(19 * 60_000);
    await expect(lease(hop()).login).rejects.toMatchObject({ code: 'auth' });
    expect(begun).toHaveLength(1);
    // A watch goes on for months.
    await vi.advanceTimersByTimeAsync(2 * 60_000);
    lease(hop());
    await soon();
    expect(begun).toHaveLength(2);
  });

  it('is given up when nobody waits for it any more, which is no failure', async () => {
    const { lease, begun } = setUp();
    const waiting = lease(hop());
    waiting.login.catch(() => {});
    waiting.release();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(begun[0]?.signal.aborted).toBe(true);
    const next = lease(hop());
    await soon();
    begun[1]?.settle();
    await next.login;
  });

  it('is a new one when the old one was lost', async () => {
    const { lease, begun } = setUp();
    const first = lease(hop());
    await soon();
    begun[0]?.settle();
    (await first.login).end(new ConnectionError('closed', 'lost'));
    lease(hop());
    await soon();
    expect(begun).toHaveLength(2);
  });

  it('is the same for hosts that give themselves another time, or name it otherwise', async () => {
    const { lease, begun } = setUp();
    for (const changes of [
      {},
      { host: 'alias', sshName: 'alias' },
      { connectTimeoutMs: 1, handshakeTimeoutMs: 1, authTimeoutMs: 1, idleTimeoutMs: 1, execTimeoutMs: 1 },
      { password: undefined },
    ])
      lease(hop(changes));
    await soon();
    expect(begun).toHaveLength(1);
  });

  it('is another one for whatever else is set otherwise', async () => {
    const { lease, begun } = setUp();
    const others: Partial<ConnectionTarget>[] = [
      {},
      { user: 'other' },
      { identityFiles: ['/k'] },
      { port: 2222 },
      { jump: hop({ host: 'outer', address: '10.0.0.1' }) },
      { tolerateChangedHostKeys: true },
      { acceptNewHostKeys: true },
      { identitiesOnly: true },
      { password: () => 'one' },
      { password: () => 'two' },
      { passphrase: () => 'one' },
      { authMethods: ['publickey'] },
      { algorithms: { kex: ['ecdh-sha2-nistp521'] } },
      { bindAddress: '10.0.0.9' },
      { addressFamily: 6 },
      { compress: true },
      { certificateFiles: ['/c'] },
      { needsOpenssh: ['PKCS11Provider'] },
      { proxyCommand: 'nc h 22' },
    ];
    for (const changes of others) lease(hop(changes));
    await soon();
    expect(begun).toHaveLength(others.length);
  });

  it('begins for so many different ones at a time; a further hop keeps no first one from its turn', async () => {
    const { lease, begun } = setUp();
    const outer = (port: number) => hop({ port });
    const inner = (port: number) => hop({ port, jump: outer(port) });
    for (let port = 1; port <= 100; port++) lease(inner(port));
    for (let port = 1; port <= 100; port++) lease(outer(port));
    await soon();
    expect(begun).toHaveLength(100 + 32);
    begun.at(-1)?.settle();
    await soon();
    expect(begun).toHaveLength(100 + 33);
  });

  it('gives no turn to a host that was given up, which need not wait for it', async () => {
    const { lease } = setUp();
    const abort = new AbortController();
    const all = Array.from({ length: 17 }, () => lease(hop()));
    const done: (() => void)[] = [];
    for (const each of all) void each.turn(undefined).then((end) => done.push(end));
    const late = lease(hop()).turn(abort.signal);
    await soon();
    abort.abort();
    await late;
    expect(done).toHaveLength(16);
    for (const end of done.splice(0)) end();
    await soon();
    expect(done).toHaveLength(1);
  });

  it('gives 16 turns at a time, each of a second at most', async () => {
    const { lease } = setUp();
    const done: (() => void)[] = [];
    const leases = Array.from({ length: 40 }, () => lease(hop()));
    for (const each of leases) void each.turn(undefined).then((end) => done.push(end));
    await soon();
    expect(done).toHaveLength(16);
    for (const end of done.slice(0, 3)) end();
    await soon();
    expect(done).toHaveLength(19);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(done).toHaveLength(35);
  });
});
