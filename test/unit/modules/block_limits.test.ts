import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planVisit } from '../../../src/engine/plan.ts';
import { explainTask } from '../../../src/explain/explain.ts';
import { blkioTuneFact, THROTTLES } from '../../../src/facts/blkiotune.ts';
import { deviceFact } from '../../../src/facts/device.ts';
import { partitionFact } from '../../../src/facts/partition.ts';
import type { HostDevice } from '../../../src/libvirt/devices.ts';
import type { HostFacts } from '../../../src/model/facts.ts';
import { blockLimits } from '../../../src/modules/block_limits/index.ts';
import { described, parseRules, planRules } from './of_module.ts';

const FACTS = [blkioTuneFact, partitionFact];
const IN_CGROUP = '<resource><partition>/machine</partition></resource>';

type Limits = Readonly<Record<string, number>>;

/** `<device>` elements by path. */
const tune = (devices: readonly (readonly [string, Limits])[]) =>
  `<blkiotune><weight>300</weight>${devices
    .map(
      ([path, limits]) =>
        `<device><path>${path}</path>${Object.entries(limits)
          .map(([name, value]) => `<${name}>${value}</${name}>`)
          .join('')}</device>`,
    )
    .join('')}</blkiotune>`;

type Devices = Readonly<Record<string, Limits>>;
const xml = (devices: Devices) => tune(Object.entries(devices));

const vm = (live: Devices | null, config: Devices | null = live, over = {}, cgroup = IN_CGROUP) =>
  described(FACTS, live && `${xml(live)}${cgroup}`, config && xml(config), over);

const DISK: HostDevice = {
  kind: 'disk',
  number: '254:0',
  names: ['/dev/sda', '/dev/disk/by-id/a'],
  ioController: 'yes',
  sum: '1',
};
const NONE: HostDevice = { kind: 'absent', number: '', names: [], ioController: 'yes', sum: '0' };

/** What the host says of paths that rules name. */
const host = (devices: Readonly<Record<string, HostDevice>>): HostFacts['parts'] =>
  Object.fromEntries(Object.entries(devices).map(([path, device]) => [deviceFact(path).name, device]));

const SDA = host({ '/dev/sda': DISK });

const plan = (rule: string, domain = vm({}), parts = SDA, over = {}) =>
  planRules(blockLimits, [`- { domain: "*", device: /dev/sda, ${rule} }`], [domain], over, parts)[0]!;

