import type { Disarmed, Watch } from '../engine/recorder.ts';
import type { Cause } from '../model/cause.ts';
import type { Change, Sides } from '../model/change.ts';
import type { HostStatus } from '../model/result.ts';
import type { SubjectStatus } from '../model/status.ts';

/** The form of the files; another one has another number. */
export const FORM = 'virtune.record/1';

/** Who did it, as far as this machine says. */
export interface Who {
  readonly user: string;
  readonly uid: number | null;
  /** Of the machine that virtune ran on. */
  readonly host: string;
  /** Who became that user by sudo. */
  readonly sudoUser?: string;
  /** What a CI platform's variables claim of the job: whoever wrote the job could have set them. */
  readonly ci?: { readonly platform: string; readonly claims: Readonly<Record<string, string>> };
  /** What tokens say whose issuers' signatures were checked, for a policy. */
  readonly tokens?: readonly { readonly kind: string; readonly claims: Readonly<Record<string, string>> }[];
}

/** The process, by which a run that goes on is told from one that was killed. */
export interface ProcessId {
  readonly pid: number;
  /** When it began, in ticks since the machine did; null where the system does not tell. */
  readonly started: string | null;
}

/** The last whole line of another run's file, at the time of writing. */
export interface Seen {
  readonly run: string;
  readonly hash: string;
  /** So many bytes of a line without its end stood after it: that run was writing, or was killed when it did. */
  readonly torn?: number;
}

/** What leaves a record. */
export const RUN_KINDS = ['run', 'set', 'apply', 'rollback', 'confirm', 'watch', 'serve', 'prune'] as const;

/** What a run is. */
export interface Head {
  readonly run: string;
  readonly at: string;
  readonly what: (typeof RUN_KINDS)[number];
  /** Which run is rolled back or confirmed; which plan is applied. */
  readonly of?: string;
  readonly command: string;
  readonly playbooks: readonly string[];
  readonly inventory: readonly string[];
  /** From where these names of files are to be understood. */
  readonly folder: string;
  readonly who: Who;
  readonly reason?: string;
}

/** The first line: it is there before any host is contacted. */
export interface StartEntry extends Head {
  readonly type: 'start';
  readonly form: typeof FORM;
  readonly process: ProcessId;
  /** The files that nobody had named before. */
  readonly seen: readonly Seen[];
}

/** What is about to be written to a hypervisor: it is there before the first write. */
export interface IntentEntry {
  readonly type: 'intent';
  readonly at: string;
  readonly changes: readonly Change[];
}

/** What became of one change. */
export interface Outcome {
  readonly host: string;
  readonly module: string;
  readonly uuid: string;
  readonly key: string;
  readonly status: SubjectStatus;
  readonly reason?: string;
  readonly job?: string;
  /** As read back; null where it could not be. */
  readonly after: Sides | null;
}

export interface ResultEntry {
  readonly type: 'result';
  readonly at: string;
  readonly outcomes: readonly Outcome[];
}

/** {@link Disarmed}, in a list. */
export const DISARMED = ['dropped', 'late', 'gone', 'idle'] as const satisfies readonly Disarmed[];

/** What a hypervisor is to give back unless it is confirmed: it is there before the watchdog is begun. */
export interface ArmedEntry extends Watch {
  readonly type: 'armed';
  readonly at: string;
}

/** What became of a watchdog: in the record of the run that has written nothing there, or of a confirm. */
export interface DisarmedEntry {
  readonly type: 'disarmed';
  readonly at: string;
  readonly watchdog: string;
  readonly how: Disarmed;
  /** Of these subjects alone; absent where it is of all. */
  readonly only?: readonly Omit<ToldCause, 'cause'>[];
}

/** Runs whose files are removed after this is written. */
export interface PrunedEntry {
  readonly type: 'pruned';
  readonly at: string;
  readonly runs: readonly Seen[];
}

/** The last line. */
export interface EndEntry {
  readonly type: 'end';
  readonly at: string;
  readonly exitCode: number;
  readonly hosts: Readonly<Partial<Record<HostStatus, number>>>;
  readonly subjects: Readonly<Partial<Record<SubjectStatus, number>>>;
  /** The hosts that are not as declared, whatever kept the run from them; absent where there is none. */
  readonly left?: readonly string[];
  /** Rules that named nothing; absent where there is none, or where nobody can tell. */
  readonly unmatched?: readonly { readonly name: string; readonly file: string }[];
  /** Why what was changed was not as declared, where that is known; a watch knows. */
  readonly causes?: readonly ToldCause[];
}

export type ToldCause = Pick<Outcome, 'host' | 'module' | 'uuid' | 'key'> & { readonly cause: Cause };

export type Entry =
  | StartEntry
  | ArmedEntry
  | DisarmedEntry
  | IntentEntry
  | ResultEntry
  | PrunedEntry
  | EndEntry;

/** The same for the same subject in intents and results of a host. */
export function outcomeId({ host, module, uuid, key }: Omit<ToldCause, 'cause'>): string {
  return [host, module, uuid, key].join('\0');
}

export function outcomeOf(change: Change): Outcome {
  const { host, module, domain, subject, status, reason, job, after } = change;
  return {
    host,
    module,
    uuid: domain.uuid,
    key: subject.key,
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(job === undefined ? {} : { job }),
    after,
  };
}
