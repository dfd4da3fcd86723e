import { formatRate } from '../../base/units.ts';
import { DIRECTIONS, type DirectionLimit } from '../../facts/bandwidth.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { OF_ANOTHER_TASK } from '../module.ts';
import { widerCandidates } from '../selectors/wider.ts';
import { apart, selectsAllOf } from './cover.ts';
import { sameRate } from './domain_nic.ts';
import { renderRate } from './domiftune.ts';
import { SIDES } from './item.ts';
import type { NicLimitsArgs, Rule } from './rule.ts';
import { type Part, sets } from './shadow.ts';

const PARTS: readonly Part[] = DIRECTIONS.flatMap((direction) => SIDES.map((side) => ({ direction, side })));

/**
 * What the rules of two tasks alone tell to never settle: a NIC that one of them names, the other names too, and they
 * want different limits of it. Only what is proved is said here; the rest is found when hosts are planned.
 */
export function clashesBetween(first: NicLimitsArgs, second: NicLimitsArgs): readonly Diagnostic[] {
  const apartBy = (first.enforceWith === undefined) !== (second.enforceWith === undefined);
  const inFirst = widerCandidates(first.rules);
  const inSecond = widerCandidates(second.rules);
  const found = new Map<Rule, Diagnostic>();
  const note = (a: Rule, b: Rule, narrow: Rule) => {
    // Times of both may never meet.
    if (a.times !== undefined && b.times !== undefined) return;
    const part = PARTS.find(
      (one) =>
        (differ(a, b, one) || (apartBy && bothSet(a, b, one))) &&
        decides(first.rules, a, narrow, one) &&
        decides(second.rules, b, narrow, one),
    );
    if (part !== undefined && !found.has(b))
      found.set(b, apartBy ? twoEnforcers(a, b, part) : clash(a, b, part));
  };
  for (const b of second.rules)
    for (const a of inFirst(b).map((index) => first.rules[index] as Rule))
      if (selectsAllOf(a, b)) note(a, b, b);
  for (const a of first.rules)
    for (const b of inSecond(a).map((index) => second.rules[index] as Rule))
      if (selectsAllOf(b, a)) note(a, b, a);
  return [...found.values(), ...cleared(first, second), ...cleared(second, first)];
}

function differ(a: Rule, b: Rule, part: Part): boolean {
  const [x, y] = [a.limits[part.direction], b.limits[part.direction]];
  return sets(a, part) && sets(b, part) && x !== undefined && y !== undefined && !sameRate(x, y);
}

function bothSet(a: Rule, b: Rule, part: Part): boolean {
  const limits = [a.limits[part.direction], b.limits[part.direction]];
  return sets(a, part) && sets(b, part) && limits.every((limit) => limit != null);
}

/** Whether no later rule of its task replaces what a rule says, on any NIC that the narrower of the two names. */
function decides(rules: readonly Rule[], rule: Rule, narrow: Rule, part: Part): boolean {
  const later = rules.slice(rules.indexOf(rule) + 1);
  const maySet = (other: Rule) => sets(other, part) || other.from !== undefined;
  return later.every((other) => !maySet(other) || apart(other, narrow));
}

/** `unmatched: unlimited` of one task takes away what the other sets on NICs that none of its rules can name. */
function cleared(clearing: NicLimitsArgs, setting: NicLimitsArgs): readonly Diagnostic[] {
  if (clearing.unmatched !== 'unlimited') return [];
  return setting.rules.flatMap((rule) => {
    const limits = PARTS.filter((part) => sets(rule, part) && rule.limits[part.direction] !== null);
    const part = limits.find((one) => decides(setting.rules, rule, rule, one));
    if (part === undefined || !clearing.rules.every((other) => apart(other, rule))) return [];
    return [
      diagnostic(
        rule,
        part,
        `no rule ${OF_ANOTHER_TASK} names these NICs, and its "unmatched: unlimited" takes all limits from them`,
      ),
    ];
  });
}

function clash(a: Rule, b: Rule, part: Part): Diagnostic {
  const where = a.file === '' ? '' : ` (${a.file}:${a.line})`;
  return diagnostic(
    b,
    part,
    `rule "${a.name}"${where} ${OF_ANOTHER_TASK} wants ${limitWords(a.limits[part.direction] ?? null)}`,
  );
}

function twoEnforcers(a: Rule, b: Rule, { direction }: Part): Diagnostic {
  const where = a.file === '' ? '' : ` (${a.file}:${a.line})`;
  return {
    severity: 'error',
    message: `rule "${b.name}" and rule "${a.name}"${where} ${OF_ANOTHER_TASK} limit ${direction} of the same NICs, one by libvirt and one by Neutron: of two who set limits the last one wins`,
    hint: 'name the same enforce_with in both tasks, or narrow one of them',
    place: b.place,
  };
}

function diagnostic(rule: Rule, { direction }: Part, other: string): Diagnostic {
  return {
    severity: 'error',
    message: `rule "${rule.name}" wants ${direction} ${limitWords(rule.limits[direction] ?? null)}, and ${other}: each run would write both`,
    hint: 'put them into one task, where a later rule replaces an earlier one, or narrow one of them',
    place: rule.place,
  };
}

function limitWords(limit: DirectionLimit): string {
  if (limit === null) return 'unlimited';
  const text = limit.average > 0 ? formatRate(limit.average) : `a floor of ${formatRate(limit.floor)}`;
  return `${text} (${renderRate(limit)})`;
}
