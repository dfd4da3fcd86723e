import { describe, expect, it } from 'vitest';
import { memTuneFact } from '../../../src/facts/memtune.ts';
import { partitionFact } from '../../../src/facts/partition.ts';
import { documentElement } from '../../../src/libvirt/xml.ts';
import { memoryLimits } from '../../../src/modules/memory_limits/index.ts';
import { described, parseRules, planRules } from './of_module.ts';

const FACTS = [memTuneFact, partitionFact];
const IN_CGROUP = '<resource><partition>/machine</partition></resource>';
const GIB = 1024 ** 2;

type Limits = Readonly<Partial<Record<'soft_limit' | 'hard_limit' | 'swap_hard_limit' | 'memory', number>>>;

/** A VM of 4 GiB with these limits in GiB in its two states. */
function vm(live: Limits | null, config: Limits | null = live, over = {}) {
  const xml = (limits: Limits | null) => {
    if (limits === null) return null;
    const { memory = 4, ...tune } = limits;
    const lines = Object.entries(tune).map(([name, gib]) => `<${name} unit='KiB'>${gib * GIB}</${name}>`);
    return `<memory unit='KiB'>${memory * GIB}</memory><memtune>${lines.join('')}</memtune>`;
  };
  return described(FACTS, live && `${xml(live)}${IN_CGROUP}`, xml(config), over);
}

const plan = (rule: string, domain = vm({}), over = {}) =>
  planRules(memoryLimits, [`- { domain: "*", ${rule} }`], [domain], over)[0]!;

describe('what libvirt says of a VM’s memory', () => {
  it.each([
    ['<name>x</name>', { memory: 0, soft_limit: null, hard_limit: null, swap_hard_limit: null }],
    ["<memory unit='KiB'>2048</memory><currentMemory>1</currentMemory>", { memory: 2048 }],
    ["<memtune><hard_limit unit='KiB'>5</hard_limit></memtune>", { hard_limit: 5, soft_limit: null }],
    ['<memtune><soft_limit>0</soft_limit></memtune>', { soft_limit: 0 }],
    ['<memtune><soft_limit>9007199254740991</soft_limit></memtune>', { soft_limit: null }],
  ])('%s', (xml, expected) => {
    expect(memTuneFact.parse(documentElement(`<domain>${xml}</domain>`, 'domain'))).toMatchObject(expected);
  });
});

