import { type Fact, factOf } from '../facts/fact.ts';
import { novaFact } from '../facts/nova.ts';
import type { Change, Desired } from '../model/change.ts';
import { differs, SIDES } from '../model/change.ts';
import type { HostFacts } from '../model/facts.ts';
import type { HostResult, Total } from '../model/result.ts';
import type { RuleRef, SubjectStatus } from '../model/status.ts';
import type { AnyModule, Claim, Found, Objection, RuleInfo } from '../modules/module.ts';
import { combine, conflictOf, type TaskClaims } from './conflict.ts';
import { kernelHostNotes, kernelNotes, kernelPart } from './kernel.ts';
import { settingsOf } from './settings.ts';
import { totalOf } from './totals.ts';

/** A task as one inventory host has it, with the arguments resolved. */
export interface PlannedTask {
  readonly host: string;
  readonly play: string;
  readonly task: string;
  readonly module: AnyModule;
  readonly args: unknown;
  /** Its position among the tasks of its host: what fails keeps later ones from being written. */
  readonly rank: number;
  readonly ignoreErrors: boolean;
  /** List what no rule names too. */
  readonly listAll: boolean;
  /** Set what is in force in running VMs also where libvirt describes it as desired. */
  readonly rewrite: boolean;
  /** What is read for others than the tasks. */
  readonly alsoRead?: readonly Fact[] | undefined;
  /** Look at what the kernel does, too. */
  readonly kernel: boolean;
}

/** A change and the inventory hosts whose tasks name it: several names may stand for one hypervisor. */
export interface Owned {
  readonly change: Change;
  readonly hosts: readonly string[];
  /** Of the first task that wants it, among the tasks of its host. */
  readonly rank: number;
  readonly ignoreErrors: boolean;
}

/** What is to be done on one hypervisor, from one read of it. */
export interface VisitPlan {
  readonly changes: readonly Owned[];
  /** By task, in the order of the tasks: positions of the rules that named something. */
  readonly matched: readonly (readonly number[])[];
  /** How many subjects of each kind the hypervisor has, named or not. */
  readonly totals: HostResult['totals'];
  readonly notes: readonly string[];
}

interface Claims extends TaskClaims {
  readonly task: PlannedTask;
  readonly problem: Objection | undefined;
}

/**
 * Decides for everything that the tasks of a visit name. A subject has one change, whatever names it how often.
 * @param rivals other tasks of the run that reach the same hypervisor: nothing is done for them here, and nothing that
 * they declare otherwise
 */
export function planVisit(
  tasks: readonly PlannedTask[],
  facts: HostFacts,
  rivals: readonly PlannedTask[] = [],
): VisitPlan {
  const matched = new Map<PlannedTask, readonly number[]>();
  const totals: Record<string, Total> = {};
  const changes: Owned[] = [];
  const notes = new Set<string>();
  for (const module of new Set(tasks.map((task) => task.module))) {
    const own = tasks.filter((task) => task.module === module);
    const found = module.find(facts);
    totals[module.kind] = totalOf(facts, found);
    const claimed = claimsOf(own, found, matched);
    const others = claimsOf(
      rivals.filter((task) => task.module === module),
      found,
      new Map(),
    );
    const together = module.together?.(found, desiredOf([others, claimed]));
    const listAll = own.filter((task) => task.listAll);
    const decided = new Map<Found, Change>();
    for (const subject of new Set([...found, ...claimed.keys()])) {
      const byTask = claimed.get(subject);
      if (byTask === undefined && listAll.length === 0) continue;
      const change =
        byTask === undefined
          ? unmanaged(module, subject, listAll)
          : decide(module, subject, byTask, others.get(subject) ?? [], together?.get(subject));
      decided.set(subject, change);
      const asking = byTask?.map((one) => one.task) ?? listAll;
      changes.push({
        change,
        hosts: hostsOf([...asking, ...listAll]),
        rank: asking[0]?.rank ?? 0,
        ignoreErrors: asking.every((task) => task.ignoreErrors),
      });
    }
    for (const note of kernelHostNotes(module, own, [...decided.values()])) notes.add(note);
    for (const task of own)
      for (const note of module.hostNotes?.(task.args, found, decided) ?? []) notes.add(note);
  }
  return { changes, matched: tasks.map((task) => matched.get(task) ?? []), totals, notes: [...notes] };
}

