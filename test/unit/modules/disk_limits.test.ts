import { describe, expect, it } from 'vitest';
import { overwrittenText } from '../../../src/engine/meanwhile.ts';
import { explainTask } from '../../../src/explain/explain.ts';
import { disksFact } from '../../../src/facts/disks.ts';
import { diskLimits } from '../../../src/modules/disk_limits/index.ts';
import { described, parseRules, planRules } from './of_module.ts';

type Tune = Readonly<Record<string, number | string>>;

function xmlOf(tune: Tune, attributes = "type='file' device='disk'", target = 'vda') {
  const lines = Object.entries(tune).map(([name, value]) => `<${name}>${value}</${name}>`);
  const iotune = lines.length === 0 ? '' : `<iotune>${lines.join('')}</iotune>`;
  return `<devices><disk ${attributes}><target dev='${target}'/>${iotune}</disk></devices>`;
}

const plan = (rule: string, live: string, config = live) =>
  planRules(diskLimits, [`- { domain: "*", ${rule} }`], [described([disksFact], live, config)]);

describe('rules', () => {
  it.each([
    [
      'total_bytes_sec: 50 MB/s, read_bytes_sec: 5 MB/s',
      /total_bytes_sec and read_bytes_sec or write_bytes_sec cannot be set together/,
    ],
    ['read_iops_sec: 5', /read_iops_sec is given without write_iops_sec/],
    ['burst: { bytes: 5 MB/s }', /the rule sets no limit/],
    ['total_iops_sec: 5, burst: { bytes: 5 MB/s }', /the burst of bytes is for no limit/],
    ['total_iops_sec: 5, burst: { for: 5 s }', /the burst says how long and not how much/],
    ['total_iops_sec: 50, burst: { iops: 5 }', /the burst of iops is below the limit/],
    ['total_iops_sec: 50, burst: { iops: unlimited }', /a burst cannot be unlimited/],
    ['total_bytes_sec: 5 MB/s, iops_size: 16 KiB', /iops_size needs a limit of operations/],
    ['total_bytes_sec: 5000, read_bytes_sec_max: 9000', /read_bytes_sec_max is for no limit/],
    ['total_bytes_sec: unlimited, total_bytes_sec_max: 9000', /total_bytes_sec_max is for no limit/],
    ['total_bytes_sec: 5000, total_bytes_sec_max: 4000', /total_bytes_sec_max is below total_bytes_sec/],
    ['total_bytes_sec: 5000, total_bytes_sec_max: unlimited', /a burst cannot be unlimited/],
    [
      'total_bytes_sec: 5000, total_bytes_sec_max_length: 4',
      /how long and not how much; give total_bytes_sec_max/,
    ],
    [
      'total_bytes_sec: 5000, total_bytes_sec_max: 9000, burst: { bytes: 9000 }',
      /total_bytes_sec_max and the burst of bytes are both given/,
    ],
    [
      'total_iops_sec: 5, total_iops_sec_max: 9, total_iops_sec_max_length: 0',
      /"0" is too little for a length/,
    ],
    ['total_bytes_sec: 5M', /"5M" is not a rate of a disk/],
    ['total_bytes_sec: 1', /"1" is too little/],
    ['total_iops_sec: 0', /"0" is too little/],
    ['total_iops_sec: 1.5', /"1.5" is not a number of operations/],
    ['total_bytes_sec: 1000001 GB/s', /is more than/],
  ])('wrong: %s', (rule, expected) => {
    const { said } = parseRules(diskLimits, `- { domain: "*", ${rule} }`);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^2:\d+ error /);
    expect(said[0]).toMatch(expected);
  });
});

describe('what is written', () => {
  const D = 'virsh blkdeviotune U vda';
  const clear = '--total-bytes-sec 0 --total-bytes-sec-max 0 --total-bytes-sec-max-length 0';

  it.each([
    [
      'total_bytes_sec: 50 MB/s, burst: { bytes: 100 MB/s, for: 5 s }',
      {},
      [
        `${D} --live --config --total-bytes-sec 50000000 --total-bytes-sec-max 100000000 --total-bytes-sec-max-length 5`,
      ],
    ],
    [
      'total_bytes_sec: unlimited',
      { total_bytes_sec: 5, total_bytes_sec_max: 9 },
      [`${D} --live --config ${clear}`],
    ],
    [
      'read_bytes_sec: 1 MiB/s, write_bytes_sec: unlimited',
      { total_bytes_sec: 5 },
      [
        `${D} --live --config --read-bytes-sec 1048576 --write-bytes-sec 0 --read-bytes-sec-max 0 --write-bytes-sec-max 0 --read-bytes-sec-max-length 0 --write-bytes-sec-max-length 0`,
      ],
    ],
    [
      'total_iops_sec: 500, iops_size: 16 KiB, burst: { iops: 900 }',
      { total_bytes_sec: 5 },
      [
        `${D} --live --config --total-iops-sec 500 --total-iops-sec-max 900 --total-iops-sec-max-length 1 --size-iops-sec 16384`,
      ],
    ],
    ['total_bytes_sec: 5 kB/s', { total_bytes_sec: 5000, total_bytes_sec_max_length: 1 }, []],
    [
      'read_iops_sec: 5, write_iops_sec: 6, read_iops_sec_max: 7, write_iops_sec_max: 8, write_iops_sec_max_length: 9, burst: { bytes: 5 MB/s, for: 4 }, total_bytes_sec: 1 MB/s',
      {},
      [
        `${D} --live --config --total-bytes-sec 1000000 --total-bytes-sec-max 5000000 --total-bytes-sec-max-length 4 --read-iops-sec 5 --write-iops-sec 6 --read-iops-sec-max 7 --write-iops-sec-max 8 --read-iops-sec-max-length 1 --write-iops-sec-max-length 9 --size-iops-sec 0`,
      ],
    ],
  ])('%s', (rule, tune, commands) => {
    expect(plan(rule, xmlOf(tune))[0]?.commands).toEqual(commands);
  });

  it('is the state that differs, and a burst without its base is set right', () => {
    const [only] = plan('total_bytes_sec: unlimited', xmlOf({}), xmlOf({ total_bytes_sec_max: 9 }));
    expect(only?.commands).toEqual([`${D} --config ${clear}`]);
  });

  it.each([
    [
      `<devices><disk type='file'><target dev='vda'/><throttlefilters><throttlefilter group='slow'/><throttlefilter group='all'/></throttlefilters></disk></devices>`,
      /unsupported throttle filters hold the disk \(slow, all\)/,
    ],
    [xmlOf({}, "type='vhostuser' device='disk'"), /unsupported .*vhost-user/],
    [xmlOf({}, undefined, 'a;b'), /unsupported .*"a;b"/],
  ])('is nothing for a disk that cannot be limited by itself: %s', (xml, expected) => {
    const [one] = plan('total_bytes_sec: 50 MB/s', xml);
    expect(one?.commands).toEqual([]);
    expect(`${one?.status} ${one?.reason}`).toMatch(expected);
  });

  it('leaves CD-ROMs out unless they are named', () => {
    const cdrom = xmlOf({}, "type='file' device='cdrom'", 'sda');
    expect(plan('total_iops_sec: 5', cdrom)).toEqual([]);
    expect(plan('disk: [all], total_iops_sec: 5', cdrom)).toEqual([]);
    expect(plan('disk: [all], total_iops_sec: 5', xmlOf({}))).toHaveLength(1);
    expect(plan('disk: "sd*", total_iops_sec: 5', cdrom)[0]?.sentence).toBe('iops unlimited → 5 op/s');
  });
});

