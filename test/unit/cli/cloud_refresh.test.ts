import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { cloudRefresh } from '../../../src/cli/cloud_refresh.ts';
import type { Looked } from '../../../src/watch/observer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function looked(...uuids: string[]): Looked {
  const vms = { complete: true, known: uuids.map((uuid) => ({ name: uuid, uuid })) };
  const host = { name: 'hv1', vms };
  return {
    hosts: [host],
    triggers: [],
    event: undefined,
    isDue: false,
    reactionMs: 0,
    changesInMs: null,
  } as unknown as Looked;
}

function stage({ answers = true, tookMs = 1_000, clouds = true } = {}) {
  const asked: number[] = [];
  const from = performance.now();
  const refresh = cloudRefresh({
    intervalMs: 300_000,
    serversOn: (host) => (host === 'hv1' ? new Set(['a']) : null),
    hasClouds: () => clouds,
    read: async () => {
      asked.push(Math.round((performance.now() - from) / 1000));
      await new Promise((done) => setTimeout(done, tookMs));
      return answers;
    },
  });
  return { refresh, asked };
}

it('asks clouds regularly, and not once it is closed', async () => {
  const { refresh, asked } = stage();
  await vi.advanceTimersByTimeAsync(1_000_000);
  expect(asked).toEqual([300, 601, 902]);
  refresh.close();
  await vi.advanceTimersByTimeAsync(1_000_000);
  expect(asked).toHaveLength(3);
});

it('asks none where the inventory has none', async () => {
  const { asked, refresh } = stage({ clouds: false });
  refresh.looked?.('hv1', looked('a', 'b'));
  await vi.advanceTimersByTimeAsync(1_000_000);
  expect(asked).toEqual([]);
});

it('asks at once for a VM that it was not told of, and not for each of many', async () => {
  const { refresh, asked } = stage();
  refresh.looked?.('hv1', looked('a'));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toEqual([]);
  for (let i = 0; i < 50; i++) {
    refresh.looked?.('hv1', looked('a', `new-${i}`));
    await vi.advanceTimersByTimeAsync(1_000);
  }
  // One that came while it was asked, and then every 15 s.
  expect(asked).toEqual([10, 26, 42, 58]);
});

it('leaves a cloud that does not answer alone for a minute', async () => {
  const { asked, refresh } = stage({ answers: false });
  refresh.looked?.('hv1', looked('b'));
  await vi.advanceTimersByTimeAsync(200_000);
  expect(asked).toEqual([0, 61, 122, 183]);
});
