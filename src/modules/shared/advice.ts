import type { Diagnostic } from '../../model/diagnostic.ts';
import { placeOf } from '../../yaml/places.ts';
import { namesEveryVm } from '../selectors/cover.ts';
import { widerCandidates } from '../selectors/wider.ts';
import { type AskingRule, asks, partsOf, type Reach, ruleWords } from './asks.ts';

/**
 * The rules that can never win, whatever the hosts have: all that they ask is asked again by later rules that name at
 * least the same. Only what is proved is said.
 */
export function shadowAdvice<R extends AskingRule>(
  rules: readonly R[],
  reach: Reach<R>,
): readonly Diagnostic[] {
  const candidates = widerCandidates(rules);
  return rules.flatMap((rule, index): Diagnostic[] => {
    let open = partsOf(rule);
    const by: R[] = [];
    let same = true;
    for (const later of candidates(rule)) {
      if (later <= index || open.length === 0) continue;
      const other = rules[later] as R;
      const replaced = open.filter((part) => asks(other, part));
      // Outside of its times a later rule replaces nothing.
      if (replaced.length === 0 || other.times !== undefined || !reach.covers(other, rule)) continue;
      by.push(other);
      same &&= replaced.every(({ group }) => rule.asks[group]?.id === other.asks[group]?.id);
      open = open.filter((part) => !replaced.includes(part));
    }
    return open.length > 0 || by.length === 0 ? [] : [neverWins(rule, by, same, reach.many)];
  });
}

function neverWins(rule: AskingRule, by: readonly AskingRule[], same: boolean, many: string): Diagnostic {
  const who = by.map(ruleWords).join(' and ');
  const one = by.length === 1;
  return {
    severity: 'warning',
    message: same
      ? `rule "${rule.name}" says what ${who} ${one ? 'says' : 'say'} again, about at least the same ${many}`
      : `rule "${rule.name}" can never win: ${who} ${one ? 'comes' : 'come'} later, ${one ? 'names' : 'name'} at least the same ${many} and replace${one ? 's' : ''} all that it sets`,
    hint: same ? 'leave one of them out' : 'put the more particular rule last, or narrow the later one',
    place: rule.place,
  };
}

/** `required` on a rule that names every VM: it fails only where there is none at all. */
export function requiredAdvice(rule: AskingRule, written: object): readonly Diagnostic[] {
  const place = placeOf(written, 'required');
  if (!rule.required || place === undefined || !namesEveryVm(rule)) return [];
  return [
    {
      severity: 'warning',
      message: `"required" says little: rule "${rule.name}" names every VM`,
      hint: 'it fails only where no host has any VM; give it a domain or match, or leave it out',
      place,
    },
  ];
}
