import { describe, expect, it } from 'vitest';
import type { PlayJob } from '../../../src/engine/job.ts';
import type { NicLimitsArgs } from '../../../src/modules/nic_limits/rule.ts';
import { compileTexts, lines } from './play.ts';

const INVENTORY = `all:
  vars: {rate: 1 MB/s, none_such: "{{ gone }}"}
  children:
    compute: {hosts: {hv1: {tier: gold}, hv2: {tier: silver}, hv3: {tier: gold}}}
    spare: {hosts: {hv3: }}
`;

const play = (tasks: string, keys = '') => `- hosts: all\n${keys}  tasks:\n${tasks}`;
const task = (rules: string, keys = '') => `    - nic_limits: {rules: ${rules}}\n${keys}`;

/** For each host the names of its tasks' rules' domains. */
function domains(plays: readonly PlayJob[]): Record<string, string[]> {
  const jobs = plays.flatMap((one) => one.batches.flat());
  return Object.fromEntries(
    jobs.map((job) => [
      job.name,
      job.tasks.flatMap(({ args }) =>
        (args as NicLimitsArgs).rules.flatMap((rule) => rule.domain?.include ?? []),
      ),
    ]),
  );
}

const rule = (domain: string) => `[{domain: '${domain}', inbound: unlimited}]`;

describe('arguments that are no map', () => {
  it.each([
    ['rules=[]', '"nic_limits" must be a map, found the text "rules=[]" (hosts hv1, hv2, hv3)'],
    ['', '"nic_limits" must be a map, found nothing'],
    ['"{{ tier | default([1]) }}"', '"nic_limits" must be a map, found '],
  ])('%j is told at its task', (args, message) => {
    const { diagnostics } = compileTexts(play(`    - nic_limits: ${args}\n`), INVENTORY);
    const [first = ''] = lines(diagnostics);
    expect(first).toMatch(/^p\.yml:3:\d+ /);
    expect(first).toContain(message.split(' (')[0]);
  });
});

