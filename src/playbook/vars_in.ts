import { isMap } from '../yaml/merge.ts';

/** The maps of variables in a playbook, those of its plays, blocks and tasks, whatever else is wrong with it. */
export function varsInPlaybook(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item) =>
    isMap(item) ? [item.vars, ...varsInPlaybook(item.tasks), ...varsInPlaybook(item.block)] : [],
  );
}
