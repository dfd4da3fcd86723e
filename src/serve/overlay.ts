import type { HostJob, HostTask, PlayJob } from '../engine/job.ts';
import type { DesiredLimits } from '../facts/bandwidth.ts';
import { SIDES, type Side, type Values } from '../model/change.ts';
import type { AnyModule } from '../modules/module.ts';
import { nicLimits } from '../modules/nic_limits/index.ts';
import type { NicLimitsArgs, Rule } from '../modules/nic_limits/rule.ts';
import { toLimits } from '../modules/nic_limits/settings.ts';
import type { Override } from './store/records.ts';

/** In the place of a file: no file of a user has such a name. */
export const OVERRIDE_FILE = 'virtune serve';

/** The override whose rule decided, by the rules of a change; null where none of them is one's. */
export function overrideIn(
  rules: readonly { readonly file: string; readonly line: number }[],
): number | null {
  return rules.find(({ file, line }) => file === OVERRIDE_FILE && line > 0)?.line ?? null;
}

/**
 * The plays of a hypervisor with what was set through the API: after the rules of each task of their module, so that it
 * replaces what they say of the same direction, and tasks agree. What was withdrawn and is not undone yet comes before
 * all rules: what a NIC had counts where no rule says anything.
 */
export function withOverrides(plays: readonly PlayJob[], overrides: readonly Override[]): readonly PlayJob[] {
  const first = overrides.filter(({ endedAt }) => endedAt !== null).flatMap(restoringRules);
  const last = overrides.filter(({ endedAt }) => endedAt === null).map(settingRule);
  const editTask = (task: HostTask): HostTask => {
    if (task.module.name !== nicLimits.name) return task;
    const args = task.args as NicLimitsArgs;
    return { ...task, args: { ...args, rules: [...first, ...args.rules, ...last] } };
  };
  const has = new Set(
    plays.flatMap(({ batches }) =>
      batches.flat().flatMap(({ name, tasks }) => (tasks.some(isOwn) ? [name] : [])),
    ),
  );
  const editJob = (job: HostJob): HostJob => {
    const tasks = job.tasks.map(editTask);
    if (has.has(job.name)) return { ...job, tasks };
    has.add(job.name);
    return { ...job, tasks: [...tasks, ownTask([...first, ...last])] };
  };
  return plays.map((play) => ({ ...play, batches: play.batches.map((batch) => batch.map(editJob)) }));
}

const isOwn = ({ module }: HostTask): boolean => module.name === nicLimits.name;

/** Of a host whose playbooks say nothing of NICs. */
function ownTask(rules: readonly Rule[]): HostTask {
  const args: NicLimitsArgs = { rules, unmatched: 'leave', servers: null };
  return { name: 'limits set by the API', module: nicLimits as AnyModule, args };
}

function settingRule(override: Override): Rule {
  return ruleOf(override, `set by the API, ${override.request}`, override.id, override.limits, 'both');
}

function restoringRules(override: Override): readonly Rule[] {
  const { before, limits } = override;
  if (before === null) return [];
  return SIDES.flatMap((side): readonly Rule[] => {
    const had = before[side];
    if (had === null) return [];
    const wanted = directionsOf(had, limits);
    if (Object.keys(wanted).length === 0) return [];
    // Line 0: it is none of those that hold.
    return [ruleOf(override, `before ${override.request}`, 0, wanted, side)];
  });
}

/** What a NIC had in the directions that were set, and no others. */
function directionsOf(had: Values, set: DesiredLimits): DesiredLimits {
  const all = toLimits(had);
  return {
    ...(set.inbound === undefined ? {} : { inbound: all.inbound ?? null }),
    ...(set.outbound === undefined ? {} : { outbound: all.outbound ?? null }),
  };
}

function ruleOf(
  { server, mac }: Override,
  name: string,
  line: number,
  limits: DesiredLimits,
  applyTo: 'both' | Side,
): Rule {
  return {
    ...{ name, file: OVERRIDE_FILE, line, limits, applyTo },
    ...{ required: false, exact: [server], match: {}, nic: { mac } },
    domain: { include: [server], exclude: [], literal: true },
  };
}
