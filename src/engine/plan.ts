import type { Change, Desired, Setting, Sides, Value, Values } from '../model/change.ts';
import { differs, SIDES } from '../model/change.ts';
import type { HostFacts } from '../model/facts.ts';
import type { RuleRef, SubjectStatus } from '../model/status.ts';
import type { AnyModule, Found, Objection, Wish } from '../modules/module.ts';
import { combine, conflictOf, type Want } from './conflict.ts';

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
}

/** A change and the inventory hosts whose tasks want it: several names may stand for one hypervisor. */
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
  readonly totals: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
}

interface Wanted extends Want {
  readonly task: PlannedTask;
  readonly problem: Objection | undefined;
}

/**
 * Decides for everything that the tasks of a visit name. A subject has one change, whatever names it how often.
 * @param rivals other tasks of the run that reach the same hypervisor: nothing is done for them here, and nothing that
 * they want otherwise
 */
export function planVisit(
  tasks: readonly PlannedTask[],
  facts: HostFacts,
  rivals: readonly PlannedTask[] = [],
): VisitPlan {
  const matched = new Map<PlannedTask, readonly number[]>();
  const totals: Record<string, number> = {};
  const changes: Owned[] = [];
  const notes = new Set<string>();
  for (const module of new Set(tasks.map((task) => task.module))) {
    const own = tasks.filter((task) => task.module === module);
    const found = module.find(facts);
    totals[module.kind] = found.length;
    const wanted = wantsOf(own, found, matched);
    const others = wantsOf(
      rivals.filter((task) => task.module === module),
      found,
      new Map(),
    );
    const listAll = own.filter((task) => task.listAll);
    const decided = new Map<Found, Change>();
    for (const subject of new Set([...found, ...wanted.keys()])) {
      const wants = wanted.get(subject);
      if (wants === undefined && listAll.length === 0) continue;
      const change =
        wants === undefined
          ? unmanaged(module, subject, listAll)
          : decide(module, subject, wants, others.get(subject) ?? []);
      decided.set(subject, change);
      const asking = wants?.map((want) => want.task) ?? listAll;
      changes.push({
        change,
        hosts: hostsOf([...asking, ...listAll]),
        rank: asking[0]?.rank ?? 0,
        ignoreErrors: asking.every((task) => task.ignoreErrors),
      });
    }
    for (const task of own)
      for (const note of module.hostNotes?.(task.args, found, decided) ?? []) notes.add(note);
  }
  return { changes, matched: tasks.map((task) => matched.get(task) ?? []), totals, notes: [...notes] };
}

/** What each subject is wanted to have, by the tasks of one module. */
function wantsOf(
  tasks: readonly PlannedTask[],
  found: readonly Found[],
  matched: Map<PlannedTask, readonly number[]>,
): ReadonlyMap<Found, readonly Wanted[]> {
  const wanted = new Map<Found, Wanted[]>();
  for (const task of tasks) {
    const { wishes, problems } = task.module.select(task.args, found);
    matched.set(task, matchedRules(wishes.values()));
    for (const [subject, list] of wishes) {
      const others = wanted.get(subject);
      const want = { task, wishes: list, problem: problems?.get(subject) };
      if (others === undefined) wanted.set(subject, [want]);
      else others.push(want);
    }
  }
  return wanted;
}

function matchedRules(wishes: Iterable<readonly Wish[]>): readonly number[] {
  const rules = new Set<number>();
  for (const list of wishes) for (const { rule } of list) if (rule !== null) rules.add(rule);
  return [...rules].sort((a, b) => a - b);
}

function hostsOf(tasks: readonly PlannedTask[]): readonly string[] {
  return [...new Set(tasks.map((task) => task.host))];
}

function decide(
  module: AnyModule,
  found: Found,
  wants: readonly Wanted[],
  others: readonly Wanted[],
): Change {
  const { task } = wants[0] as Wanted;
  const rules = wants.flatMap(({ task: of, wishes }) => {
    const all = of.module.rules(of.args);
    return wishes.flatMap(({ rule }) => (rule === null ? [] : [toRef(all[rule] as RuleRef)]));
  });
  const asked = combine(wants.flatMap(({ wishes }) => wishes));
  const rewrite = wants.some((want) => want.task.rewrite);
  const decision = module.decide(found, asked, { rewrite });
  const objection =
    decision.objection ??
    wants.find((want) => want.problem !== undefined)?.problem ??
    conflictOf(found, [...wants, ...others]);
  const { desired, steps } = decision;
  // Steps where nothing differs are those of a rewrite.
  const pending = steps.length > 0 || SIDES.some((side) => differs(found[side], desired[side]));
  const notes = decision.notes ?? [];
  return {
    ...identity(module, found, task),
    settings: settingsOf(module, found, desired),
    rules: uniqueRules(rules),
    steps: objection ? [] : steps,
    status: objection?.status ?? (pending ? 'pending' : 'inSync'),
    ...(objection ? { reason: objection.reason } : {}),
    ...(notes.length === 0 ? {} : { notes }),
    after: null,
  };
}

function unmanaged(module: AnyModule, found: Found, tasks: readonly PlannedTask[]): Change {
  return {
    ...identity(module, found, tasks[0] as PlannedTask),
    settings: settingsOf(module, found, NOTHING),
    rules: [],
    steps: [],
    status: 'unmanaged' satisfies SubjectStatus,
    after: null,
  };
}

const NOTHING: Desired = { live: {}, config: {} };

function identity(
  module: AnyModule,
  { domain, subject }: Found,
  { play, task, host }: PlannedTask,
): Pick<Change, 'module' | 'play' | 'task' | 'host' | 'domain' | 'subject'> {
  const { uuid, name, state, persistent, managedSave } = domain;
  return {
    module: module.name,
    play,
    task,
    host,
    domain: { uuid, name, state, persistent, ...(managedSave ? { managedSave } : {}) },
    subject,
  };
}

function settingsOf(module: AnyModule, found: Sides, desired: Desired): readonly Setting[] {
  return module.settings.map(({ name, unit }) => ({
    name,
    unit,
    desired: bySide((side) => desired[side][name]),
    ...bySide((side) => (found[side] === null ? undefined : ((found[side] as Values)[name] ?? null))),
  }));
}

function bySide(read: (side: 'live' | 'config') => Value | undefined): { live?: Value; config?: Value } {
  const [live, config] = [read('live'), read('config')];
  return { ...(live === undefined ? {} : { live }), ...(config === undefined ? {} : { config }) };
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
