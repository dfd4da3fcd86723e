import { describe, expect, it } from 'vitest';
import { cpuTuneFact } from '../../../src/facts/cputune.ts';
import { partitionFact } from '../../../src/facts/partition.ts';
import { documentElement } from '../../../src/libvirt/xml.ts';
import { cpuLimits } from '../../../src/modules/cpu_limits/index.ts';
import { described, parseRules, planRules } from './of_module.ts';

const FACTS = [cpuTuneFact, partitionFact];
const IN_CGROUP = '<resource><partition>/machine</partition></resource>';

/** A VM with these children of `<cputune>` in its two states. */
const vm = (live: string | null, config: string | null = live, over = {}) =>
  described(
    FACTS,
    live === null ? null : `<vcpu>2</vcpu><cputune>${live}</cputune>${IN_CGROUP}`,
    config === null ? null : `<vcpu>2</vcpu><cputune>${config}</cputune>`,
    over,
  );

const plan = (rule: string, domain = vm(''), over = {}) =>
  planRules(cpuLimits, [`- { domain: "*", ${rule} }`], [domain], over)[0]!;

describe('what libvirt says of a VM’s CPU', () => {
  const read = (xml: string) =>
    cpuTuneFact.parse(documentElement(`<domain><cputune>${xml}</cputune></domain>`, 'domain'));

  it.each([
    ['nothing', '', { quota: null, total: null, shares: null }],
    ['a quota without a period', '<quota>5000</quota>', { quota: { quota: 5000, period: 100_000 } }],
    ['both', '<period>20000</period><quota>5000</quota>', { quota: { quota: 5000, period: 20_000 } }],
    ['a period alone', '<period>20000</period>', { quota: null }],
    ['-1, which a cleared quota leaves', '<period>20000</period><quota>-1</quota>', { quota: null }],
    ['-2', '<quota>-2</quota>', { quota: null }],
    ['what no quota is on cgroup v2', '<quota>17592186044415</quota>', { quota: null }],
    ['0', '<quota>0</quota>', { quota: null }],
    [
      'of the whole VM',
      '<global_quota>9000</global_quota><global_period>9000</global_period>',
      { quota: null, total: { quota: 9000, period: 9000 } },
    ],
    ['others', '<emulator_quota>9000</emulator_quota><vcpupin vcpu="0" cpuset="1"/>', { quota: null }],
    ['shares', '<shares>200</shares>', { shares: 200 }],
    ['shares with which it does not start', '<shares>0</shares>', { shares: 0 }],
  ])('%s', (_what, xml, expected) => {
    expect(read(xml)).toMatchObject(expected);
  });
});

