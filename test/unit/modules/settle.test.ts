import { describe, expect, it } from 'vitest';
import { planVisit } from '../../../src/engine/plan.ts';
import { clashesBetween } from '../../../src/modules/nic_limits/clash.ts';
import type { NicLimitsArgs, Rule } from '../../../src/modules/nic_limits/rule.ts';
import { args, domain, facts, nic, planned, rate, rule } from './build.ts';

const names = (...include: string[]) => ({ include, exclude: [], literal: false });
const slow = { inbound: rate(100), outbound: rate(100) };

/** What becomes of two NICs of web-01, of which the second has had `slow` before, where several tasks want something. */
function settled(...tasks: (Rule[] | NicLimitsArgs)[]) {
  const given = facts([domain({ live: [nic(), nic({ mac: '52:54:00:00:00:02', limits: slow })] })]);
  const all = tasks.map((task) => planned('rules' in task ? task : args(task)));
  return planVisit(all, given).changes.map(({ change }) => change);
}
const statuses = (...tasks: Parameters<typeof settled>) => settled(...tasks).map(({ status }) => status);

describe('plans of several tasks', () => {
  it('that want different limits of a NIC are refused, with both rules', () => {
    const changes = settled(
      [rule({ name: 'a', line: 4, limits: slow })],
      [rule({ name: 'b', line: 9, limits: { outbound: rate(50) } })],
    );
    expect(changes).toHaveLength(2);
    for (const { steps, status, reason } of changes) {
      expect([steps, status]).toEqual([[], 'refused']);
      expect(reason).toBe(
        'two tasks want different outbound limits of it: rule "a" (inventory/x.yml:4) 800 kbit/s (--outbound 100), rule "b" (inventory/x.yml:9) 400 kbit/s (--outbound 50); nothing was written',
      );
    }
  });

  it('only on the NIC that they disagree on', () => {
    const second = rule({ nic: { positions: [2] }, limits: { inbound: null } });
    expect(statuses([rule({ limits: slow })], [second])).toEqual(['pending', 'refused']);
  });

  it('that want the same, or different directions or states, are left alone', () => {
    const inbound = rule({ limits: { inbound: rate(7) } });
    const outbound = rule({ limits: { outbound: rate(8) } });
    const config = rule({ limits: { inbound: rate(8) }, applyTo: 'config' });
    const both = ['pending', 'pending'];
    expect(statuses([inbound], [inbound])).toEqual(both);
    expect(statuses([inbound], [outbound])).toEqual(both);
    expect(statuses([{ ...inbound, applyTo: 'live' as const }], [config])).toEqual(both);
    expect(statuses([inbound], [config])).toEqual(['refused', 'refused']);
  });

  it('that want different directions of a NIC write it once', () => {
    const [first] = settled(
      [rule({ limits: { inbound: rate(7) } })],
      [rule({ limits: { outbound: rate(8) } })],
    );
    expect(
      first?.steps.flatMap(({ commands }) => commands.map((words) => words.slice(-4).join(' '))),
    ).toEqual(['--inbound 7 --outbound 8']);
  });

  it('count what a later rule of the same task replaces', () => {
    const list = [rule({ limits: slow }), rule({ limits: { outbound: rate(50) } })];
    expect(statuses(list, [rule({ limits: { outbound: rate(50) } })])).toEqual(['pending', 'pending']);
  });

  it('and what "unmatched: unlimited" takes away', () => {
    const clearing = args([rule({ nic: { positions: [2] }, limits: slow })], { unmatched: 'unlimited' });
    const first = rule({ name: 'a', nic: { positions: [1] }, limits: { inbound: rate(7) } });
    const [one, two] = settled(clearing, [first]);
    expect([one?.status, two?.status]).toEqual(['refused', 'inSync']);
    expect(one?.reason).toMatch(/: "unmatched: unlimited", rule "a" \(inventory\/x.yml:1\) 56 kbit\/s/);
  });

  it('of other plays or names of the host are not carried out, and may not be contradicted', () => {
    const given = facts([domain()]);
    const mine = planned(args([rule({ limits: { inbound: rate(7) } })]));
    const rival = (over: Partial<Rule>) => [planned(args([rule({ name: 'other', ...over })]))];
    const plan = (over: Partial<Rule>) =>
      planVisit([mine], given, rival(over)).changes.map(({ change }) => change);
    expect(plan({ limits: { outbound: rate(9) } })[0]?.steps[0]?.commands[0]?.slice(-2)).toEqual([
      '--inbound',
      '7',
    ]);
    expect(plan({ limits: { inbound: rate(9) } })).toMatchObject([{ status: 'refused', steps: [] }]);
  });
});

