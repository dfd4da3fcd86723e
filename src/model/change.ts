import type { Cause } from './cause.ts';
import type { DomainState } from './facts.ts';
import type { Side } from './side.ts';
import type { RuleRef, SubjectStatus } from './status.ts';
import type { WaiverRef } from './waiver.ts';

export { SIDES, type Side } from './side.ts';

/** A number in the setting's unit, or a text; null where nothing is limited or set. */
export type Value = number | string | null;

/** Settings by name. */
export type Values = Readonly<Record<string, Value>>;

/** What each state has; null where the subject does not exist in that state. */
export interface Sides extends Readonly<Record<Side, Values | null>> {
  /** What the kernel does, where somebody asked; null where that is not known. */
  readonly kernel?: Values | null;
}

/** What each state is to have. A setting that is absent is left alone. */
export type Desired = Readonly<Record<Side, Values>>;

/** What a module limits: a NIC, a disk, a whole VM. Plain JSON, as all of a change is. */
export interface Subject {
  /** The kind of thing, as totals name it: nic, disk. */
  readonly kind: string;
  /** The same at every read, and different from all others of its kind and domain. */
  readonly key: string;
  /** As people name it within its domain: `nic 1`; its kind for a whole VM. */
  readonly label: string;
  /** What else its module wants to be known of it. */
  readonly [detail: string]: string | number | boolean | null;
}

/** The VM of a subject, as it was when read. */
export interface DomainRef {
  readonly uuid: string;
  readonly name: string;
  readonly state: DomainState;
  readonly persistent: boolean;
  /** A saved image waits: the next start restores it, with the live limits that it had. */
  readonly managedSave?: true;
  /** Where it has one. */
  readonly title?: string;
  /** Where it was read: what Nova says of it, null where it is not Nova's. */
  readonly nova?: NovaRef | null;
}

/** What OpenStack Nova wrote into the metadata of a VM; '' for what it did not. */
export interface NovaRef {
  readonly name: string;
  readonly flavor: string;
  readonly project: { readonly name: string; readonly uuid: string };
  readonly user: { readonly name: string; readonly uuid: string };
}

/** One number or text of a subject: what it is to be and what it is. A state is absent where the subject is. */
export interface Setting {
  readonly name: string;
  /** Of the numbers, e.g. kB/s; '' for texts and plain numbers. */
  readonly unit: string;
  /** By state; a state that is absent is left alone. */
  readonly desired: Readonly<Partial<Record<Side, Value>>>;
  readonly live?: Value;
  readonly config?: Value;
  /** What the kernel does; absent where nobody asked, and where it is not known. */
  readonly kernel?: Value;
}

/**
 * How the kernel differs from what libvirt describes of a running VM:
 * - missing: nothing is there of what libvirt describes
 * - half: a part is there, and limits nothing
 * - differs: other numbers
 * - leftover: something is there, and libvirt describes nothing
 * - foreign: something is there that libvirt never sets
 */
export const KERNEL_DRIFTS = ['missing', 'half', 'differs', 'leftover', 'foreign'] as const;

export interface KernelDrift {
  readonly kind: (typeof KERNEL_DRIFTS)[number];
  /** The settings that it is about. */
  readonly settings: readonly string[];
  /** In words. */
  readonly text: string;
}

/** What a look at the kernel came to. */
export interface KernelVerdict {
  readonly drift: readonly KernelDrift[];
  /** Why it is not known what the kernel does, or not all of it. */
  readonly unknown?: string;
}

/** What the kernel does with a subject of a running VM. */
export interface KernelState extends KernelVerdict {
  /** null where that is not known. */
  readonly values: Values | null;
}

/** Commands for one domain that stand and fall together; words of a narrow alphabet, without the program. */
export interface Step {
  readonly commands: readonly (readonly string[])[];
  /** The program, where that is not `virsh` on the host: an enforcer runs them (model/enforcer.ts). */
  readonly via?: string;
}

/** What a subject is to have from a moment on, where its rules hold for a while only. */
export interface Next {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** By whose clock the rule was written. */
  readonly zone: string;
  /** What each state is to have then. What is set now and is not in it is left as it is. */
  readonly desired: Desired;
  /** Those that decide then, in the order in which they apply. */
  readonly rules: readonly RuleRef[];
  /** In words: `until 2026-12-01 06:00 Europe/Berlin, then 1 Gbit/s both ways by rule "web" (p.yml:4)`. */
  readonly text: string;
}

