import { formatRate } from '../base/units.ts';
import { type DesiredLimits, DIRECTIONS, type Direction, type DirectionLimit } from '../facts/bandwidth.ts';
import type { Change, Value, Values } from '../model/change.ts';
import { parseArgs } from '../modules/nic_limits/args.ts';
import { toValues } from '../modules/nic_limits/settings.ts';
import { Refusal } from './refusal.ts';

/**
 * What a body says of limits, as a rule of a playbook would say it, in libvirt's units: the same schema, the same words
 * for what is wrong.
 * @throws Refusal 400
 */
export function readLimits(given: Readonly<Record<string, unknown>>): DesiredLimits {
  const { args, diagnostics } = parseArgs({ rules: [{ domain: '*', ...given }] });
  const wrong = diagnostics.filter(({ severity }) => severity === 'error');
  const [first] = wrong;
  const rule = args?.rules[0];
  if (first !== undefined || rule === undefined) {
    const message = wrong.map((one) =>
      one.hint === undefined ? one.message : `${one.message} (${one.hint})`,
    );
    throw new Refusal(400, `Invalid input for field/attribute limits. ${message.join('; ')}`);
  }
  for (const direction of DIRECTIONS)
    if ((rule.limits[direction]?.floor ?? 0) > 0)
      throw new Refusal(
        400,
        'Invalid input for field/attribute limits. a floor is what the operator guarantees',
      );
  return rule.limits;
}

/** What is set in addition replaces the directions that it names. */
export function merged(before: DesiredLimits, more: DesiredLimits): DesiredLimits {
  return { ...before, ...more };
}

/** `receives at most 10.24 MB/s, sends unlimited`: what somebody has set, in words. */
export function limitsText(limits: DesiredLimits): string {
  const said = (direction: Direction, verb: string): readonly string[] => {
    const limit = limits[direction];
    if (limit === undefined) return [];
    return [limit === null ? `${verb} without limit` : `${verb} at most ${formatRate(limit.average)}`];
  };
  return [...said('inbound', 'receives'), ...said('outbound', 'sends')].join(', ');
}

/** Limits as the API shows them: numbers of libvirt's units, null where there is no limit. */
export function shownLimits(limits: DesiredLimits): Readonly<Partial<Record<Direction, object | null>>> {
  return Object.fromEntries(
    DIRECTIONS.flatMap((direction) => {
      const limit = limits[direction];
      return limit === undefined ? [] : [[direction, limit === null ? null : numbersOf(limit)]];
    }),
  );
}

function numbersOf({ average, peak, burst, floor }: NonNullable<DirectionLimit>): object {
  return { average, peak: peak || null, burst: burst || null, ...(floor > 0 ? { floor } : {}) };
}

/**
 * What a change would be that makes a NIC have these limits, by what was last seen of it: for what a policy says before
 * anything is accepted. What is written is planned anew, and judged again.
 */
export function foreseen(seen: Change, limits: DesiredLimits): Change {
  const values: Values = toValues(limits);
  const settings = seen.settings.map(({ name, unit, live, config }) => {
    const value: Value | undefined = values[name];
    const desired =
      value === undefined
        ? {}
        : {
            ...(live === undefined ? {} : { live: value }),
            ...(config === undefined ? {} : { config: value }),
          };
    return {
      name,
      unit,
      desired,
      ...(live === undefined ? {} : { live }),
      ...(config === undefined ? {} : { config }),
    };
  });
  return { ...seen, settings, steps: [{ commands: [] }], status: 'pending' };
}
