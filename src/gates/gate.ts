import type { Fact } from '../facts/fact.ts';
import type { Change } from '../model/change.ts';
import type { SubjectStatus } from '../model/status.ts';
import type { WaiverRef } from '../model/waiver.ts';
import type { RuleInfo } from '../modules/module.ts';

/**
 * A gate says what may not be written. It is a pure function of what hypervisors were read and planned to be, called
 * before anything is written: with all of a batch, once all are read, or with those of one hypervisor (`alone`). To add
 * one: a file beside this one with a function that makes it from what the run was given for it, and its line in
 * index.ts.
 */
export interface Gate {
  readonly name: string;
  /** Whether it has a say in this play. Where none has, each host goes on as soon as it is read. */
  readonly applies: (play: GatedPlay) => boolean;
  /** What must be read of hosts for it, besides what the tasks of the play want. */
  readonly facts?: readonly Fact[];
  /** It judges each change by itself: no host waits for another because of it. */
  readonly alone?: true;
  readonly judge: (play: GatedPlay, batch: GatedBatch) => readonly Verdict[];
  /** When time alone may change what it says, after a moment; in ms since 1970, null where it never does. */
  readonly changesAt?: (from: number) => number | null;
  /** Hears which changes are made, for a gate that counts over the run. */
  readonly letThrough?: (changes: readonly Change[]) => void;
}

/** What a gate may know of a play. */
export interface GatedPlay {
  readonly name: string;
  readonly rules: readonly RuleInfo[];
  /** How many batches it has by `serial`. */
  readonly batches: number;
  /** Other shards have hosts of it, of which nothing is known. */
  readonly sharded: boolean;
}

/** A batch, read and planned; for a gate that judges `alone`, perhaps only one hypervisor of it. */
export interface GatedBatch {
  /** Everything that would be written, or is as it should be; without what an earlier gate has waived. */
  readonly changes: readonly Change[];
  /** All inventory names that a change is for: several may stand for one hypervisor. */
  readonly hostsOf: (change: Change) => readonly string[];
  /** Whether a rule of the play has named anything so far. */
  readonly hasMatched: (rule: RuleInfo) => boolean;
  /** Hosts of the play that were not read, in this batch or an earlier one. */
  readonly unread: number;
}

/** Why changes are not made, or what is to be told of them. */
export interface Verdict {
  /** Which; all of them where it is absent. */
  readonly covers?: ((change: Change, hosts: readonly string[]) => boolean) | undefined;
  /** What becomes of a change that would have been written; `noted` lets it be and gives it a note. */
  readonly status: Extract<SubjectStatus, 'refused' | 'skipped' | 'waived'> | 'noted';
  readonly reason: string | ((change: Change) => string);
  /** Somebody who answers yes lifts the verdict. */
  readonly question?: Question;
  /** Where it is waived: by which waiver. */
  readonly waiver?: WaiverRef;
}

/** Asked once for a batch. */
export interface Question {
  /** The same for verdicts that one answer is for. */
  readonly key: string;
  readonly text: string;
}

/**
 * The changes as the verdicts leave them: what they cover is not written. Where several do, the first counts. Check
 * mode skips nothing, since it writes nothing: there a change stays pending unless it is refused or waived.
 * @param hosts all inventory names that the change is for
 */
export function withVerdicts(
  change: Change,
  verdicts: readonly Verdict[],
  check: boolean,
  hosts: readonly string[] = [change.host],
): Change {
  if (change.steps.length === 0) return change;
  const own = verdicts.filter(({ covers }) => covers === undefined || covers(change, hosts));
  const noted = own.filter(({ status }) => status === 'noted').map(({ reason }) => textOf(reason, change));
  const notes = noted.length === 0 ? {} : { notes: [...(change.notes ?? []), ...noted] };
  const stop = own.find(({ status }) => status !== 'noted' && !(check && status === 'skipped'));
  if (stop !== undefined) {
    const status = stop.status as SubjectStatus;
    const waiver = stop.waiver === undefined ? {} : { waiver: stop.waiver };
    return { ...change, ...notes, status, reason: textOf(stop.reason, change), ...waiver };
  }
  return noted.length === 0 ? change : { ...change, ...notes };
}

function textOf(reason: Verdict['reason'], change: Change): string {
  return typeof reason === 'string' ? reason : reason(change);
}
