import { formatRate } from '../../base/units.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { placeOf } from '../../yaml/places.ts';

/** From 80 Mbit/s on, a number without a unit is one that somebody has worked out. */
const SURELY_MEANT = 10_000;

const KEYS = ['rate', 'inbound', 'outbound', 'download', 'upload'];

/**
 * A note where small rates have no unit: they are libvirt's kB/s, which who writes `rate: 100` hardly has in mind. One
 * for all rules, at the first.
 */
export function bareNotes(written: readonly object[]): readonly Diagnostic[] {
  const bare = written.flatMap(bareRates);
  const [first, ...others] = bare;
  if (first === undefined) return [];
  const [container, key, value] = first;
  const more = others.length === 0 ? '' : ` (and ${others.length} more without a unit)`;
  return [
    {
      severity: 'note',
      message: `${key}: ${value} is ${formatRate(value)}: a rate without a unit is libvirt's own, kB/s${more}`,
      hint: `write ${key}: ${value} Mbit/s if that is meant, or ${formatRate(value)}`,
      place: placeOf(container, key),
    },
  ];
}

type Bare = readonly [container: object, key: string, value: number];

/** Within a map of average, peak and burst somebody speaks libvirt's language. */
function bareRates(rule: object): readonly Bare[] {
  return KEYS.flatMap((key) => bareRate(rule, key));
}

function bareRate(container: object, key: string): readonly Bare[] {
  const value: unknown = Reflect.get(container, key);
  const number = typeof value === 'number' || /^\d+$/.test(String(value)) ? Number(value) : SURELY_MEANT;
  return number < SURELY_MEANT ? [[container, key, number]] : [];
}
