import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf } from '../../../src/report/columns.ts';
import { watchView } from '../../../src/report/watch_view.ts';
import type { Looked } from '../../../src/watch/observer.ts';
import { sweep } from '../../sweep.ts';
import { HOSTILE, hostResult, nicChange } from '../reporters/results.ts';

const looked = (
  statuses: readonly Parameters<typeof nicChange>[0][],
  more: Partial<Looked> = {},
): Looked => ({
  hosts: [hostResult('hv', { resources: statuses.map((status) => nicChange(status)) })],
  triggers: ['event'],
  event: { word: 'Started Booted', name: 'web-01' } as Looked['event'],
  isDue: false,
  isOfSome: false,
  reactionMs: 140,
  changesInMs: null,
  ...more,
});

function at(start = 1_000_000) {
  let time = start;
  return { now: () => time, pass: (ms: number) => (time += ms) };
}

const texts = (view: ReturnType<typeof watchView>, now: number, columns = 200) =>
  view.rows(columns, now).map(({ text }) => text);

describe('how a watched fleet is', () => {
  it('begins with hosts that are being connected to', () => {
    const { now } = at();
    expect(
      texts(
        watchView(() => 3, false, now),
        now(),
      ),
    ).toEqual(['0 of 3 hosts watched, 3 being connected to', '0 changed; for 0 s']);
  });

  it('names who is away, what is not as declared, and what takes long', () => {
    const { now, pass } = at();
    const view = watchView(() => 4, false, now);
    for (const host of ['hv1', 'hv2', 'hv3', 'hv4']) view.connected?.(host);
    view.due?.('hv1');
    view.looked?.('hv1', looked(['changed', 'changed', 'inSync']));
    view.due?.('hv2');
    view.looked?.('hv2', looked(['failed', 'busy'], { reactionMs: 900 }));
    pass(65_000);
    view.lost?.('hv3', 'Connection refused', 1000);
    view.due?.('hv4');
    pass(2000);
    view.lost?.('hv3', 'Connection refused', 2000);
    expect(texts(view, now())).toEqual([
      '3 of 4 hosts watched, 1 away, 1 to look at',
      '2 changed, 1 failed, 140 ms after their event (median); for 1 min',
      'away: hv3 2 s',
      'not as declared: hv2 2',
      'looking at: hv4 2 s',
    ]);
    view.connected?.('hv3');
    view.looked?.('hv2', looked(['inSync', 'waived']));
    view.looked?.('hv4', looked(['inSync']));
    expect(texts(view, now())).toEqual([
      '4 of 4 hosts watched',
      '2 changed, 1 failed, 140 ms after their event (median); for 1 min',
    ]);
  });

  it('forgets a host that the files lack', () => {
    const { now } = at();
    let all = 2;
    const view = watchView(() => all, true, now);
    view.connected?.('hv1');
    view.connected?.('hv2');
    view.looked?.('hv2', looked(['pending']));
    expect(texts(view, now())[1]).toBe('1 not as declared; for 0 s');
    all = 1;
    view.left?.('hv2');
    expect(texts(view, now())).toEqual(['1 of 1 host watched', '0 not as declared; for 0 s']);
  });

  it('names some of many', () => {
    const { now } = at();
    const view = watchView(() => 9, false, now);
    for (let host = 1; host <= 9; host++) view.lost?.(`hv${host}`, 'down', 1);
    expect(texts(view, now())[2]).toBe(
      'away: hv1 0 s, hv2 0 s, hv3 0 s, hv4 0 s, hv5 0 s, hv6 0 s and 3 more',
    );
  });

  it.each([
    [47 * 3_600_000, '47 h 0 min'],
    [50 * 3_600_000 + 1, '2 d 2 h'],
    [-5000, '0 s'],
  ])('says how long after %i ms: %s', (ms, text) => {
    const { now, pass } = at();
    const view = watchView(() => 0, false, now);
    pass(ms);
    expect(texts(view, now())[1]).toBe(`0 changed; for ${text}`);
  });

  it('stays on rows of the terminal whatever hosts are called', () => {
    const { now } = at();
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'grapheme' })), { maxLength: 8 }),
        fc.integer({ min: 20, max: 120 }),
        (names, columns) => {
          const view = watchView(() => names.length, false, now);
          for (const name of names) view.lost?.(name, 'down', 1);
          for (const text of texts(view, now(), columns)) {
            expect(columnsOf(text)).toBeLessThanOrEqual(columns);
            expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]|[\u202e\u2066]/u);
          }
        },
      ),
      sweep(300, 15),
    );
  });
});
