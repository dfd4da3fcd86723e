import { plural } from '../base/text.ts';
import type { SubjectStatus } from '../model/status.ts';
import type { Gate } from './gate.ts';

/** What is as the plan saw it, or as it is to be. */
const AS_PLANNED: readonly SubjectStatus[] = ['pending', 'inSync'];

/** All of a saved plan or nothing: nothing is written where a subject or a host is not as the plan saw it. */
export function savedPlan(input: { readonly strict: boolean } | undefined): Gate | null {
  if (input?.strict !== true) return null;
  return {
    name: 'saved plan',
    applies: () => true,
    judge: (_play, { changes, unread }) => {
      const other = changes.filter(({ status }) => !AS_PLANNED.includes(status));
      if (other.length === 0 && unread === 0) return [];
      const what =
        other.length > 0
          ? `${plural(other.length, 'subject')} of the plan ${other.length === 1 ? 'is' : 'are'} not as the plan saw ${other.length === 1 ? 'it' : 'them'}`
          : `${plural(unread, 'host')} of the plan could not be read`;
      return [{ status: 'skipped', reason: `nothing was written (--strict): ${what}` }];
    },
  };
}
