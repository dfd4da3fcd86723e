import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { linesView } from '../../../src/report/lines.ts';

/** What plain lines say on standard error while a run goes on. */
describe('plain lines', () => {
  let said: string[] = [];
  beforeEach(() => {
    vi.useFakeTimers();
    said = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said.push(String(text));
      return true;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
  const view = () =>
    linesView({
      stream: new PassThrough() as unknown as NodeJS.WriteStream,
      ...{ check: false, diff: false, verbose: false, ofChanges: true },
      plays: [{ name: 'web', hosts: 2 }],
    });
  const ALICE = 'hv1 waits for another writer: alice@ci, run r1\n';

  it('name for whom a host waits, once it does so for a while, and once', () => {
    const { hostWaiting } = view();
    hostWaiting?.('hv1', 'alice@ci, run r1');
    expect(said).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(said).toEqual([ALICE]);
    hostWaiting?.('hv1', null);
    hostWaiting?.('hv1', 'alice@ci, run r1');
    hostWaiting?.('hv2', 'process 7: sh\n');
    vi.advanceTimersByTime(5000);
    expect(said).toEqual([ALICE, 'hv2 waits for another writer: process 7: sh\\n\n']);
  });

  it('say nothing of a wait that is over soon', async () => {
    const { hostWaiting, hostDone, end } = view();
    hostWaiting?.('hv1', 'alice@ci, run r1');
    hostWaiting?.('hv1', null);
    hostWaiting?.('hv2', 'alice@ci, run r1');
    hostDone?.({
      ...{ name: 'hv2', address: 'a', hypervisor: 'h', status: 'ok', durationMs: 1 },
      ...{ resources: [], totals: {} },
    });
    hostWaiting?.('hv3', 'alice@ci, run r1');
    await end(null);
    vi.advanceTimersByTime(5000);
    expect(said).toEqual([]);
  });
});
