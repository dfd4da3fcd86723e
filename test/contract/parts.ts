import type { Guest } from './guests.ts';
import { GUESTS } from './guests.ts';
import type { Transcript } from './step.ts';
import { BLKDEVIOTUNE_TRANSCRIPTS } from './transcripts_blkdeviotune.ts';
import { CGROUP_TRANSCRIPTS, NO_CGROUP_TRANSCRIPTS } from './transcripts_cgroups.ts';
import { HOST_TRANSCRIPTS } from './transcripts_host.ts';
import { LIMIT_TRANSCRIPTS } from './transcripts_limits.ts';
import { TUNING_GUESTS } from './tuning_guests.ts';

/** Transcripts that are recorded on one kind of host, with the guests they are about. */
export interface ContractPart {
  readonly name: string;
  /** File of the recorded answers, beside this one. */
  readonly expected: string;
  readonly guests: readonly Guest[];
  readonly transcripts: readonly Transcript[];
}

export const NICS: ContractPart = {
  name: 'NICs',
  expected: 'expected.json',
  guests: GUESTS,
  transcripts: [...LIMIT_TRANSCRIPTS, ...HOST_TRANSCRIPTS],
};

/** On a host without cgroups, as the lab's namespaces are. */
export const DISKS: ContractPart = {
  name: 'disks, and what there is without cgroups',
  expected: 'expected_disks.json',
  guests: TUNING_GUESTS,
  transcripts: [...BLKDEVIOTUNE_TRANSCRIPTS, ...NO_CGROUP_TRANSCRIPTS],
};

/** On a host with cgroup v2 below systemd, as the lab's virtual machine is. */
export const CGROUPS: ContractPart = {
  name: 'CPU, memory and block I/O with cgroup v2',
  expected: 'expected_cgroups.json',
  guests: TUNING_GUESTS,
  transcripts: CGROUP_TRANSCRIPTS,
};