describe('set', () => {
  it.each([
    [{}, null],
    [
      { disk: 'vda', totalBytesSec: '5 MB/s' },
      { disk: 'vda', total_bytes_sec: '5 MB/s' },
    ],
    [
      { disk: 'all', diskGroup: 'none' },
      { disk: 'all', group: 'none' },
    ],
    // What is wrong with it is said by the rule: it sets no limit.
    [{ disk: 'vda' }, { disk: 'vda' }],
    [
      { disk: 'vda', totalIopsSec: '5', burstIops: '9', burstFor: '4', iopsSize: '16KiB', diskGroup: 'g' },
      { disk: 'vda', total_iops_sec: '5', iops_size: '16KiB', group: 'g', burst: { iops: '9', for: '4' } },
    ],
    [
      { disk: 'vda', burstFor: '4' },
      { disk: 'vda', burst: { for: '4' } },
    ],
  ])('%j', (options, rule) => {
    expect(diskLimits.set?.rule(options as Record<string, string>)).toEqual(rule);
    if (rule === null || !('burst' in rule) || !('iops' in rule.burst)) return;
    expect(parseRules(diskLimits, `- ${JSON.stringify({ domain: '*', ...rule })}`).said).toEqual([]);
  });
});

describe('set without a disk, or with what is no name of one', () => {
  it.each([
    [{ totalBytesSec: '5 MB/s' }, /need --disk/],
    [{ burstFor: '4' }, /need --disk/],
    [{ disk: 'vd*', totalBytesSec: '5 MB/s' }, /--disk vd\* names no disk/],
    [{ disk: '/dev/vda', totalBytesSec: '5 MB/s' }, /names no disk/],
    [{ disk: '', totalBytesSec: '5 MB/s' }, /names no disk/],
  ])('%j', (options, message) => {
    expect(() => diskLimits.set?.rule(options as Record<string, string>)).toThrow(message);
    if ('disk' in options) expect(() => diskLimits.choice?.names(options.disk)).toThrow(message);
  });
});

describe('what people are told', () => {
  const vm = described([disksFact], xmlOf({}));
  const slow = '- { name: slow, domain: "*", total_bytes_sec: 1 MB/s }';
  const fast = '- { name: fast, domain: "*", total_bytes_sec: 2 MB/s }';

  it('two tasks that contradict each other are named with what they want', () => {
    const [change] = planRules(diskLimits, [slow, fast], [vm]);
    expect(change).toMatchObject({ status: 'refused', commands: [] });
    expect(change?.reason).toMatch(
      /^two tasks want different bytes limits of it: rule "slow" .*1 MB\/s .*, rule "fast" .*2 MB\/s/,
    );
  });

  it('explain tells which rule stands and which one replaced another', () => {
    const { args } = parseRules(diskLimits, `${slow}\n${fast}`);
    const task = { host: 'hv1', play: 'p', task: 't', rank: 0, ignoreErrors: false, listAll: true };
    const host = { domains: [vm], unreadable: [], parts: {} };
    const [told] = explainTask(
      { ...task, rewrite: false, kernel: false, now: 0, module: diskLimits, args },
      host,
      () => true,
    );
    expect(told?.rules.map(({ sets }) => sets.map(({ name, replacedBy }) => [name, replacedBy]))).toEqual([
      [['bytes', { live: 1, config: 1 }]],
      [['bytes', { live: null, config: null }]],
    ]);
  });

  it('limits that another writer set are told with what they are', () => {
    const [planned] = planRules(diskLimits, [slow], [vm]);
    const set = { total_bytes_sec: 7_000_000 };
    expect(overwrittenText(planned!.change, { live: set, config: set })).toMatch(
      /left as they are: live: does at most 7 MB\/s; persistent: does at most 7 MB\/s$/,
    );
  });
});
