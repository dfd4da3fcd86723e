import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionError } from '../../../src/connection/connection.ts';
import { afterDrop, afterLogin, FREE_PACE, throughGate } from '../../../src/connection/gate.ts';
import { hostDeadline } from '../../../src/connection/host_deadline.ts';
import { withRetries } from '../../../src/connection/persist.ts';
import { newShared } from '../../../src/connection/shared.ts';
import { targetOf } from './fixtures.ts';

const SHED = new ConnectionError('closed', 'shed', undefined, true);

/** An sshd that takes so many logins at a time and drops the rest. */
function server(takes: number) {
  let [underWay, most, tries, drops] = [0, 0, 0, 0];
  return {
    login: async (): Promise<string> => {
      tries++;
      underWay++;
      most = Math.max(most, underWay);
      try {
        if (underWay > takes) {
          drops++;
          await Promise.resolve();
          throw SHED;
        }
        for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
        return 'in';
      } finally {
        underWay--;
      }
    },
    seen: () => ({ most, tries, drops }),
  };
}

const shared = newShared();
let port = 1;
const fresh = () => targetOf({ port: port++ });

describe('the pace of logins', () => {
  it('is never nothing, and never more after a drop', () => {
    const events = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 500 })));
    fc.assert(
      fc.property(events, (list) => {
        let pace = FREE_PACE;
        for (const [dropped, underWay] of list) {
          const next = dropped ? afterDrop(pace, underWay) : afterLogin(pace);
          expect(next.window).toBeGreaterThanOrEqual(1);
          if (dropped) expect(next.window).toBeLessThanOrEqual(Math.max(1, pace.window / 2));
          else expect(next.window).toBeGreaterThanOrEqual(pace.window);
          pace = next;
        }
      }),
    );
  });

  it('is free for a server that sheds nothing', async () => {
    const good = server(1_000);
    const target = fresh();
    await Promise.all(Array.from({ length: 200 }, () => throughGate(shared, target, undefined, good.login)));
    expect(good.seen()).toEqual({ most: 200, tries: 200, drops: 0 });
  });

  it.each([1, 2, 4, 10])(
    'lets 200 logins through a server that takes %d at a time, without a storm',
    async (takes) => {
      const busy = server(takes);
      const target = fresh();
      const patience = {
        sleep: async () => new Promise<void>((done) => setImmediate(done)),
        random: () => 0.5,
      };
      const one = () => withRetries(shared, target, undefined, busy.login, patience);
      const results = await Promise.all(Array.from({ length: 200 }, one));
      expect(results.every((result) => result === 'in')).toBe(true);
      // The first burst finds the server's limit; then at most one login in a few is one too many.
      expect(busy.seen().tries).toBeLessThan(200 * 2.6);
    },
  );

  it('of one server says nothing of another, nor of other failures', async () => {
    const target = fresh();
    const refused = new ConnectionError('refused', 'no');
    await expect(throughGate(shared, target, undefined, async () => Promise.reject(refused))).rejects.toBe(
      refused,
    );
    const good = server(1_000);
    await expect(throughGate(shared, fresh(), undefined, async () => Promise.reject(SHED))).rejects.toBe(
      SHED,
    );
    await Promise.all(Array.from({ length: 50 }, () => throughGate(shared, target, undefined, good.login)));
    expect(good.seen().most).toBe(50);
  });

  it('does not hold a host that is interrupted, nor lose a turn by it', async () => {
    const target = fresh();
    await throughGate(shared, target, undefined, async () => Promise.reject(SHED)).catch(() => {});
    let release: (value: string) => void = () => {};
    const first = throughGate(
      shared,
      target,
      undefined,
      () =>
        new Promise<string>((done) => {
          release = done;
        }),
    );
    const abort = new AbortController();
    const second = throughGate(shared, target, abort.signal, async () => 'told by the login itself');
    const third = throughGate(shared, target, undefined, async () => 'third');
    abort.abort();
    expect(await second).toBe('told by the login itself');
    release('first');
    expect(await Promise.all([first, third])).toEqual(['first', 'third']);
  });
});

describe('the deadline of a host', () => {
  it('counts what is asked of the host, together, and nothing in between', async () => {
    const deadline = hostDeadline('hv1', 300, undefined);
    await deadline.during(() => new Promise((done) => setTimeout(done, 100)));
    await new Promise((done) => setTimeout(done, 400));
    expect(deadline.signal.aborted).toBe(false);
    const ended = new Promise((done) => deadline.signal.addEventListener('abort', done));
    void deadline.during(() => new Promise(() => {}));
    await ended;
    expect(deadline.signal.reason).toMatchObject({ code: 'host_timeout' });
    deadline.release();
  });

  it('passes an interruption on', () => {
    const abort = new AbortController();
    const deadline = hostDeadline('hv1', 60_000, abort.signal);
    abort.abort();
    expect(deadline.signal.aborted).toBe(true);
    deadline.release();
  });
});