describe('rules', () => {
  const values = (rule: string) => {
    const { args, said } = parseRules(cpuLimits, `- { domain: "*", ${rule} }`);
    expect(said).toEqual([]);
    return args.rules[0].limits;
  };

  it.each([
    ['cpu_quota: 50%', { cpu_quota: { quota: 50_000, period: 100_000 } }],
    ['cpu_quota: "12.5 %"', { cpu_quota: { quota: 12_500, period: 100_000 } }],
    ['cpu_quota: 33.3%', { cpu_quota: { quota: 33_300, period: 100_000 } }],
    ['cpu_quota: 50%, cpu_period: 10 ms', { cpu_quota: { quota: 5000, period: 10_000 } }],
    ['cpu_quota: 5000, cpu_period: 10000', { cpu_quota: { quota: 5000, period: 10_000 } }],
    ['cpu_quota: 2.5 ms, cpu_period: 0.01s', { cpu_quota: { quota: 2500, period: 10_000 } }],
    ['cpu_quota: unlimited', { cpu_quota: null }],
    ['total: 150%', { total: { quota: 150_000, period: 100_000 } }],
    ['total: 150%, total_period: 1 s', { total: { quota: 1_500_000, period: 1_000_000 } }],
    ['cpu_shares: 200', { cpu_shares: 200 }],
  ])('%s', (rule, expected) => {
    expect(values(rule)).toEqual(expected);
  });

  const EXAMPLES = 'write a share of one CPU, e.g. "50%", or the time in each period, e.g. "50 ms"';
  it.each([
    ['cpu_quota: 0%', 'error no VM runs on 0% of a CPU; to take a limit away, write unlimited'],
    ['cpu_quota: -1', 'error -1 is not a quota; to take a limit away, write unlimited'],
    ['cpu_quota: half', `error "half" is not a quota; ${EXAMPLES}`],
    ['cpu_quota: 50 m', `error "50 m" is not a quota; ${EXAMPLES}`],
    ['cpu_quota: 1.5', `error "1.5" is not a quota; ${EXAMPLES}`],
    [
      'cpu_quota: 5%, cpu_period: 10 ms',
      'error cpu_quota: it comes to 500 us in each period of 10 ms, and libvirt takes 1 ms at least; write at least 10%, or a longer period',
    ],
    ['total: 999', /error total: it comes to 999 us .* write at least 1%, or a longer period/],
    [
      'total: 17592186044415',
      'error total: it is more than libvirt takes; if no limit is meant, write unlimited',
    ],
    [
      'cpu_quota: 50%, cpu_period: 2 s',
      /error a period of 2000 ms is out of range: libvirt takes 1 ms to 1 s/,
    ],
    ['cpu_quota: 50%, cpu_period: 999', /error a period of 999 us is out of range/],
    ['cpu_period: 10 ms', /error cpu_period says of which time cpu_quota is a share, and there is none/],
    ['total: unlimited, total_period: 10 ms', /error total_period says of which time total is a share/],
    ['apply_to: live', 'error the rule sets nothing; give cpu_quota, total or cpu_shares'],
    ...[0, 1, 10_001, 20_000, -5].map((n): [string, RegExp] => [
      `cpu_shares: ${n}`,
      new RegExp(`error shares of ${n} are out of range: 2 to 10000; the kernel would not take them`),
    ]),
    ['cpu_shares: unlimited', /error .*cpu_shares/],
    ['cpu_shares: 1.5', /error .*cpu_shares/],
    ['cpu_quotas: 50%', /error .*cpu_quota/],
    [
      'total: 150%, cpu_quota: 120%',
      /warning cpu_quota: a vCPU cannot use more than 100%.*so 120% limits nothing/,
    ],
    ['total: 0.5 %, total_period: 1 s', /warning total: on 0.5% of a CPU a VM hardly runs/],
  ])('wrong: %s', (rule, expected) => {
    const { said } = parseRules(cpuLimits, `- { domain: "*", ${rule} }`);
    expect(said).toHaveLength(1);
    const [line = ''] = said;
    expect(line).toMatch(/^2:\d+ /);
    if (typeof expected === 'string') expect(line.replace(/^\S+ /, '')).toBe(expected);
    else expect(line).toMatch(expected);
  });

  it('name a VM, and say where they are wrong', () => {
    expect(parseRules(cpuLimits, '- cpu_shares: 200').said[0]).toMatch(/^2:5 error the rule names no VM/);
    expect(parseRules(cpuLimits, '- domain: a\n  cpu_quota: x').said[0]).toMatch(/^3:16 error "x" is not/);
  });

  it('that can never win are named', () => {
    const { said } = parseRules(
      cpuLimits,
      '- { name: a, domain: web-1, cpu_quota: 50%, cpu_shares: 20 }\n- { name: b, domain: "web-*", cpu_quota: 60% }\n- { name: c, domain: "*", cpu_shares: 20 }',
    );
    expect(said).toEqual([
      '2:5 warning rule "a" can never win: rule "b" (x.yml:3) and rule "c" (x.yml:4) come later, name at least the same VMs and replace all that it sets; put the more particular rule last, or narrow the later one',
    ]);
  });
});

