import type { Change } from '../model/change.ts';
import { type Finding, findingText, judgeChanges } from '../policy/judge.ts';
import type { Policy } from '../policy/policy.ts';
import { identityOf } from './owner.ts';
import { Refusal } from './refusal.ts';
import type { Owner } from './store/records.ts';

/** @throws Refusal 403 where a policy refuses a change, or asks for a confirmation that nobody can give here */
export type PolicyVerdict = (change: Change, owner: Owner, action: string) => void;

/** @param current what holds now: files may be read again */
export function policyVerdict(
  current: () => { readonly policy: Policy | null; readonly groupsOf: (host: string) => readonly string[] },
): PolicyVerdict {
  return (change, owner, action) => {
    const { policy, groupsOf } = current();
    if (policy === null) return;
    const found = judgeChanges(
      policy,
      [change],
      {
        identities: [identityOf(owner)],
        now: new Date(),
        check: false,
        groupsOf,
        hostsOf: (one) => [one.host],
      },
      new Map(),
    );
    const against = (found.of.get(change) ?? []).filter(({ rule }) => rule.effect !== 'warn');
    if (against.length === 0) return;
    const why = against.map(textFor).join('; ');
    throw new Refusal(403, `Policy doesn't allow virtune:servers:${action} to be performed: ${why}`);
  };
}

/** Where a rule stands is none of a caller's business. */
function textFor(finding: Finding): string {
  return withoutPlaces(findingText(finding));
}

export function withoutPlaces(text: string): string {
  return text.replaceAll(/(policy rule "[^"]*") \([^()]*:\d+\)/g, '$1');
}
