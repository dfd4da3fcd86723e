import { formatRate } from '../../base/units.ts';
import { renderRate } from '../../libvirt/domiftune.ts';
import { DIRECTIONS, type Direction, type DirectionLimit } from '../../model/limits.ts';
import type { Plan } from '../module.ts';
import { sameRate } from './card.ts';
import { type NicItem, SIDES, type Side } from './item.ts';
import type { Rule } from './rule.ts';
import { appliesTo } from './shadow.ts';

/**
 * Refuses the NICs of which several tasks want different limits, in all of these tasks: one would undo what the other
 * has written, at each run. Tasks that want the same, or different directions, are left as they are.
 * @param plans of all tasks for one host, made from the same facts
 */
export function settlePlans(plans: readonly Plan<NicItem>[]): readonly Plan<NicItem>[] {
  const byNic = new Map<string, NicItem[]>();
  for (const item of plans.flatMap(({ items }) => items)) {
    const key = keyOf(item);
    const known = byNic.get(key);
    if (known === undefined) byNic.set(key, [item]);
    else known.push(item);
  }
  const refused = new Map<NicItem, string>();
  for (const items of byNic.values()) {
    const why = items.length < 2 ? null : clashOf(items);
    if (why !== null) for (const item of items) refused.set(item, why);
  }
  if (refused.size === 0) return plans;
  return plans.map((plan) => ({
    ...plan,
    items: plan.items.map((item) => refuse(item, refused.get(item))),
  }));
}

function keyOf({ card }: NicItem): string {
  return `${card.domain.uuid} ${card.mac} ${card.index}`;
}

function refuse(item: NicItem, message: string | undefined): NicItem {
  const { status } = item.result;
  // What cannot be written anyway keeps its own reason.
  if (message === undefined || (status !== 'pending' && status !== 'inSync')) return item;
  return { ...item, steps: [], result: { ...item.result, status: 'refused', commands: [], message } };
}

function clashOf(items: readonly NicItem[]): string | null {
  for (const direction of DIRECTIONS) {
    for (const side of SIDES) {
      const [first, ...others] = items.flatMap((item) => {
        const limit = item.card[side] === null ? undefined : item.wanted[side][direction];
        return limit === undefined ? [] : [{ item, limit }];
      });
      const other = first && others.find(({ limit }) => !sameRate(limit, first.limit));
      if (first === undefined || other === undefined) continue;
      const wants = [first, other].map(({ item, limit }) => want(decider(item, direction, side), limit));
      return `two tasks want different ${direction} limits of it: ${wants.join(', ')}; nothing was written`;
    }
  }
  return null;
}

function decider({ rules }: NicItem, direction: Direction, side: Side): Rule | undefined {
  return rules.findLast((rule) => rule.limits[direction] !== undefined && appliesTo(rule, side));
}

/** `rule "web" (p.yml:4) 100 Mbit/s (12500)` */
export function want(rule: Rule | undefined, limit: DirectionLimit): string {
  if (rule === undefined) return '"unmatched: unlimited"';
  const where = rule.file === '' ? '' : ` (${rule.file}:${rule.line})`;
  return `rule "${rule.name}"${where} ${limitWords(limit)}`;
}

export function limitWords(limit: DirectionLimit): string {
  if (limit === null) return 'unlimited';
  const text = limit.average > 0 ? formatRate(limit.average) : `a floor of ${formatRate(limit.floor)}`;
  return `${text} (${renderRate(limit)})`;
}