describe('what is written', () => {
  const S = 'virsh schedinfo U';

  it.each([
    ['cpu_quota: 50%', '', '', [`${S} --live --config vcpu_period=100000 vcpu_quota=50000`]],
    [
      'cpu_quota: 50%, total: 80%, cpu_shares: 20',
      '',
      '',
      [
        `${S} --live --config vcpu_period=100000 vcpu_quota=50000 global_period=100000 global_quota=80000 cpu_shares=20`,
      ],
    ],
    // Only what differs, by state.
    [
      'cpu_quota: 50%, cpu_shares: 20',
      '<quota>50000</quota>',
      '<shares>20</shares>',
      [`${S} --live cpu_shares=20`, `${S} --config vcpu_period=100000 vcpu_quota=50000`],
    ],
    [
      'cpu_quota: 50%',
      '<quota>50000</quota>',
      '<quota>40000</quota>',
      [`${S} --config vcpu_period=100000 vcpu_quota=50000`],
    ],
    // Clearing takes other words in each state.
    [
      'cpu_quota: unlimited',
      '<quota>50000</quota>',
      '<quota>50000</quota>',
      [`${S} --live vcpu_quota=-1`, `${S} --config vcpu_period=0 vcpu_quota=0`],
    ],
    [
      'total: unlimited',
      '',
      '<global_quota>50000</global_quota>',
      [`${S} --config global_period=0 global_quota=0`],
    ],
    ['cpu_quota: unlimited', '<quota>-1</quota><period>5000</period>', '', []],
    ['cpu_quota: 50%, apply_to: live', '', '', [`${S} --live vcpu_period=100000 vcpu_quota=50000`]],
    ['cpu_shares: 100', '', '<shares>0</shares>', [`${S} --live --config cpu_shares=100`]],
  ])('%s of %j and %j', (rule, live, config, commands) => {
    const done = plan(rule, vm(live, config));
    expect([done.status, done.commands]).toEqual([commands.length > 0 ? 'pending' : 'inSync', commands]);
  });

  it('a VM that is shut off, or transient, has one state', () => {
    expect(plan('cpu_quota: 50%', vm(null, '')).commands).toEqual([
      `${S} --config vcpu_period=100000 vcpu_quota=50000`,
    ]);
    expect(plan('cpu_quota: 50%', vm('', null)).commands).toEqual([
      `${S} --live vcpu_period=100000 vcpu_quota=50000`,
    ]);
    expect(plan('cpu_quota: 50%, apply_to: live', vm(null, '')).status).toBe('notRunning');
    expect(plan('cpu_quota: 50%, apply_to: config', vm('', null))).toMatchObject({
      status: 'unsupported',
      reason: 'the rule applies to the persistent configuration only, and a transient VM has none',
    });
  });

  it('anew, if that is asked for, what is in force', () => {
    const has = vm('<quota>50000</quota>');
    expect(plan('cpu_quota: 50%', has).commands).toEqual([]);
    const anew = plan('cpu_quota: 50%', has, { rewrite: true });
    expect(anew.commands).toEqual([`${S} --live vcpu_period=100000 vcpu_quota=50000`]);
    expect(anew.sentence).toBe('set again: gets at most 50% of a CPU per vCPU');
  });

  it('is said in words', () => {
    const done = plan(
      'cpu_quota: 50%, cpu_period: 10 ms, total: unlimited, cpu_shares: 20',
      vm('', '<global_quota>9000</global_quota>'),
    );
    expect(done.sentence).toBe(
      'per vCPU unlimited → 50% (period 10 ms); in all 9% → unlimited (persistent; live is right); shares default → 20',
    );
    expect(done.diff).toEqual([
      '- cpu_quota  live+persistent unlimited',
      '+ cpu_quota  live+persistent 5000/10000 us (50%)',
      '  cpu_total  live            unlimited',
      '- cpu_total  persistent      9000/100000 us (9%)',
      '+ cpu_total  persistent      unlimited',
      '- cpu_shares live+persistent default',
      '+ cpu_shares live+persistent 20',
    ]);
  });

  it('with what is worth knowing', () => {
    expect(plan('total: 300%').notes).toEqual([
      'total: 300% is more than its 2 vCPUs can use, so it hardly limits anything',
    ]);
    expect(plan('total: 50%', vm(null, '', { managedSave: true })).notes.at(-1)).toMatch(
      /managed-save image/,
    );
  });
});

