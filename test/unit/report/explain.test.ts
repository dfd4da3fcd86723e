import { describe, expect, it } from 'vitest';
import { explainTask } from '../../../src/explain/explain.ts';
import { type ExplainedHost, explainJson } from '../../../src/explain/json.ts';
import { explainLines } from '../../../src/explain/text.ts';
import type { Inventory } from '../../../src/model/inventory.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import type { Rule } from '../../../src/modules/nic_limits/rule.ts';
import { originOf, varLayers } from '../../../src/project/origin.ts';
import { mergeLayers } from '../../../src/yaml/merge.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { misfits } from '../../schema_of.ts';
import { args, domain, facts, nic, rate, rule } from '../modules/build.ts';

const plain = (_: unknown, text: string) => text;

function told(rules: readonly Rule[], vm = domain(), over: Partial<ExplainedHost> = {}): ExplainedHost {
  const task = { host: 'hv01', play: 'p', task: 't', rank: 0, module: nicLimits, args: args(rules) };
  const asked = { ...task, ignoreErrors: false, listAll: true, rewrite: false, kernel: false, now: 0 };
  const subjects = explainTask(asked, facts([vm]), () => true).map((explanation) => ({
    explanation,
    origins: explanation.rules.map(() => ({
      variable: 'nic_limits',
      kind: 'group' as const,
      name: 'compute',
    })),
  }));
  return { name: 'hv01', address: '10.0.0.1', subjects, notes: [], warnings: [], ...over };
}

function text(rules: readonly Rule[], vm = domain()): string {
  return explainLines(told(rules, vm), plain).join('\n');
}

