import type { Gate } from './gate.ts';
import { policyGate } from './policy.ts';
import { requiredRules } from './required_rules.ts';
import { savedPlan } from './saved_plan.ts';
import { waivers } from './waivers.ts';

/**
 * All gates, in the order in which they are asked; to add one, add its line. Each is made from what the run was given
 * under its name here; one that is given nothing is null, unless it needs nothing.
 */
const GATES = { waivers, requiredRules, policy: policyGate, savedPlan };

/** What a run was given for its gates, by the gate's name: what each function of GATES takes. */
export type GateInputs = {
  readonly [Name in keyof typeof GATES]?: Parameters<(typeof GATES)[Name]>[0];
};

/** The gates of a run: the one place where what it was given becomes gates. */
export function gatesOf(inputs: GateInputs): readonly Gate[] {
  const makers: readonly [string, (input: never) => Gate | null][] = Object.entries(GATES);
  return makers.flatMap(([name, make]) => make(inputs[name as keyof GateInputs] as never) ?? []);
}
