import { plural, printable, shorten } from '../base/text.ts';
import { phasesOf, type Times } from '../base/time/times.ts';
import { novaFact } from '../facts/nova.ts';
import type { Change } from '../model/change.ts';
import { moduleNamed } from '../modules/index.ts';
import type { Identity } from '../policy/identity.ts';
import { type Finding, findingText, judgeChanges, ruleText } from '../policy/judge.ts';
import type { Policy, PolicyRule } from '../policy/policy.ts';
import { noteLetThrough, type Tally } from '../policy/tally.ts';
import type { Gate, Verdict } from './gate.ts';

/** What a run was given of a policy. */
export interface PolicyInput {
  readonly policy: Policy;
  /** Who makes the run. */
  readonly identities: readonly Identity[];
  readonly groupsOf: (host: string) => readonly string[];
  readonly check: boolean;
  readonly now: () => Date;
  /** Whether somebody has said beforehand that changes which a rule asks about are meant. */
  readonly confirmed: (rule: string) => boolean;
}

/**
 * Nothing is written that a policy refuses, or that nobody confirms where it asks. Null without a policy. Of the rules
 * about a change the gravest effect counts, whatever their order.
 */
export function policyGate(input: PolicyInput | undefined): Gate | null {
  if (input === undefined) return null;
  const { policy, check } = input;
  const tally: Tally = new Map();
  let named: ReadonlyMap<PolicyRule, readonly Change[]> = new Map();
  const isOpen = ({ effect, name }: PolicyRule): boolean => effect === 'confirm' && !input.confirmed(name);
  const waits = policy.rules.some((rule) => rule.run !== null || (!check && isOpen(rule)));
  return {
    name: 'policy',
    applies: () => true,
    facts: policy.rules.some(asksNova) ? [novaFact] : [],
    ...(waits ? {} : { alone: true as const }),
    judge: (_play, { changes, hostsOf }) => {
      const found = judgeChanges(policy, changes, { ...input, hostsOf, now: input.now() }, tally);
      named = found.named;
      const denied = new Map<Change, string>();
      const noted = new Map<Change, string>();
      const asked = new Map<PolicyRule, Map<Change, string>>();
      for (const [change, findings] of found.of) {
        const of = (holds: (rule: PolicyRule) => boolean) => findings.filter(({ rule }) => holds(rule));
        const denying = of(({ effect }) => effect === 'deny');
        if (denying.length > 0)
          denied.set(change, `${denying.map(findingText).join('; ')}${askedFor(change, denying)}`);
        const told = of((rule) => rule.effect === 'warn' || (check && isOpen(rule)));
        if (told.length > 0) noted.set(change, told.map(noteOf).join('; '));
        if (denying.length > 0 || check) continue;
        for (const finding of of(isOpen)) {
          const own = asked.get(finding.rule) ?? new Map<Change, string>();
          const said = `${findingText(finding)}${askedFor(change, [finding])}; ${NOT_CONFIRMED}`;
          asked.set(finding.rule, own.set(change, said));
        }
      }
      return [
        ...verdict('refused', denied),
        ...[...asked].flatMap(([rule, own]) => verdict('refused', own, questionOf(rule, [...own.keys()]))),
        ...verdict('noted', noted),
      ];
    },
    changesAt: (from) => phasesOf(policy.rules.map(timesOf), from)[1]?.at ?? null,
    letThrough: (changes) => {
      const made = new Set(changes);
      for (const [rule, own] of named)
        noteLetThrough(
          tally,
          rule,
          own.filter((change) => made.has(change)),
        );
    },
  };
}

function timesOf({ during, notDuring }: PolicyRule): Times {
  return { ...(during === null ? {} : { during }), ...(notDuring === null ? {} : { notDuring }) };
}

/** Whether it is about what Nova says of a VM. */
function asksNova({ vms, when }: PolicyRule): boolean {
  return vms.match.nova !== undefined || when.some(({ text }) => String(text).includes('nova'));
}

/** What a change is about, where no limit that it breaks says so. */
function askedFor(change: Change, findings: readonly Finding[]): string {
  if (findings.some(({ rule }) => rule.limits !== null)) return '';
  return `; asked for: ${moduleNamed(change.module).text.sentence(change)}`;
}

const NOT_CONFIRMED = 'nobody has confirmed it (--confirm RULE does, --yes all)';

function verdict(
  status: Verdict['status'],
  reasons: ReadonlyMap<Change, string>,
  question?: Verdict['question'],
): readonly Verdict[] {
  if (reasons.size === 0) return [];
  const reason = (change: Change): string => reasons.get(change) ?? '';
  const covers = (change: Change): boolean => reasons.has(change);
  return [{ covers, status, reason, ...(question === undefined ? {} : { question }) }];
}

function noteOf(finding: Finding): string {
  return finding.rule.effect === 'warn'
    ? `${findingText(finding)}; it warns only`
    : `${findingText(finding)}; a run asks for a confirmation of it`;
}

/** So many changes are told in a question. */
const TOLD = 3;

function questionOf(rule: PolicyRule, changes: readonly Change[]): Verdict['question'] {
  const hosts = new Set(changes.map(({ host }) => host)).size;
  const told = changes.slice(0, TOLD).map((change) => {
    const { host, domain, subject, module } = change;
    const what = moduleNamed(module).text.sentence(change);
    return `  ${[host, domain.name, subject.label].filter(Boolean).join(' ')}: ${shorten(what, 100)}`;
  });
  const more = changes.length > TOLD ? [`  and ${changes.length - TOLD} more`] : [];
  const head = `${ruleText(rule)} asks about ${plural(changes.length, 'change')} on ${plural(hosts, 'host')}:`;
  // Names are texts of others: a line of them stays a line.
  const text = [head, ...told, ...more].map(printable).join('\n');
  return { key: `${rule.place.file}\0${rule.name}`, text };
}
