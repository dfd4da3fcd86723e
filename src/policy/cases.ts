import { compileGlob } from '../base/glob.ts';
import { plural } from '../base/text.ts';
import type { Change } from '../model/change.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import { VERDICTS, type Verdict } from './cases_schema.ts';
import type { Identity } from './identity.ts';
import { type Finding, judgeChanges } from './judge.ts';
import type { Policy } from './policy.ts';

/** What a file of `virtune policy test` says. */
export interface PolicyCases {
  /** As written: from the file's folder. */
  readonly policy: string;
  readonly inventory: readonly string[] | undefined;
  readonly cases: readonly PolicyCase[];
}

export interface PolicyCase {
  readonly name: string;
  readonly place: Place;
  /** The name of a report, or the changes themselves. */
  readonly changes: string | readonly Change[];
  readonly identities: readonly Identity[];
  readonly at: Date | null;
  readonly check: boolean;
  readonly expect: readonly Expected[];
}

export interface Expected {
  /** Globs, by host, domain, subject or module. */
  readonly names: readonly (readonly [key: string, words: readonly string[]])[];
  readonly verdict: Verdict;
  readonly rule: string | undefined;
  readonly place: Place;
}

/** What came of a case. */
export interface CaseOutcome {
  /** None where it holds. */
  readonly problems: readonly Diagnostic[];
  /** The rules that were about something. */
  readonly rules: ReadonlySet<string>;
}

/** Holds a policy against a case. @param changes those of the case; what writes nothing passes */
export function runCase(
  policy: Policy,
  { name, place, identities, at, check, expect }: PolicyCase,
  changes: readonly Change[],
  groupsOf: (host: string) => readonly string[],
): CaseOutcome {
  const timed = policy.rules.find(({ during, notDuring }) => during !== null || notDuring !== null);
  const fail = (message: string, where: Place, hint?: string): Diagnostic => ({
    severity: 'error',
    message: `${name}: ${message}`,
    hint,
    place: where,
  });
  if (at === null && timed !== undefined) {
    const hint = `the rule "${timed.name}" asks for the time`;
    return { problems: [fail('"at" is missing', place, hint)], rules: new Set() };
  }
  const asking = {
    identities,
    now: at ?? new Date(0),
    check,
    groupsOf,
    hostsOf: ({ host }: Change) => [host],
  };
  const { of } = judgeChanges(policy, changes, asking, new Map());
  const problems: Diagnostic[] = [];
  const named = new Set<Change>();
  for (const expected of expect) {
    const own = changes.filter(namer(expected));
    for (const change of own) named.add(change);
    if (own.length === 0) problems.push(fail('it names no change', expected.place));
    const wrong = own.filter((change) => !isAs(expected, of.get(change) ?? []));
    if (wrong.length > 0) problems.push(fail(wanted(expected, wrong, of), expected.place));
  }
  const rest = changes.filter((change) => !named.has(change) && of.has(change));
  if (rest.length > 0)
    problems.push(
      fail(
        wanted({ verdict: 'pass', rule: undefined }, rest, of),
        place,
        'what no entry of "expect" names must pass',
      ),
    );
  return { problems, rules: new Set([...of.values()].flat().map(({ rule }) => rule.name)) };
}

function namer({ names }: Expected): (change: Change) => boolean {
  const tests = names.map(([key, words]) => ({ key, globs: words.map(compileGlob) }));
  return (change) => tests.every(({ key, globs }) => globs.some((glob) => glob(textOf(change, key))));
}

function textOf({ host, domain, subject, module }: Change, key: string): string {
  if (key === 'domain') return domain.name;
  if (key === 'subject') return subject.label;
  return key === 'host' ? host : module;
}

/** The gravest effect of all that was found. */
function verdictOf(findings: readonly Finding[]): Verdict {
  return VERDICTS.find((verdict) => findings.some(({ rule }) => rule.effect === verdict)) ?? 'pass';
}

function isAs({ verdict, rule }: Pick<Expected, 'verdict' | 'rule'>, findings: readonly Finding[]): boolean {
  if (verdictOf(findings) !== verdict) return false;
  return rule === undefined || findings.some((one) => one.rule.name === rule && one.rule.effect === verdict);
}

/** `web-1 nic 1 on hv1: expected deny by "x", found pass`, of the first, and how many more. */
function wanted(
  { verdict, rule }: Pick<Expected, 'verdict' | 'rule'>,
  wrong: readonly Change[],
  of: ReadonlyMap<Change, readonly Finding[]>,
): string {
  const [first, ...more] = wrong as [Change, ...Change[]];
  const findings = of.get(first) ?? [];
  const found = verdictOf(findings);
  const by = findings.filter((one) => one.rule.effect === found).map((one) => `"${one.rule.name}"`);
  const what = `${first.domain.name} ${first.subject.label}`.trim();
  const also = more.length === 0 ? '' : ` (and ${plural(more.length, 'change')} more)`;
  return `${what} on ${first.host}: expected ${verdict}${rule === undefined ? '' : ` by "${rule}"`}, found ${found}${by.length === 0 ? '' : ` by ${by.join(', ')}`}${also}`;
}
