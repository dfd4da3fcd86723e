import { fields, get, list, Misfit, text, yes } from '../reporters/read/values.ts';

/** The form of a saved plan; another one has another number. */
export const PLAN_SCHEMA = 'virtune.plan/1';

/** The first line of a saved plan. */
export interface PlanHead {
  readonly schema: typeof PLAN_SCHEMA;
  /** Of the check that made it. */
  readonly id: string;
  readonly createdAt: string;
  /** After that it is not applied any more. */
  readonly expiresAt: string;
  readonly user: string;
  /** Sources of the inventory, absolute: connections and their secrets are read from there anew. */
  readonly inventory: readonly string[];
  /** Absolute: the policies beside them hold for the plan, too. */
  readonly playbooks: readonly string[];
  /** In which it was made: the policies in it hold, too. */
  readonly folder: string;
  /** Set what is in force in running VMs also where libvirt describes it as desired. */
  readonly rewrite: boolean;
}

/** @throws Misfit for what is no first line of this form */
export function readHead(value: unknown): PlanHead {
  const from = fields(value, 'the first line');
  const time = (name: string): string => {
    const said = get(from, name, '', text);
    if (Number.isNaN(Date.parse(said))) throw new Misfit(`${name} is not a time`);
    return said;
  };
  return {
    schema: PLAN_SCHEMA,
    id: get(from, 'id', '', text),
    createdAt: time('createdAt'),
    expiresAt: time('expiresAt'),
    user: get(from, 'user', '', text),
    inventory: get(from, 'inventory', '', list(text)),
    playbooks: get(from, 'playbooks', '', list(text)),
    folder: get(from, 'folder', '', text),
    rewrite: get(from, 'rewrite', '', yes),
  };
}
