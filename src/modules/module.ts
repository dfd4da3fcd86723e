import type { Times } from '../base/time/times.ts';
import type { Fact } from '../facts/fact.ts';
import type { WatchedElement } from '../libvirt/watchdog_script.ts';
import type { Change, Desired, KernelState, Sides, Step, Subject, Values } from '../model/change.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { Domain, HostFacts } from '../model/facts.ts';
import type { RuleRef, SubjectStatus } from '../model/status.ts';
import type { JsonSchema } from '../schema/schema.ts';
import type { Measure } from './measure.ts';
import type { RuleSource } from './selectors/quotas.ts';
import type { Otherwise } from './selectors/times.ts';

/**
 * A module decides, and nothing else: from facts and rules to what is to be written, as plain data. It is pure, knows
 * nothing of SSH, and nothing outside its folder knows what it limits. To add one: a folder with an object of this
 * type, and its line in index.ts.
 */
export interface Module<Args extends { readonly rules: readonly RuleInfo[] }, S extends Found = Found> {
  /** The task's key in a playbook. */
  readonly name: string;
  /** What it limits, as totals and reports name it (`nic`), and as people do. */
  readonly kind: string;
  readonly words: { readonly one: string; readonly many: string };
  readonly summary: string;
  /** JSON Schema of the task's arguments, templates resolved. */
  readonly schema: JsonSchema;
  /** What stands in an editor's schema for keywords of the schema that only code can check. */
  readonly editorKeywords?: Readonly<Record<string, JsonSchema>>;
  /**
   * All forms of the commands that its steps hold, as extended regular expressions of whole lines; `$uuid` stands for
   * the domain. Hosts with docs/virtune-forced-command.sh allow these and no others.
   */
  readonly commands: readonly string[];
  /** Programs of its steps that are not run on the host (model/enforcer.ts). */
  readonly programs?: readonly string[];
  /** JSON Schemas of the module's part of a report: properties of a subject, and the settings of one state. */
  readonly report: { readonly subject: JsonSchema; readonly state: JsonSchema };
  /** Arguments that a variable of the host stands for where the task does not give them: argument to variable. */
  readonly variables?: Readonly<Record<string, string>>;
  /** All settings of a subject, in the order in which they are shown. A dot groups: `inbound.average`. */
  readonly settings: readonly SettingInfo[];
  /** What a policy may bound, in the words and units of the module's rules. */
  readonly measures: readonly Measure[];
  /**
   * Validates arguments and brings them into the module's own form. All errors at once, with their places;
   * args is null when there are any. A list without rules is valid: commands that only read give that.
   */
  readonly parse: (args: unknown) => {
    readonly args: Args | null;
    readonly diagnostics: readonly Diagnostic[];
  };
  /** What must be read of a host for these arguments. */
  readonly facts: (args: Args) => readonly Fact[];
  /** What must be read besides, so that a subject of an earlier read is found whatever it has now. */
  readonly factsFor?: (subject: Subject) => readonly Fact[];
  /** What must be read besides, so that `find` can tell what the kernel does; absent where that cannot be told. */
  readonly kernelFacts?: readonly Fact[];
  /**
   * Names and UUIDs of the only VMs that these arguments can be about, so that no others are read; null where they need
   * all of a host. Without it all are read.
   */
  readonly vms?: (args: Args) => readonly string[] | null;
  /** Whether facts of those VMs alone say as much of them as facts of all VMs would; they do without it. */
  readonly enough?: (facts: HostFacts) => boolean;
  /** Whether what is meant of a VM depends on the others of its host: then all are read, also where one alone was heard of. */
  readonly needsOthers?: (args: Args) => boolean;
  /** The rules that must or may name something, in order. */
  readonly rules: (args: Args) => readonly RuleInfo[];
  /** What the arguments of two tasks alone tell to never settle: errors at the places of the rules. */
  readonly clashes: (first: Args, second: Args) => readonly Diagnostic[];
  /** Everything of the module's kind that the host has. */
  readonly find: (facts: HostFacts) => readonly S[];
  /**
   * Which of them the rules name, and what each rule that names one desires of it, whether it holds now or not. A rule
   * may also name what is not there yet, and give it as it would be found. Claims without a rule are of what no rule
   * names at the time.
   */
  readonly select: (args: Args, found: readonly S[]) => Selection<S>;
  /**
   * What is wrong with what all tasks together desire of subjects that belong together: disks that share their limits.
   * Present where setting one subject sets others too.
   */
  readonly together?: (found: readonly S[], desired: ReadonlyMap<S, Desired>) => ReadonlyMap<S, Objection>;
  /** What a subject that was named has by another read of its domain; where it is absent, `find` tells by its key. */
  readonly sidesOf?: (subject: Subject, domain: Domain) => Sides;
  /**
   * What to write so that a subject has what is desired, or why that cannot or must not be: that no state exists which
   * the rules ask for (`notRunning`, `unsupported`: shared/sides.ts) among it.
   */
  readonly decide: (subject: S, desired: Desired, options: DecideOptions) => Decision;
  /** Notes on the host as a whole, from all that was decided. */
  readonly hostNotes?: (
    args: Args,
    found: readonly S[],
    changes: ReadonlyMap<S, Change>,
  ) => readonly string[];
  /** How a host itself tells what a subject of a running VM has, so that it can give back what was before. */
  readonly watched: Watched;
  /** A subject that was found, as if its running VM had these values; where it is absent, `live` alone says so. */
  readonly withLive?: (found: S, live: Values) => S;
  /** Present where a step that fails may leave a VM with neither what it had nor what it is to have. */
  readonly repair?: Repair;
  readonly text: ModuleText;
  /** How a command line names subjects of a VM; absent where a VM has only one. */
  readonly choice?: SubjectChoice;
  readonly set?: SetCapability;
  readonly scan?: ScanCapability<S>;
  readonly traffic?: TrafficCapability;
}

