import { type GatedPlay, type Verdict, withVerdicts } from '../gates/gate.ts';
import { GATES } from '../gates/index.ts';
import type { Change } from '../model/change.ts';
import { type PlayJob, ruleKey } from './job.ts';
import type { Owned } from './plan.ts';

/** What the gates say of a batch, and of changes that are planned anew in the middle of it. */
export interface Gates {
  readonly all: readonly Verdict[];
  readonly judge: (changes: readonly Change[]) => readonly Verdict[];
}

export const NO_GATES: Gates = { all: [], judge: () => [] };

/** What a play has told so far that gates may know. */
interface PlayState {
  readonly play: PlayJob;
  /** The rules that named something. */
  readonly matched: ReadonlySet<string>;
  readonly counts: { readonly unread: number };
}

/** Whether any gate has a say in a play: then all hosts of a batch are read before one is written to. */
export function hasGates(play: PlayJob): boolean {
  const gated = gatedPlay(play);
  return GATES.some((gate) => gate.applies(gated));
}

/** What the gates say of a batch, by all changes that were planned for it. */
export function judgeBatch(planned: readonly Owned[], { play, matched, counts }: PlayState): Gates {
  const gated = gatedPlay(play);
  const gates = GATES.filter((gate) => gate.applies(gated));
  const judge = (changes: readonly Change[]): readonly Verdict[] => {
    const hasMatched = (rule: Parameters<typeof ruleKey>[0]) => matched.has(ruleKey(rule));
    const batch = { changes, hasMatched, unread: counts.unread };
    return gates.flatMap((gate) => gate.judge(gated, batch));
  };
  return { all: judge(planned.map(({ change }) => change)), judge };
}

function gatedPlay({ play, rules, batches, sharded = false }: PlayJob): GatedPlay {
  return { name: play.name, rules, batches: batches.length, sharded };
}

/** Changes as the gates leave them. */
export function gatedChanges(
  planned: readonly Owned[],
  verdicts: readonly Verdict[],
  check: boolean,
): readonly Owned[] {
  return planned.map((owned) => {
    const change = withVerdicts(owned.change, verdicts, check);
    // What a gate refuses is no error of a task, which the task could ignore.
    return change === owned.change ? owned : { ...owned, change, ignoreErrors: false };
  });
}
