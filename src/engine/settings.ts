import { type Desired, type Setting, SIDES, type Value, type Values } from '../model/change.ts';
import type { AnyModule, Found, SettingInfo } from '../modules/module.ts';

/**
 * All settings of a subject: what it is to have, and what it has.
 * @param looked with what the kernel does, as far as that is known
 */
export function settingsOf(
  module: AnyModule,
  found: Found,
  desired: Desired,
  looked: boolean,
): readonly Setting[] {
  const kernel = looked ? (found.kernel?.values ?? null) : null;
  const known = ({ name, optional }: SettingInfo): boolean =>
    optional !== true ||
    SIDES.some((side) => found[side]?.[name] !== undefined || desired[side][name] !== undefined);
  return module.settings.filter(known).map(({ name, unit }) => ({
    name,
    unit,
    desired: bySide((side) => desired[side][name]),
    ...bySide((side) => (found[side] === null ? undefined : ((found[side] as Values)[name] ?? null))),
    ...(kernel === null ? {} : { kernel: kernel[name] ?? null }),
  }));
}

/** Not by spreading: V8 gives each object that begins with a spread a shape of its own, larger than what is in it. */
function bySide(read: (side: 'live' | 'config') => Value | undefined): { live?: Value; config?: Value } {
  const sides: { live?: Value; config?: Value } = {};
  const [live, config] = [read('live'), read('config')];
  if (live !== undefined) sides.live = live;
  if (config !== undefined) sides.config = config;
  return sides;
}
