import { type DesiredLimits, DIRECTIONS, type DirectionLimit } from '../../../facts/bandwidth.ts';
import type { QosPolicy } from '../../../facts/qos.ts';
import { type Desired, differs } from '../../../model/change.ts';
import type { Claim, Objection } from '../../module.ts';
import { quotasOfServer } from '../../selectors/quotas.ts';
import { configLimits } from '../domain_nic.ts';
import { flavorLimits, limitsFor } from '../from_cloud.ts';
import type { FoundNic } from '../item.ts';
import type { NicLimitsArgs, Rule } from '../rule.ts';
import { toValues } from '../settings.ts';
import { nicText } from '../text.ts';
import { noPort } from './decide.ts';
import { effectiveOf, isSetInterface, toPortValues } from './settings.ts';

/**
 * What rules ask of a NIC whose limits are to be Neutron's: a policy of its port, and nothing of libvirt in the
 * configuration, whose next start would set the same tap. What Nova makes anew of the flavor at each hard reboot is left.
 * The running VM's own is left as well: the agent has replaced it on the tap, and to take it away would take the agent's.
 * Only with the hybrid plug, where libvirt shapes one device and the agent another, both hold, and libvirt's goes.
 */
export function portClaim(limits: DesiredLimits, found: FoundNic, { servers }: NicLimitsArgs): Desired {
  const { nic } = found;
  const port = toPortValues(limits);
  const server = servers?.get(nic.domain.uuid);
  const restored = server === undefined ? null : flavorLimits(quotasOfServer(server));
  const none: Record<string, null> = {};
  const live: Record<string, null> = {};
  for (const direction of DIRECTIONS) {
    if (limits[direction] === undefined) continue;
    const cleared = toValues({ [direction]: null });
    const kept = restored === null ? {} : toValues({ [direction]: restored[direction] });
    const has = configLimits(nic)?.[direction] ?? null;
    if (has !== null && (restored === null || differs(found.config, kept)))
      for (const name of Object.keys(cleared)) none[name] = null;
    if (isHybrid(found) && (nic.live?.limits[direction] ?? null) !== null)
      for (const name of Object.keys(cleared)) live[name] = null;
  }
  return { live: { ...port, ...live }, config: { ...port, ...none } };
}

/** The tap is in a bridge of its own, and the agent limits what leads from there to Open vSwitch. */
function isHybrid({ nic }: FoundNic): boolean {
  return (nic.live ?? nic.config)?.source.bridge.startsWith('qbr') === true;
}

/** Why what a rule asks of a port cannot be, or must not; null where nothing is in the way. */
export function portObjection(
  { neutronQos }: NicLimitsArgs,
  found: FoundNic,
  claims: readonly Claim[],
): Objection | null {
  const { port } = found;
  if (port === undefined || 'problem' in port) return noPort(found, port);
  const { policy, ofNetwork, idle } = port.port_state;
  const limited = claims.some(({ desired }) =>
    [desired.live, desired.config].some((values) =>
      Object.entries(values).some(([name, value]) => name.startsWith('port_') && value !== null),
    ),
  );
  if (idle !== undefined && limited) return { status: 'unsupported', reason: idle };
  const other = policy === null ? ofNetwork : policy.own ? null : policy;
  if (other === null || neutronQos === 'override') return null;
  return {
    status: 'conflict',
    reason: `the port ${port.port} has the QoS policy ${wordsOf(other)}${policy === null ? ' of its network' : ''}, which is not virtune's: take it away, leave the NIC out, or write neutron_qos: override in the task`,
  };
}

const wordsOf = ({ id, name }: QosPolicy): string => (name === '' ? id : `"${name}" (${id})`);

const hasPeak = (limit: DirectionLimit): boolean =>
  limit !== null && limit.peak > 0 && !isSetInterface(limit);

/** What is worth knowing of a NIC that Neutron is to limit. */
export function portNotes(
  { rules, servers }: NicLimitsArgs,
  found: FoundNic,
  claims: readonly Claim[],
): readonly string[] {
  const { port, nic } = found;
  if (port === undefined || 'problem' in port) return [];
  const notes: string[] = [];
  const { policy, unseenAgent } = port.port_state;
  const effective = effectiveOf(port.port_state);
  if (effective !== null && !(policy?.own === true)) {
    const lost =
      effective.others.length === 0 ? '' : `, and with it its rules of ${effective.others.join(', ')}`;
    notes.push(
      `virtune's policy takes the place of ${wordsOf(effective)}${lost}; a rollback gives that back`,
    );
  }
  if (unseenAgent === true)
    notes.push(
      'whether the agent there has the extension qos is not known: Neutron tells this login of none',
    );
  const peaks = claims.some(({ rule }) => {
    const limits = rule === null ? null : limitsFor(rules[rule] as Rule, nic, servers);
    return DIRECTIONS.some((direction) => hasPeak(limits?.[direction] ?? null));
  });
  if (peaks) notes.push('peak has no equal in Neutron, which limits the average: it is left out');
  const described = nic.live === null ? {} : toValues(nic.live.limits);
  const left = nicText
    .values(described)
    .filter(({ settings }) => settings.some((name) => (described[name] ?? null) !== null));
  if (left.length > 0 && !isHybrid(found) && claims.length > 0)
    notes.push(
      `libvirt still describes for the running VM: ${left.map(({ text }) => text).join(', ')}. Neutron's agent replaces that on the tap, and the next start is without it`,
    );
  return notes;
}

/** Of a NIC that no rule names, where what is not named loses its limits: what virtune has put on its port. */
export function unnamedClaim({ port }: FoundNic): Desired | null {
  if (port === undefined || 'problem' in port || port.port_state.policy?.own !== true) return null;
  const none = toPortValues({ inbound: null, outbound: null });
  return { live: none, config: none };
}
