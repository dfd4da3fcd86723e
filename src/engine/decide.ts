import { factOf } from '../facts/fact.ts';
import { novaFact } from '../facts/nova.ts';
import type { Change, Desired, Next } from '../model/change.ts';
import { differs, SIDES } from '../model/change.ts';
import type { TrialEntry } from '../model/facts.ts';
import type { RuleRef, SubjectStatus } from '../model/status.ts';
import type { AnyModule, Decision, Found, Objection, RuleInfo } from '../modules/module.ts';
import { combine, conflictOf, type TaskClaims } from './conflict.ts';
import type { InTime } from './in_time.ts';
import { kernelNotes, kernelPart } from './kernel.ts';
import { subjectId } from './merge.ts';
import { nextText } from './next_text.ts';
import { othersTrial, trialNotes, trialObjection, trialPart } from './on_trial.ts';
import type { PlannedTask } from './planned_task.ts';
import { inSteps } from './ramp.ts';
import { settingsOf } from './settings.ts';

/** What a task claims of a subject, and why it cannot mean it. */
export interface Claims extends TaskClaims {
  readonly task: PlannedTask;
  readonly problem: Objection | undefined;
  readonly notes: readonly string[];
}

/** The change of a subject that tasks name, at some time. */
export function decide(
  module: AnyModule,
  found: Found,
  named: readonly Claims[],
  { now, later, open }: InTime<Claims>,
  together: Objection | undefined,
  trials: readonly TrialEntry[],
): Change {
  const { own: byTask, others } = now;
  const { task } = (byTask[0] ?? named[0]) as Claims;
  const rules = rulesOf(byTask);
  const id = subjectId({ module: module.name, ...found });
  const { desired: asked, ramp, ...way } = inSteps(module, found, byTask, task.held?.get(id));
  const rewrite = byTask.some((one) => one.task.rewrite);
  const kernel = named.some((one) => one.task.kernel);
  const decision: Decision =
    byTask.length === 0 ? { desired: NOTHING, steps: [] } : module.decide(found, asked, { rewrite, kernel });
  const trial = othersTrial(module, found, decision.desired.live, trials, task.run);
  const known =
    decision.objection ??
    way.objection ??
    byTask.find((one) => one.problem !== undefined)?.problem ??
    conflictOf(found, [...byTask, ...others]) ??
    together ??
    open;
  const objection = known ?? (trial?.undoes === true ? trialObjection(trial.of) : null);
  const { desired, steps } = decision;
  // Steps where nothing differs are those of a rewrite.
  const pending = steps.length > 0 || SIDES.some((side) => differs(found[side], desired[side]));
  const seen = kernel ? kernelPart(found) : {};
  const selected = byTask.flatMap((one) => one.notes);
  const notes = [
    ...new Set([
      ...(decision.notes ?? []),
      ...selected,
      ...way.notes,
      ...kernelNotes(seen),
      ...trialNotes(trial, decision, task),
    ]),
  ];
  const change: Change = {
    settings: settingsOf(module, found, desired, kernel),
    rules: uniqueRules(rules.map(toRef)),
    steps: objection ? [] : steps,
    status: objection?.status ?? (pending ? 'pending' : 'inSync'),
    after: null,
    ...identity(module, found, task),
    ...seen,
    ...(objection ? { reason: objection.reason } : {}),
    ...trialPart(trial),
    ...(notes.length === 0 ? {} : { notes }),
    ...(ramp === undefined || objection ? {} : { ramp }),
    ...(objection?.status === 'unsupported' && allSkip(rules) ? { ignored: true as const } : {}),
  };
  return later === null ? change : { ...change, next: nextOf(module, found, change, later) };
}

function rulesOf(byTask: readonly Claims[]): readonly RuleInfo[] {
  return byTask.flatMap(({ task, claims }) => {
    const all: readonly RuleInfo[] = task.module.rules(task.args);
    return claims.flatMap(({ rule }) => (rule === null ? [] : [all[rule] as RuleInfo]));
  });
}

/** What comes after a change, where its rules hold for a while only. */
function nextOf(
  module: AnyModule,
  found: Found,
  change: Change,
  { phase, claims }: NonNullable<InTime<Claims>['later']>,
): Next {
  const combined = combine(claims.flatMap((one) => one.claims));
  const { desired } =
    claims.length === 0
      ? { desired: NOTHING }
      : module.decide(found, combined, { rewrite: false, kernel: false });
  const then = { ...change, settings: settingsOf(module, found, desired, false) };
  const rules = uniqueRules(rulesOf(claims).map(toRef));
  const at = { at: new Date(phase.at).toISOString(), zone: phase.zone };
  return {
    ...at,
    desired,
    rules,
    text: nextText(change, { ...at, desired, rules }, module.text.target(then)),
  };
}

/** A rule that does not skip means what it names by all means. */
function allSkip(rules: readonly RuleInfo[]): boolean {
  return rules.length > 0 && rules.every(({ skipUnsupported }) => skipUnsupported === true);
}

/** The change of a subject that no rule ever names. */
export function unmanaged(
  module: AnyModule,
  found: Found,
  tasks: readonly PlannedTask[],
  trials: readonly TrialEntry[],
): Change {
  const kernel = tasks.some((task) => task.kernel);
  const seen = kernel ? kernelPart(found) : {};
  const notes = [...kernelNotes(seen), ...(found.origin === undefined ? [] : [found.origin])];
  return {
    settings: settingsOf(module, found, NOTHING, kernel),
    rules: [],
    steps: [],
    status: 'unmanaged' satisfies SubjectStatus,
    after: null,
    ...identity(module, found, tasks[0] as PlannedTask),
    ...seen,
    ...trialPart(othersTrial(module, found, {}, trials, tasks[0]?.run)),
    ...(notes.length === 0 ? {} : { notes }),
  };
}

const NOTHING: Desired = { live: {}, config: {} };

function identity(
  module: AnyModule,
  { domain, subject }: Found,
  { play, task, host, alsoRead }: PlannedTask,
): Pick<Change, 'module' | 'play' | 'task' | 'host' | 'domain' | 'subject'> {
  const { uuid, name, title, state, persistent, managedSave } = domain;
  const nova = alsoRead?.includes(novaFact) ? factOf(domain, novaFact) : undefined;
  return {
    module: module.name,
    play,
    task,
    host,
    domain: {
      uuid,
      name,
      state,
      persistent,
      ...(managedSave ? { managedSave } : {}),
      ...(title === '' ? {} : { title }),
      ...(nova === undefined ? {} : { nova: nova.live ?? nova.config }),
    },
    subject,
  };
}

function toRef({ name, file, line }: RuleRef): RuleRef {
  return { name, file, line };
}

function uniqueRules(rules: readonly RuleRef[]): readonly RuleRef[] {
  const seen = new Set<string>();
  return rules.filter(({ name, file, line }) => {
    const key = `${file}\0${line}\0${name}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