/** How clashes name what the first of two tasks wants: where they are of two hosts, these are named in its place. */
export const OF_ANOTHER_TASK = 'of another task';

export interface SettingInfo {
  readonly name: string;
  /** Of its numbers; '' for texts and plain numbers. */
  readonly unit: string;
  /** It cannot be taken away, only set to something else. */
  readonly kept?: true;
  /** Known only where somebody beside libvirt tells of it; a subject without it has no such setting. */
  readonly optional?: true;
}

export interface RuleInfo extends RuleRef {
  readonly required: boolean;
  /** What libvirt cannot limit is told as unsupported, and does not fail its host. */
  readonly skipUnsupported?: boolean;
  /** Where it stands; absent for one that a command has made. */
  readonly place?: Place;
  /** When it holds; always, where it is absent. */
  readonly times?: Times;
  /** What its settings are to be outside of its times, where no other rule sets them. */
  readonly otherwise?: Otherwise;
  /** It goes to what it sets by so much at a time, as the module's measures read it. */
  readonly ramp?: { readonly step: string | number; readonly everySeconds: number };
  /** Where its limits come from; absent where it has them itself. What it asks is then known on the host alone. */
  readonly from?: RuleSource;
  /** Names in it that mean one VM each, without wildcards. */
  readonly exact?: readonly string[];
}

/** One thing that a module found on a host; a module adds what it needs to decide. */
export interface Found {
  readonly domain: Domain;
  readonly subject: Subject;
  readonly live: Values | null;
  readonly config: Values | null;
  /** What the kernel does with it; absent where nobody asked, and where nothing runs. */
  readonly kernel?: KernelState;
  /** Whose its values are, in a sentence, where it has them from somebody else. */
  readonly origin?: string;
}

/** What one rule desires of a subject; `rule` is its position in rules(args), null for what holds without a rule. */
export interface Claim {
  readonly rule: number | null;
  readonly desired: Desired;
}

export interface Selection<S> {
  /** Claims in the order in which they apply: a later one replaces the settings that it names. */
  readonly claims: ReadonlyMap<S, readonly Claim[]>;
  /** Why a subject that is named cannot be meant, e.g. that the name fits several. */
  readonly problems?: ReadonlyMap<S, Objection>;
  /** What is worth knowing of a subject that is named, whatever is decided. */
  readonly notes?: ReadonlyMap<S, readonly string[]>;
}

/** Why nothing may or can be written to a subject. */
export interface Objection {
  readonly status: SubjectStatus;
  readonly reason: string;
}

export interface DecideOptions {
  /** Set what is in force in running VMs also where libvirt describes it as desired. */
  readonly rewrite: boolean;
  /** Set what is in force also where the kernel does not do what libvirt describes. */
  readonly kernel: boolean;
}

export interface Decision {
  /** What is desired, as it has to be sent so that it has an effect. */
  readonly desired: Desired;
  readonly steps: readonly Step[];
  readonly objection?: Objection | undefined;
  readonly notes?: readonly string[];
}

/** Where a description has a subject, and what its settings are called there (libvirt/watchdog_script.ts). */
export interface Watched {
  readonly element: WatchedElement['element'];
  /** What of a description is needed: paths of libvirt/filter_script.ts. */
  readonly keep: readonly string[];
  /** The word by which it is known among its like: `mac.address=52:54:00:02:01:01`; '' for the VM itself. */
  readonly key: (subject: Subject) => string;
  /** What a setting is called; where it is absent, as it is. */
  readonly word?: (setting: string) => string;
}

/** How to put right what a live set left behind that libvirt does not show. */
export interface Repair {
  /**
   * Whether a command that failed with this error leaves all as it was: libvirt turns it down before it touches the
   * running VM, or describes whatever is in force.
   */
  readonly untouched: (error: string) => boolean;
  /**
   * First things first: a later step is tried only when the one before failed too.
   * @param step the one that failed; nothing is to be done where that can leave nothing behind
   */
  readonly steps: (change: Change, step: Step) => readonly Step[];
}

