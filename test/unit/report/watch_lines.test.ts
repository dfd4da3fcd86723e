import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { paintFor } from '../../../src/report/style.ts';
import { watchLines } from '../../../src/report/watch_lines.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function lines(columns?: number) {
  const said: string[] = [];
  const options = {
    check: false,
    diff: false,
    verbose: false,
    paint: paintFor({ isTTY: false } as never),
    columns,
  };
  return {
    said,
    tell: watchLines(
      options,
      (text) => void said.push(text),
      () => 0,
    ),
  };
}

it('name for whom a host waits once it does so for a while, and again at its next look', () => {
  const { said, tell } = lines();
  const line = '1970-01-01T00:00:00.000Z hv1: waits for another writer: alice@ci, run r1\n';
  tell.waiting?.('hv1', 'alice@ci, run r1');
  expect(said).toEqual([]);
  vi.advanceTimersByTime(1000);
  tell.waiting?.('hv1', 'alice@ci, run r1');
  vi.advanceTimersByTime(5000);
  expect(said).toEqual([line]);
  const looked = {
    hosts: [],
    triggers: [],
    event: undefined,
    isDue: false,
    isOfSome: false,
    reactionMs: 1,
    changesInMs: null,
  };
  tell.looked?.('hv1', looked);
  tell.waiting?.('hv1', 'alice@ci, run r1');
  vi.advanceTimersByTime(5000);
  expect(said).toEqual([line, line]);
});

it('say nothing of a wait that is over soon, or whose host is lost', () => {
  const { said, tell } = lines();
  tell.waiting?.('hv1', 'alice@ci, run r1');
  tell.waiting?.('hv1', null);
  tell.waiting?.('hv2', 'alice@ci, run r1');
  tell.lost?.('hv2', 'gone', 200);
  tell.waiting?.('hv3', 'alice@ci, run r1');
  tell.left?.('hv3');
  vi.advanceTimersByTime(5000);
  expect(said).toEqual([
    expect.stringContaining('hv2: lost'),
    expect.stringContaining('hv3: watched no longer'),
  ]);
});

it('break between words on a terminal, and hang', () => {
  const { said, tell } = lines(60);
  tell.noted?.('hv1', 'its libvirt is older than what virtune reads, and tells no ids of VMs');
  expect(said).toEqual([
    '1970-01-01T00:00:00.000Z hv1: its libvirt is older than what\n',
    '  virtune reads, and tells no ids of VMs\n',
  ]);
});
