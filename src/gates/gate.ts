import type { Change } from '../model/change.ts';
import type { SubjectStatus } from '../model/status.ts';
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
  /** It judges each change by itself: no host waits for another because of it. */
  readonly alone?: true;
  readonly judge: (play: GatedPlay, batch: GatedBatch) => readonly Verdict[];
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
  /** Everything that would be written, or is as it should be. */
  readonly changes: readonly Change[];
  /** Whether a rule of the play has named anything so far. */
  readonly hasMatched: (rule: RuleInfo) => boolean;
  /** Hosts of the play that were not read, in this batch or an earlier one. */
  readonly unread: number;
}

/** Why changes are not made. */
export interface Verdict {
  /** Which; all of them where it is absent. */
  readonly covers?: ((change: Change) => boolean) | undefined;
  /** What becomes of a change that would have been written. */
  readonly status: Extract<SubjectStatus, 'refused' | 'skipped'>;
  readonly reason: string;
}

/**
 * The changes as the verdicts leave them: what they cover is not written. Where several do, the first counts. Check
 * mode skips nothing, since it writes nothing: there a change stays pending unless it is refused.
 */
export function withVerdicts(change: Change, verdicts: readonly Verdict[], check: boolean): Change {
  if (change.steps.length === 0) return change;
  const verdict = verdicts.find(({ covers }) => covers === undefined || covers(change));
  if (verdict === undefined || (check && verdict.status === 'skipped')) return change;
  return { ...change, status: verdict.status, reason: verdict.reason };
}