/** What the tasks of one module claim of each subject. */
function claimsOf(
  tasks: readonly PlannedTask[],
  found: readonly Found[],
  matched: Map<PlannedTask, readonly number[]>,
): ReadonlyMap<Found, readonly Claims[]> {
  const claimed = new Map<Found, Claims[]>();
  for (const task of tasks) {
    const { claims, problems } = task.module.select(task.args, found);
    matched.set(task, matchedRules(claims.values()));
    for (const [subject, list] of claims) {
      const others = claimed.get(subject);
      const one = { task, claims: list, problem: problems?.get(subject) };
      if (others === undefined) claimed.set(subject, [one]);
      else others.push(one);
    }
  }
  return claimed;
}

/** What all claims of each subject come to. */
function desiredOf(all: readonly ReadonlyMap<Found, readonly Claims[]>[]): ReadonlyMap<Found, Desired> {
  const subjects = new Set(all.flatMap((one) => [...one.keys()]));
  const claimsOn = (subject: Found) => all.flatMap((one) => one.get(subject) ?? []);
  return new Map(
    [...subjects].map((subject) => [subject, combine(claimsOn(subject).flatMap(({ claims }) => claims))]),
  );
}

function matchedRules(claims: Iterable<readonly Claim[]>): readonly number[] {
  const rules = new Set<number>();
  for (const list of claims) for (const { rule } of list) if (rule !== null) rules.add(rule);
  return [...rules].sort((a, b) => a - b);
}

function hostsOf(tasks: readonly PlannedTask[]): readonly string[] {
  return [...new Set(tasks.map((task) => task.host))];
}

function decide(
  module: AnyModule,
  found: Found,
  byTask: readonly Claims[],
  others: readonly Claims[],
  together: Objection | undefined,
): Change {
  const { task } = byTask[0] as Claims;
  const rules = byTask.flatMap(({ task: of, claims }) => {
    const all: readonly RuleInfo[] = of.module.rules(of.args);
    return claims.flatMap(({ rule }) => (rule === null ? [] : [all[rule] as RuleInfo]));
  });
  const combined = combine(byTask.flatMap(({ claims }) => claims));
  const rewrite = byTask.some((one) => one.task.rewrite);
  const kernel = byTask.some((one) => one.task.kernel);
  const decision = module.decide(found, combined, { rewrite, kernel });
  const objection =
    decision.objection ??
    byTask.find((one) => one.problem !== undefined)?.problem ??
    conflictOf(found, [...byTask, ...others]) ??
    together;
  const { desired, steps } = decision;
  // Steps where nothing differs are those of a rewrite.
  const pending = steps.length > 0 || SIDES.some((side) => differs(found[side], desired[side]));
  const seen = kernel ? kernelPart(found) : {};
  const notes = [...(decision.notes ?? []), ...kernelNotes(seen)];
  return {
    settings: settingsOf(module, found, desired, kernel),
    rules: uniqueRules(rules.map(toRef)),
    steps: objection ? [] : steps,
    status: objection?.status ?? (pending ? 'pending' : 'inSync'),
    after: null,
    ...identity(module, found, task),
    ...seen,
    ...(objection ? { reason: objection.reason } : {}),
    ...(notes.length === 0 ? {} : { notes }),
    ...(objection?.status === 'unsupported' && allSkip(rules) ? { ignored: true as const } : {}),
  };
}

/** A rule that does not skip means what it names by all means. */
function allSkip(rules: readonly RuleInfo[]): boolean {
  return rules.length > 0 && rules.every(({ skipUnsupported }) => skipUnsupported === true);
}

function unmanaged(module: AnyModule, found: Found, tasks: readonly PlannedTask[]): Change {
  const kernel = tasks.some((task) => task.kernel);
  const seen = kernel ? kernelPart(found) : {};
  const notes = kernelNotes(seen);
  return {
    settings: settingsOf(module, found, NOTHING, kernel),
    rules: [],
    steps: [],
    status: 'unmanaged' satisfies SubjectStatus,
    after: null,
    ...identity(module, found, tasks[0] as PlannedTask),
    ...seen,
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