describe('the explanation of a NIC', () => {
  const web = rule({ name: 'web', line: 4, limits: { inbound: rate(100), outbound: rate(50) } });

  it('names the rules in order with their places, what each set, and the result in all its forms', () => {
    const faster = rule({ name: 'faster', line: 9, limits: { outbound: rate(12_500, 0, 0) } });
    const shown = text([web, rule({ domain: { include: ['db'], exclude: [], literal: false } }), faster]);
    expect(shown).toBe(
      [
        'web-01 nic 1 on hv01: 52:54:00:00:00:01, bridge br0, vnet0',
        '  VM 6695eb01-f6a4-8304-79aa-97f2502e193f, running',
        '  rules that name it, in order:',
        '    1. "web" inventory/x.yml:4, variable nic_limits of group compute',
        '       inbound  800 kbit/s',
        '       outbound 400 kbit/s; replaced by 2',
        '    2. "faster" inventory/x.yml:9, variable nic_limits of group compute',
        '       outbound 100 Mbit/s',
        '  is to have: --inbound 100 --outbound 12500',
        '    web-01 nic 1 receives at most 800 kbit/s',
        '    web-01 nic 1 sends at most 100 Mbit/s',
        '  has now (live):       receives unlimited; sends unlimited',
        '  has now (persistent): receives unlimited; sends unlimited',
        '  status: pending: a run would change it',
        '    $ virsh domiftune 6695eb01-f6a4-8304-79aa-97f2502e193f 52:54:00:00:00:01 --live --config --inbound 100 --outbound 12500',
        '',
      ].join('\n'),
    );
  });

  it('tells the states apart where rules do', () => {
    const live = rule({ name: 'live', applyTo: 'live', limits: { inbound: rate(7) } });
    const shown = text([web, live]);
    expect(shown).toContain('inbound  800 kbit/s; replaced by 2 in the live state');
    expect(shown).toContain('inbound  56 kbit/s (live only)');
    expect(shown).toContain('is to have in the live state: --inbound 7 --outbound 50');
    expect(shown).toContain('is to have in the persistent state: --inbound 100 --outbound 50');
    expect(text([live, web])).toContain('inbound  56 kbit/s (live only); replaced by 2\n');
  });

  it('says what a run would do: in sync, refused, left alone; with advice', () => {
    const inSync = domain({ live: [nic({ limits: { inbound: rate(100), outbound: rate(50) } })] });
    expect(text([web], inSync)).toContain('status: in sync');
    const user = domain({ live: [nic({ type: 'user' })] });
    expect(text([web], user)).toContain('status: unsupported: libvirt cannot limit a NIC of type user');
    expect(text([])).toContain('no rule names it, so it is left alone');
    expect(text([rule({ limits: { inbound: rate(9, 0, 9) } })])).toContain(
      'advice: inbound: burst has next to no effect without a peak',
    );
    const transient = domain({ config: null });
    expect(text([web], transient)).not.toContain('persistent');
  });

  it('prints nothing of a host that could move the cursor', () => {
    const shown = text([{ ...web, name: 'a\x1b[2J' }], domain({ name: 'x\x1b]0;y\x07\u202e' }));
    expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('its JSON', () => {
  it('fits its schema', () => {
    const rules = [
      rule({ limits: { inbound: rate(100, 200, 300), outbound: null } }),
      rule({ applyTo: 'config', limits: { inbound: null } }),
    ];
    const cases = [
      told(rules),
      told([]),
      told(rules, domain({ live: null, config: [nic()] })),
      told([rule({ limits: { inbound: rate(9, 0, 9) } })], domain(), {
        notes: ['n'],
        warnings: [{ severity: 'warning', message: 'm', place: { file: 'f', line: 1, column: 2 } }],
      }),
    ];
    for (const one of cases) {
      expect(misfits('explain', JSON.parse(explainJson(one)))).toEqual([]);
    }
    const [first] = JSON.parse(explainJson(told(rules))).resources;
    expect(first.rules[0].sets[0]).toMatchObject({
      setting: 'inbound',
      words: '--inbound 100,200,300',
      replacedBy: { live: null, config: 2 },
    });
    expect(first.desired.config).toMatchObject({
      values: { inbound: null, outbound: null },
      words: ['--inbound 0', '--outbound 0'],
      sentences: ['web-01 nic 1 receives without limit', 'web-01 nic 1 sends without limit'],
    });
    expect(first.desired.live.words[0]).toEqual('--inbound 100,200,300');
  });
});

describe('where a rule comes from', () => {
  const vars = (yaml: string, file: string) => parseYaml(yaml, file).value as Record<string, unknown>;
  const compute = vars('nic_limits:\n- domain: a\n- domain: b\n', 'group_vars/compute.yml');
  const host = vars('more:\n  rules:\n  - domain: c\n', 'host_vars/hv01.yml');
  const inventory = {
    hosts: new Map([['hv01', { name: 'hv01', groups: ['compute'], vars: {} }]]),
    groups: new Map([
      ['all', { name: 'all', children: ['compute'], hosts: [], vars: vars('x: 1', 'hosts.yml') }],
      ['compute', { name: 'compute', children: [], hosts: ['hv01'], vars: {} }],
    ]),
  } as Inventory;
  const dir = { dir: '/', groups: new Map([['compute', compute]]), hosts: new Map([['hv01', host]]) };
  const tasks = [{ name: 't', vars: vars('of_task:\n- domain: e\n', 'task.yml') }];
  const play = { name: 'play', vars: vars('own:\n- domain: d\n', 'play.yml'), tasks } as never;
  const extra = vars('[1]', 'x');
  const layers = varLayers(inventory, [dir], 'hv01', play, extra);

  it('is found by its place, however it got into the list', () => {
    expect(originOf(layers, 'group_vars/compute.yml', 3)).toEqual({
      variable: 'nic_limits',
      kind: 'group',
      name: 'compute',
    });
    expect(originOf(layers, 'host_vars/hv01.yml', 3)).toEqual({
      variable: 'more',
      kind: 'host',
      name: 'hv01',
    });
    expect(originOf(layers, 'play.yml', 2)).toEqual({ variable: 'own', kind: 'play', name: 'play' });
    expect(originOf(layers, 'task.yml', 2)).toEqual({ variable: 'of_task', kind: 'task', name: 't' });
    expect(originOf(layers, 'play.yml', 1)).toBeNull();
    expect(originOf(layers, 'elsewhere.yml', 2)).toBeNull();
  });

  it('is not guessed where one line holds several variables', () => {
    const flat = mergeLayers([vars('{a: [{domain: x}], b: [{domain: y}]}', 'one.json')]);
    expect(originOf([{ kind: 'extraVars', name: '', vars: flat }], 'one.json', 1)).toBeNull();
  });
});
