import { MAX_BURST } from '../../../base/units.ts';
import { type DesiredLimits, DIRECTIONS, type Direction, type Rate } from '../../../facts/bandwidth.ts';
import type { PortState, QosLimits, QosPolicy, QosRate } from '../../../facts/qos.ts';
import type { Desired, Value, Values } from '../../../model/change.ts';
import type { SettingInfo } from '../../module.ts';

/** What Neutron limits of a NIC, in its own units: its agent keeps that, and libvirt knows nothing of it. */
export const PORT_SETTINGS: readonly SettingInfo[] = [
  ...DIRECTIONS.flatMap((direction): SettingInfo[] => [
    { name: `port_${direction}.average`, unit: 'kbit/s', optional: true },
    { name: `port_${direction}.burst`, unit: 'kbit', optional: true },
  ]),
  { name: 'port_policy', unit: '', optional: true },
];

/** Which policy the port has: the name of one of virtune's, the ID of any other, `network:ID` for its network's. */
export const PORT_POLICY = 'port_policy';

/** The most that Neutron takes: a signed number of 32 bits, in kbit/s. */
export const MOST_KBITS = 2_147_483_647;

/** Limits in Neutron's units, of the directions that are named. */
export function toPortValues(limits: DesiredLimits): Values {
  const values: Record<string, Value> = {};
  for (const direction of DIRECTIONS) {
    const limit = limits[direction];
    if (limit === undefined) continue;
    const rate = limit === null || limit.average === 0 ? null : toQosRate(limit);
    Object.assign(values, valuesOf(direction, rate));
  }
  return values;
}

/**
 * libvirt's kB/s are 8 kbit/s. A burst of KiB is rounded down to whole kbit, never to none. The `rate` of a rule names
 * one number for all that libvirt has; here it is the average, and the burst is the agent's own.
 */
function toQosRate(limit: Rate): QosRate {
  const { average, burst } = limit;
  return {
    rate: average * 8,
    burst: burst === 0 || isSetInterface(limit) ? null : Math.max(1, Math.floor((burst * 1024 * 8) / 1000)),
  };
}

/** One number for all three, as `rate` of a rule means it. */
export function isSetInterface({ average, peak, burst }: Rate): boolean {
  return peak === average && burst === Math.min(average, MAX_BURST);
}

function valuesOf(direction: Direction, rate: QosRate | null): Values {
  return {
    [`port_${direction}.average`]: rate?.rate ?? null,
    [`port_${direction}.burst`]: rate?.burst ?? null,
  };
}

/** What Neutron has of a port, as settings. */
export function portValues(state: PortState): Values {
  const limits = effectiveOf(state)?.limits ?? null;
  return {
    ...valuesOf('inbound', limits?.inbound ?? null),
    ...valuesOf('outbound', limits?.outbound ?? null),
    [PORT_POLICY]: policyValue(state),
  };
}

/** The policy that holds. */
export function effectiveOf({ policy, ofNetwork }: PortState): QosPolicy | null {
  return policy ?? ofNetwork;
}

export function policyValue({ policy, ofNetwork }: PortState): string | null {
  if (policy !== null) return policy.own ? policy.name : policy.id;
  return ofNetwork === null ? null : `network:${ofNetwork.id}`;
}

/** What is desired of a direction; undefined where nothing is. */
export function desiredRate(values: Values, direction: Direction): QosRate | null | undefined {
  const rate = values[`port_${direction}.average`];
  if (rate === undefined) return undefined;
  const burst = values[`port_${direction}.burst`] ?? null;
  return rate === null ? null : { rate: Number(rate), burst: burst === null ? null : Number(burst) };
}

/** Those of Neutron, or those of libvirt. */
export function only(which: 'port' | 'libvirt', { live, config }: Desired): Desired {
  const pick = (values: Values): Values =>
    Object.fromEntries(
      Object.entries(values).filter(([name]) => name.startsWith('port_') === (which === 'port')),
    );
  return { live: pick(live), config: pick(config) };
}

/** Whether Neutron is to limit something. */
export function asksPort({ live, config }: Desired): boolean {
  return [live, config].some((values) => Object.keys(values).some((name) => name.startsWith('port_')));
}

export const NO_QOS: QosLimits = { inbound: null, outbound: null };
