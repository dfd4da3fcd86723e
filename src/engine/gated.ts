import { type Gate, type GatedPlay, type Verdict, withVerdicts } from '../gates/gate.ts';
import type { Change } from '../model/change.ts';
import { type PlayJob, ruleKey } from './job.ts';
import type { Owned } from './plan.ts';

/** What the gates say of a batch, and of changes that are planned anew in the middle of it. */
export interface Verdicts {
  readonly all: readonly Verdict[];
  readonly judge: (changes: readonly Change[]) => readonly Verdict[];
}

/** What a play has told so far that gates may know. */
interface PlayState {
  readonly play: PlayJob;
  /** The rules that named something. */
  readonly matched: ReadonlySet<string>;
  readonly counts: { readonly unread: number };
  readonly gates: readonly Gate[];
}

/** Whether a gate judges by a whole batch of a play: then all its hosts are read before one is written to. */
export function waitsForBatch({ play, gates }: Pick<PlayState, 'play' | 'gates'>): boolean {
  const gated = gatedPlay(play);
  return gates.some((gate) => gate.alone !== true && gate.applies(gated));
}

/** What the gates say of a batch, or of one of its hypervisors where none waits for all, by what was planned. */
export function judgePlanned(
  planned: readonly Owned[],
  { play, matched, counts, gates: all }: PlayState,
): Verdicts {
  const gated = gatedPlay(play);
  const gates = all.filter((gate) => gate.applies(gated));
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
