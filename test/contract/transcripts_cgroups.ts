import { uuid } from './guests.ts';
import type { Step, Transcript } from './step.ts';
import { tuning, tuningConfig } from './step.ts';

const set = (command: string): Step[] => [command, tuning, tuningConfig];
const stillConfig: Step = { tuning: 'ct-still', inactive: true };
const started = 'start ct-still --paused; destroy ct-still';

/** `schedinfo`, `memtune` and `blkiotune` where the host has cgroup v2, by systemd: the virtual machine of the lab. */
export const CGROUP_TRANSCRIPTS: readonly Transcript[] = [
  {
    title: 'schedinfo: live, config, clearing',
    steps: [
      'schedinfo ct-tune; schedinfo ct-tune --config; schedinfo ct-tune --live --config; schedinfo ct-tune --current --live',
      'schedinfo ct-still; schedinfo ct-still --live; schedinfo ct-brief --config; schedinfo nope',
      'schedinfo ct-still --live vcpu_quota=5000; schedinfo ct-still --live --config vcpu_quota=5000; schedinfo ct-brief --config vcpu_quota=5000',
      ...set('schedinfo ct-tune --live vcpu_quota=50000'),
      ...set('schedinfo ct-tune --live --config vcpu_quota=60000 vcpu_period=100000'),
      ...set('schedinfo ct-tune --live vcpu_quota=0'),
      ...set('schedinfo ct-tune --live vcpu_quota=-1'),
      ...set('schedinfo ct-tune --config vcpu_quota=0'),
      ...set('schedinfo ct-tune --live --config vcpu_quota=70000'),
      ...set('schedinfo ct-tune --live --config vcpu_quota=0'),
      ...set('schedinfo ct-tune --config vcpu_period=0 vcpu_quota=-2'),
      ...set('schedinfo ct-tune --live vcpu_period=0'),
      ...set('schedinfo ct-tune --live --config global_quota=150000 global_period=200000'),
      ...set(
        'schedinfo ct-tune --live --config emulator_period=50000 emulator_quota=25000 iothread_quota=9000',
      ),
      ...set('schedinfo ct-tune --live --config global_quota=-1'),
      ...set('schedinfo ct-tune --live --config cpu_shares=200'),
      ...set('schedinfo ct-tune --set cpu_shares=70 --set vcpu_quota=80000'),
      'destroy ct-tune; start ct-tune --paused; schedinfo ct-tune',
      tuning,
      'schedinfo ct-brief cpu_shares=50',
      { tuning: 'ct-brief' },
    ],
  },
  {
    title: 'schedinfo: refused, and configs that do not start',
    steps: [
      ...['999', '1', '17592186044416', '17592186044415', 'x', '', '9223372036854775808'].map(
        (quota) => `schedinfo ct-tune --live vcpu_quota=${quota}`,
      ),
      ...['999', '1000001', '-1', 'x'].map((period) => `schedinfo ct-tune --live vcpu_period=${period}`),
      'schedinfo ct-tune --config vcpu_quota=999; schedinfo ct-tune --config global_period=999; schedinfo ct-tune --config emulator_quota=17592186044416',
      ...['0', '1', '2', '10000', '10001', '262145'].map(
        (shares) => `schedinfo ct-tune --live cpu_shares=${shares}`,
      ),
      'schedinfo ct-tune --live --config cpu_shares=20000 vcpu_quota=30000',
      'schedinfo ct-tune --live --config vcpu_quota=5 cpu_shares=30',
      tuning,
      tuningConfig,
      'schedinfo ct-tune bogus=1; schedinfo ct-tune bogus; schedinfo ct-tune bogus=1 cpu_shares=5; schedinfo ct-tune cpu_shares=5 cpu_shares=6; schedinfo ct-tune =5; schedinfo ct-tune cpu_shares=5 bogus=1',
      ['-r', `schedinfo ${uuid(21)} cpu_shares=5`],
      ['-r', `schedinfo ${uuid(21)}`],
      ...['0', '1', '10001', '20000', '262145', '10000'].flatMap((shares): Step[] => [
        `schedinfo ct-still cpu_shares=${shares}`,
        started,
      ]),
      stillConfig,
    ],
  },
  {
    title: 'memtune',
    steps: [
      'memtune ct-tune; memtune ct-tune --config; memtune ct-tune --live --config; memtune ct-tune --current --live',
      'memtune ct-still --live; memtune ct-brief --config; memtune nope; memtune ct-still --live --hard-limit 5; memtune ct-brief --config --hard-limit 5',
      ...set('memtune ct-tune --live --soft-limit 1000000'),
      ...set(
        'memtune ct-tune --live --config --soft-limit 1000000 --hard-limit 2000000 --swap-hard-limit 3000000',
      ),
      'memtune ct-tune; memtune ct-tune --config',
      'memtune ct-tune --live --hard-limit -1; memtune ct-tune --config --hard-limit -1; memtune ct-tune --config --hard-limit 4000000; memtune ct-tune --config --swap-hard-limit 5',
      ...set('memtune ct-tune --live --config --soft-limit -1 --hard-limit -1 --swap-hard-limit -1'),
      // The config's limits are compared with what is in force, not with each other.
      'memtune ct-tune --config --hard-limit 5000000 --swap-hard-limit 6000000',
      ...set('memtune ct-tune --config --hard-limit 7000000'),
      ...set('memtune ct-tune --live --config --hard-limit -1 --swap-hard-limit -1'),
      'memtune ct-tune --config --swap-hard-limit 5; memtune ct-tune --config --min-guarantee 1000',
      ...set('memtune ct-tune --config --soft-limit 5000 --hard-limit 400'),
      ...['0', '1M', '1MB', '1k', '1b', '1025b', '9007199254740990', '9007199254740991', '-2'].flatMap(
        (number): Step[] => [['memtune', 'ct-tune', '--config', '--soft-limit', number], tuningConfig],
      ),
      ...['9007199254740992', '99999999999999999999', 'x', '', '1Q', '-', '-1k', '1.5M'].map(
        (number): Step => ['memtune', 'ct-tune', '--config', '--soft-limit', number],
      ),
      'memtune ct-still --hard-limit 2000000 --soft-limit 3000000',
      stillConfig,
      started,
      'memtune ct-still --hard-limit 1k --soft-limit -1',
      started,
      ['-r', `memtune ${uuid(21)} --config --soft-limit 5`],
      ['-r', `memtune ${uuid(21)}`],
    ],
  },
  {
    title: 'blkiotune: throttles',
    steps: [
      'blkiotune ct-tune; blkiotune ct-tune --config; blkiotune ct-tune --live --config; blkiotune ct-tune --current --live',
      'blkiotune ct-still --live; blkiotune ct-brief --config; blkiotune nope',
      ...set(
        'blkiotune ct-tune --live --config --device-write-bytes-sec /dev/vda,1048576 --device-read-iops-sec /dev/vda,100',
      ),
      'blkiotune ct-tune; blkiotune ct-tune --config',
      ...set('blkiotune ct-tune --config --device-read-bytes-sec /dev/vda,5000,/dev/nonexist,6000'),
      'blkiotune ct-tune --config',
      ...[
        '/dev/nonexist,6',
        '/dev/loop0,7,/dev/nonexist,6',
        '/dev/null,7',
        '/etc/passwd,7',
        'x',
        '/dev/vda,x',
        '/dev/vda,-1',
        '/dev/vda,5,',
        '/dev/vda,',
      ].map((text) => `blkiotune ct-tune --live --device-read-bytes-sec ${text}`),
      'blkiotune ct-tune --live --config --device-read-bytes-sec /dev/nonexist,6',
      ...[
        'x',
        '/dev/vda,x',
        '/dev/vda,-1',
        '/dev/vda,18446744073709551616',
        '/dev/vda,5,/dev/vda,6',
        '/dev/vda,1k',
      ].flatMap((text) => set(`blkiotune ct-tune --config --device-read-bytes-sec ${text}`)),
      'blkiotune ct-tune --config --device-read-iops-sec /dev/vda,4294967296; blkiotune ct-tune --config --device-write-iops-sec /dev/vda,4294967295',
      ...set(
        'blkiotune ct-tune --live --config --device-write-bytes-sec /dev/vda,0 --device-read-iops-sec /dev/vda,0',
      ),
      ...set(
        'blkiotune ct-tune --config --device-read-bytes-sec /dev/vda,0,/dev/nonexist,0 --device-write-iops-sec /dev/vda,0',
      ),
      ['-r', `blkiotune ${uuid(21)} --config --device-read-bytes-sec /dev/vda,5`],
      ['-r', `blkiotune ${uuid(21)}`],
    ],
  },
  {
    title: 'blkiotune: weights, and configs that do not start',
    steps: [
      'blkiotune ct-tune --weight 0; blkiotune ct-tune --weight x; blkiotune ct-tune --weight -1',
      ...set('blkiotune ct-tune --config --weight 5'),
      ...set('blkiotune ct-tune --live --config --weight 300'),
      'blkiotune ct-tune',
      'blkiotune ct-still --device-read-bytes-sec /dev/nonexist,6',
      started,
      'blkiotune ct-still --device-read-bytes-sec /dev/nonexist,0,/dev/null,6',
      started,
      'blkiotune ct-still --device-read-bytes-sec /dev/null,0,/dev/vda,6000',
      stillConfig,
      started,
      ...['5', '2000', '1000'].flatMap((weight): Step[] => [
        `blkiotune ct-still --weight ${weight}`,
        started,
      ]),
      stillConfig,
    ],
  },
];