describe('compile', () => {
  it.each<[string, string, Record<string, string[]>]>([
    ['when', task(rule('a'), '      when: tier == "gold"\n'), { hv1: ['a'], hv2: [], hv3: ['a'] }],
    [
      'when with groups',
      task(rule('a'), '      when: inventory_hostname not in groups.spare\n'),
      { hv1: ['a'], hv2: ['a'], hv3: [] },
    ],
    [
      'when with group_names',
      task(rule('a'), '      when: ["\'spare\' in group_names", true]\n'),
      { hv1: [], hv2: [], hv3: ['a'] },
    ],
    ['false', task(rule('a'), '      when: false\n'), { hv1: [], hv2: [], hv3: [] }],
    [
      'hostvars',
      task(rule('{{ hostvars["hv2"].tier }}')),
      { hv1: ['silver'], hv2: ['silver'], hv3: ['silver'] },
    ],
    [
      'variables of a task',
      task(rule('{{ x }}-{{ y }}'), '      vars: {x: 1, y: "{{ tier }}"}\n'),
      { hv1: ['1-gold'], hv2: ['1-silver'], hv3: ['1-gold'] },
    ],
    [
      'a loop',
      task(rule('{{ item }}{{ i }}'), '      loop: [a, b]\n      loop_control: {index_var: i}\n'),
      { hv1: ['a0', 'b1'], hv2: ['a0', 'b1'], hv3: ['a0', 'b1'] },
    ],
    [
      'a loop with when',
      task(rule('{{ item }}'), '      loop: [gold, silver]\n      when: item == tier\n'),
      { hv1: ['gold'], hv2: ['silver'], hv3: ['gold'] },
    ],
    [
      'a loop over nothing',
      task(rule('{{ item }}'), '      loop: "{{ [] }}"\n'),
      { hv1: [], hv2: [], hv3: [] },
    ],
    [
      'a loop that is not there, and need not be',
      task(rule('a'), '      loop: "{{ gone }}"\n      when: tier == "x"\n'),
      { hv1: [], hv2: [], hv3: [] },
    ],
    [
      'what is not read need not be defined',
      task(rule('{{ x | default("d") }}')),
      { hv1: ['d'], hv2: ['d'], hv3: ['d'] },
    ],
  ])('%s', (_name, tasks, expected) => {
    const { plays, diagnostics } = compileTexts(play(tasks), INVENTORY);
    expect(lines(diagnostics)).toEqual([]);
    expect(domains(plays)).toEqual(expected);
  });

  it('extra variables win over those of a task, those over the play’s', () => {
    const text = play(
      task(rule('{{ a }}{{ b }}{{ c }}'), '      vars: {b: task, c: task}\n'),
      '  vars: {a: play, b: play, c: play}\n',
    );
    const { plays } = compileTexts(text, INVENTORY, { c: 'extra' });
    expect(domains(plays).hv1).toEqual(['playtaskextra']);
  });

  it.each([
    ['inventory', ['hv1', 'hv2', 'hv3']],
    ['reverse_inventory', ['hv3', 'hv2', 'hv1']],
    ['sorted', ['hv1', 'hv2', 'hv3']],
    ['reverse_sorted', ['hv3', 'hv2', 'hv1']],
  ])('order: %s', (order, expected) => {
    const { plays } = compileTexts(play(task(rule('a')), `  order: ${order}\n  serial: 2\n`), INVENTORY);
    expect(plays[0]?.batches.map((batch) => batch.map((job) => job.name))).toEqual([
      expected.slice(0, 2),
      expected.slice(2),
    ]);
  });

  it('order: shuffle, the same for the same seed', () => {
    const hosts = Array.from({ length: 50 }, (_, index) => `h${index}`);
    const inventory = `all: {hosts: {${hosts.map((name) => `${name}: `).join(', ')}}}`;
    const order = (seed: number) =>
      compileTexts(play(task(rule('a')), '  order: shuffle\n'), inventory, {}, seed)
        .plays[0]?.batches.flat()
        .map((job) => job.name) ?? [];
    expect(order(7)).toEqual(order(7));
    expect(order(7)).not.toEqual(order(8));
    expect(order(7)).not.toEqual(hosts);
    expect(order(7).toSorted()).toEqual(hosts.toSorted());
  });

  it('tells every mistake once, with where the value came from', () => {
    const inventory = `all:
  hosts: {hv1: , hv2: }
  vars:
    rates: {gold: 100M}
    rules:
      - {domain: a, rate: "{{ rates.gold }}"}
      - {domain: b, rate: "{{ rates.silver }}"}
      - {domain: c, rate: "{{ plain }}", nik: 1}
    plain: 5 parsec
`;
    const { diagnostics } = compileTexts(
      play(`${task('"{{ rules }}"')}${task('[]', '      when: ruls\n')}`),
      inventory,
    );
    expect(lines(diagnostics)).toEqual([
      'hosts.yml:7:27 "rates.silver" is not defined (host hv1 and 1 more); the variable "rates" 4:12',
      expect.stringMatching(/^hosts.yml:6:27 "100M" is ambiguous.*; the variable "rates" 4:12$/),
      'hosts.yml:8:42 unknown key "nik" (host hv1 and 1 more)',
      expect.stringMatching(/^hosts.yml:9:12 .*parsec.*; the template "\{\{ plain \}\}" 8:27$/),
      'p.yml:5:13 the variable "ruls" is not defined (host hv1 and 1 more)',
    ]);
  });

  it.each<[string, string, string]>([
    [
      'a loop over a map',
      task(rule('a'), '      loop: "{{ {\'a\': 1} }}"\n'),
      '"loop" must be a list, found a map',
    ],
    [
      'a loop without end',
      task(rule('a'), '      loop: "{{ range(9999) }}"\n'),
      '"loop" has 9999 items, more than 1000',
    ],
    [
      'hosts whose variables need each other',
      task(rule('{{ hostvars[inventory_hostname].me }}'), '      vars: {me: 1}\n'),
      '"me" is not defined',
    ],
    ['a variable with an error', task(rule('{{ none_such }}')), 'the variable "gone" is not defined'],
    ['hostvars as a whole', task(rule('x{{ hostvars }}')), 'hostvars as a whole is no value'],
    ['a host that is not there', task(rule('{{ hostvars.hv9.tier }}')), '"hostvars.hv9" is not defined'],
  ])('%s', (_name, tasks, message) => {
    const { diagnostics } = compileTexts(play(tasks), INVENTORY);
    expect(lines(diagnostics).join('\n')).toContain(message);
  });

  it('does not hang where hosts’ variables stand for each other', () => {
    const inventory = 'all: {hosts: {a: {x: "{{ hostvars.b.x }}"}, b: {x: "{{ hostvars.a.x }}"}}}';
    const { diagnostics } = compileTexts(play(task(rule('{{ x }}'))), inventory);
    expect(lines(diagnostics).join('\n')).toContain('stand for each other');
  });

  it('shares the arguments of hosts that have the same rules', () => {
    const hosts = Array.from({ length: 300 }, (_, index) => `h${index}: `).join(', ');
    const inventory = `all:\n  vars:\n    rate: 5\n    rules: [{domain: a, rate: "{{ rate }}"}]\n  hosts: {${hosts}}`;
    const { plays } = compileTexts(play(task('"{{ rules + [] }}"')), inventory);
    const args = new Set(plays[0]?.batches.flat().map((job) => job.tasks[0]?.args));
    expect(args.size).toBe(1);
  });
});