describe('rules', () => {
  it.each([
    ['soft_limit: 6 GiB', { soft_limit: 6 * GIB }],
    ['soft_limit: 6291456', { soft_limit: 6 * GIB }],
    ['soft_limit: 1500 GiB', { soft_limit: 1500 * GIB }],
    ['soft_limit: 120% of memory', { soft_limit: Math.floor(4.8 * GIB) }],
    ['soft_limit: 62.5% of memory', { soft_limit: 2.5 * GIB }],
    ['hard_limit: memory + 2 GiB', { hard_limit: 6 * GIB }],
    ['hard_limit: memory+2097152', { hard_limit: 6 * GIB }],
    ['hard_limit: unlimited, swap_hard_limit: unlimited', { hard_limit: null, swap_hard_limit: null }],
  ])('%s', (rule, expected) => {
    const { args, said } = parseRules(memoryLimits, `- { domain: "*", ${rule} }`);
    expect(said).toEqual([]);
    const found = memoryLimits.find({ domains: [vm({})], unreadable: [], parts: {} });
    const [claim] = memoryLimits.select(args, found).claims.get(found[0]!)!;
    expect(claim?.desired).toEqual({ live: expected, config: expected });
  });

  const BELOW =
    /error hard_limit is below the memory of the VM: the kernel would end it; .*"memory \+ 2 GiB"/;
  it.each([
    ['hard_limit: 0', /error no VM runs in "0" of memory; to take a limit away, write unlimited/],
    ['soft_limit: memory + 0 GiB', /error no VM runs in/],
    ['soft_limit: 0% of memory', /error no VM runs in/],
    ['soft_limit: 120%', /error "120%" does not say of what; write e.g. "120% of memory"/],
    ['soft_limit: 4 GB of memory', /error .*/],
    ['soft_limit: 4G', /error "4G" is ambiguous.*"4 GB"/],
    ['soft_limit: -1', /error .*-1/],
    ['soft_limit: memory - 1 GiB', /error "memory - 1 GiB" is not a size/],
    ['soft_limit: 9007199254740991', /error .* is more than libvirt takes/],
    ['hard_limit: 99.9% of memory', BELOW],
    ['hard_limit: 6 GiB, swap_hard_limit: 5 GiB', /error swap_hard_limit is below hard_limit/],
    ['hard_limit: unlimited, swap_hard_limit: 5 GiB', /error swap_hard_limit needs a hard_limit/],
    ['soft_limit: memory + 3 GiB, hard_limit: memory + 2 GiB', /error soft_limit is above hard_limit/],
    ['force: hard_limit', /error the rule sets nothing/],
    ['soft_limit: 4 GiB, force: hard_limit', /error force names hard_limit, which the rule does not set/],
    ['soft_limit: 4 GiB, force: all', /error .*force/],
    ['soft-limit: 4 GiB', /error .*soft_limit/],
  ])('wrong: %s', (rule, expected) => {
    const { said } = parseRules(memoryLimits, `- { domain: "*", ${rule} }`);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^2:\d+ /);
    expect(said[0]).toMatch(expected);
  });

  it.each([
    'soft_limit: 6 GiB, hard_limit: memory + 1 GiB',
    'soft_limit: unlimited, hard_limit: 6 GiB',
    'hard_limit: 6 GiB, swap_hard_limit: 6 GiB',
    'hard_limit: memory, force: hard_limit',
  ])('fine, or not known without the VM: %s', (rule) => {
    expect(parseRules(memoryLimits, `- { domain: "*", ${rule} }`).said).toEqual([]);
  });

  it('that can never win are named, whatever stands for the limit', () => {
    const { said } = parseRules(
      memoryLimits,
      '- { domain: a, soft_limit: 6 GiB }\n- { domain: "*", soft_limit: 200% of memory }',
    );
    expect(said).toEqual([expect.stringMatching(/^2:5 warning rule "rule 1" can never win/)]);
  });
});

