import { groupBy } from '../base/group.ts';
import { sharer } from '../base/share.ts';
import type { Given } from '../engine/given.ts';
import type { Change, Setting, Value, Values } from '../model/change.ts';
import type { RunResult } from '../model/result.ts';

/** Both of libvirt's states; what a kernel does is no part of a plan. */
const STATES = ['live', 'config'] as const;
type State = (typeof STATES)[number];

/**
 * What a plan is to change: each subject must still have what the plan saw, or what it is to have already, and its
 * rules must hold as they did.
 * @param now ms since 1970
 */
export function plannedOf(
  { hosts }: Pick<RunResult, 'hosts'>,
  now: number,
): readonly { readonly host: string; readonly given: readonly Given[] }[] {
  const rules = new Map<string, Given['rule']>();
  const ruleOf = (change: Change): Given['rule'] => {
    const rule = { ...(change.rules.at(-1) ?? NO_RULE), required: false };
    const known = rules.get(JSON.stringify(rule)) ?? rule;
    rules.set(JSON.stringify(rule), known);
    return known;
  };
  // Of ten thousand hosts most are to have the same, and had the same.
  const share = sharer();
  const pending = hosts.flatMap(({ resources }) => resources.filter(({ status }) => status === 'pending'));
  return [...groupBy(pending, ({ host }) => host)].map(([host, changes]) => ({
    host,
    given: changes.map((change) => givenOf(change, ruleOf(change), now, share)),
  }));
}

/** Whether a change sets what libvirt describes as set already. */
export function isRewrite({ settings }: Change): boolean {
  return settings.every((setting) =>
    STATES.every(
      (state) =>
        wanted(setting, state) === undefined ||
        setting[state] === undefined ||
        wanted(setting, state) === setting[state],
    ),
  );
}

const wanted = ({ desired }: Setting, state: State): Value | undefined => desired[state];

/** What "unmatched: unlimited" takes away. */
const NO_RULE = { name: 'unmatched', file: '', line: 0 };

function givenOf(
  { module, domain, subject, settings, next }: Change,
  rule: Given['rule'],
  now: number,
  share: <T>(value: T) => T,
): Given {
  const desired = (state: State): Values =>
    Object.fromEntries(
      settings.flatMap((setting) => {
        const value = wanted(setting, state);
        return value === undefined ? [] : [[setting.name, value]];
      }),
    );
  const expected = (state: State): Readonly<Record<string, readonly Value[]>> =>
    Object.fromEntries(
      settings.flatMap((setting) => {
        const saw = setting[state];
        return saw === undefined ? [] : [[setting.name, [saw, wanted(setting, state) ?? saw]]];
      }),
    );
  return {
    module,
    domain,
    subject,
    desired: share({ live: desired('live'), config: desired('config') }),
    expected: share({ live: expected('live'), config: expected('config') }),
    sameState: true,
    ...(next === undefined || Date.parse(next.at) > now
      ? {}
      : { over: `the plan was made for another time: it held ${next.text}; make the plan anew` }),
    rule,
  };
}
