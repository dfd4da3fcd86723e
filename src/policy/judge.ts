import { oneOf } from '../base/text.ts';
import { clockText, isDuring } from '../base/time/windows.ts';
import { novaFact } from '../facts/nova.ts';
import type { Change } from '../model/change.ts';
import type { Domain } from '../model/facts.ts';
import { selectsDomain } from '../modules/selectors/match.ts';
import { beyond } from './bounds.ts';
import { identityText, isBy } from './identity.ts';
import type { Asking, Policy, PolicyRule } from './policy.ts';
import { isOver, type Tally } from './tally.ts';
import { meets } from './when.ts';

/** A rule that is about a change, and why. */
export interface Finding {
  readonly rule: PolicyRule;
  /** What the change asks for beyond what the rule lets pass; '' where the rule lets nothing pass. */
  readonly why: string;
}

export interface Findings {
  /** In the order of the rules. Changes without findings, and those that write nothing, are not in it. */
  readonly of: ReadonlyMap<Change, readonly Finding[]>;
  /** What is named by each rule that bounds a run. */
  readonly named: ReadonlyMap<PolicyRule, readonly Change[]>;
}

/**
 * What a policy finds in changes. Linear in the changes.
 * @param earlier what the run has let through before
 */
export function judgeChanges(
  { rules }: Policy,
  changes: readonly Change[],
  asking: Asking,
  earlier: Tally,
): Findings {
  const found = new Map<Change, Finding[]>();
  const note = (change: Change, finding: Finding): void => {
    const others = found.get(change);
    if (others === undefined) found.set(change, [finding]);
    else others.push(finding);
  };
  const written = changes.filter(({ steps }) => steps.length > 0);
  const named = new Map<PolicyRule, readonly Change[]>();
  for (const rule of rules.filter((one) => isActive(one, asking))) {
    const about = ofRun(rule, asking);
    const own: Change[] = [];
    for (const change of written) {
      const names = namesChange(rule, change, asking);
      if (names === false) continue;
      own.push(change);
      const why = whyNot(rule, change, names, about);
      if (why !== null) note(change, { rule, why });
    }
    if (rule.run !== null) named.set(rule, own);
  }
  // What is refused for what it is by itself counts in no total, so that the order of the rules says nothing.
  const denied = new Set(written.filter((change) => isDenied(found.get(change))));
  for (const [rule, own] of named) {
    const counted = own.filter((change) => !denied.has(change));
    const why = isOver(rule, earlier, counted);
    if (why !== null) for (const change of counted) note(change, { rule, why });
  }
  const place = new Map(rules.map((rule, index) => [rule, index]));
  const order = ({ rule }: Finding): number => place.get(rule) ?? 0;
  for (const findings of found.values()) findings.sort((a, b) => order(a) - order(b));
  return { of: found, named };
}

/** What holds for a run as a whole. */
function isActive({ by, notBy, during, notDuring }: PolicyRule, { identities, now }: Asking): boolean {
  return (
    (by === null || isBy(by, identities)) &&
    (notBy === null || !isBy(notBy, identities)) &&
    (during === null || isDuring(during, now)) &&
    (notDuring === null || !isDuring(notDuring, now))
  );
}

/** What of the run makes it a rule's business: who makes it, and when. */
function ofRun({ by, notBy, during, notDuring }: PolicyRule, { identities, now }: Asking): string {
  const who =
    by === null && notBy === null ? [] : [`the run is by ${oneOf(identities.map(identityText), 'and')}`];
  const [window] = [...(during ?? []), ...(notDuring ?? [])];
  const when = window === undefined ? [] : [`it is ${clockText(window, now)}`];
  return [...who, ...when].join(', ');
}

/** Whether a rule names a change; a text where that cannot be told, so that it must be taken to. */
function namesChange(rule: PolicyRule, change: Change, asking: Asking): boolean | string {
  const { hosts, modules, vms, when } = rule;
  if (hosts !== null && !asking.hostsOf(change).some((host) => hosts.has(host))) return false;
  if (modules !== null && !modules.has(change.module)) return false;
  const needsNova = vms.match.nova !== undefined;
  const unread = needsNova && change.domain.nova === undefined;
  if (unread) {
    const { nova: _, ...match } = vms.match;
    if (!selects({ ...vms, match }, change)) return false;
  } else if (!selects(vms, change)) return false;
  const met = meets(when, change, asking);
  if (met === false) return false;
  if (unread) return 'what Nova says of the VM was not read';
  return met === true ? true : `its condition cannot be told: ${met}`;
}

function selects(vms: PolicyRule['vms'], { domain }: Change): boolean {
  if (vms.domain === null && Object.keys(vms.match).length === 0) return true;
  const { nova = null, title = '', managedSave = false, ...rest } = domain;
  const parts = { [novaFact.name]: { live: nova, config: null } };
  const whole: Domain = { ...rest, title, managedSave, parts };
  return selectsDomain(vms as Parameters<typeof selectsDomain>[0], whole);
}

/** Why a rule is about a change that it names; null where it is about others alone. */
function whyNot(
  { limits, run }: PolicyRule,
  change: Change,
  names: true | string,
  about: string,
): string | null {
  if (limits === null && run === null)
    return [about, names].filter((one) => one !== '' && one !== true).join(', ');
  const asked = limits === null ? [] : beyond(limits.get(change.module) ?? [], change);
  if (asked.length === 0) return null;
  return [...asked, ...(names === true ? [] : [names])].join(', ');
}

function isDenied(findings: readonly Finding[] | undefined): boolean {
  return findings?.some(({ rule }) => rule.effect === 'deny') === true;
}

/** `policy rule "NAME" (FILE:LINE)`, and why. */
export function findingText({ rule, why }: Finding): string {
  return `${ruleText(rule)}${why === '' ? '' : `: ${why}`}`;
}

export function ruleText({ name, place }: PolicyRule): string {
  return `policy rule "${name}" (${place.file}:${place.line})`;
}
