import { parseRate, parseSize, parseUplink } from '../../base/units.ts';
import type { DesiredLimits, DirectionLimit } from '../../facts/bandwidth.ts';
import { normaliseMac } from '../../facts/nics.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { compileSchema } from '../../schema/schema.ts';
import { toKinds } from '../selectors/kinds.ts';
import { toBaseRule } from '../selectors/parse.ts';
import type { RawRule as BaseRawRule } from '../selectors/rule.ts';
import { asksForServer, type Servers, toServers, unknownServers } from '../selectors/servers.ts';
import { nothingBeneath, rampErrors, timeErrors } from '../selectors/times.ts';
import { adviseRules } from './advice.ts';
import { apart } from './cover.ts';
import { nicLimitsKeywords } from './keywords.ts';
import { NIC_MEASURES } from './measures.ts';
import { type EnforcerArgs, enforcerOf } from './port/args.ts';
import type { NicLimitsArgs, NicSelector, Rule } from './rule.ts';
import { nicLimitsSchema } from './schema.ts';
import { setInterface } from './settings.ts';
import { partsOf, sets } from './shadow.ts';

const validate = compileSchema(nicLimitsSchema, nicLimitsKeywords);

/** Validates the arguments of a `nic_limits` task and turns them into rules in libvirt's units. */
export function parseArgs(value: unknown): {
  args: NicLimitsArgs | null;
  diagnostics: readonly Diagnostic[];
} {
  const diagnostics = validate(value);
  if (diagnostics.some((d) => d.severity === 'error')) return { args: null, diagnostics };
  const { rules: written, unmatched = 'leave', uplink, servers: said, neutron_qos } = value as RawArgs;
  const enforcer = enforcerOf(value as RawArgs);
  const wrong = [
    ...enforcer.diagnostics,
    ...written.flatMap((raw) => [...timeErrors(raw), ...rampErrors(raw, NIC_MEASURES)]),
  ];
  if (wrong.length > 0) return { args: null, diagnostics: [...diagnostics, ...wrong] };
  const servers = toServers(said);
  const rules = written.map((rule, index) => toRule(written, rule, index, servers));
  // What no rule names loses its limits.
  const open = unmatched === 'unlimited' ? [] : nothingBeneath(rules, mayFollow);
  if (open.length > 0) return { args: null, diagnostics: [...diagnostics, ...open] };
  return {
    args: {
      rules,
      unmatched,
      servers,
      ...(neutron_qos === undefined ? {} : { neutronQos: neutron_qos }),
      ...(enforcer.by === null ? {} : { enforceWith: enforcer.by }),
      ...(uplink === undefined ? {} : { uplink: number(parseUplink(uplink)) }),
    },
    diagnostics: [
      ...diagnostics,
      ...unknownServers(written, servers, asksForCloud),
      ...adviseRules(rules, written),
    ],
  };
}

/** Whether one rule may set what another one sets, on NICs that it names. */
function mayFollow(other: Rule, rule: Rule): boolean {
  return partsOf(rule).some((part) => sets(other, part)) && !apart(other, rule);
}

/** What the schema lets through. */
interface RawArgs extends EnforcerArgs {
  readonly rules: readonly RawRule[];
  readonly unmatched?: 'leave' | 'unlimited';
  readonly uplink?: string | number;
  readonly servers?: unknown;
  readonly neutron_qos?: 'respect' | 'override';
}

type RawLimit = string | number | { average?: unknown; peak?: unknown; burst?: unknown; floor?: unknown };

type RawNic = Omit<NicSelector, 'positions' | 'type'> & { readonly type?: string | readonly string[] };

interface RawRule extends BaseRawRule {
  readonly nic?: string | number | readonly number[] | RawNic;
  readonly rate?: string | number;
  readonly inbound?: RawLimit;
  readonly outbound?: RawLimit;
  readonly download?: RawLimit;
  readonly upload?: RawLimit;
  readonly at_most?: string | number;
}

/** What of a rule only a cloud can tell. */
function asksForCloud(rule: object): boolean {
  const { nic } = rule as RawRule;
  const ports = typeof nic === 'object' && ('port' in nic || 'fixed_ip' in nic);
  return ports || asksForServer(rule);
}

function toRule(rules: readonly RawRule[], raw: RawRule, index: number, servers: Servers): Rule {
  return {
    ...toBaseRule(rules, raw, index, servers),
    nic: toNicSelector(raw.nic),
    limits: toLimits(raw),
    ...(raw.at_most === undefined ? {} : { atMost: number(parseRate(raw.at_most)) }),
  };
}

function toNicSelector(raw: RawRule['nic']): NicSelector {
  if (raw === undefined || raw === 'all') return {};
  if (typeof raw === 'number' || Array.isArray(raw)) return { positions: [raw].flat() as number[] };
  const { mac, type, ...others } = raw as RawNic;
  return {
    ...others,
    ...(mac === undefined ? {} : { mac: normaliseMac(mac) }),
    ...(type === undefined ? {} : { type: toKinds(type) }),
  };
}

function toLimits(raw: RawRule): DesiredLimits {
  if (raw.rate !== undefined) {
    const limit = raw.rate === 'unlimited' ? null : setInterface(number(parseRate(raw.rate)));
    return { inbound: limit, outbound: limit };
  }
  const inbound = raw.inbound ?? raw.download;
  const outbound = raw.outbound ?? raw.upload;
  return {
    ...(inbound === undefined ? {} : { inbound: toLimit(inbound) }),
    ...(outbound === undefined ? {} : { outbound: toLimit(outbound) }),
  };
}

function toLimit(raw: RawLimit): DirectionLimit {
  if (raw === 'unlimited') return null;
  if (typeof raw !== 'object') return { average: number(parseRate(raw)), peak: 0, burst: 0, floor: 0 };
  const rate = (value: unknown) => (value === undefined ? 0 : number(parseRate(value)));
  return {
    average: rate(raw.average),
    peak: rate(raw.peak),
    burst: raw.burst === undefined ? 0 : number(parseSize(raw.burst)),
    floor: rate(raw.floor),
  };
}

function number(quantity: ReturnType<typeof parseRate>): number {
  // The schema's keywords have let it through already.
  if (!quantity.ok) throw new TypeError(quantity.message);
  return quantity.value;
}
