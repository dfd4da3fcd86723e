import { expect, it } from 'vitest';
import { gatedChanges, judgeBatch, judgePlanned, waitsForBatch } from '../../../src/engine/gated.ts';
import type { PlayJob } from '../../../src/engine/job.ts';
import type { Gate, Question } from '../../../src/gates/gate.ts';
import { gatesOf } from '../../../src/gates/index.ts';
import type { Change } from '../../../src/model/change.ts';
import { full } from '../../sweep.ts';
import { asking, change, NOW, policy } from '../policy/build.ts';

interface Given {
  readonly check?: boolean;
  readonly confirmed?: readonly string[];
  readonly answers?: boolean;
}

const PLAY = {
  play: { name: 'p', file: '', hosts: 'all', vars: {}, tasks: [] },
  batches: [[]],
  rules: [],
} as unknown as PlayJob;

function gatesFor(rules: string, { check = false, confirmed = [] }: Given = {}): readonly Gate[] {
  const { identities, groupsOf } = asking();
  const input = { policy: policy(rules), identities, groupsOf, check, now: () => NOW };
  return gatesOf({ policy: { ...input, confirmed: (rule) => confirmed.includes(rule) } });
}

async function run(rules: string, batches: readonly (readonly Change[])[], given: Given = {}) {
  const gates = gatesFor(rules, given);
  const state = { play: PLAY, matched: new Set<string>(), counts: { unread: 0 }, gates };
  const asked: Question[] = [];
  const all: Change[] = [];
  for (const changes of batches) {
    const planned = changes.map((one) => ({ change: one, hosts: [one.host], rank: 0, ignoreErrors: true }));
    const verdicts = await judgeBatch(planned, state, async (question) => {
      asked.push(question);
      return given.answers === true;
    });
    for (const one of gatedChanges(planned, verdicts.all, given.check ?? false)) all.push(one.change);
  }
  return { all, asked, waits: waitsForBatch(state) };
}

const AT = 'policy rule "r" (p.yml:2)';

it('has nothing to say without a policy, and lets no host wait where each change tells', async () => {
  expect(gatesOf({}).map(({ name }) => name)).not.toContain('policy');
  const waits = async (rules: string, given?: Given) => (await run(rules, [], given)).waits;
  expect(await waits('- { name: r }')).toBe(false);
  expect(await waits('- { name: r, in_one_run: { vms: 1 } }')).toBe(true);
  expect(await waits('- { name: r, effect: confirm }')).toBe(true);
  expect(await waits('- { name: r, effect: confirm }', { confirmed: ['r'] })).toBe(false);
  expect(await waits('- { name: r, effect: confirm }', { check: true })).toBe(false);
});

it('refuses in check mode too, and says nothing of what it is not about', async () => {
  const [web, db] = [change(), change({ vm: 'db-1' })];
  for (const check of [false, true]) {
    const { all } = await run('- { name: r, domain: "web-*" }', [[web, db]], { check });
    expect(all[0]).toMatchObject({
      status: 'refused',
      reason: `${AT}; asked for: receives 100 → 200 Mbit/s`,
    });
    expect(all[1]).toBe(db);
  }
});

it('tells warnings as notes, beside those that are there', async () => {
  const { all } = await run('- { name: r, effect: warn }', [[{ ...change(), notes: ['before'] }]]);
  expect(all[0]).toMatchObject({ status: 'pending', notes: ['before', `${AT}; it warns only`] });
});

it.each([
  ['nobody says', {}, 'refused'],
  ['somebody says yes', { answers: true }, 'pending'],
  ['it was confirmed beforehand', { confirmed: ['r'] }, 'pending'],
  ['another rule was confirmed', { confirmed: ['s'] }, 'refused'],
  ['nothing is written', { check: true }, 'pending'],
])('asks about what is to be confirmed: %s', async (_what, given, status) => {
  const { all, asked } = await run(
    '- { name: r, effect: confirm }',
    [[change(), change({ vm: 'b' })]],
    given,
  );
  expect(all.map((one) => one.status)).toEqual([status, status]);
  expect(asked).toHaveLength(
    ('confirmed' in given && given.confirmed.includes('r')) || 'check' in given ? 0 : 1,
  );
  if (status === 'refused')
    expect(all[0]?.reason).toMatch(/^policy rule "r" \(p\.yml:2\); asked for: .*; nobody has confirmed it/);
  if ('check' in given) expect(all[0]?.notes).toEqual([`${AT}; a run asks for a confirmation of it`]);
});

