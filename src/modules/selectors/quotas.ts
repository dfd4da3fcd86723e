import type { CloudServer } from '../../model/cloud.ts';

/** Where a rule's limits come from, if not from the rule itself. */
export type RuleSource = 'flavor' | 'metadata' | 'tags';

/** The property of rules that take limits from the server's flavor. */
export const FROM_FLAVOR = {
  description:
    'flavor: the limits are those of the server’s flavor, as it is now (docs/openstack.md). In place of limits in the rule.',
  enum: ['flavor'],
};

/**
 * What the flavor of a server says now, `quota:…` by `quota:…`: Nova has a copy of when the server was made or resized
 * and changes that no more. Where there is no such flavor any longer, that copy. Null where Nova does not tell.
 */
export function quotasNow({ flavor }: CloudServer): Quotas | null {
  return flavor.hidden === true ? null : (flavor.current ?? flavor.quotas);
}

/** The copy of the flavor that the server has, of which Nova makes its XML. Null where Nova does not tell. */
export function quotasOfServer({ flavor }: CloudServer): Quotas | null {
  return flavor.hidden === true ? null : flavor.quotas;
}

export type Quotas = Readonly<Record<string, string>>;

/**
 * A number of an extra spec; null where there is none. Nova takes any text, so that it may be no number: then
 * undefined.
 */
export function quotaNumber(
  quotas: Readonly<Record<string, string>>,
  name: string,
): number | null | undefined {
  const text = Object.hasOwn(quotas, `quota:${name}`) ? quotas[`quota:${name}`] : undefined;
  if (text === undefined) return null;
  return /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : undefined;
}

/**
 * What is wrong with a rule that takes its limits from a cloud and holds for a while only: what comes after it could not be
 * told before the host is read.
 */
export function timedFrom(rule: object) {
  const time = ['until', 'during', 'not_during'].find((key) => Object.hasOwn(rule, key));
  if (time === undefined) return null;
  return {
    message: `limits that come from a cloud hold always, so ${time} cannot stand beside "from"`,
    hint: 'leave one of them out',
  };
}

/** What is wrong with a rule that takes its limits from the flavor. @param own what it sets itself, if anything */
export function besideFlavor(own: string | undefined, rule: object) {
  const timed = timedFrom(rule);
  if (timed !== null) return timed;
  if (own === undefined) return null;
  return {
    message: `the limits come from the flavor, so ${own} cannot stand beside it`,
    hint: 'give one or the other',
  };
}
