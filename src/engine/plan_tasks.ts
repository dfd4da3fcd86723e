import type { HostFacts } from '../model/facts.ts';
import type { Plan, PlanItem } from '../modules/module.ts';
import type { HostJob } from './job.ts';

/**
 * Plans the tasks of a job from the same facts, and refuses what two tasks of the run want differently of one thing:
 * each run would write it twice, and the later task would win for a while.
 */
export function planTasks({ tasks, rivals = [] }: HostJob, facts: HostFacts): readonly Plan<PlanItem>[] {
  const all = [...tasks, ...rivals];
  const plans: Plan<PlanItem>[] = all.map((task) => task.module.plan(task.args, facts));
  if (all.length < 2) return plans;
  for (const module of new Set(tasks.map((task) => task.module))) {
    const own = all.flatMap((task, index) => (task.module === module ? [index] : []));
    const settled = module.settle(own.map((index) => plans[index] as Plan<PlanItem>));
    for (const [position, index] of own.entries()) plans[index] = settled[position] as Plan<PlanItem>;
  }
  return plans.slice(0, tasks.length);
}
