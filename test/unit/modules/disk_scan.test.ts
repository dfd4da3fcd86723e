import { describe, expect, it } from 'vitest';
import { disksFact } from '../../../src/facts/disks.ts';
import { diskLimits } from '../../../src/modules/disk_limits/index.ts';
import { writtenRule } from '../../../src/scan/rules.ts';
import { scanHosts } from '../../../src/scan/scan.ts';
import { described } from './of_module.ts';

/** Rules of what disks have, and that they change nothing: scan tries them itself and leaves out what would not fit. */

type Tune = Readonly<Record<string, number | string>>;

const disk = (target: string, tune: Tune) =>
  `<disk type='file' device='disk'><target dev='${target}'/><iotune>${Object.entries(tune)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('')}</iotune></disk>`;

function scan(live: readonly Tune[], config = live) {
  const xml = (tunes: readonly Tune[]) =>
    `<devices>${tunes.map((tune, index) => disk(`vd${'abc'[index]}`, tune)).join('')}</devices>`;
  const facts = { domains: [described([disksFact], xml(live), xml(config))], unreadable: [], parts: {} };
  const { rules, left } = scanHosts(diskLimits, [{ name: 'hv01', facts }]);
  const written = rules.map((rule) => {
    const { domain, ...rest } = writtenRule(rule);
    expect(domain).toBe('web-01');
    return rest;
  });
  return { rules: written, left: left.map(({ why }) => why) };
}

describe('scan', () => {
  it.each([
    ['nothing', [{}], []],
    [
      'a burst with its length, and sizes',
      [
        {
          total_bytes_sec: 5000,
          total_bytes_sec_max: 9000,
          total_bytes_sec_max_length: 4,
          read_iops_sec: 5,
          read_iops_sec_max: 6,
          size_iops_sec: 4096,
        },
      ],
      [
        {
          disk: ['vda'],
          total_bytes_sec: 5000,
          total_bytes_sec_max: 9000,
          total_bytes_sec_max_length: 4,
          read_iops_sec: 5,
          write_iops_sec: 'unlimited',
          read_iops_sec_max: 6,
          iops_size: 4096,
        },
      ],
    ],
    [
      'bursts that differ',
      [{ read_bytes_sec: 5000, write_bytes_sec: 6000, read_bytes_sec_max: 7000, write_bytes_sec_max: 8000 }],
      [
        {
          disk: ['vda'],
          read_bytes_sec: 5000,
          write_bytes_sec: 6000,
          read_bytes_sec_max: 7000,
          write_bytes_sec_max: 8000,
        },
      ],
    ],
    [
      'a group',
      [{ total_iops_sec: 5, group_name: 'g' }, { total_iops_sec: 5, group_name: 'g' }, { total_iops_sec: 5 }],
      [
        { disk: ['vda', 'vdb'], total_iops_sec: 5, group: 'g' },
        { disk: ['vdc'], total_iops_sec: 5 },
      ],
    ],
  ])('keeps %s', (_what, tunes: readonly Tune[], rules) => {
    expect(scan(tunes)).toEqual({ rules, left: [] });
  });

  it('keeps states that differ, a group with its limits', () => {
    expect(scan([{ total_iops_sec: 5, group_name: 'g' }], [{ total_iops_sec: 6 }])).toEqual({
      rules: [
        { disk: ['vda'], total_iops_sec: 5, group: 'g', apply_to: 'live' },
        { disk: ['vda'], total_iops_sec: 6, apply_to: 'config' },
      ],
      left: [],
    });
  });

  it.each([
    ['a group of a strange name', { total_iops_sec: 5, group_name: 'a b' }, /its group has a name .*"a b"/],
    ['a group called none', { total_iops_sec: 5, group_name: 'none' }, /its group has a name .*"none"/],
    ['a burst without its limit', { read_iops_sec_max: 5 }, /values that libvirt shows/],
    ['a burst of another limit', { read_iops_sec: 4, write_iops_sec_max: 5 }, /values that libvirt shows/],
    ['a size without its limit', { total_bytes_sec: 5000, size_iops_sec: 4096 }, /values that libvirt shows/],
    ['too little', { total_bytes_sec: 5 }, /values that libvirt shows/],
  ])('leaves out %s, and says so', (_what, tune, why) => {
    expect(scan([tune])).toEqual({ rules: [], left: [expect.stringMatching(why)] });
  });
});
