import { groupBy } from '../base/group.ts';
import { utcText } from '../base/time/utc.ts';
import type { Waiting } from '../record/trial.ts';
import { foldNames } from './fold.ts';

/** What is known of those who wait for the confirm of a run: `waiting for confirm until …: hv01, hv02`. */
export function waitingTexts(waiting: readonly Waiting[] = [], now: Date): readonly string[] {
  const texts = groupBy(waiting, (one) => waitingText(one, now));
  return [...texts].flatMap(([text, same]) => {
    if (text === '') return [];
    // Of all hosts alike there is no need to name them.
    const hosts =
      texts.size === 1 ? '' : `: ${foldNames(new Set(same.flatMap((one) => one.hosts))).join(', ')}`;
    return [`${text}${hosts}`];
  });
}

function waitingText({ until, how }: Waiting, now: Date): string {
  const time = utcText(until);
  switch (how) {
    case 'idle':
      return '';
    case 'dropped':
      return 'confirmed';
    case 'late':
    case 'gone':
      return 'not confirmed in time: what it had set in running VMs is gone';
    case null:
      return now.getTime() < Date.parse(until)
        ? `waiting for confirm until ${time}`
        : `not confirmed until ${time}: hosts gave back what they had before, which virtune confirm would look at`;
  }
}
