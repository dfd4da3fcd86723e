import { describe, expect, it } from 'vitest';
import type { CauseKind } from '../../../src/model/cause.ts';
import type { Change } from '../../../src/model/change.ts';
import { heardOf } from '../../../src/watch/heard_of.ts';
import { withEvents } from '../../../src/watch/why_lost.ts';

const hears = (chains: ReturnType<typeof heardOf>, at: number, word: string, name = 'web') =>
  chains.hear({ what: 'event', name, word }, at);

describe('what was heard of a VM', () => {
  it('is news until it has explained a write, and of that start no more', () => {
    const chains = heardOf();
    hears(chains, 100, 'Started Booted');
    expect(chains.newsOf('web')).toMatchObject({
      words: ['Started Booted'],
      last: { word: 'Started Booted', name: 'web', at: 100 },
    });
    chains.set(['web'], 150);
    // Whoever wipes it after that has done so without an event.
    expect(chains.newsOf('web')).toBeNull();
  });

  it('is one chain over several writes, and ends once all is as declared', () => {
    const chains = heardOf();
    for (const word of ['Undefined Removed', 'Defined Added']) hears(chains, 100, word);
    chains.set(['web'], 150);
    hears(chains, 200, 'Started Booted');
    expect(chains.newsOf('web')?.words).toEqual(['Undefined Removed', 'Defined Added', 'Started Booted']);
    chains.right(['web'], 190);
    expect(chains.newsOf('web')).not.toBeNull();
    chains.right(['web'], 250);
    hears(chains, 300, 'Started Booted');
    expect(chains.newsOf('web')?.words).toEqual(['Started Booted']);
  });

  it('is forgotten after a minute, and bounded', () => {
    const chains = heardOf();
    hears(chains, 0, 'Undefined Removed');
    hears(chains, 60_001, 'Defined Added');
    expect(chains.newsOf('web')?.words).toEqual(['Defined Added']);
    for (let n = 0; n < 5_000; n++)
      hears(chains, 60_002, `Started Booted${n}`, n % 2 === 0 ? 'web' : `vm${n}`);
    expect(chains.newsOf('web')?.words).toHaveLength(20);
    expect(chains.newsOf('vm1')).toBeNull();
    chains.right([], 200_000);
    expect(chains.newsOf('web')).toBeNull();
  });
});

const REBUILD = [
  'Shutdown Finished after host request',
  'Stopped Destroyed',
  'Undefined Removed',
  'Defined Added',
  'Resumed Unpaused',
  'Started Booted',
];

it.each<[what: string, words: readonly string[], cause: CauseKind, becomes: CauseKind]>([
  ['hard reboot by Nova', REBUILD, 'changedByHand', 'rebuilt'],
  ['hard reboot, the VM was away at a look', REBUILD, 'unknown', 'rebuilt'],
  [
    'resize by Nova',
    ['Stopped Destroyed', 'Defined Updated', 'Resumed Unpaused', 'Started Booted'],
    'unknown',
    'rebuilt',
  ],
  ['plain restart', ['Stopped Destroyed', 'Resumed Unpaused', 'Started Booted'], 'unknown', 'restarted'],
  ['restore', ['Started Restored', 'Resumed Snapshot'], 'unknown', 'started'],
  ['migration in', ['Started Migrated', 'Defined Added', 'Resumed Migrated'], 'unknown', 'moved'],
  ['a new VM', ['Defined Added', 'Resumed Unpaused', 'Started Booted'], 'unknown', 'newVm'],
  ['hot-plug', ['device-added'], 'unknown', 'newPart'],
  ['hot-plug, and another NIC by hand', ['device-added'], 'changedByHand', 'changedByHand'],
  ['somebody’s editor', ['Defined Updated'], 'changedByHand', 'changedByHand'],
  [
    'queues wiped after a start',
    ['Resumed Unpaused', 'Started Booted'],
    'changedInKernel',
    'changedInKernel',
  ],
  ['a rule is another one', ['Started Booted'], 'declaredAnew', 'declaredAnew'],
  ['two looks tell it already', REBUILD, 'rebuilt', 'rebuilt'],
  ['nothing of note', ['Suspended Paused', 'Resumed Unpaused'], 'unknown', 'unknown'],
])('%s', (_, words, kind, becomes) => {
  const change = { cause: { kind, text: 'before' } } as unknown as Change;
  const last = { word: words.at(-1) ?? '', name: 'web', at: 0 };
  const { cause } = withEvents(change, { words, last });
  expect(cause?.kind).toBe(becomes);
  const isByEvents = becomes !== kind || becomes === 'rebuilt';
  expect(cause?.detail).toBe(isByEvents ? words.join(', ') : undefined);
  expect(withEvents(change, null)).toBe(change);
});
