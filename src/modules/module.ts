import type { StepOutcome } from '../libvirt/apply_answer.ts';
import type { WriteStep } from '../libvirt/script.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Domain, HostFacts } from '../model/facts.ts';
import type { NicResult, RuleRef } from '../model/result.ts';

/**
 * A module decides, and nothing else: from facts to a plan, from outcomes to results. It is pure, knows nothing of
 * SSH, and the runner knows nothing of what it manages. To add one: a folder with an object of this type, and its
 * line in index.ts.
 */
export interface Module<Args, Item extends PlanItem> {
  /** The task's key in a playbook. */
  readonly name: string;
  readonly summary: string;
  /** JSON Schema of the task's arguments, templates resolved. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Arguments that a variable of the host stands for where the task does not give them: argument to variable. */
  readonly variables?: Readonly<Record<string, string>>;
  /**
   * Validates arguments and brings them into the module's own form. All errors at once, with their places;
   * args is null when there are any.
   */
  readonly parse: (args: unknown) => {
    readonly args: Args | null;
    readonly diagnostics: readonly Diagnostic[];
  };
  /** What must be read of a host besides NICs, so that nothing more crosses the wire. */
  readonly needs: (args: Args) => { readonly metadata: boolean };
  /** The rules that must or may name something, in order. */
  readonly rules: (args: Args) => readonly RuleInfo[];
  /** Decides what to do on one host. */
  readonly plan: (args: Args, facts: HostFacts) => Plan<Item>;
  /**
   * The plans of several tasks for one host, made from the same facts: what two of them want differently of the same
   * thing becomes refused in all of them.
   */
  readonly settle: (plans: readonly Plan<Item>[]) => readonly Plan<Item>[];
  /** As far as the arguments of two tasks tell it alone: errors at the places of the rules. */
  readonly clashes: (first: Args, second: Args) => readonly Diagnostic[];
  /**
   * What to do after a step failed, first things first: a later one is tried only when the one before failed too.
   * Empty when nothing is left behind.
   */
  readonly repairs: (item: Item, attempt: Attempt) => readonly WriteStep[];
  /** The final result of an item from what became of its steps and of its repairs, and what was read back. */
  readonly conclude: (item: Item, attempt: Attempt) => NicResult;
}

export interface RuleInfo extends RuleRef {
  readonly required: boolean;
  /** Names in it that mean one VM each, without wildcards. */
  readonly exact?: readonly string[];
}

/** One thing that the plan speaks of; most need no step. */
export interface PlanItem {
  /** As it stands if nothing is written: in check mode this is the final result. */
  readonly result: NicResult;
  /** Run in order, each only after the one before it has succeeded. */
  readonly steps: readonly WriteStep[];
}

export interface Plan<Item extends PlanItem> {
  readonly items: readonly Item[];
  /** Indices into rules(args) of those that named something on this host. */
  readonly matched: readonly number[];
  /** Which of the rules' exact names this host has, by their positions in rules(args). */
  readonly present?: readonly { readonly rule: number; readonly name: string }[];
  /** How many things of the module's kind the host has, named or not. */
  readonly total: number;
  /** What is worth knowing of the host as a whole although nothing is wrong. */
  readonly notes?: readonly string[];
}

export interface Attempt {
  /** Of the first step that failed, else of the last one. */
  readonly outcome: StepOutcome;
  /** The step that this is the outcome of. */
  readonly step: WriteStep;
  /** A try of that step has ended without an answer: it may have done all of it, a part, or nothing. */
  readonly doubtful: boolean;
  /** Some step was run once more after such a try. */
  readonly repeated: boolean;
  /** The domain as last described before that step was tried for the last time; null when that is not known. */
  readonly before: Domain | null;
  /** Outcomes of the repairs that were tried, in order. */
  readonly repairs: readonly StepOutcome[];
  /** The domain as read back; null when it could not be. */
  readonly after: Domain | null;
}