describe('a host without cgroups', () => {
  const NONE = described(FACTS, '<vcpu>1</vcpu>');
  const off = described(FACTS, null, '<vcpu>1</vcpu>', {
    name: 'off',
    uuid: NONE.uuid.replace('6', '7'),
  });
  const own = described(FACTS, IN_CGROUP);
  const rules = ['- { domain: "*", cpu_quota: 50% }'];
  const statuses = (...domains: (typeof off)[]) =>
    planRules(cpuLimits, rules, domains).map(({ status, reason, notes }) => `${status} ${reason ?? notes}`);

  it('is written nothing to, since its VMs would not start again', () => {
    const why =
      'libvirt has no CPU cgroup on this host (no running VM is in one, as in session mode or a container)';
    expect(statuses(NONE, off)).toEqual([
      `unsupported ${why}`,
      `unsupported ${why}, and with such limits the VM might not start`,
    ]);
  });

  it('is not known where none runs, or where the owner wrote the partition', () => {
    const note =
      'no running VM shows whether libvirt has a CPU cgroup on this host; without one the VM might not start';
    expect(statuses(off)).toEqual([`pending ${note}`]);
    expect(statuses(own)).toEqual([`pending ${note}`]);
    expect(statuses(off, vm(''))).toEqual(['pending ', 'pending ']);
  });

  it('has nothing to tell of what is right already', () => {
    expect(planRules(cpuLimits, ['- { domain: "*", cpu_quota: unlimited }'], [NONE])[0]).toMatchObject({
      status: 'inSync',
    });
  });
});

describe('two tasks', () => {
  const clashes = (a: string, b: string) =>
    cpuLimits
      .clashes(parseRules(cpuLimits, a).args, parseRules(cpuLimits, b).args)
      .map(({ message }) => message);

  it('that want different shares of a VM are told by the files', () => {
    expect(
      clashes('- { name: a, domain: "*", total: 50% }', '- { name: b, domain: web, total: 60% }'),
    ).toEqual([
      'rule "b" wants cpu_total 60% (global_period=100000 global_quota=60000), and rule "a" (x.yml:2) of another task wants 50% (global_period=100000 global_quota=50000): each run would write both',
    ]);
  });

  it.each([
    ['the same', '- { domain: "*", total: 50% }', '- { domain: web, total: 50 ms }'],
    ['other settings', '- { domain: "*", total: 50% }', '- { domain: web, cpu_quota: 60% }'],
    [
      'other states',
      '- { domain: "*", total: 50%, apply_to: live }',
      '- { domain: w, total: 6%, apply_to: config }',
    ],
    ['other VMs', '- { domain: "a*", total: 50% }', '- { domain: "b*", total: 60% }'],
    [
      'what a later rule replaces',
      '- { domain: "*", total: 50% }\n- { domain: w, total: 6% }',
      '- { domain: w, total: 6% }',
    ],
  ])('%s is no contradiction', (_what, a, b) => {
    expect(clashes(a, b)).toEqual([]);
  });

  it('or when the host is planned', () => {
    const tasks = [
      '- { name: a, domain: "web*", total: 50% }',
      '- { name: b, match: { state: running }, total: 60% }',
    ];
    expect(planRules(cpuLimits, tasks, [vm('')])[0]).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('two tasks want different cpu_total limits of it: rule "a"'),
    });
  });
});

describe('scan', () => {
  const parts = (live: string, config = live) => {
    const [found] = cpuLimits.find({ domains: [vm(live, config)], unreadable: [], parts: {} });
    return cpuLimits.scan!.parts(found!);
  };

  it.each([
    ['', '', []],
    ['<period>5000</period>', '', []],
    ['<quota>50000</quota>', '<quota>50000</quota>', [{ cpu_quota: '50%' }]],
    [
      '<shares>7</shares>',
      '<shares>9</shares>',
      [
        { cpu_shares: 7, apply_to: 'live' },
        { cpu_shares: 9, apply_to: 'config' },
      ],
    ],
    [
      '<quota>33333</quota><period>90001</period>',
      '',
      [{ cpu_quota: 33_333, cpu_period: '90001 us', apply_to: 'live' }],
    ],
    [
      '<global_quota>5000</global_quota><global_period>10000</global_period>',
      '<global_quota>5000</global_quota><global_period>10000</global_period>',
      [{ total: '50%', total_period: '10 ms' }],
    ],
  ])('%s and %s', (live, config, expected) => {
    expect(parts(live, config)).toEqual({ parts: expected });
  });

  it('leaves out what cannot be told again', () => {
    expect(parts('<shares>20000</shares>')).toEqual({ why: expect.stringContaining('cannot be told again') });
  });
});
