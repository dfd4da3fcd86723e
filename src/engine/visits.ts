import type { ConnectionTarget } from '../connection/connection.ts';
import { loginKey } from '../connection/jumps/shared_logins.ts';
import type { Fact } from '../facts/fact.ts';
import type { Ramp } from '../model/change.ts';
import type { Rival } from './hypervisor.ts';
import type { HostJob, HostTask } from './job.ts';
import type { PlannedTask } from './planned_task.ts';
import type { Few } from './read.ts';

/** One visit to a hypervisor: everything that the inventory hosts which stand for it want of it. */
export interface Visit {
  /** At least one; all with the same connection, user, become, virsh and URI. */
  readonly jobs: readonly HostJob[];
  /** What else of the run reaches the hypervisor: it must not want anything else. */
  readonly rivals: readonly Rival[];
  /** Every VM of the hypervisor is asked for, whatever the tasks need. */
  readonly everyVm?: true;
}

/** Inventories may list VMs as hosts, each with the address of its hypervisor: those share one visit. */
export function visitsOf(
  jobs: readonly HostJob[],
  rivalsOf: (jobs: readonly HostJob[]) => readonly Rival[],
): readonly Visit[] {
  const visits = new Map<string, HostJob[]>();
  for (const job of jobs) {
    const key = visitKey(job);
    const others = visits.get(key);
    if (others === undefined) visits.set(key, [job]);
    else others.push(job);
  }
  return [...visits.values()].map((same) => ({ jobs: same, rivals: rivalsOf(same) }));
}

function visitKey({ target, become, uri, virsh }: HostJob): string {
  return `${sessionKey(target, become)}\0${uri}\0${virsh ?? ''}`;
}

/** The same for what one session can be used for. */
export function sessionKey(target: ConnectionTarget, become: HostJob['become'] | null): string {
  const who = become === undefined || become === null ? '' : loginKey(become as unknown as ConnectionTarget);
  return `${loginKey(target)}\0${who}`;
}

/** The job that a visit is made for, as far as the connection goes. */
export function leadOf({ jobs }: Visit): HostJob {
  return jobs[0] as HostJob;
}

/** The tasks of all jobs of a visit. */
export function tasksOf(
  { jobs }: Pick<Visit, 'jobs'>,
  play: string,
  options: PlanOptions,
): readonly PlannedTask[] {
  return jobs.flatMap((job) =>
    job.tasks.map(
      (task, index): PlannedTask => ({
        host: job.name,
        play,
        task: task.name,
        rank: task.rank ?? index,
        module: task.module,
        args: task.args,
        ignoreErrors: task.options?.ignoreErrors === true,
        ...options,
        kernel: looksAtKernel(task, options),
      }),
    ),
  );
}

/** Whether a task is to know what the kernel does. */
export function looksAtKernel({ options }: HostTask, { kernel }: Pick<PlanOptions, 'kernel'>): boolean {
  return kernel || options?.verify === 'kernel';
}

/** The tasks that the jobs of a visit may not contradict. */
export function rivalTasksOf({ rivals }: Visit, options: PlanOptions): readonly PlannedTask[] {
  return rivals.flatMap(({ play, job }) => tasksOf({ jobs: [job] }, play.play.name, options));
}

/** So many names are more than a hypervisor has VMs, in a list for all of a fleet. */
const MAX_NAMED = 100;

/** The VMs that a visit is about, where they are few enough to name; null for all of the hypervisor. */
export function fewOf(visit: Visit, options: PlanOptions): Few | null {
  if (visit.everyVm === true || options.listAll) return null;
  const tasks = visit.jobs.flatMap((job) => job.tasks);
  const dependent = tasks.some(({ module, args }) => module.needsOthers?.(args) === true);
  const named = namedBy(visit) ?? (dependent ? null : (options.only ?? null));
  if (named === null) return null;
  const modules = [...new Set(tasks.map(({ module }) => module))];
  return { named, enough: (facts) => modules.every((module) => module.enough?.(facts) ?? true) };
}

/** The VMs that its tasks name one by one; null where some are meant otherwise, or too many. */
function namedBy({ jobs }: Visit): readonly string[] | null {
  const named = new Set<string>();
  for (const { module, args } of jobs.flatMap((job) => job.tasks)) {
    const vms = module.vms?.(args) ?? null;
    if (vms === null || vms.length > MAX_NAMED) return null;
    for (const vm of vms) named.add(vm);
  }
  return named.size > MAX_NAMED ? null : [...named];
}

export interface PlanOptions {
  /** List what no rule names too, instead of counting it only. */
  readonly listAll: boolean;
  /** Set what is in force in running VMs also where libvirt describes it as desired. */
  readonly rewrite: boolean;
  /**
   * Names of the only VMs that this run is about. Where the hypervisor does not have them, all of its VMs are read.
   * Where a gate judges all of a batch, nothing is left out.
   */
  readonly only?: readonly string[] | undefined;
  /** Read what tells why something differs, too. */
  readonly evidence?: boolean;
  /** What is read of hosts for gates, besides what the tasks want. */
  readonly alsoRead?: readonly Fact[] | undefined;
  /** Look at what the kernel does with running VMs, whatever their tasks say. */
  readonly kernel: boolean;
  /** By subject: the last step of a ramp, while the time until the next one is not over. */
  readonly held?: ReadonlyMap<string, Ramp> | undefined;
  /** What time it is, for rules that hold for a while only: ms since 1970. */
  readonly now: number;
  /** What is written is given back unless somebody confirms it. */
  readonly trial?: boolean;
  /** The id of the run, whose own trial is no other's. */
  readonly run?: string | undefined;
}
