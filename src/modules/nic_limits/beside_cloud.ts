import { plural } from '../../base/text.ts';
import { type Change, differs, type Values } from '../../model/change.ts';
import type { CloudQos } from '../../model/cloud.ts';
import type { Claim, Objection } from '../module.ts';
import { quotasOfServer } from '../selectors/quotas.ts';
import { flavorLimits, overrideOf, unreadable } from './from_cloud.ts';
import type { FoundNic } from './item.ts';
import { portOf } from './ports.ts';
import type { NicLimitsArgs } from './rule.ts';
import { toValues } from './settings.ts';
import { nicText } from './text.ts';

/**
 * A NIC that Neutron limits: its agent and libvirt set the same queues of the same tap, and whichever comes last wins.
 * Null where nobody else does, where the task says that it is to be set all the same, and where nothing is asked of it.
 */
export function neutronObjection(
  { servers, neutronQos }: NicLimitsArgs,
  found: FoundNic,
  claims: readonly Claim[],
): Objection | null {
  const port = portOf(servers, found.nic);
  if (port?.qos === undefined || neutronQos === 'override') return null;
  const byRule = claims.some(({ rule }) => rule !== null);
  const differing = claims.some(
    ({ desired }) => differs(found.live, desired.live) || differs(found.config, desired.config),
  );
  if (!byRule && !differing) return null;
  return {
    status: 'conflict',
    reason: `Neutron limits the port ${port.id} by ${policyWords(port.qos)}, and of two who set limits the last one wins: take the policy away, leave the NIC out, or write neutron_qos: override in the task (virtune set: --neutron-qos override)`,
  };
}

function policyWords({ policy: { id, name }, of }: CloudQos): string {
  return `the QoS policy ${name === '' ? id : `"${name}"`}${of === 'network' ? ' of its network' : ''}`;
}

/** What is worth knowing of a NIC that rules name: what Nova will set at the next hard reboot, and what was cut. */
export function cloudNotes(
  { servers, rules }: NicLimitsArgs,
  { nic }: FoundNic,
  claims: readonly Claim[],
): readonly string[] {
  const server = servers?.get(nic.domain.uuid);
  if (server === undefined) return [];
  const notes = claims.flatMap(({ rule }) => {
    const asked = rule === null ? undefined : rules[rule];
    if (asked?.from === undefined || asked.from === 'flavor') return [];
    const found = overrideOf(asked, nic, server, servers);
    return found !== null && 'note' in found ? [found.note] : [];
  });
  const restored = flavorLimits(quotasOfServer(server));
  const wanted: Values = Object.assign({}, ...claims.map(({ desired }) => desired.config));
  if (restored === null || (restored.inbound === null && restored.outbound === null)) return notes;
  const values = toValues(restored);
  if (!differs(values, wanted)) return notes;
  const words = nicText
    .values(values)
    .map(({ text }) => text)
    .join(', ');
  return [
    ...notes,
    `its flavor "${server.flavor.name}" has other limits, which Nova sets at the next hard reboot or start: ${words}`,
  ];
}

/** Notes on the host: limits that Nova does not know of, and what owners of servers ask that cannot be followed. */
export function cloudHostNotes(
  { servers, rules, enforceWith }: NicLimitsArgs,
  found: readonly FoundNic[],
  changes: ReadonlyMap<FoundNic, Change>,
): readonly string[] {
  if (servers === null) return [];
  // A policy of Neutron's stays, whatever the flavor says.
  const forgotten = enforceWith === undefined ? [...changes] : [];
  const unknown = forgotten.filter(([{ nic }, { rules: by, settings }]) => {
    const server = servers.get(nic.domain.uuid);
    const limited = settings.some(({ desired }) =>
      Object.values(desired ?? {}).some((value) => value !== null),
    );
    if (server === undefined || by.length === 0 || !limited) return false;
    const restored = flavorLimits(quotasOfServer(server));
    return restored?.inbound === null && restored.outbound === null;
  });
  const problems = new Set<string>();
  for (const rule of rules)
    for (const { nic } of found) {
      const problem = unreadable(rule, nic, servers);
      if (problem !== null) problems.add(problem);
    }
  return [
    ...(unknown.length === 0
      ? []
      : [
          `${plural(unknown.length, 'NIC has', 'NICs have')} limits of which the flavor says nothing: Nova takes them away at the next hard reboot or start, and virtune watch sets them again`,
        ]),
    ...problems,
  ];
}
