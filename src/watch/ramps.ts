import { isDeepStrictEqual } from 'node:util';
import { subjectId } from '../engine/merge.ts';
import type { Change, Ramp } from '../model/change.ts';

/** The steps that a watch has made of ramps. Times are milliseconds since 1970. */
export interface Ramps {
  /** Those whose time is not over: nothing further is set. */
  readonly held: (at: number) => ReadonlyMap<string, Ramp>;
  /** Remembers what a look has found and written. */
  readonly note: (changes: readonly Change[], at: number) => void;
  /** In how many milliseconds the next step is due; null where none is. */
  readonly dueIn: (at: number) => number | null;
}

export function ramping(): Ramps {
  let steps: ReadonlyMap<string, { readonly ramp: Ramp; readonly until: number }> = new Map();
  return {
    held: (at) =>
      new Map([...steps].flatMap(([id, { ramp, until }]) => (until > at ? [[id, ramp] as const] : []))),
    note: (changes, at) => {
      const next = new Map([...steps].filter(([, { until }]) => until > at));
      for (const change of changes) {
        const { ramp, status } = change;
        if (ramp === undefined || (status !== 'changed' && status !== 'inSync')) continue;
        const id = subjectId(change);
        // A step that somebody has undone was set again: its time goes on.
        if (isDeepStrictEqual(next.get(id)?.ramp, ramp)) continue;
        next.set(id, { ramp, until: at + ramp.everySeconds * 1000 });
      }
      steps = next;
    },
    dueIn: (at) =>
      steps.size === 0
        ? null
        : Math.max(
            0,
            [...steps.values()].reduce((first, { until }) => Math.min(first, until), Infinity) - at,
          ),
  };
}
