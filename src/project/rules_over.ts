import { momentText } from '../base/time/zone.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { RuleInfo } from '../modules/module.ts';

/**
 * Rules whose `until` is over. No mistake, since a file may say so for as long as it likes: the rules beneath them hold,
 * and what `otherwise` says.
 */
export function rulesOver(rules: readonly RuleInfo[], now: number): readonly Diagnostic[] {
  return rules.flatMap(({ name, times, place }): Diagnostic[] => {
    const until = times?.until;
    if (until === undefined || until.at > now) return [];
    return [
      {
        severity: 'note',
        message: `rule "${name}" is over: it held until ${momentText(until.at, until.zone)}`,
        hint: 'once a run has set what comes after it, it can be left out',
        place,
      },
    ];
  });
}