/** What people read of a change, without colour. What comes from a host is made printable by the caller. */
export interface ModuleText {
  /** What a subject is: `52:54:00:02:01:01, bridge br0, vnet3`. */
  readonly detail: (subject: Subject) => string;
  /** What a change makes of what: `80 → 100 Mbit/s both ways`, `receives unlimited → 100 Mbit/s`. */
  readonly sentence: (change: Change) => string;
  readonly effect: (change: Change) => Effect;
  /** What is to be, whatever was: `100 Mbit/s both ways`. */
  readonly target: (change: Change) => string;
  /** The whole difference; lines begin with `- `, `+ ` or two spaces. */
  readonly diff: (change: Change) => readonly string[];
  /** Titles of the columns that a table has beside VM, state, subject and device. */
  readonly columns: readonly string[];
  /** What stands in these columns for one state; `brief` without what is as it usually is. */
  readonly cells: (values: Values, brief?: boolean) => readonly string[];
  /** Values in words: each setting, or group of settings that are set together. */
  readonly values: (values: Values) => readonly SettingText[];
}

/** What a change does to limits: `new` where all that it sets was without, `removed` where all of it will be. */
export type Effect = 'new' | 'changed' | 'removed';

/** A setting, or a group of them, in words. */
export interface SettingText {
  /** `inbound` */
  readonly name: string;
  /** The settings that it stands for: `inbound.average` and the others. */
  readonly settings: readonly string[];
  /** Within a sentence about the VM: `receives at most 100 Mbit/s`. */
  readonly text: string;
  /** For a table: `100 Mbit/s`. */
  readonly short: string;
  /** In libvirt's words and numbers: `--inbound 12500`. */
  readonly words: string;
}

/** An option of a command: flags and description as commander takes them. */
export interface CommandOption {
  readonly flags: string;
  readonly description: string;
}

/** `--nic 2` */
export interface SubjectChoice {
  readonly option: CommandOption;
  /** The option's key among those of a command: `nic`. */
  readonly key: string;
  /** Which subjects a word names. @throws InputError for a word that can name none */
  readonly names: (word: string) => (subject: Subject) => boolean;
}

/** What `virtune set` needs to make a rule of options. */
export interface SetCapability {
  /** What somebody may want, and the options for it, for the command's help. */
  readonly examples?: readonly (readonly [what: string, options: string])[];
  /** Options of the command that are this module's, besides its choice. */
  readonly options: readonly CommandOption[];
  /**
   * The rule that the options spell, as a playbook would have it, without VM and state; null where none is given.
   * @throws InputError for what they cannot mean
   */
  readonly rule: (
    options: Readonly<Record<string, string | undefined>>,
  ) => Readonly<Record<string, unknown>> | null;
  /** Options about the task and not its rule, and the arguments beside `rules` that they spell. */
  readonly task?: {
    readonly options: readonly CommandOption[];
    readonly args: (
      options: Readonly<Record<string, string | undefined>>,
    ) => Readonly<Record<string, unknown>>;
  };
}

/** What `virtune show --traffic` needs: two reads of what has passed. */
export interface TrafficCapability {
  readonly facts: readonly Fact[];
  /** By one read: when it was, in seconds by the host's clock, and what each limit has let through until then. */
  readonly read: (
    facts: HostFacts,
  ) => { readonly at: number; readonly flows: readonly Flow[] } | { readonly unknown: string };
}

/** One direction of a subject that the kernel limits. */
export interface Flow {
  readonly domain: Domain;
  readonly subject: Subject;
  /** In a table: `receives`. */
  readonly title: string;
  /** Of the limit, bytes a second. */
  readonly limit: number;
  /** Since the limit was set: bytes and packets that were let through, and how many packets were not. */
  readonly passed: number;
  readonly packets: number;
  readonly dropped: number;
}

/** What `virtune scan` needs to write rules that change nothing. */
export interface ScanCapability<S> {
  /** What a rule must say to keep what a subject has; nothing for one without limits, or why rules cannot keep it. */
  readonly parts: (subject: S) => { readonly parts: readonly ScanPart[] } | { readonly why: string };
  /** How rules name these subjects of one domain among all its subjects, one rule each. */
  readonly selectors: (alike: readonly S[], all: readonly S[]) => readonly ScanSelector[];
}

/** What one rule says besides which VMs and subjects: `{ rate: "100 Mbit/s", apply_to: "live" }`. */
export type ScanPart = Readonly<Record<string, unknown>>;

/** What one rule says to name subjects of a VM: `{ nic: [1, 3] }`, or nothing for all of them. */
export type ScanSelector = Readonly<Record<string, unknown>>;

/** A module whose own types are closed over, so that everything outside its folder handles all of them alike. */
// biome-ignore lint/suspicious/noExplicitAny: the one place where the types of different modules meet
export type AnyModule = Module<any, any>;
