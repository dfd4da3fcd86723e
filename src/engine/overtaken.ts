import type { Change } from '../model/change.ts';
import type { HostContext } from './context.ts';
import type { Owned } from './plan.ts';
import { type Tried, unwritten } from './replan.ts';

/**
 * Makes those changes that are wanted still. Whoever declares something else from now on writes after the read that these
 * were planned by, so that the host lets none of these replace it.
 */
export async function unlessOvertaken(
  todo: ReadonlyMap<Owned, Change>,
  { overtaken }: Pick<HostContext, 'overtaken'>,
  make: (wanted: ReadonlyMap<Owned, Change>) => Promise<ReadonlyMap<Owned, Tried>>,
): Promise<ReadonlyMap<Owned, Tried>> {
  const reasons = (await overtaken?.([...todo.values()])) ?? new Map<Change, string>();
  if (reasons.size === 0) return make(todo);
  const wanted = new Map([...todo].filter(([, change]) => !reasons.has(change)));
  const made = wanted.size === 0 ? [] : await make(wanted);
  const left = [...todo].flatMap(([owned, change]): [Owned, Tried][] => {
    const reason = reasons.get(change);
    return reason === undefined ? [] : [[owned, unwritten({ ...change, status: 'stale', reason })]];
  });
  return new Map([...made, ...left]);
}
