import { formatRate, parseRate } from '../../base/units.ts';
import { type DesiredLimits, DIRECTIONS, type DirectionLimit, type Limits } from '../../facts/bandwidth.ts';
import type { CloudServer } from '../../model/cloud.ts';
import { type Quotas, quotaNumber, quotasNow } from '../selectors/quotas.ts';
import type { Servers } from '../selectors/servers.ts';
import type { DomainNic } from './domain_nic.ts';
import { portOf } from './ports.ts';
import type { Rule } from './rule.ts';
import { setInterface } from './settings.ts';

/**
 * What a rule wants of a NIC: its own limits, or what the cloud says of the server. Null where that says nothing, or
 * nothing that can be a limit: then the rule does not name the NIC.
 */
export function limitsFor(rule: Rule, nic: DomainNic, servers: Servers): DesiredLimits | null {
  if (rule.from === undefined) return rule.limits;
  const server = servers?.get(nic.domain.uuid);
  if (server === undefined) return null;
  if (rule.from === 'flavor') return flavorLimits(quotasNow(server));
  const found = overrideOf(rule, nic, server, servers);
  return found === null || 'problem' in found ? null : found.limits;
}

/** Why what the cloud says of a NIC for a rule is no limit; null where it is one, and where nothing is said. */
export function unreadable(rule: Rule, nic: DomainNic, servers: Servers): string | null {
  const server = servers?.get(nic.domain.uuid);
  if (server === undefined || rule.from === undefined) return null;
  if (rule.from === 'flavor') {
    if (flavorLimits(quotasNow(server)) !== null) return null;
    const what = `the flavor "${server.flavor.name}" of the server "${server.name}" is not followed`;
    return server.flavor.hidden === true
      ? `${what}: Nova tells nothing of its extra specs`
      : `${what}: a quota:vif_… of it is no number`;
  }
  const found = overrideOf(rule, nic, server, servers);
  return found !== null && 'problem' in found ? found.problem : null;
}

/**
 * What Nova makes of a flavor's `quota:vif_*`, alike for each NIC (nova/virt/libvirt/designer.py,
 * set_vif_bandwidth_config): a direction without an average has no limit. Null where a number is none, or nothing is told.
 */
export function flavorLimits(quotas: Quotas | null): Limits | null {
  if (quotas === null) return null;
  const sides = DIRECTIONS.map((direction): DirectionLimit | undefined => {
    const [average, peak, burst] = ['average', 'peak', 'burst'].map((part) =>
      quotaNumber(quotas, `vif_${direction}_${part}`),
    );
    if (average === undefined || peak === undefined || burst === undefined) return undefined;
    return average ? { average, peak: peak ?? 0, burst: burst ?? 0, floor: 0 } : null;
  });
  const [inbound, outbound] = sides;
  return inbound === undefined || outbound === undefined ? null : { inbound, outbound };
}

/** What a tag or a key of the metadata says of a NIC, or why it cannot be followed. */
type Override = { readonly limits: DesiredLimits; readonly note?: string } | { readonly problem: string };

/**
 * What the owner of a server asks of a NIC: `virtune:port:ID`, else `virtune:nic2` by its position, else `virtune:nic`,
 * with a rate as value. Tags hold no slash (Nova's API), so that `50Mbit` in one is `50 Mbit/s`. What is more than the
 * rule allows is cut to that.
 */
export function overrideOf(
  rule: Rule,
  nic: DomainNic,
  server: CloudServer,
  servers: Servers,
): Override | null {
  const said = rule.from === 'tags' ? tagsOf(server) : server.metadata;
  const port = portOf(servers, nic)?.id;
  const keys = [
    ...(port === undefined ? [] : [`virtune:port:${port}`]),
    ...(nic.index === null ? [] : [`virtune:nic${nic.index}`]),
    'virtune:nic',
  ];
  const key = keys.find((one) => Object.hasOwn(said, one));
  if (key === undefined) return null;
  const value = said[key] ?? '';
  const what = `${rule.from === 'tags' ? 'tag' : 'metadata'} "${key}=${value}" of the server "${server.name}"`;
  const rate = parseRate(rule.from === 'tags' && !value.includes('/s') ? `${value}/s` : value);
  if (!rate.ok) return { problem: `the ${what} is not followed: ${rate.message}` };
  const { atMost } = rule;
  if (atMost === undefined || rate.value <= atMost) return { limits: alike(rate.value) };
  const note = `the ${what} asks for more than the rule "${rule.name}" allows, ${formatRate(atMost)}`;
  return { limits: alike(atMost), note };
}

function alike(value: number): DesiredLimits {
  const limit = setInterface(value);
  return { inbound: limit, outbound: limit };
}

function tagsOf({ tags }: CloudServer): Readonly<Record<string, string>> {
  const pairs = tags.flatMap((tag) => {
    const [, key, value] = /^(virtune:[^=]*)=(.*)$/s.exec(tag) ?? [];
    return key === undefined || value === undefined ? [] : [[key.trim(), value] as const];
  });
  return Object.fromEntries(pairs);
}
