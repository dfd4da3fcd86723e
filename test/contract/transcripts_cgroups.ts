import type { Step, Transcript } from './step.ts';
import { tuning, tuningConfig } from './step.ts';

const set = (command: string): Step[] => [command, tuning, tuningConfig];
const stillConfig: Step = { tuning: 'ct-still', inactive: true };

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
