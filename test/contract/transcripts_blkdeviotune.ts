import { uuid } from './guests.ts';
import type { Step, Transcript } from './step.ts';
import { tuning, tuningConfig } from './step.ts';

/** Sets vda of the running guest and shows what that gave in the live state. */
const vda = (options: string): Step[] => [`blkdeviotune ct-tune vda ${options}`, tuning];
const off = (options: string): Step[] => [
  `blkdeviotune ct-still vda ${options}`,
  { tuning: 'ct-still', inactive: true },
];
/** Sets the config of the guest that is shut off, and tries to start it. */
const start = (options: string): Step[] => [
  ...off(options),
  'start ct-still --paused; destroy ct-still',
  'blkdeviotune ct-still vda --total-bytes-sec 0 --total-bytes-sec-max 0 --total-bytes-sec-max-length 0 --total-iops-sec 0 --total-iops-sec-max 0 --total-iops-sec-max-length 0 --size-iops-sec 0',
  { tuning: 'ct-still', inactive: true },
];

const ALL_ZERO = ['bytes', 'iops']
  .flatMap((kind) =>
    ['total', 'read', 'write'].flatMap((way) =>
      ['', '-max', '-max-length'].map((end) => `--${way}-${kind}-sec${end} 0`),
    ),
  )
  .concat('--size-iops-sec 0')
  .join(' ');

