import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Measure } from '../measure.ts';
import type { RawRule } from '../selectors/rule.ts';
import { type Servers, toServers, unknownServers } from '../selectors/servers.ts';
import { nothingBeneath, rampErrors, timeErrors } from '../selectors/times.ts';
import { requiredAdvice, shadowAdvice } from './advice.ts';
import { type AskingRule, asks, partsOf, type Reach } from './asks.ts';

/** How a module whose arguments are rules alone reads them. */
export interface RuleReader<Raw extends RawRule, R extends AskingRule> {
  readonly validate: (value: unknown) => readonly Diagnostic[];
  /** One rule, from what the schema has let through; `all` are the rules as they are written, `servers` those of the host. */
  readonly toRule: (raw: Raw, index: number, all: readonly Raw[], servers: Servers) => R;
  readonly reach: Reach<R>;
  readonly measures: readonly Measure[];
  /** What else is worth saying of a rule, after what all modules say of it. */
  readonly advice?: (rule: R, raw: object) => readonly Diagnostic[];
}

/** Arguments of a module in its own form, null where they hold mistakes; all mistakes and advice at once. */
export function parseRules<Raw extends RawRule, R extends AskingRule>(
  value: unknown,
  { validate, toRule, reach, measures, advice = () => [] }: RuleReader<Raw, R>,
): {
  args: { readonly rules: readonly R[]; readonly servers: Servers } | null;
  diagnostics: readonly Diagnostic[];
} {
  const diagnostics = validate(value);
  if (diagnostics.some(({ severity }) => severity === 'error')) return { args: null, diagnostics };
  const { rules: written, servers: said } = value as {
    readonly rules: readonly Raw[];
    readonly servers?: unknown;
  };
  const wrong = written.flatMap((raw) => [...timeErrors(raw), ...rampErrors(raw, measures)]);
  if (wrong.length > 0) return { args: null, diagnostics: [...diagnostics, ...wrong] };
  const servers = toServers(said);
  const rules = written.map((raw, index) => toRule(raw, index, written, servers));
  const open = nothingBeneath(rules, (other, rule) => {
    const both = partsOf(rule).some((part) => asks(other, part));
    return both && !reach.apart(other, rule);
  });
  if (open.length > 0) return { args: null, diagnostics: [...diagnostics, ...open] };
  const found = rules.flatMap((rule, index) => {
    const raw = written[index] ?? {};
    return [...requiredAdvice(rule, raw), ...advice(rule, raw)];
  });
  const unknown = unknownServers(written, servers);
  return {
    args: { rules, servers },
    diagnostics: [...diagnostics, ...unknown, ...found, ...shadowAdvice(rules, reach)],
  };
}
