import { hypervisorOf } from '../engine/hypervisor.ts';
import type { HostJob, HostTask, PlayJob } from '../engine/job.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { OF_ANOTHER_TASK } from '../modules/module.ts';

/** A task on a hypervisor, and the job that it is of. */
interface Placed {
  readonly task: HostTask;
  readonly job: HostJob;
}

/**
 * What two tasks of the run want differently of the same hypervisor, as far as files tell: of one play or of several,
 * turns of a loop, or under two inventory names of it. By host.
 */
export function clashesOf(
  plays: readonly PlayJob[],
): readonly { readonly host: string; readonly found: readonly Diagnostic[] }[] {
  const byHypervisor = new Map<string, Placed[]>();
  for (const job of plays.flatMap(({ batches }) => batches.flat())) {
    if (job.tasks.length === 0) continue;
    const key = hypervisorOf(job);
    const placed = byHypervisor.get(key) ?? [];
    byHypervisor.set(key, placed);
    placed.push(...job.tasks.map((task) => ({ task, job })));
  }
  const between = remembered();
  return [...byHypervisor.values()].flatMap((placed) =>
    placed.flatMap((second, index) =>
      placed.slice(0, index).flatMap((first) => {
        const found = meet(first, second) ? between(first.task, second.task) : [];
        return found.length === 0
          ? []
          : [{ host: second.job.name, found: found.map(ofHosts(first.job, second.job)) }];
      }),
    ),
  );
}

/** Under two inventory names it is the same task, perhaps: the names are what is wrong. */
function ofHosts({ name: first }: HostJob, { name: second, target }: HostJob) {
  return (one: Diagnostic): Diagnostic =>
    first === second
      ? one
      : {
          ...one,
          message: one.message.replace(OF_ANOTHER_TASK, `for ${first}`),
          hint: `${first} and ${second} are one hypervisor (${target.address} port ${target.port}): let them want the same, or leave one of the names out`,
        };
}

/** Of a task with `run_once` only the run tells on which host it is, except for the others of the same job. */
function meet(first: Placed, second: Placed): boolean {
  if (first.task.module !== second.task.module) return false;
  return first.job === second.job || ![first, second].some(({ task }) => task.options?.runOnce === true);
}

/** Hosts of a group share the arguments of their tasks: each pair is looked at once. */
function remembered(): (first: HostTask, second: HostTask) => readonly Diagnostic[] {
  const known = new Map<unknown, Map<unknown, readonly Diagnostic[]>>();
  return (first, second) => {
    if (first.args === second.args) return [];
    const pairs = known.get(first.args) ?? new Map<unknown, readonly Diagnostic[]>();
    known.set(first.args, pairs);
    const before = pairs.get(second.args);
    if (before !== undefined) return before;
    const found = first.module.clashes(first.args, second.args);
    pairs.set(second.args, found);
    return found;
  };
}
