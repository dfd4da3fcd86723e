import { shorten } from '../base/text.ts';
import { type RawWindow, toWindow } from '../base/time/windows.ts';
import { selectHosts } from '../inventory/pattern.ts';
import { type Diagnostic, hasErrors, type Place } from '../model/diagnostic.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Condition } from '../model/playbook.ts';
import { toBaseRule } from '../modules/selectors/parse.ts';
import type { RawRule as RawVms } from '../modules/selectors/rule.ts';
import { windowErrors } from '../modules/selectors/times.ts';
import { compileSchema } from '../schema/schema.ts';
import { isMap } from '../yaml/merge.ts';
import { placeOf } from '../yaml/places.ts';
import { contradictions, neverHolds } from './contradictions.ts';
import { type RawParty, toParties } from './identity.ts';
import { parseLimits, type RawLimits } from './parse_limits.ts';
import type { Effect, Issuer, Policy, PolicyRule, RunBounds } from './policy.ts';
import { POLICY_RULE_SCHEMA, POLICY_SCHEMA } from './schema.ts';
import { conditionErrors } from './when.ts';

export interface ParsedPolicy {
  /** Null where anything is wrong. */
  readonly policy: Policy | null;
  readonly diagnostics: readonly Diagnostic[];
}

const { rules: _, ...others } = POLICY_SCHEMA.properties;
const validateFile = compileSchema({
  ...POLICY_SCHEMA,
  properties: { ...others, rules: { type: 'array', minItems: 1 } },
});
const validateRule = compileSchema(POLICY_RULE_SCHEMA);

/**
 * Reads a policy: all mistakes at once, among them what can never hold.
 * @param value from parseYaml; places come from it
 * @param inventory for patterns of hosts; null where it could not be read, so that nothing is said of them
 */
export function parsePolicy(value: unknown, file: string, inventory: Inventory | null): ParsedPolicy {
  const start: Place = { file, line: 1, column: 1 };
  if (value === null) {
    const message = 'the policy is empty';
    return { policy: null, diagnostics: [{ severity: 'error', message, hint: EXAMPLE, place: start }] };
  }
  const diagnostics = [...validateFile(value, start)];
  const written = isMap(value) && Array.isArray(value.rules) ? (value.rules as readonly unknown[]) : [];
  const rules = written.map((raw, index) => {
    const parsed = parseRule(raw, placeOf(written, index) ?? start, inventory);
    diagnostics.push(...parsed.diagnostics);
    return parsed.rule;
  });
  diagnostics.push(...sameNames(written));
  if (!hasErrors(diagnostics)) {
    const whole = rules as readonly PolicyRule[];
    const own = written as readonly Readonly<Record<string, unknown>>[];
    for (const [index, rule] of whole.entries()) diagnostics.push(...neverHolds(rule, own[index] ?? {}));
    diagnostics.push(...contradictions(whole, own));
  }
  if (hasErrors(diagnostics)) return { policy: null, diagnostics };
  const policy = {
    files: [file],
    rules: rules as readonly PolicyRule[],
    issuers: toIssuers(value as RawFile),
  };
  return { policy, diagnostics };
}

const EXAMPLE = 'a policy has "rules:", a list of rules with a name each';

interface RawFile {
  readonly identities?: Readonly<
    Record<Issuer['kind'], { readonly jwks: string; readonly audience: string; readonly issuer?: string }>
  >;
}

/** As the schema lets it through. */
interface RawPolicyRule extends RawVms {
  readonly name: string;
  readonly effect?: Effect;
  readonly hosts?: string | readonly string[];
  readonly module?: string | readonly string[];
  readonly when?: Condition['text'] | readonly Condition['text'][];
  readonly by?: RawParty | readonly RawParty[];
  readonly not_by?: RawParty | readonly RawParty[];
  readonly during?: RawWindow | readonly RawWindow[];
  readonly not_during?: RawWindow | readonly RawWindow[];
  readonly limits?: RawLimits;
  readonly in_one_run?: Omit<RunBounds, 'share'> & { readonly share?: string };
}