describe('what is written', () => {
  const M = 'virsh memtune U';
  const k = (gib: number) => gib * GIB;

  it.each([
    ['soft_limit: 5 GiB', {}, {}, [`${M} --live --config --soft-limit ${k(5)}`]],
    ['hard_limit: memory + 2 GiB', {}, {}, [`${M} --live --config --hard-limit ${k(6)}`]],
    ['soft_limit: 5 GiB', { soft_limit: 5 }, {}, [`${M} --config --soft-limit ${k(5)}`]],
    ['soft_limit: 5 GiB, apply_to: live', {}, {}, [`${M} --live --soft-limit ${k(5)}`]],
    [
      'hard_limit: 6 GiB, swap_hard_limit: 8 GiB',
      {},
      {},
      [`${M} --live --config --hard-limit ${k(6)} --swap-hard-limit ${k(8)}`],
    ],
    // What goes together comes together, whatever differs; and only where there is any limit with swap.
    [
      'hard_limit: 6 GiB',
      { hard_limit: 7, swap_hard_limit: 8 },
      { hard_limit: 7, swap_hard_limit: 8 },
      [`${M} --live --config --hard-limit ${k(6)} --swap-hard-limit ${k(8)}`],
    ],
    // virsh holds the configuration's limit against the live one with swap.
    [
      'hard_limit: 9 GiB, apply_to: config',
      { hard_limit: 7, swap_hard_limit: 8 },
      {},
      [`${M} --config --hard-limit ${k(9)} --swap-hard-limit -1`],
    ],
    [
      'hard_limit: unlimited, swap_hard_limit: unlimited, soft_limit: unlimited',
      { hard_limit: 7, swap_hard_limit: 8, soft_limit: 5 },
      { hard_limit: 7 },
      [
        `${M} --live --soft-limit -1 --hard-limit -1 --swap-hard-limit -1`,
        `${M} --config --hard-limit -1 --swap-hard-limit -1`,
      ],
    ],
    ['hard_limit: unlimited', { hard_limit: 7 }, {}, [`${M} --live --hard-limit -1`]],
    // A share of what each state has.
    [
      'soft_limit: 150% of memory',
      { memory: 4 },
      { memory: 8 },
      [`${M} --live --soft-limit ${k(6)}`, `${M} --config --soft-limit ${k(12)}`],
    ],
    ['soft_limit: 5 GiB', { soft_limit: 5 }, { soft_limit: 5 }, []],
    ['soft_limit: unlimited', {}, {}, []],
  ])('%s of %j and %j', (rule, live, config, commands) => {
    const done = plan(rule, vm(live, config));
    expect([done.reason, done.status, done.commands]).toEqual([
      undefined,
      commands.length > 0 ? 'pending' : 'inSync',
      commands,
    ]);
  });

  it('is said in words', () => {
    const done = plan('soft_limit: 5 GiB, hard_limit: unlimited', vm({ hard_limit: 7 }, {}));
    expect(done.sentence).toBe(
      'soft limit unlimited → 5 GiB; hard limit 7 GiB → unlimited (live; persistent is right)',
    );
    expect(done.diff).toEqual([
      '- soft_limit      live+persistent unlimited',
      '+ soft_limit      live+persistent 5242880 KiB (5 GiB)',
      '- hard_limit      live            7340032 KiB (7 GiB)',
      '+ hard_limit      live            unlimited',
      '  hard_limit      persistent      unlimited',
    ]);
  });

  it('anew, if that is asked for, what is in force', () => {
    const has = vm({ hard_limit: 7, swap_hard_limit: 8 });
    expect(plan('hard_limit: 7 GiB', has, { rewrite: true }).commands).toEqual([
      `${M} --live --hard-limit ${k(7)} --swap-hard-limit ${k(8)}`,
    ]);
  });
});