it('asks with what is to be done, and never about what is refused anyway', async () => {
  const rules = '- { name: r, effect: confirm }\n- { name: s, domain: db-1 }';
  const changes = [change({ vm: 'db-1' }), ...['a', 'b', 'c', 'd'].map((vm) => change({ vm }))];
  const { all, asked } = await run(rules, [changes], { answers: true });
  expect(all.map((one) => one.status)).toEqual(['refused', 'pending', 'pending', 'pending', 'pending']);
  expect(asked.map(({ text }) => text.split('\n'))).toEqual([
    [
      `${AT} asks about 4 changes on 1 host:`,
      expect.stringContaining('hv1 a nic 1: '),
      expect.stringContaining('hv1 b nic 1: '),
      expect.stringContaining('hv1 c nic 1: '),
      '  and 1 more',
    ],
  ]);
});

it('shows nothing of a name that would move the cursor', async () => {
  const { asked } = await run('- { name: r, effect: confirm }', [[change({ vm: 'a\u001b[2J\nb' })]]);
  expect(asked[0]?.text).toContain('\n  hv1 a\\x1b[2J\\nb nic 1: ');
});

it('takes a hypervisor by each of its names', async () => {
  const gates = gatesFor(
    '- { name: r, hosts: edge1 }\n- { name: s, effect: warn, when: "\'edge\' in groups" }',
  );
  const state = { play: PLAY, matched: new Set<string>(), counts: { unread: 0 }, gates };
  const planned = [{ change: change(), hosts: ['hv1', 'edge1'], rank: 0, ignoreErrors: false }];
  const [one] = gatedChanges(planned, judgePlanned(planned, state).all, false);
  expect(one?.change).toMatchObject({ status: 'refused', notes: [expect.stringContaining('"s"')] });
});

it('counts over the batches of a run what was let through, and nothing else', async () => {
  const rules = '- { name: r, in_one_run: { vms: 2 } }\n- { name: s, effect: confirm, domain: b }';
  const batches = [['a'], ['b'], ['a', 'c'], ['d']].map((vms) => vms.map((vm) => change({ vm })));
  const { all } = await run(rules, batches);
  expect(all.map(({ status }) => status)).toEqual(['pending', 'refused', 'pending', 'pending', 'refused']);
  expect(all.at(-1)?.reason).toContain(`${AT}: the run would change 3 VMs, more than 2; asked for: `);
});

it('judges what is planned anew by the same rules, with the answers that were given', async () => {
  const gates = gatesFor('- { name: r, effect: confirm }\n- { name: s, effect: deny, domain: b }');
  const state = { play: PLAY, matched: new Set<string>(), counts: { unread: 0 }, gates };
  const planned = [{ change: change(), hosts: ['hv1'], rank: 0, ignoreErrors: false }];
  const { judge } = await judgeBatch(planned, state, async () => true);
  const again = ['a', 'b'].map((vm) => ({ ...planned[0]!, change: change({ vm }) }));
  const verdicts = judge(again);
  expect(gatedChanges(again, verdicts, false).map((one) => one.change.status)).toEqual([
    'pending',
    'refused',
  ]);
});

it('lets no task ignore what it refuses, and leaves a task its errors where it only tells', async () => {
  const gates = gatesFor('- { name: r, domain: a }\n- { name: s, effect: warn, domain: b }');
  const state = { play: PLAY, matched: new Set<string>(), counts: { unread: 0 }, gates };
  const planned = ['a', 'b'].map((vm) => ({
    change: change({ vm }),
    hosts: ['hv1'],
    rank: 0,
    ignoreErrors: true,
  }));
  const { all } = judgePlanned(planned, state);
  expect(gatedChanges(planned, all, false).map((one) => one.ignoreErrors)).toEqual([false, true]);
});

it('tells each of very many changes for itself', async () => {
  const many = full(40_000, 4_000);
  const rules = `- name: r
  domain: "web-*"
  limits: { nic_limits: { inbound.average: { highest: 1 Mbit/s } } }
- { name: s, effect: warn, hosts: compute, in_one_run: { subjects: 10 } }`;
  const changes = Array.from({ length: many }, (_, index) =>
    change({
      host: `hv${1 + (index % 8)}`,
      vm: `web-${index}`,
      settings: { 'inbound.average': [1, index + 1000] },
    }),
  );
  const { all } = await run(rules, [changes]);
  expect(new Set(all.map(({ reason }) => reason)).size).toBe(many);
});
