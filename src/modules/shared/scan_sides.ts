import type { Value, Values } from '../../model/change.ts';
import type { Found, ScanPart } from '../module.ts';
import type { ApplyTo } from '../selectors/rule.ts';

/**
 * What both states of a subject have, as rules have it: for both where they agree or only one is there, else each by
 * itself. What has no limit is not written.
 * @param groups the settings of each group that is set together
 * @param write a group with a value, as a rule has it
 */
export function partsBySide(
  { live, config }: Pick<Found, 'live' | 'config'>,
  groups: readonly (readonly string[])[],
  write: (values: Values) => ScanPart,
): readonly ScanPart[] {
  const parts: Record<ApplyTo, Record<string, unknown>> = { both: {}, live: {}, config: {} };
  for (const names of groups) {
    const [a, b] = [pick(live, names), pick(config, names)];
    if (live === null || config === null || (a !== null && JSON.stringify(a) === JSON.stringify(b))) {
      const only = a ?? b;
      if (only !== null) Object.assign(parts.both, write(only));
    } else {
      if (a !== null) Object.assign(parts.live, write(a));
      if (b !== null) Object.assign(parts.config, write(b));
    }
  }
  return (['both', 'live', 'config'] as const)
    .filter((applyTo) => Object.keys(parts[applyTo]).length > 0)
    .map((applyTo) => ({ ...parts[applyTo], ...(applyTo === 'both' ? {} : { apply_to: applyTo }) }));
}

/** null where none of them has a value. */
function pick(values: Values | null, names: readonly string[]): Values | null {
  if (values === null) return null;
  const entries = names.map((name): [string, Value] => [name, values[name] ?? null]);
  return entries.every(([, value]) => value === null) ? null : Object.fromEntries(entries);
}
