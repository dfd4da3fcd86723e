import type { Diagnostic } from './diagnostic.ts';
import type { DomainState } from './facts.ts';
import type { DesiredLimits, Limits } from './limits.ts';

/**
 * What became of one NIC. The names are the report's:
 * - inSync: has what it shall have, nothing was written
 * - pending: differs, check mode wrote nothing
 * - changed: written, read back, and right
 * - unsupported: libvirt cannot limit it, or cannot hold what is asked for
 * - notRunning: its rules are for the running VM only, and it does not run: nothing is limited, nothing was written
 * - notFound: it was there when read and gone when written
 * - ambiguous: libvirt's address of it (its MAC) means another NIC, or NICs of several VMs
 * - busy: another job held the VM throughout all tries
 * - refused: libvirt would take the change and the VM would not start again, or two tasks want different limits of it
 * - failed: libvirt refused, or the read-back shows something else; see the message
 * - unreachable: the host was lost before the outcome was known
 * - skipped: the run ended before its turn
 * - unmanaged: no rule names it; listed only when asked for
 */
export const NIC_STATUSES = [
  'inSync',
  'pending',
  'changed',
  'unsupported',
  'notRunning',
  'notFound',
  'ambiguous',
  'busy',
  'refused',
  'failed',
  'unreachable',
  'skipped',
  'unmanaged',
] as const;

export type NicStatus = (typeof NIC_STATUSES)[number];

/** The rule that a NIC's desired limits came from. */
export interface RuleRef {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

/** The limits in both of libvirt's states; null where the NIC does not exist in that state. */
export interface BothLimits {
  readonly live: Limits | null;
  readonly config: Limits | null;
}

/** One NIC in the report (schema virtune.report/1). Rates in libvirt's units. */
export interface NicResult {
  readonly domain: {
    readonly name: string;
    readonly uuid: string;
    readonly state: DomainState;
    readonly persistent: boolean;
    /** The next start restores the limits of a managed-save image. */
    readonly managedSave?: true;
  };
  readonly nic: {
    /** 1-based position as in `virsh domiflist`; null for a NIC without one there. */
    readonly index: number | null;
    readonly mac: string;
    readonly target: string;
    readonly type: string;
    /** Network, bridge or device, as in `virsh domiflist`. */
    readonly source: string;
  };
  readonly status: NicStatus;
  readonly rules: readonly RuleRef[];
  /** In the states that there are; where they are to have different limits, those of the running VM. */
  readonly desired: DesiredLimits;
  /** What each state shall have, where the two are not to have the same. */
  readonly desiredByState?: Readonly<Record<keyof BothLimits, DesiredLimits>>;
  readonly before: BothLimits;
  /** As read back after writing; null where nothing was written. */
  readonly after: BothLimits | null;
  /** The exact virsh commands, made or (check mode) to be made. */
  readonly commands: readonly string[];
  readonly message?: string;
  /** What is worth knowing although nothing is wrong. */
  readonly notes?: readonly string[];
  /** It does not count as failed: its task has ignore_errors. */
  readonly ignored?: true;
}

/** What a NIC shall have in one of its states. */
export function desiredIn(nic: NicResult, state: keyof BothLimits): DesiredLimits {
  return nic.desiredByState?.[state] ?? nic.desired;
}

/**
 * - ok: everything in sync
 * - changed: something changed, or (check mode) would change
 * - refused, failed: at least one NIC was, or the host could not be read
 * - unreachable: no connection, or it was lost midway
 * - skipped: the run ended before the host's turn
 */
export const HOST_STATUSES = ['ok', 'changed', 'failed', 'unreachable', 'refused', 'skipped'] as const;

export type HostStatus = (typeof HOST_STATUSES)[number];

export interface HostResult {
  readonly name: string;
  readonly address: string;
  /** The same for inventory hosts that are one hypervisor; not reported. */
  readonly hypervisor?: string;
  readonly status: HostStatus;
  /** What went wrong with the host as a whole, and what to do about it. */
  readonly error?: string;
  /** The error's name, e.g. host_key_unknown, no_libvirtd. */
  readonly errorCode?: string;
  /** What is worth knowing of the host as a whole although nothing is wrong. */
  readonly notes?: readonly string[];
  /** It does not count as failed or unreachable: its tasks have ignore_errors or ignore_unreachable. */
  readonly ignored?: true;
  readonly durationMs: number;
  readonly nics: readonly NicResult[];
  /** NICs that the host has, named by a rule or not. */
  readonly nicsTotal: number;
}

/** A rule that named no NIC on any host of its play. */
export interface UnmatchedRule extends RuleRef {
  readonly required: boolean;
}

/** A name without wildcards that a rule gives, and no host has a VM of it. */
export interface MissingDomain {
  readonly domain: string;
  readonly rule: RuleRef;
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
  readonly warnings: readonly Diagnostic[];
}
