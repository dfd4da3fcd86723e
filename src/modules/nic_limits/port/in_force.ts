import { DIRECTIONS, type Direction } from '../../../facts/bandwidth.ts';
import type { QosLimits } from '../../../facts/qos.ts';
import type { TcDevice, TcState } from '../../../facts/tc.ts';
import { isRate, type TcRate } from '../../../facts/tc_numbers.ts';
import type { KernelDrift, KernelState, Value } from '../../../model/change.ts';
import type { DomainNic } from '../domain_nic.ts';
import { toValues } from '../settings.ts';

/**
 * What the kernel does with a running NIC that Neutron limits: what an agent has made of the policy. The Linux bridge
 * agent queues what the VM receives by tbf, Open vSwitch by htb, and both police what it sends. With the hybrid plug the
 * agent limits another device, and nothing is known of that.
 */
export function kernelOfPort(nic: DomainNic, limits: QosLimits, tc: TcState): KernelState | null {
  if (nic.live === null) return null;
  if (tc.unknown !== undefined) return notKnown(tc.unknown);
  if (nic.live.source.bridge.startsWith('qbr'))
    return notKnown('Neutron’s agent limits what leads to Open vSwitch, and not the device of the NIC');
  const device = tc.devices.get(nic.live.target);
  if (device === undefined || device.qdiscs.length === 0)
    return notKnown('tc on the host does not list the device of the NIC');
  const drift: KernelDrift[] = [];
  // What libvirt would have set is not there: the agent has taken its place.
  const values: Record<string, Value> = { ...toValues({ inbound: null, outbound: null }) };
  for (const direction of DIRECTIONS) {
    const rate = rateOf(device, direction);
    const wanted = limits[direction];
    values[`port_${direction}.average`] = rate === null ? null : Math.round(rate.bits / 1000);
    values[`port_${direction}.burst`] = null;
    if (wanted === null || (rate !== null && isRate(wanted.rate / 8, rate))) continue;
    const does = rate === null ? 'limits nothing' : `limits to ${Math.round(rate.bits / 1000)} kbit/s`;
    drift.push({
      kind: rate === null ? 'missing' : 'differs',
      settings: [`port_${direction}.average`],
      text: `${direction}: the kernel ${does}; Neutron's policy says ${wanted.rate} kbit/s`,
    });
  }
  return { values, drift };
}

const notKnown = (unknown: string): KernelState => ({ values: null, drift: [], unknown });

/** null where nothing limits. */
function rateOf({ qdiscs, classes, filters }: TcDevice, direction: Direction): TcRate | null {
  if (direction === 'outbound') return filters.find(({ police }) => police !== null)?.police?.rate ?? null;
  const root = qdiscs.find(({ parent }) => parent === 'root');
  if (root?.kind === 'tbf') return root.rate ?? null;
  if (root?.kind !== 'htb') return null;
  // Of Open vSwitch's two, the lower one is the port's.
  const leaf = classes.find(({ parent }) => parent === '1:fffe') ?? classes.find(({ id }) => id === '1:1');
  return leaf?.ceil ?? null;
}
