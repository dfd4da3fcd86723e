import { isDeepStrictEqual } from 'node:util';
import { phasesOf } from '../base/time/times.ts';
import { DAY_MS } from '../base/time/zone.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { placeOf } from '../yaml/places.ts';
import type { Bound } from './bounds.ts';
import type { Issuer, PolicyRule } from './policy.ts';

/** A rule as it was written, which knows the places of its parts. */
type Written = Readonly<Record<string, unknown>>;

/** Moments two weeks apart: zones put their clocks forward and back at different times of a year. */
const YEAR = Array.from({ length: 26 }, (_, index) => Date.UTC(2026, 0, 1) + index * 14 * DAY_MS);

/** What a rule says that can never hold: a guard that guards nothing. */
export function neverHolds(rule: PolicyRule, written: Written): readonly Diagnostic[] {
  const { during, notDuring } = rule;
  const found: Diagnostic[] = [];
  const fail = (key: string, message: string, hint: string): void =>
    void found.push({ severity: 'error', message, hint, place: placeOf(written, key) ?? rule.place });
  if (during !== null && notDuring !== null) {
    const ever = YEAR.some((from) => phasesOf([{ during, notDuring }], from).some(({ holds }) => holds[0]));
    if (!ever)
      fail(
        'not_during',
        'the rule never holds: not_during leaves nothing of during',
        'leave one of them out',
      );
  }
  const { by, not_by: notBy } = written;
  if (by !== undefined && isDeepStrictEqual(listOf(by), listOf(notBy)))
    fail('not_by', 'the rule is about nobody: not_by names those whom by names', 'leave one of them out');
  return found;
}

const listOf = (value: unknown): readonly unknown[] => [value].flat();

/** Rules about jobs of a CI platform whose tokens nobody can check: `by` them is about nobody, `not_by` about everybody. */
export function unknownIdentities(
  rules: readonly PolicyRule[],
  issuers: readonly Issuer[],
): readonly Diagnostic[] {
  return rules.flatMap(({ name, by, notBy, place }) =>
    (['github', 'gitlab'] as const).flatMap((kind): Diagnostic[] => {
      const isNamed = [...(by ?? []), ...(notBy ?? [])].some((party) => party.kind === kind);
      if (!isNamed || issuers.some((issuer) => issuer.kind === kind)) return [];
      const message = `the rule "${name}" is about jobs of ${kind}, and nothing says whose tokens are believed: nobody is known as one`;
      const hint = `add it beside "rules": identities: { ${kind}: { jwks: FILE, audience: virtune${kind === 'gitlab' ? ', issuer: URL' : ''} } }`;
      return [{ severity: 'error', message, hint, place }];
    }),
  );
}

/**
 * Two rules about the same changes that together let nothing be set, since the lowest of one is above the highest of the
 * other. Only what is proved is said: rules that name the same in the same words.
 */
export function contradictions(
  rules: readonly PolicyRule[],
  written: readonly Written[],
): readonly Diagnostic[] {
  const bounding = rules
    .map((rule, index) => ({ rule, about: aboutOf(written[index] ?? {}) }))
    .filter(({ rule }) => rule.effect === 'deny' && rule.limits !== null);
  return bounding.flatMap(({ rule, about }, index) =>
    bounding.slice(0, index).flatMap((other): Diagnostic[] => {
      if (!isDeepStrictEqual(about, other.about)) return [];
      const none = nothingLeft(rule, other.rule) ?? nothingLeft(other.rule, rule);
      if (none === null) return [];
      const { name, place } = other.rule;
      return [
        {
          severity: 'error',
          message: `rules "${rule.name}" and "${name}" (${place.file}:${place.line}) let nothing be set: ${none}`,
          hint: 'change one of the two, or let them name different hosts or VMs',
          place: rule.place,
        },
      ];
    }),
  );
}

/** All by which a rule chooses changes. */
function aboutOf({
  name: _,
  effect: __,
  limits: ___,
  in_one_run: ____,
  module: _____,
  ...about
}: Written): object {
  return about;
}

/** Why nothing is above the lowest of one and below the highest of the other; null where there is something. */
function nothingLeft(low: PolicyRule, high: PolicyRule): string | null {
  for (const [module, bounds] of low.limits ?? [])
    for (const { measure, lowest } of bounds) {
      const isSame = (one: Bound): boolean => one.measure === measure && one.highest !== undefined;
      const other = high.limits?.get(module)?.find(isSame);
      if (lowest === undefined || other?.highest === undefined || lowest <= other.highest) continue;
      const [least, most] = [measure.format(lowest), measure.format(other.highest)];
      return `the lowest of ${measure.name}, ${least}, is above the highest, ${most}`;
    }
  return null;
}