const clashes = (first: Rule[] | NicLimitsArgs, second: Rule[] | NicLimitsArgs) => {
  const whole = (task: Rule[] | NicLimitsArgs) => ('rules' in task ? task : args(task));
  return clashesBetween(whole(first), whole(second)).map(({ message }) => message);
};

describe('what the rules of two tasks alone tell', () => {
  const all = rule({ name: 'all', line: 4, limits: slow });
  const web = rule({ name: 'web', domain: names('web-01'), limits: { outbound: rate(50) } });

  it('is that one names all that the other names, with other limits', () => {
    const said = [
      'rule "web" wants outbound 400 kbit/s (50), and rule "all" (inventory/x.yml:4) of another task wants 800 kbit/s (100): each run would write both',
    ];
    expect(clashes([all], [web])).toEqual(said);
    expect(clashes([web], [all])).toHaveLength(1);
    expect(clashes([web], [{ ...web, limits: { outbound: null } }])).toHaveLength(1);
  });

  it('is nothing where they agree, or are about other directions, states or NICs', () => {
    expect(clashes([all], [all])).toEqual([]);
    expect(clashes([{ ...all, limits: { inbound: rate(1) } }], [web])).toEqual([]);
    expect(clashes([{ ...all, applyTo: 'live' }], [{ ...web, applyTo: 'config' }])).toEqual([]);
    expect(clashes([{ ...web, domain: names('db-01'), limits: slow }], [web])).toEqual([]);
    // Perhaps the same VMs, perhaps not: the hosts tell.
    expect(
      clashes([{ ...web, domain: names('*-01'), nic: { model: 'virtio' }, limits: slow }], [web]),
    ).toEqual([]);
  });

  it('is nothing where a later rule of the task may replace it', () => {
    const same = { ...web, name: 'later' };
    expect(clashes([all, same], [web])).toEqual([]);
    expect(clashes([all], [web, { ...all, name: 'later' }])).toEqual([]);
    expect(clashes([all, { ...same, domain: names('*-01') }], [web])).toEqual([]);
  });

  it.each([
    ['another name', { domain: names('db-01') }],
    ['a glob that does not match', { domain: names('db-*') }],
    ['another position', { nic: { positions: [2] } }],
    ['another MAC', { nic: { mac: '52:54:00:00:00:09' } }],
  ])('and holds with a later rule for %s', (_, over) => {
    const mine = { ...web, nic: { positions: [1], mac: '52:54:00:00:00:01' } };
    expect(clashes([all, { ...web, limits: { outbound: rate(9) }, ...over }], [mine])).toHaveLength(1);
  });

  it('with "unmatched: unlimited" beside rules for other VMs', () => {
    const clearing = (word: string) => args([{ ...web, domain: names(word) }], { unmatched: 'unlimited' });
    expect(clashes(clearing('db-*'), [web])[0]).toMatch(
      /its "unmatched: unlimited" takes all limits from them/,
    );
    expect(clashes([web], clearing('db-*'))).toHaveLength(1);
    expect(clashes(clearing('*'), [web])).toEqual([]);
    expect(clashes(clearing('db-*'), [{ ...web, limits: { outbound: null } }])).toEqual([]);
  });
});