describe('rules', () => {
  it('come to libvirt’s numbers, and ask for what they name alone', () => {
    const { args, said } = parseRules(
      blockLimits,
      '- { domain: a, device: [/dev/sda, /dev/sdb], read_bytes_sec: 1.5 MiB/s, write_bytes_sec: unlimited, read_iops_sec: 500 }',
    );
    expect(said).toEqual([]);
    expect(args.rules[0].limits).toEqual({
      read_bytes_sec: 1_572_864,
      write_bytes_sec: null,
      read_iops_sec: 500,
    });
    expect(blockLimits.facts(args).map(({ name }) => name)).toEqual([
      'blkiotune',
      'partition',
      'device /dev/sda',
      'device /dev/sdb',
    ]);
  });

  it.each([
    ['read_bytes_sec: 5 MB/s', /^2:5 error .*"device"/],
    ['device: /dev/sda', /^2:5 error the rule sets no limit/],
    ['device: "", read_iops_sec: 5', /^2:28 error the path of the device is empty/],
    ['device: [], read_iops_sec: 5', /^2:\d+ error /],
    [
      'device: vda, read_iops_sec: 5',
      /"vda" is no path of a block device of the host; .*limited by disk_limits/,
    ],
    ['device: /etc/passwd, read_iops_sec: 5', /"\/etc\/passwd" is no path below \/dev/],
    ['device: /dev/../etc/passwd, read_iops_sec: 5', /is no path below \/dev/],
    ['device: "/dev/sda,5", read_iops_sec: 5', /is no path below \/dev/],
    ['device: "/dev/sda;reboot", read_iops_sec: 5', /is no path below \/dev/],
    ['device: "/dev/sd*", read_iops_sec: 5', /is no path below \/dev/],
    ['device: [/dev/sda, sdb], read_iops_sec: 5', /"sdb" is no path of a block device/],
    [`device: /dev/${'a'.repeat(200)}, read_iops_sec: 5`, /is no path below \/dev/],
    ['device: /dev/sda, read_bytes_sec: 5M', /"5M" is not a rate/],
    ['device: /dev/sda, read_bytes_sec: 999', /"999" is too little/],
    ['device: /dev/sda, read_iops_sec: 0', /"0" is too little/],
    ['device: /dev/sda, read_iops_sec: 4294967295', /"4294967295" is more than/],
    ['device: /dev/sda, write_iops_sec: 1.5', /"1.5" is not a number of operations/],
    ['device: /dev/sda, weight: 100', /error .*weight/],
    ['device: /dev/sda, total_bytes_sec: 5 MB/s', /error .*total_bytes_sec/],
  ])('wrong: %s', (rule, expected) => {
    const { said } = parseRules(blockLimits, `- { domain: "*", ${rule} }`);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^2:\d+ error /);
    expect(said[0]).toMatch(expected);
  });

  it('that say no VM, or say the same again, are told', () => {
    expect(parseRules(blockLimits, '- { device: /dev/sda, read_iops_sec: 5 }').said[0]).toMatch(
      /names no VM/,
    );
    const wide = '- { name: wide, domain: "*", device: [/dev/sda, /dev/sdb], read_iops_sec: 9 }';
    const narrow = '- { name: narrow, domain: "*", device: /dev/sda, read_iops_sec: 5 }';
    expect(parseRules(blockLimits, `${narrow}\n${wide}`).said).toEqual([
      expect.stringMatching(/rule "narrow" can never win: rule "wide"/),
    ]);
    expect(parseRules(blockLimits, `${wide}\n${narrow}`).said).toEqual([]);
    const other = '- { name: other, domain: "*", device: /dev/sda, write_iops_sec: 9 }';
    expect(parseRules(blockLimits, `${narrow}\n${other}`).said).toEqual([]);
  });

  it('of two tasks that contradict each other are an error, and of two devices are none', () => {
    const args = (rule: string) => parseRules(blockLimits, `- { name: r, domain: "*", ${rule} }`).args;
    const clashes = (a: string, b: string) =>
      blockLimits.clashes(args(a), args(b)).map(({ message }) => message);
    expect(clashes('device: /dev/sda, read_iops_sec: 5', 'device: /dev/sda, read_iops_sec: 6')).toEqual([
      expect.stringMatching(/wants read_iops_sec 6 op\/s, .*another task wants 5 op\/s/),
    ]);
    expect(clashes('device: /dev/sda, read_iops_sec: 5', 'device: /dev/sdb, read_iops_sec: 6')).toEqual([]);
    expect(clashes('device: /dev/sda, read_iops_sec: 5', 'device: /dev/sda, write_iops_sec: 6')).toEqual([]);
  });
});

