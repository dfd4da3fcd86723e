import { type Gate, type GatedPlay, type Question, type Verdict, withVerdicts } from '../gates/gate.ts';
import type { Change } from '../model/change.ts';
import { type PlayJob, ruleKey } from './job.ts';
import type { Owned } from './plan.ts';

/** What the gates say of a batch, and of changes that are planned anew in the middle of it. */
export interface Verdicts {
  readonly all: readonly Verdict[];
  readonly judge: (planned: readonly Owned[]) => readonly Verdict[];
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
export function judgePlanned(planned: readonly Owned[], state: PlayState): Verdicts {
  return judging(planned, state, new Set());
}

/** The same of a whole batch, once somebody has answered what the gates ask. */
export async function judgeBatch(
  planned: readonly Owned[],
  state: PlayState,
  answer: (question: Question) => Promise<boolean>,
): Promise<Verdicts> {
  const confirmed = new Set<string>();
  const asked = verdictsOf(planned, state, confirmed);
  for (const { question } of asked)
    if (question !== undefined && (await answer(question))) confirmed.add(question.key);
  return judging(planned, state, confirmed);
}

function judging(planned: readonly Owned[], state: PlayState, confirmed: ReadonlySet<string>): Verdicts {
  const judge = (owned: readonly Owned[]): readonly Verdict[] => {
    const verdicts = verdictsOf(owned, state, confirmed);
    const counting = state.gates.filter(({ letThrough }) => letThrough !== undefined);
    if (counting.length > 0) {
      const made = owned.flatMap(({ change, hosts }) =>
        change.steps.length > 0 && withVerdicts(change, verdicts, false, hosts).status === change.status
          ? [change]
          : [],
      );
      for (const gate of counting) gate.letThrough?.(made);
    }
    return verdicts;
  };
  return { all: judge(planned), judge };
}

function verdictsOf(
  planned: readonly Owned[],
  { play, matched, counts, gates }: PlayState,
  confirmed: ReadonlySet<string>,
): readonly Verdict[] {
  const gated = gatedPlay(play);
  const hasMatched = (rule: Parameters<typeof ruleKey>[0]) => matched.has(ruleKey(rule));
  const names = new Map(planned.map(({ change, hosts }) => [change, hosts]));
  const hostsOf = (change: Change): readonly string[] => names.get(change) ?? [change.host];
  let left: readonly Change[] = planned.map(({ change }) => change);
  return gates
    .filter((gate) => gate.applies(gated))
    .flatMap((gate) => {
      const verdicts = gate.judge(gated, {
        changes: left,
        hostsOf,
        hasMatched,
        unread: counts.unread,
      });
      // What is waived is no change to the gates that follow: nobody is asked about it, and no number counts it.
      const waiving = verdicts.filter(({ status }) => status === 'waived');
      if (waiving.length > 0)
        left = left.filter(
          (change) => withVerdicts(change, waiving, true, hostsOf(change)).status !== 'waived',
        );
      return verdicts;
    })
    .filter(({ question }) => question === undefined || !confirmed.has(question.key));
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
    const change = withVerdicts(owned.change, verdicts, check, owned.hosts);
    if (change.status === owned.change.status) return change === owned.change ? owned : { ...owned, change };
    // What a gate refuses is no error of a task, which the task could ignore.
    return { ...owned, change, ignoreErrors: false };
  });
}