describe('what would end a VM, or keep it from starting', () => {
  it.each([
    [
      'hard_limit: 3 GiB',
      {},
      /a hard limit of 3 GiB is below the VM's memory of 4 GiB: the kernel would end it/,
    ],
    ['hard_limit: 3 GiB, force: hard_limit', {}, /is below the VM's memory of 4 GiB/],
    ['hard_limit: memory', {}, /leaves QEMU too little .* write at least 5 GiB, or "force: hard_limit"/],
    ['hard_limit: 124.9% of memory', {}, /leaves QEMU too little/],
    ['hard_limit: memory + 511 MiB', { memory: 1 }, /leaves QEMU too little .* at least 1536 MiB/],
    [
      'soft_limit: 1023 MiB',
      {},
      /so low that a VM of 4 GiB may hang.* at least 1 GiB, or "force: soft_limit"/,
    ],
    ['soft_limit: 127 MiB', { memory: 0.125 }, /at least 128 MiB/],
    ['swap_hard_limit: 8 GiB', {}, /a swap_hard_limit of 8 GiB without a hard_limit, which libvirt refuses/],
    ['hard_limit: unlimited', { hard_limit: 7, swap_hard_limit: 8 }, /without a hard_limit/],
    [
      'hard_limit: 9 GiB',
      { hard_limit: 7, swap_hard_limit: 8 },
      /would be 8 GiB, below the hard_limit of 9 GiB/,
    ],
    ['hard_limit: 6 GiB', { soft_limit: 7 }, /soft_limit would be 7 GiB, above the hard_limit of 6 GiB/],
    ['soft_limit: 7 GiB', { hard_limit: 6 }, /above the hard_limit of 6 GiB/],
  ])('is refused: %s of %j', (rule, has, expected) => {
    const done = plan(rule, vm(has));
    expect([done.status, done.commands]).toEqual(['refused', []]);
    expect(done.reason).toMatch(expected);
    expect(done.reason).toMatch(/nothing was written$/);
    // A VM that is shut off would not start.
    expect(plan(rule, vm(null, has)).status).toBe('refused');
  });

  it.each([
    'hard_limit: memory, force: hard_limit',
    'hard_limit: 125% of memory',
    'soft_limit: 1 GiB',
    'soft_limit: 127 MiB, force: [soft_limit]',
  ])('is not refused: %s', (rule) => {
    expect(plan(rule)).toMatchObject({ status: 'pending', reason: undefined });
  });

  it('is let be where it is so already', () => {
    expect(plan('hard_limit: 4.5 GiB', vm({ hard_limit: 4.5 }))).toMatchObject({ status: 'inSync' });
  });

  it('the rule that decides is the one that must force it', () => {
    const rules = (first: string, second: string) =>
      planRules(
        memoryLimits,
        [`- { domain: "*", hard_limit: memory${first} }\n- { domain: w*, hard_limit: 4200 MiB${second} }`],
        [vm({})],
      )[0]!.status;
    expect(rules(', force: hard_limit', '')).toBe('refused');
    expect(rules('', ', force: hard_limit')).toBe('pending');
  });

  it('is each state’s own memory', () => {
    expect(plan('hard_limit: 6 GiB', vm({ memory: 4 }, { memory: 8 })).reason).toMatch(/memory of 8 GiB/);
    expect(plan('hard_limit: 6 GiB, apply_to: live', vm({ memory: 4 }, { memory: 8 })).status).toBe(
      'pending',
    );
  });

  it('is every limit on a host without cgroups', () => {
    const bare = described(FACTS, '<memory>4194304</memory>');
    expect(planRules(memoryLimits, ['- { domain: "*", hard_limit: 6 GiB }'], [bare])[0]).toMatchObject({
      status: 'unsupported',
      reason: expect.stringContaining('libvirt has no memory cgroup on this host'),
    });
  });
});

describe('two tasks', () => {
  const clashes = (a: string, b: string) =>
    memoryLimits.clashes(
      parseRules(memoryLimits, `- { domain: "*", ${a} }`).args,
      parseRules(memoryLimits, `- { domain: w, ${b} }`).args,
    );

  it.each([
    ['soft_limit: 5 GiB', 'soft_limit: 6 GiB', 1],
    ['soft_limit: 5 GiB', 'soft_limit: 5242880', 0],
    ['soft_limit: 5 GiB', 'soft_limit: unlimited', 1],
    // Which may be the same.
    ['soft_limit: 5 GiB', 'soft_limit: 125% of memory', 0],
    ['soft_limit: memory + 1 GiB', 'soft_limit: 125% of memory', 0],
    ['soft_limit: 120% of memory', 'soft_limit: 125% of memory', 1],
  ])('%s and %s', (a, b, count) => {
    expect(clashes(a, b)).toHaveLength(count);
  });
});

describe('scan', () => {
  const parts = (live: Limits, config = live) => {
    const [found] = memoryLimits.find({ domains: [vm(live, config)], unreadable: [], parts: {} });
    return memoryLimits.scan!.parts(found!);
  };

  it('keeps what VMs have', () => {
    expect(parts({})).toEqual({ parts: [] });
    expect(parts({ soft_limit: 3, hard_limit: 6 }, { soft_limit: 3 })).toEqual({
      parts: [{ soft_limit: '3 GiB' }, { hard_limit: '6 GiB', apply_to: 'live' }],
    });
    expect(parts({ soft_limit: 0 })).toEqual({ why: expect.stringContaining('a limit of 0') });
    expect(parts({ soft_limit: 7, hard_limit: 6 })).toEqual({
      why: expect.stringContaining('above its hard limit'),
    });
  });
});