describe('what is written', () => {
  const B = 'virsh blkiotune U';
  const OTHER = { '/dev/sdb': { read_bytes_sec: 7 } };

  it.each<[string, Devices, string[]]>([
    ['read_bytes_sec: 5 MB/s', {}, [`${B} --live --config --device-read-bytes-sec /dev/sda,5000000`]],
    ['read_bytes_sec: 5 MB/s', OTHER, [`${B} --live --config --device-read-bytes-sec /dev/sda,5000000`]],
    [
      'write_iops_sec: 9, write_bytes_sec: 5 MB/s',
      { '/dev/sda': { read_bytes_sec: 7, write_iops_sec: 8 } },
      [`${B} --live --config --device-write-bytes-sec /dev/sda,5000000 --device-write-iops-sec /dev/sda,9`],
    ],
    [
      'read_bytes_sec: unlimited, read_iops_sec: 8',
      { '/dev/sda': { read_bytes_sec: 7, read_iops_sec: 8 } },
      [`${B} --live --config --device-read-bytes-sec /dev/sda,0`],
    ],
    ['read_bytes_sec: 5000', { '/dev/sda': { read_bytes_sec: 5000, write_iops_sec: 1 } }, []],
    ['read_bytes_sec: unlimited', {}, []],
    ['read_bytes_sec: 5 MB/s, apply_to: live', {}, [`${B} --live --device-read-bytes-sec /dev/sda,5000000`]],
  ])('%s of %j', (rule, devices, commands) => {
    const done = plan(rule, vm(devices));
    expect(done.commands).toEqual(commands);
    expect(done.status).toBe(commands.length === 0 ? 'inSync' : 'pending');
  });

  it('is first what runs and then the configuration, where they differ', () => {
    const differing = vm({ '/dev/sda': { read_iops_sec: 7 } }, {});
    expect(plan('read_iops_sec: 5, write_iops_sec: 6', differing).commands).toEqual([
      `${B} --live --config --device-read-iops-sec /dev/sda,5 --device-write-iops-sec /dev/sda,6`,
    ]);
    expect(plan('read_iops_sec: 7, write_iops_sec: 6', differing).commands).toEqual([
      `${B} --live --device-write-iops-sec /dev/sda,6`,
      `${B} --config --device-read-iops-sec /dev/sda,7 --device-write-iops-sec /dev/sda,6`,
    ]);
  });

  it('is what is in force once more, where that is asked for', () => {
    const set = vm({ '/dev/sda': { read_iops_sec: 5 } });
    expect(plan('read_iops_sec: 5', set, SDA, { rewrite: true }).commands).toEqual([
      `${B} --live --device-read-iops-sec /dev/sda,5`,
    ]);
  });

  it('never touches what no rule names, nor weights', () => {
    fc.assert(
      fc.property(
        fc.record(Object.fromEntries(THROTTLES.map((name) => [name, fc.integer({ min: 1000, max: 1e9 })])), {
          requiredKeys: [],
        }),
        fc.dictionary(fc.constantFrom(...THROTTLES), fc.integer({ min: 1, max: 1e9 })),
        fc.dictionary(fc.constantFrom(...THROTTLES), fc.integer({ min: 1, max: 1e9 })),
        (rule, live, config) => {
          if (Object.keys(rule).length === 0) return;
          const domain = vm({ '/dev/sda': live, ...OTHER }, { '/dev/sda': config, ...OTHER });
          const { commands, status } = plan(JSON.stringify(rule).slice(1, -1), domain);
          const due = (side: Limits) => Object.keys(rule).filter((name) => rule[name] !== side[name]);
          expect(status).toBe(due(live).length + due(config).length === 0 ? 'inSync' : 'pending');
          for (const [side, has] of [
            ['--live', live],
            ['--config', config],
          ] as const) {
            const words = commands.filter((line) => line.includes(side)).join(' ');
            const named = [...words.matchAll(/--device-([a-z-]+) (\S+),(\d+)/g)];
            expect(named.map(([, name]) => name!.replaceAll('-', '_')).sort()).toEqual(due(has).sort());
            for (const [, name, path, value] of named)
              expect([path, Number(value)]).toEqual(['/dev/sda', rule[name!.replaceAll('-', '_')]]);
          }
        },
      ),
    );
  });
});