function parseRule(
  written: unknown,
  place: Place,
  inventory: Inventory | null,
): { readonly rule: PolicyRule | null; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics = [...validateRule(written, place)];
  if (!isMap(written)) return { rule: null, diagnostics };
  const raw = (diagnostics.length === 0 ? written : rightPart(written)) as unknown as RawPolicyRule;
  const fail = (message: string, at: Place | undefined, hint?: string): void =>
    void diagnostics.push({ severity: 'error', message, hint, place: at ?? place });
  const hosts = raw.hosts === undefined ? null : hostsOf(raw.hosts, placeOf(written, 'hosts'), inventory);
  diagnostics.push(...(hosts?.diagnostics ?? []));
  const when = conditionsOf(raw, written);
  diagnostics.push(...when.flatMap(conditionErrors));
  for (const key of ['during', 'not_during'] as const)
    for (const window of [raw[key] ?? []].flat() as RawWindow[]) windowErrors(window, fail);
  const modules = raw.module === undefined ? null : new Set([raw.module].flat());
  const limits = raw.limits === undefined ? null : parseLimits(raw.limits, modules);
  diagnostics.push(...(limits?.diagnostics ?? []));
  // When it holds is its own business.
  const { during: _, not_during: __, ...vms } = raw;
  const { domain, match } = toBaseRule([], vms, 0);
  const parties = (key: 'by' | 'not_by') => (raw[key] === undefined ? null : toParties(raw[key]));
  const windows = (key: 'during' | 'not_during') =>
    raw[key] === undefined ? null : ([raw[key]].flat() as RawWindow[]).map(toWindow);
  if (hasErrors(diagnostics)) return { rule: null, diagnostics };
  const { share, ...counts } = raw.in_one_run ?? {};
  const rule: PolicyRule = {
    name: raw.name,
    place,
    effect: raw.effect ?? 'deny',
    hosts: hosts === null ? null : new Set(hosts.names),
    fleet: hosts === null ? (inventory?.hosts.size ?? 0) : hosts.names.length,
    vms: { domain, match },
    modules: modules ?? (limits === null ? null : new Set(limits.limits.keys())),
    when,
    by: parties('by'),
    notBy: parties('not_by'),
    during: windows('during'),
    notDuring: windows('not_during'),
    limits: limits?.limits ?? null,
    run:
      raw.in_one_run === undefined
        ? null
        : { ...counts, ...(share === undefined ? {} : { share: Number.parseFloat(share) }) },
  };
  return { rule, diagnostics };
}

/** The keys of a rule that are right by themselves: what else is wrong with them is told as well. */
function rightPart(written: Readonly<Record<string, unknown>>): object {
  const right = Object.entries(written).filter(
    ([key, value]) => validateRule({ name: 'rule', [key]: value }).length === 0,
  );
  return { name: '', ...Object.fromEntries(right) };
}

function hostsOf(
  patterns: string | readonly string[],
  place: Place | undefined,
  inventory: Inventory | null,
): { readonly names: readonly string[]; readonly diagnostics: readonly Diagnostic[] } {
  if (inventory === null) return { names: [], diagnostics: [] };
  const { hosts, diagnostics } = selectHosts(inventory, [patterns].flat().join(','), place);
  // A rule that is about no host does not guard what somebody wanted guarded.
  return { names: hosts, diagnostics: diagnostics.map((one) => ({ ...one, severity: 'error' as const })) };
}

function conditionsOf({ when = [] }: RawPolicyRule, written: object): readonly Condition[] {
  const list = Reflect.get(written, 'when') as unknown;
  return ([when].flat() as Condition['text'][]).map((text, index) => ({
    text,
    place: (Array.isArray(list) ? placeOf(list, index) : undefined) ?? placeOf(written, 'when'),
  }));
}

function sameNames(written: readonly unknown[]): readonly Diagnostic[] {
  const seen = new Set<unknown>();
  return written.flatMap((rule): Diagnostic[] => {
    const name = isMap(rule) ? rule.name : undefined;
    if (typeof name !== 'string') return [];
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const message = `two rules have the name "${shorten(name)}"`;
    return [
      { severity: 'error', message, hint: 'refusals and tests name rules', place: placeOf(rule, 'name') },
    ];
  });
}

const GITHUB = 'https://token.actions.githubusercontent.com';

function toIssuers({ identities }: RawFile): readonly Issuer[] {
  return Object.entries(identities ?? {}).map(([kind, { jwks, audience, issuer = GITHUB }]) => ({
    kind: kind as Issuer['kind'],
    issuer,
    audience,
    jwks,
    keys: [],
    place: placeOf(identities?.[kind as Issuer['kind']], 'jwks'),
  }));
}