/** `blkdeviotune`: needs no cgroups, so that any lab answers. */
export const BLKDEVIOTUNE_TRANSCRIPTS: readonly Transcript[] = [
  {
    title: 'blkdeviotune: queries',
    steps: [
      'blkdeviotune ct-tune vda',
      'blkdeviotune ct-tune vda --config',
      'blkdeviotune ct-tune vda --live --config',
      'blkdeviotune ct-tune vda --current --live',
      'blkdeviotune ct-tune vdz',
      'blkdeviotune ct-tune /var/lib/libvirt/images/ct-a.raw',
      'blkdeviotune ct-still vda',
      'blkdeviotune ct-still vda --live',
      'blkdeviotune ct-brief vda --config',
      'blkdeviotune nope vda',
      'blkdeviotune ct-tune',
      ['blkdeviotune', 'ct-tune', ''],
    ],
  },
  {
    title: 'blkdeviotune: siblings, live and config',
    steps: [
      ...vda(
        '--live --config --total-bytes-sec 10485760 --total-bytes-sec-max 20971520 --total-bytes-sec-max-length 5 --total-iops-sec 500',
      ),
      tuningConfig,
      'blkdeviotune ct-tune vda; blkdeviotune ct-tune vda --config',
      ...vda('--live --total-bytes-sec 0'),
      ...vda('--live --read-bytes-sec 5000'),
      ...vda('--config --read-bytes-sec 5000'),
      tuningConfig,
      ...vda(
        '--live --total-bytes-sec 0 --total-bytes-sec-max 0 --total-bytes-sec-max-length 0 --read-bytes-sec 5000 --write-bytes-sec 6000',
      ),
      ...vda('--live --config --read-bytes-sec 600000'),
      tuningConfig,
      ...vda('--live --read-bytes-sec 600000 --read-bytes-sec-max 600001'),
      ...vda('--live --read-bytes-sec-max 5'),
      ...vda('--live --size-iops-sec 4096 --total-iops-sec-max 1000'),
      'blkdeviotune ct-tune vda',
      ...vda('--live --total-iops-sec-max 0'),
      ...vda(`--live --config ${ALL_ZERO}`),
      tuningConfig,
      ...vda('--total_bytes_sec 7'),
      ...vda('--total-bytes-sec 1'),
      ...vda('--config --total-bytes-sec 3'),
      tuningConfig,
    ],
  },
  {
    title: 'blkdeviotune: refused',
    steps: [
      ...['bytes', 'iops'].flatMap((kind) => [
        `blkdeviotune ct-tune vda --total-${kind}-sec 5 --read-${kind}-sec 5`,
        `blkdeviotune ct-tune vda --total-${kind}-sec-max 5 --write-${kind}-sec-max 5`,
        `blkdeviotune ct-still vda --total-${kind}-sec 5 --read-${kind}-sec 5`,
      ]),
      'blkdeviotune ct-tune vda --total-iops-sec 5 --total-iops-sec-max 4',
      'blkdeviotune ct-tune vda --total-iops-sec-max 4',
      'blkdeviotune ct-tune vda --total-iops-sec-max-length 4',
      'blkdeviotune ct-tune vda --total-iops-sec 5 --total-iops-sec-max-length 4',
      'blkdeviotune ct-tune vda --total-bytes-sec 10000000 --total-bytes-sec-max 20000000 --total-bytes-sec-max-length 100000000',
      'blkdeviotune ct-tune vda --size-iops-sec 4096',
      'blkdeviotune ct-tune vda --total-bytes-sec 1000000000000001',
      'blkdeviotune ct-still vda --total-bytes-sec 1000000000000001',
      'blkdeviotune ct-still vda --total-iops-sec-max-length 1000000000000001',
      'blkdeviotune ct-tune vda --total-bytes-sec 10Q',
      ['blkdeviotune', 'ct-tune', 'vda', '--total-bytes-sec', '-1'],
      ['blkdeviotune', 'ct-tune', 'vda', '--total-bytes-sec', 'x'],
      ['blkdeviotune', 'ct-tune', 'vda', '--total-bytes-sec', ''],
      ['blkdeviotune', 'ct-tune', 'vda', '--total-iops-sec', '10k'],
      ['blkdeviotune', 'ct-tune', 'vda', '--total-iops-sec', ''],
      ['blkdeviotune', 'ct-tune', 'vda', '--size-iops-sec', '-5'],
      ['blkdeviotune', 'ct-tune', 'vda', '--group-name', ''],
      'blkdeviotune ct-tune vdz --total-bytes-sec 5',
      'blkdeviotune ct-tune vda --live --current --total-bytes-sec 5',
      'blkdeviotune ct-still vda --live --total-bytes-sec 5',
      'blkdeviotune ct-still vda --live --config --total-bytes-sec 5',
      'blkdeviotune ct-brief vda --config --total-bytes-sec 5',
      'blkdeviotune ct-brief vda --live --config --total-bytes-sec 5',
      'blkdeviotune ct-brief vda --total-bytes-sec 5',
      { tuning: 'ct-brief', inactive: true },
      ['-r', 'blkdeviotune ct-tune vda --total-bytes-sec 5'],
      ['-r', `blkdeviotune ${uuid(21)} vdb`],
      tuning,
    ],
  },
  {
    title: 'blkdeviotune: units',
    steps: ['10M', '10MB', '10k', '1KiB', '5b', '1GB', '010', ' 5', '+5'].flatMap((number): Step[] => [
      ['blkdeviotune', 'ct-still', 'vda', '--total-bytes-sec', number],
      { tuning: 'ct-still', inactive: true },
    ]),
  },
  {
    title: 'blkdeviotune: configs that do not start',
    steps: [
      ...start('--total-bytes-sec-max 200'),
      ...start('--total-bytes-sec 300 --total-bytes-sec-max 200'),
      ...start('--total-bytes-sec 300 --total-bytes-sec-max-length 2'),
      ...start('--total-bytes-sec 300 --total-bytes-sec-max-length 1'),
      ...start(
        '--total-bytes-sec 10000000 --total-bytes-sec-max 20000000 --total-bytes-sec-max-length 100000000',
      ),
      ...start('--size-iops-sec 4096'),
      ...start('--size-iops-sec 4096 --read-iops-sec 10'),
      ...start('--read-iops-sec 0'),
      ...off('--total-bytes-sec 300 --total-bytes-sec-max 600 --total-bytes-sec-max-length 3'),
      ...off('--total-bytes-sec-max-length 0'),
      ...off('--total-bytes-sec-max 0 --total-bytes-sec-max-length 0'),
      ...off('--total-bytes-sec 0'),
      ...off('--total-bytes-sec 300 --total-bytes-sec-max 600 --total-bytes-sec-max-length 3'),
      ...off('--total-bytes-sec 0'),
      'start ct-still --paused',
    ],
  },
  {
    title: 'blkdeviotune: groups',
    steps: [
      'blkdeviotune ct-tune vda --live --config --group-name g2 --total-iops-sec 100',
      'blkdeviotune ct-tune vdb --live --config --group-name g2 --total-iops-sec 100',
      tuning,
      'blkdeviotune ct-tune vdb --live --config --total-iops-sec 200',
      tuning,
      tuningConfig,
      'blkdeviotune ct-tune vdc --live --config --group-name g2',
      tuning,
      tuningConfig,
      'blkdeviotune ct-tune vdc --live --config --group-name g3 --total-iops-sec 5',
      tuning,
      `blkdeviotune ct-tune vdb --live --config ${ALL_ZERO}`,
      tuning,
      tuningConfig,
      'blkdeviotune ct-still vda --group-name lonely',
      { tuning: 'ct-still', inactive: true },
      'blkdeviotune ct-tune vda --live --group-name lonely',
      'blkdeviotune ct-tune vda',
    ],
  },
  {
    title: 'blkdeviotune: cdroms and other disks',
    steps: [
      'blkdeviotune ct-tune hdc --config --total-iops-sec 100',
      'blkdeviotune ct-tune hdc --live --total-iops-sec 100',
      tuning,
      tuningConfig,
      'blkdeviotune ct-tune hdc',
      'blkdeviotune ct-tune vdb --live --config --read-bytes-sec 5000',
      'blkdeviotune ct-tune vdc --live --config --write-bytes-sec 5000',
      tuning,
      'destroy ct-tune; start ct-tune --paused',
      tuning,
    ],
  },
];