describe('what would keep a VM from starting, or from being limited', () => {
  const off = (config: Devices = {}) => vm(null, config);
  const of = (device: Partial<HostDevice>) => host({ '/dev/sda': { ...NONE, ...device } });

  it.each<[Partial<HostDevice>, RegExp]>([
    [{ kind: 'absent' }, /^refused there is no \/dev\/sda on this host: .*the VM would not start/],
    [{ kind: 'partition' }, /^refused \/dev\/sda is a partition/],
    [{ kind: 'stale' }, /^refused \/dev\/sda names a device that this host does not have any more/],
    [{ kind: 'other' }, /^refused \/dev\/sda is no block device/],
    [
      { kind: 'unknown', ioController: 'unknown' },
      /^refused it is not known whether \/dev\/sda is a block device/,
    ],
    [{ kind: 'disk', ioController: 'no' }, /^unsupported the cgroups of this host have no io controller/],
  ])('%j', (device, expected) => {
    for (const domain of [vm({}), off()]) {
      const { status, reason, commands } = plan('read_iops_sec: 5', domain, of(device));
      expect(`${status} ${reason}`).toMatch(expected);
      expect(commands).toEqual([]);
    }
    const transient = vm({}, null, { persistent: false });
    expect(plan('read_iops_sec: 5', transient, of(device)).status).toBe('unsupported');
  });

  it('is taken out of a configuration whatever the host has', () => {
    const set = { '/dev/sda': { read_iops_sec: 5 } };
    expect(plan('read_iops_sec: unlimited', off(set), of({})).commands).toEqual([
      'virsh blkiotune U --config --device-read-iops-sec /dev/sda,0',
    ]);
    const running = plan('read_iops_sec: unlimited', vm(set), of({}));
    expect(`${running.status} ${running.reason}`).toMatch(
      /^unsupported there is no \/dev\/sda .*apply_to: config/,
    );
    expect(plan('read_iops_sec: unlimited, apply_to: config', vm(set), of({})).commands).toHaveLength(1);
  });

  it('is told of what is in sync', () => {
    const { status, notes } = plan('read_iops_sec: 5', vm({ '/dev/sda': { read_iops_sec: 5 } }), of({}));
    expect([status, notes]).toEqual([
      'inSync',
      [expect.stringMatching(/^there is no \/dev\/sda on this host: .*will not start$/)],
    ]);
  });

  it('without cgroups, or where nothing shows whether there are any', () => {
    const bare = plan('read_iops_sec: 5', vm({}, {}, {}, ''));
    expect(`${bare.status} ${bare.reason}`).toMatch(
      /^unsupported libvirt has no block I\/O cgroup on this host/,
    );
    expect(plan('read_iops_sec: 5', off()).notes).toEqual([
      expect.stringMatching(/^no running VM shows whether libvirt has a block I\/O cgroup/),
    ]);
    expect(plan('read_iops_sec: 5').notes).toEqual([]);
  });

  it('in session mode, unless a running VM is in a cgroup all the same', () => {
    const session = of({ ...DISK, ioController: 'session' });
    const none = plan('read_iops_sec: 5', off(), session);
    expect(`${none.status} ${none.reason}`).toMatch(
      /^unsupported libvirt limits no block I\/O in session mode/,
    );
    expect(plan('read_iops_sec: 5', vm({}), session).status).toBe('pending');
  });

  it('a rule for what runs, of a VM that does not', () => {
    expect(plan('read_iops_sec: 5, apply_to: live', off()).status).toBe('notRunning');
  });
});

describe('two names of one device', () => {
  const BY_ID = '/dev/disk/by-id/a';
  const both = host({ '/dev/sda': DISK, [BY_ID]: { ...DISK, names: [BY_ID, '/dev/sda'] } });
  const rules = (a: string, b: string) =>
    `- { name: one, domain: "*", device: /dev/sda, ${a} }\n- { name: two, domain: "*", device: ${BY_ID}, ${b} }`;
  const run = (tasks: readonly string[], domain = vm({})) =>
    planRules(blockLimits, tasks, [domain], {}, both);

  it('are one subject, by the first name where libvirt has none, else by the one that it has', () => {
    const text = rules('read_iops_sec: 5', 'read_iops_sec: 6, write_iops_sec: 7');
    const [one, ...more] = run([text]);
    expect(more).toEqual([]);
    expect(one?.commands).toEqual([
      'virsh blkiotune U --live --config --device-read-iops-sec /dev/sda,6 --device-write-iops-sec /dev/sda,7',
    ]);
    const [known] = run([text], vm({ [BY_ID]: { read_iops_sec: 9 } }));
    expect(known?.commands[0]).toContain(`--device-read-iops-sec ${BY_ID},6`);
  });

  it('in two tasks that want different things are refused', () => {
    const [a = '', b = ''] = rules('read_iops_sec: 5', 'read_iops_sec: 6').split('\n');
    expect(run([a, b]).map(({ status }) => status)).toEqual(['refused']);
    expect(run([a, b.replace('6', '5')]).map(({ status }) => status)).toEqual(['pending']);
  });

  it('are one to the tasks of other hosts of the hypervisor too', () => {
    const task = (rule: string) => ({
      ...{
        host: 'hv1',
        play: 'p',
        task: 't',
        rank: 0,
        ignoreErrors: false,
        listAll: false,
        rewrite: false,
        kernel: false,
        now: 0,
      },
      ...{ module: blockLimits, args: parseRules(blockLimits, rule).args },
    });
    const [a = '', b = ''] = rules('read_iops_sec: 5', 'read_iops_sec: 6').split('\n');
    const { changes } = planVisit([task(a)], { domains: [vm({})], unreadable: [], parts: SDA }, [task(b)]);
    expect(changes.map(({ change }) => change.status)).toEqual(['refused']);
  });

  it('of which libvirt has one that no rule names, or both, are refused', () => {
    const known = plan('read_iops_sec: 5', vm({ [BY_ID]: { read_iops_sec: 5 } }));
    expect(`${known.status} ${known.reason}`).toMatch(
      /^refused libvirt has limits of this device as \/dev\/disk\/by-id\/a: let the rule name it so/,
    );
    const twice = vm({ [BY_ID]: { read_iops_sec: 5 }, '/dev/sda': { write_iops_sec: 5 } });
    const doubled = plan('write_iops_sec: 6', twice);
    expect(`${doubled.status} ${doubled.reason}`).toMatch(
      /^refused libvirt has limits of this device by two names/,
    );
    const right = plan('write_iops_sec: 5', twice);
    expect([right.status, right.notes]).toEqual([
      'inSync',
      [expect.stringMatching(/^libvirt also has limits/)],
    ]);
  });
});

