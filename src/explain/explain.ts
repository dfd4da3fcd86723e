import { holdsAt } from '../base/time/times.ts';
import { planVisit } from '../engine/plan.ts';
import type { PlannedTask } from '../engine/planned_task.ts';
import { type Change, SIDES, type Side } from '../model/change.ts';
import type { HostFacts } from '../model/facts.ts';
import type { Claim, Found, RuleInfo, SettingText } from '../modules/module.ts';

/** How what a subject is to have comes about. */
export interface Explanation {
  /** As check mode gives it: what it is to have, what it has, its status, commands and notes. */
  readonly change: Change;
  /** The rules that name it, in the order in which they apply. */
  readonly rules: readonly ExplainedRule[];
}

export interface ExplainedRule {
  readonly rule: RuleInfo;
  /** Whether it holds now. */
  readonly holds: boolean;
  readonly sets: readonly SetPart[];
}

/** A setting, or a group of them, that a rule sets. */
export interface SetPart extends SettingText {
  /** For each state that the rule applies to, the position of the rule that replaced it; null where it stands. */
  readonly replacedBy: Readonly<Partial<Record<Side, number | null>>>;
}

/** Explains what a task does with the subjects that are to be shown, by the same plan that a run makes. */
export function explainTask(
  task: PlannedTask,
  facts: HostFacts,
  shown: (change: Change) => boolean,
): readonly Explanation[] {
  const { module, args } = task;
  const found = module.find(facts);
  const { claims } = module.select(args, found);
  const rules = module.rules(args);
  const { changes } = planVisit([{ ...task, listAll: true }], facts);
  return changes.flatMap(({ change }): Explanation[] => {
    if (!shown(change)) return [];
    const subject = found.find((one) => isOf(change, one));
    const list = (subject === undefined ? [] : (claims.get(subject) ?? [])).flatMap((claim) => {
      const rule: RuleInfo | undefined = rules[claim.rule ?? -1];
      return rule === undefined
        ? []
        : [{ claim, rule, holds: rule.times === undefined || holdsAt(rule.times, task.now) }];
    });
    return [
      {
        change,
        rules: list.map(({ rule, holds }, index) => ({ rule, holds, sets: setsOf(task, list, index) })),
      },
    ];
  });
}

function isOf(change: Change, found: Found): boolean {
  return change.domain.uuid === found.domain.uuid && change.subject.key === found.subject.key;
}

interface Named {
  readonly claim: Claim;
  readonly holds: boolean;
}

function setsOf({ module }: PlannedTask, named: readonly Named[], index: number): readonly SetPart[] {
  const { claim, holds } = named[index] as Named;
  const { desired } = claim;
  const parts = new Map<string, SetPart>();
  for (const side of SIDES) {
    for (const setting of module.text.values(desired[side])) {
      // What does not hold now is replaced by nothing, and replaces nothing.
      const last = holds
        ? named.findLastIndex((one) => one.holds && setsAny(one.claim, side, setting))
        : index;
      const known = parts.get(setting.name) ?? { ...setting, replacedBy: {} };
      const replacedBy = { ...known.replacedBy, [side]: last === index ? null : last };
      parts.set(setting.name, { ...known, replacedBy });
    }
  }
  return [...parts.values()];
}

/** A group is set by any of its settings. */
function setsAny({ desired }: Claim, side: Side, { settings }: SettingText): boolean {
  return settings.some((name) => Object.hasOwn(desired[side], name));
}
