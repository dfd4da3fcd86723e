import type { GoneVm } from './cause.ts';
import type { Change, Side } from './change.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { RuleRef, SubjectStatus } from './status.ts';
import type { WaiverUse } from './waiver.ts';

/**
 * - ok: everything in sync
 * - changed: something changed, or (check mode) would change
 * - refused, failed: at least one subject was, or the host could not be read
 * - unreachable: no connection, or it was lost midway
 * - skipped: the run ended before the host's turn
 */
export const HOST_STATUSES = ['ok', 'changed', 'failed', 'unreachable', 'refused', 'skipped'] as const;

export type HostStatus = (typeof HOST_STATUSES)[number];

/** What to do about an error that many hosts may share: it is told once for all of them. */
export interface Remedy {
  /** The error without it. */
  readonly error: string;
  /** The same for all hosts that share it. */
  readonly text: string;
  /** One command for all: `word` is what differs from host to host. */
  readonly command?: { readonly before: string; readonly word: string; readonly after: string };
}

/** A VM of a host, and what tells one start and one description of it from another. */
export interface VmEvidence {
  readonly name: string;
  readonly uuid: string;
  /** Of its start, counted by the host's libvirt; null where it does not run. Absent where it could not be read. */
  readonly id?: number | null;
  /** When the description of each state was made, as its metadata says; absent where none says so. */
  readonly created?: Readonly<Record<Side, string | null>>;
}

/** The VMs of a hypervisor. */
export interface VmsRead {
  /** No other VM is there. */
  readonly complete: boolean;
  readonly known: readonly VmEvidence[];
}

export interface HostResult {
  readonly name: string;
  readonly address: string;
  /** The same for all inventory names of one hypervisor, so that what it has counts once. */
  readonly hypervisor: string;
  readonly status: HostStatus;
  /** What went wrong with the host as a whole, and what to do about it. */
  readonly error?: string;
  /** Where what to do about it is the same for many hosts; `error` has it too. */
  readonly remedy?: Remedy;
  /** The error's name, e.g. host_key_unknown, no_libvirtd. */
  readonly errorCode?: string;
  /** What is worth knowing of the host as a whole although nothing is wrong. */
  readonly notes?: readonly string[];
  /** It does not count as failed or unreachable: its tasks have ignore_errors or ignore_unreachable. */
  readonly ignored?: true;
  readonly durationMs: number;
  readonly resources: readonly Change[];
  /** Subjects in sync and those that no rule names, where nobody wants to know more of them: not in `resources`. */
  readonly counted?: readonly Counted[];
  /** How many subjects of each kind the hypervisor has, named by a rule or not. */
  readonly totals: Readonly<Record<string, Total>>;
  /** Where a later run, or this one, is to tell causes by it. */
  readonly vms?: VmsRead;
}

/** A number of subjects; or what was read of them, where rules could be about a few VMs only. */
export type Total = number | PartRead;

export interface PartRead {
  /** How many VMs the hypervisor has. */
  readonly vms: number;
  /** The subjects of each one that was read, by its UUID. */
  readonly read: Readonly<Record<string, number>>;
}

/** What is left of a subject that is only counted. */
export interface Counted {
  /** The same for the same subject in every play and under every name of its hypervisor. */
  readonly id: string;
  readonly kind: string;
  readonly status: SubjectStatus;
}

/** A rule that named nothing on any host of its play. */
export interface UnmatchedRule extends RuleRef {
  readonly required: boolean;
}

/** A name without wildcards that a rule gives, and no host has a VM of it. */
export interface MissingDomain {
  readonly domain: string;
  readonly rule: RuleRef;
}

/** What a play has told of its rules. */
export interface PlayEvidence {
  /** How many hosts were read, and how many were not. */
  readonly read: number;
  readonly unread: number;
  /** Rules that named nothing on those that were. */
  readonly unmatched: readonly UnmatchedRule[];
}

/** What became of the names without wildcards in a rule. */
export interface NameEvidence {
  readonly rule: RuleRef;
  /** Hosts have VMs of them, or a host that was not read may. */
  readonly known: readonly string[];
  /** No host that was read has a VM of them. */
  readonly missing: readonly string[];
}

/** What hosts have told of the rules of a run, from which the whole run can be judged. */
export interface RunEvidence {
  readonly plays: readonly PlayEvidence[];
  readonly names: readonly NameEvidence[];
}

/** One of several parts of a run, from 1. */
export interface ShardOf {
  readonly index: number;
  readonly count: number;
}

/** A run that was one part of several. */
export interface ShardRun extends ShardOf {
  /** The same for every shard of a run: of its plays, hosts and rules. */
  readonly fleet: string;
  /** Which pipeline of a CI platform it was in, where one says so. */
  readonly pipeline?: string;
  /** How many hosts the inventory has. */
  readonly inventoryHosts: number;
  /** Hosts of plays were left out by a limit. */
  readonly limited?: true;
  /** Of each host of the result, its place in the inventory. */
  readonly places: readonly number[];
  /** Rules are judged by all shards together. */
  readonly evidence: RunEvidence;
}

/** A run that was put together from its shards. */
export interface MergedRun {
  readonly count: number;
  readonly missing: readonly number[];
}

/** Everything a run has to say at its end. */
export interface RunResult {
  readonly id: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly mode: 'apply' | 'check';
  readonly playbooks: readonly string[];
  readonly inventory: readonly string[];
  readonly user: string;
  readonly command: string;
  readonly exitCode: number;
  readonly hosts: readonly HostResult[];
  readonly unmatchedRules: readonly UnmatchedRule[];
  /** Only those of rules all of whose hosts were read. */
  readonly missingDomains: readonly MissingDomain[];
  /** They are warnings, not errors. */
  readonly missingOk?: boolean;
  /** Every warning is an error. */
  readonly strict?: boolean;
  /** What fails it, where that was chosen. */
  readonly failOn?: readonly string[];
  /** What time it was taken to be (RFC 3339, UTC), where that was said: of a check alone. */
  readonly at?: string;
  /** The run by whose report causes are told, and what is to be known of it. */
  readonly baseline?: { readonly id: string; readonly note?: string };
  /** The policies that were in force, where any was. */
  readonly policies?: readonly string[];
  /** VMs of the baseline that their hosts have no more. */
  readonly gone?: readonly GoneVm[];
  /** What became of each waiver, where some were given. */
  readonly waivers?: readonly WaiverUse[];
  /** What it has written is given back unless it is confirmed until then, in ISO form. */
  readonly confirm?: { readonly until: string };
  readonly shard?: ShardRun;
  readonly shards?: MergedRun;
  readonly warnings: readonly Diagnostic[];
}

/** What is known of a run when it begins. */
export type RunHead = Pick<
  RunResult,
  'id' | 'startedAt' | 'mode' | 'playbooks' | 'inventory' | 'user' | 'command'
>;