/** One step of a way to what rules want, and what is left of it. */
export interface Ramp {
  /** What they want in the end. */
  readonly target: Desired;
  /** What is desired until the next step. */
  readonly step: Desired;
  /** After this one, at least one. */
  readonly stepsLeft: number;
  /** The least time between two of them. */
  readonly everySeconds: number;
}

/** A run that has set something which its host gives back unless somebody confirms it. */
export interface OnTrial {
  readonly run: string;
  /** RFC 3339, UTC; null where the host does not tell. */
  readonly until: string | null;
}

/**
 * What is, or is to become, of one subject: a value without functions, so that it can be written to JSON, read back,
 * and still be applied, verified and reported. In sync ones are the same without steps.
 */
export interface Change {
  readonly module: string;
  readonly play: string;
  readonly task: string;
  readonly host: string;
  readonly domain: DomainRef;
  readonly subject: Subject;
  readonly settings: readonly Setting[];
  /** Those that decided, in the order in which they apply. */
  readonly rules: readonly RuleRef[];
  /** Run in order, each only after the one before it has succeeded; none where nothing is to be written. */
  readonly steps: readonly Step[];
  readonly status: SubjectStatus;
  /** Why it has this status. */
  readonly reason?: string;
  /**
   * Where it is busy, and the host told so: the job that held its VM, by libvirt's word for its operation in small
   * letters: `save`, `outgoing migration`, `start`.
   */
  readonly job?: string;
  /** What is worth knowing although nothing is wrong. */
  readonly notes?: readonly string[];
  /** What it is to have after this, and from when on, where that is not the same for ever. */
  readonly next?: Next;
  /** Where it goes to what rules want in steps, and this is not the last. */
  readonly ramp?: Ramp;
  /** What the kernel was found to do when the change was planned; absent where nobody asked, and where nothing runs. */
  readonly kernel?: KernelVerdict;
  /** Who said that it may stay as it is, where it is waived. */
  readonly waiver?: WaiverRef;
  /** Why it differs, where there is an earlier result to tell it by. */
  readonly cause?: Cause;
  /** What virtune confirm is to set in its configuration, which this run has left as it was. */
  readonly held?: Values;
  /** Another run that waits for a confirm of what is there: without it the host gives back what was before. */
  readonly onTrial?: OnTrial;
  /** As read back after writing; null where nothing was written or it could not be read. */
  readonly after: Sides | null;
  /** It does not count as failed: its task has ignore_errors, or its rules skip what cannot be limited. */
  readonly ignored?: true;
}

/** The settings of a change that rules speak of, for one state. */
export function desiredOf(change: Change, side: Side): Values {
  const entries = change.settings.flatMap(({ name, desired }): [string, Value][] => {
    const value = desired[side];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(entries);
}

/** What a state had when the change was planned; null where the subject does not exist in it. */
export function beforeOf(change: Change, side: Side): Values | null {
  const entries = change.settings.flatMap((setting): [string, Value][] => {
    const value = setting[side];
    return value === undefined ? [] : [[setting.name, value]];
  });
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

/** What the kernel did when the change was planned; null where that is not known, undefined where nobody asked. */
export function kernelBefore({ kernel, settings }: Change): Values | null | undefined {
  if (kernel === undefined) return undefined;
  if (kernel.unknown !== undefined && settings.every((setting) => setting.kernel === undefined)) return null;
  return Object.fromEntries(settings.map((setting) => [setting.name, setting.kernel ?? null]));
}

/** How the kernel lacks what is desired, as far as libvirt can set it right. */
export function kernelLack({ drift }: KernelVerdict, desired: Values): readonly KernelDrift[] {
  return drift.filter(
    ({ kind, settings }) => kind !== 'foreign' && settings.some((name) => desired[name] !== undefined),
  );
}

/** Whether a state lacks something that is desired of it. A state without the subject lacks nothing. */
export function differs(current: Values | null, desired: Values): boolean {
  if (current === null) return false;
  return Object.entries(desired).some(([name, value]) => (current[name] ?? null) !== value);
}

/** `virsh domiftune …`, each command as an operator would type it on the host, or beside it. */
export function commandLines(change: Change): readonly string[] {
  return change.steps.flatMap(({ commands, via = 'virsh' }) =>
    commands.map((words) => [via, ...words].join(' ')),
  );
}
