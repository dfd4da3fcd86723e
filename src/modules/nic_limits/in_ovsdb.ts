import type { Direction, DirectionLimit, Rate } from '../../facts/bandwidth.ts';
import type { OvsNumbers, OvsPort, OvsQos, OvsState } from '../../facts/ovs.ts';
import type { KernelDrift } from '../../model/change.ts';
import type { DomainNic } from './domain_nic.ts';
import { limitText } from './text.ts';

/**
 * What Open vSwitch's database says of a port, beside what libvirt describes. libvirt sets rows of it and nothing else
 * (virNetDevOpenvswitchInterfaceSetQos), and ovs-vswitchd makes tc's queues of these.
 */
export interface InOvsdb {
  /** By direction, how the rows differ; a direction that is in order is missing. */
  readonly drift: ReadonlyMap<Direction, { readonly kind: KernelDrift['kind']; readonly text: string }>;
  /** Why it is not known. */
  readonly unknown?: string;
}

export function inOvsdb(nic: DomainNic, ovs: OvsState): InOvsdb {
  const nothing = new Map<Direction, never>();
  if (nic.live === null) return { drift: nothing };
  if (ovs.unknown !== undefined) return { drift: nothing, unknown: ovs.unknown };
  const port = ovs.ports.get(nic.live.target);
  if (port === undefined)
    return { drift: nothing, unknown: "Open vSwitch's database has no port of the NIC's device" };
  const { inbound, outbound } = nic.live.limits;
  const judged = [
    ['inbound', judgeQueue(limited(inbound), port.qos, nic.domain.uuid)],
    ['outbound', judgePolicing(limited(outbound), port.policing)],
  ] as const;
  return {
    drift: new Map(
      judged.flatMap(([direction, one]) =>
        one === null ? [] : [[direction, { ...one, text: `${direction}: ${one.text}` }] as const],
      ),
    ),
  };
}

const limited = (limit: DirectionLimit): Rate | null => (limit !== null && limit.average > 0 ? limit : null);

interface Differing {
  readonly kind: KernelDrift['kind'];
  readonly text: string;
}

const OVSDB = "Open vSwitch's database";

/** Bits in a kB/s, and in a KiB. */
const [RATE, BURST] = [8000, 8192];

function judgeQueue(wanted: Rate | null, qos: OvsQos | null, vm: string): Differing | null {
  if (qos === null)
    return wanted === null
      ? null
      : { kind: 'missing', text: `${OVSDB} has no limit; libvirt describes ${limitText(wanted)}` };
  const has = limitText(rateOf(qos.queue ?? qos.own));
  if (qos.vm !== vm)
    return {
      kind: 'foreign',
      text: `${OVSDB} has a QoS that libvirt did not make, of the type ${qos.type}: ${has}`,
    };
  if (wanted === null)
    return { kind: 'leftover', text: `${OVSDB} still has ${has}, which libvirt does not describe` };
  if (qos.queue === null)
    return { kind: 'half', text: `the QoS has no queue in ${OVSDB}; libvirt describes ${limitText(wanted)}` };
  const declared: readonly (readonly [string, number])[] = [
    ['min-rate', wanted.average * RATE],
    ['max-rate', wanted.peak * RATE],
    ['burst', wanted.burst * BURST],
  ];
  // libvirt sets both rows, and only ever sets keys: one that is no longer wanted stays there.
  const other = [qos.queue, qos.own].find((row) =>
    declared.some(([name, value]) => (row.get(name) ?? 0) !== value),
  );
  if (other === undefined) return null;
  return {
    kind: 'differs',
    text: `${OVSDB} has ${limitText(rateOf(other))}; libvirt describes ${limitText(wanted)}`,
  };
}

function rateOf(row: OvsNumbers): Rate {
  const of = (name: string, unit: number) => Math.round((row.get(name) || 0) / unit);
  return { average: of('min-rate', RATE), peak: of('max-rate', RATE), burst: of('burst', BURST), floor: 0 };
}

function judgePolicing(wanted: Rate | null, { rate, burst }: OvsPort['policing']): Differing | null {
  const has = limitText({ average: Math.round(rate / 8), peak: 0, burst: Math.round(burst / 8), floor: 0 });
  if (wanted === null)
    return rate === 0
      ? null
      : // The row does not say whose it is: Neutron's looks the same.
        { kind: 'foreign', text: `${OVSDB} polices to ${has}, which libvirt does not describe` };
  if (rate === 0)
    return { kind: 'missing', text: `${OVSDB} has no limit; libvirt describes ${limitText(wanted)}` };
  // Releases before 8.0.0 count 1000 bytes for 1024, and print the same number.
  if (rate === wanted.average * 8 && burst === wanted.burst * 8) return null;
  return { kind: 'differs', text: `${OVSDB} has ${has}; libvirt describes ${limitText(wanted)}` };
}
