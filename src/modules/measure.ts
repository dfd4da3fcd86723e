import type { Quantity } from '../base/units.ts';
import type { Values } from '../model/change.ts';

/** A number of a subject that a policy may bound. */
export interface Measure {
  /** As rules and reports name it: `inbound.average`, `hard_limit`. */
  readonly name: string;
  /** A number as a rule writes it: `10 Gbit/s`. */
  readonly parse: (written: unknown) => Quantity;
  /** A text that `parse` takes. */
  readonly format: (value: number) => string;
  /** What one state has of it: null for no limit, undefined where the values do not say. */
  readonly of: (values: Values) => number | null | undefined;
}

/** What a setting has of its own; with `idle`, no value means that the setting does nothing, and not that all is allowed. */
export function ofSetting(name: string, idle = false): Measure['of'] {
  return (values) => {
    const value = values[name];
    if (typeof value === 'number') return value;
    return value === null && !idle ? null : undefined;
  };
}
