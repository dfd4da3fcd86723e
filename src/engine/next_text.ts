import { momentText, zoneOf } from '../base/time/zone.ts';
import { type Change, type Desired, desiredOf, type Next, SIDES } from '../model/change.ts';

/**
 * What comes after a change, in words.
 * @param target what it is to have then, in its module's words
 */
export function nextText(
  change: Change,
  { at, zone, desired, rules }: Omit<Next, 'text'>,
  target: string,
): string {
  const when = momentText(Date.parse(at), zoneOf(zone));
  const setNow = settingsIn({ live: desiredOf(change, 'live'), config: desiredOf(change, 'config') });
  const setThen = settingsIn(desired);
  const rule = rules.at(-1);
  const by =
    rule === undefined
      ? ''
      : ` by rule "${rule.name}"${rule.file === '' ? '' : ` (${rule.file}:${rule.line})`}`;
  if (setNow.size === 0) return `from ${when} on: ${target}${by}`;
  if (setThen.size === 0) return `until ${when}, and nothing changes it then`;
  const left = [...setNow].some((name) => !setThen.has(name)) ? '; the rest is left as it is' : '';
  return `until ${when}, then ${target}${by}${left}`;
}

function settingsIn(desired: Desired): ReadonlySet<string> {
  return new Set(SIDES.flatMap((side) => Object.keys(desired[side]).map((name) => `${side} ${name}`)));
}