describe('what people read', () => {
  it('sentences and differences', () => {
    const { sentence, diff } = plan(
      'read_bytes_sec: 5 MB/s, write_iops_sec: unlimited',
      vm({ '/dev/sda': { read_bytes_sec: 1024, write_iops_sec: 9 } }),
    );
    expect(sentence).toBe('reads 1 KiB/s → 5 MB/s; write ops 9 op/s → unlimited');
    expect(diff).toEqual([
      '- read_bytes_sec  live+persistent 1024 (1 KiB/s)',
      '+ read_bytes_sec  live+persistent 5000000 (5 MB/s)',
      '- write_iops_sec  live+persistent 9 (9 op/s)',
      '+ write_iops_sec  live+persistent unlimited',
    ]);
  });

  it('explain tells which rule stands', () => {
    const text = '- { name: a, domain: "*", device: /dev/sda, read_iops_sec: 5 }';
    const { args } = parseRules(
      blockLimits,
      `${text}\n${text.replace('name: a', 'name: b').replace('5', '6')}`,
    );
    const task = { host: 'hv1', play: 'p', task: 't', rank: 0, ignoreErrors: false, listAll: true };
    const facts = { domains: [vm({})], unreadable: [], parts: SDA };
    const [told] = explainTask(
      { ...task, rewrite: false, kernel: false, now: 0, module: blockLimits, args },
      facts,
      () => true,
    );
    expect(told?.rules.map(({ sets }) => sets.map(({ name, replacedBy }) => [name, replacedBy]))).toEqual([
      [['read_iops_sec', { live: 1, config: 1 }]],
      [['read_iops_sec', { live: null, config: null }]],
    ]);
  });

  it('what libvirt has is found by its path, whatever that is', () => {
    const odd = described(
      FACTS,
      `${tune([
        ['a;b &amp; c', { read_iops_sec: 5 }],
        ['/dev/sdb', { read_bytes_sec: 6000, read_iops_sec: 1 }],
      ])}${IN_CGROUP}`,
    );
    const found = blockLimits.find({ domains: [odd], unreadable: [], parts: {} });
    expect(found.map(({ subject }) => subject.key)).toEqual(['a;b & c', '/dev/sdb']);
    expect(found[1]?.live).toEqual({
      read_bytes_sec: 6000,
      write_bytes_sec: null,
      read_iops_sec: 1,
      write_iops_sec: null,
    });
    const { parts, selectors } = blockLimits.scan!;
    expect(parts(found[0]!)).toEqual({ why: 'its path is none that a rule can have' });
    expect(parts(found[1]!)).toEqual({ parts: [{ read_bytes_sec: '6 kB/s', read_iops_sec: 1 }] });
    expect(selectors([found[1]!], found)).toEqual([{ device: '/dev/sdb' }]);
  });
});

describe('set', () => {
  it.each([
    [{}, null],
    [{ device: '/dev/sda' }, null],
    [
      { device: '/dev/sda', deviceReadBytesSec: '5MB/s', deviceWriteIopsSec: 'unlimited' },
      { device: '/dev/sda', read_bytes_sec: '5MB/s', write_iops_sec: 'unlimited' },
    ],
  ])('%j', (options, rule) => expect(blockLimits.set?.rule(options)).toEqual(rule));

  it('needs a device', () => {
    expect(() => blockLimits.set?.rule({ deviceReadIopsSec: '5' })).toThrow(/need --device/);
  });
});
