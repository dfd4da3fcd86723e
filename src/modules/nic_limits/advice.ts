import { oneOf } from '../../base/text.ts';
import { formatRate, formatSize } from '../../base/units.ts';
import { DIRECTIONS, type Direction, type Rate } from '../../facts/bandwidth.ts';
import type { Diagnostic, Place } from '../../model/diagnostic.ts';
import { placeOf } from '../../yaml/places.ts';
import { kindsNone } from '../selectors/kinds.ts';
import { bareNotes } from './bare.ts';
import { burstThatFits, smallBurst } from './burst.ts';
import { selectsEverything } from './cover.ts';
import { LIMITED_TYPES } from './domain_nic.ts';
import type { Rule } from './rule.ts';
import { type Shadowed, shadowedRules } from './shadow.ts';

/** A rule as it was written, which knows the places of its parts. */
type Written = object;

type Values = Readonly<Record<string, unknown>>;

/**
 * What the rules alone tell to be a mistake, or of no use, although libvirt would take it. Never an error: what is
 * declared is carried out. What depends on the NIC is said per NIC (effect.ts).
 * @param written the same rules as they were written
 */
export function adviseRules(rules: readonly Rule[], written: readonly Written[]): readonly Diagnostic[] {
  const values = rules.flatMap((rule, index) => adviseRule(rule, written[index] ?? {}));
  const shadowed = shadowedRules(rules).map((found) => neverWins(found, rules, written));
  return [...values, ...shadowed, ...bareNotes(written)];
}

function adviseRule(rule: Rule, written: Written): Diagnostic[] {
  const found = DIRECTIONS.flatMap((direction) => {
    const limit = rule.limits[direction];
    // `rate` sets both directions alike: once is enough.
    const twice = direction === 'outbound' && Object.hasOwn(written, 'rate');
    return limit === undefined || limit === null ? [] : adviseLimit(rule, direction, limit, written, twice);
  });
  found.push(...adviseType(rule, written));
  const place = placeOf(written, 'required');
  if (rule.required && place !== undefined && selectsEverything(rule)) {
    found.push({
      severity: 'warning',
      message: `"required" says little: rule "${rule.name}" names every NIC of every VM`,
      hint: 'it fails only where no host has any VM; give it a domain, match or nic, or leave it out',
      place,
    });
  }
  return found;
}

/** Conditions on the type that no NIC can meet, or that only NICs meet which libvirt cannot limit. */
function adviseType({ name, nic: { type }, limits, skipUnsupported }: Rule, written: Written): Diagnostic[] {
  if (type === undefined) return [];
  const { nic } = written as { readonly nic?: object };
  const place = placeOf(nic, 'type') ?? placeOf(written);
  const warning = (message: string, hint: string): Diagnostic[] => [
    { severity: 'warning', message, hint, place },
  ];
  if (kindsNone(type))
    return warning(`rule "${name}" names no NIC: its types are all excluded again`, 'leave one of them out');
  const limited = DIRECTIONS.some(
    (direction) => limits[direction] !== undefined && limits[direction] !== null,
  );
  const { include } = type;
  if (!limited || skipUnsupported || include.length === 0) return [];
  if (include.some((word) => LIMITED_TYPES.includes(word))) return [];
  return warning(
    `libvirt can limit no NIC of type ${oneOf(include)}, and rule "${name}" names no others`,
    `to leave them out of a rule, write ${include.map((word) => `"!${word}"`).join(', ')}`,
  );
}

function adviseLimit(
  rule: Rule,
  direction: Direction,
  limit: Rate,
  written: Written,
  twice: boolean,
): Diagnostic[] {
  const { average, peak, burst, floor } = limit;
  const found: Diagnostic[] = [];
  const warn = (field: keyof Rate, message: string, hint: string) =>
    found.push({ severity: 'warning', message, hint, place: placeOfField(written, direction, field) });
  if (!twice && peak > 0 && peak < average) {
    warn(
      'peak',
      `${direction}: the peak ${formatRate(peak)} is below the average ${formatRate(average)}`,
      'a peak is for short bursts above the average; leave it out, or make it the larger one',
    );
  }
  for (const field of ['average', 'peak'] as const) {
    if (twice || limit[field] <= NO_LIMIT || (field === 'peak' && Object.hasOwn(written, 'rate'))) continue;
    const message = `${direction}: ${formatRate(limit[field])} is more than any NIC of a VM lets through`;
    warn(field, message, 'if no limit is meant, write unlimited');
  }
  const fits = burstThatFits(average, burst);
  if (fits !== null) {
    const message = `${direction}: a burst of ${formatSize(burst)} is more than 274 s at ${formatRate(average)}, and the kernel then keeps a much smaller one`;
    warn('burst', message, `write at most burst: ${formatSize(fits)}`);
  }
  if (floor > 0 && average > 0 && floor > Math.max(average, peak)) {
    warn(
      'floor',
      `${direction}: the floor ${formatRate(floor)} is more than the limit lets through`,
      `a floor is a part of the average, ${formatRate(average)}`,
    );
  }
  if (floor > 0 && rule.match.state?.every((state) => state === 'shutoff')) {
    const message = `${direction}: a floor cannot be set on a VM that is shut off, and the rule names no others`;
    warn(
      'floor',
      message,
      'libvirt checks floors only while the VM runs; without the check it might not start again',
    );
  }
  if (direction === 'outbound') {
    const key = keyOf(written, direction);
    const isMap = key !== undefined && typeof (written as Values)[key] === 'object';
    const small = smallBurst(average, burst, isMap ? 'burst' : key === 'upload' ? key : direction);
    const instead = key === 'rate' ? '; with inbound, in place of the rate of both ways' : '';
    if (small !== null)
      warn(
        burst > 0 ? 'burst' : 'average',
        `${direction}: ${small.message} (on all NICs but macvtap, which queue it)`,
        `${small.hint}${instead}`,
      );
  }
  return found;
}

/** What is above 1 Tbit/s is hardly meant as a limit. */
const NO_LIMIT = 125_000_000;

const OTHER_NAME: Readonly<Record<Direction, string>> = { inbound: 'download', outbound: 'upload' };

/** The key of a rule that says what a direction has. */
function keyOf(written: Written, direction: Direction): string | undefined {
  return [direction, OTHER_NAME[direction], 'rate'].find((name) => Object.hasOwn(written, name));
}

function placeOfField(written: Written, direction: Direction, field: keyof Rate): Place | undefined {
  const key = keyOf(written, direction);
  if (key === undefined) return placeOf(written);
  return placeOf((written as Values)[key], field) ?? placeOf(written, key) ?? placeOf(written);
}

function neverWins(
  { index, by, same }: Shadowed,
  rules: readonly Rule[],
  written: readonly Written[],
): Diagnostic {
  const { name } = rules[index] as Rule;
  const others = by.map((position) => {
    const { name: other, file, line } = rules[position] as Rule;
    return `rule "${other}"${file === '' ? '' : ` (${file}:${line})`}`;
  });
  const who = others.join(' and ');
  const verb = by.length === 1 ? 'names' : 'name';
  return {
    severity: 'warning',
    message: same
      ? `rule "${name}" says what ${who} ${by.length === 1 ? 'says' : 'say'} again, about at least the same NICs`
      : `rule "${name}" can never win: ${who} ${by.length === 1 ? 'comes' : 'come'} later, ${verb} at least the same NICs and replace${by.length === 1 ? 's' : ''} all that it sets`,
    hint: same ? 'leave one of them out' : 'put the more particular rule last, or narrow the later one',
    place: placeOf(written[index]) ?? placeOf(written, index),
  };
}