/** The same commands on a host without cgroups: the lab's namespaces. */
export const NO_CGROUP_TRANSCRIPTS: readonly Transcript[] = [
  {
    title: 'without cgroups: schedinfo, memtune, blkiotune',
    steps: [
      'schedinfo ct-tune; schedinfo ct-tune --live vcpu_quota=50000; schedinfo ct-tune --config vcpu_quota=50000; schedinfo ct-still vcpu_quota=50000; schedinfo ct-tune --live --config cpu_shares=5; schedinfo ct-still',
      'memtune ct-tune; memtune ct-tune --config; memtune ct-tune --live --soft-limit 1000000; memtune ct-tune --live --config --soft-limit 1000000',
      ...set('memtune ct-tune --config --soft-limit 1000000 --hard-limit 2000000 --swap-hard-limit 3000000'),
      'blkiotune ct-tune; blkiotune ct-tune --config; blkiotune ct-tune --live --device-read-bytes-sec /dev/null,5; blkiotune ct-tune --live --config --device-read-bytes-sec /dev/null,5',
      ...set('blkiotune ct-tune --config --device-read-bytes-sec /dev/nonexist,5000'),
      'blkiotune ct-still --config --device-write-iops-sec /dev/nonexist,5; memtune ct-still --config --soft-limit 9000',
      stillConfig,
      'start ct-still --paused',
      { tuning: 'ct-still' },
    ],
  },
];
