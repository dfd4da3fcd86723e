import type { KernelFact } from './fact.ts';

/** What Open vSwitch's own database says of ports, or why that is not known. */
export type OvsState =
  | { readonly ports: ReadonlyMap<string, OvsPort>; readonly unknown?: undefined }
  | { readonly unknown: string };

/** Rows of one port, by the name of its device. */
export interface OvsPort {
  /** What the VM sends: kbit a second and kbit, 0 for none. */
  readonly policing: { readonly rate: number; readonly burst: number };
  /** What the VM receives; null where the port has no QoS. */
  readonly qos: OvsQos | null;
}

export interface OvsQos {
  readonly type: string;
  /** The VM that libvirt has made it for; '' where somebody else has made it. */
  readonly vm: string;
  /** `min-rate`, `max-rate`, `burst` in bits, of the queue that all goes through; null where there is none. */
  readonly queue: OvsNumbers | null;
  readonly own: OvsNumbers;
}

export type OvsNumbers = ReadonlyMap<string, number>;

/** Interfaces, ports, QoS and queues of those NICs' devices that are ports of Open vSwitch. */
export const ovsFact: KernelFact<OvsState> = { of: 'kernel', name: 'ovs', words: ['ovs'], parse: parseOvs };

/** The section that libvirt/kernel_script.ts describes: four tables as `ovs-vsctl --format=json` prints them, a line each. */
export function parseOvs(said: string | null): OvsState {
  if (said === null)
    return { unknown: 'libvirt is reached by a URI of another host, whose Open vSwitch was not asked' };
  const [how = '', ...lines] = said.split('\n').filter((line) => line.trim() !== '');
  if (how === 'absent') return { unknown: 'ovs-vsctl was not found on the host' };
  const why = lines.join(' ').trim().slice(0, 200);
  if (how !== 'ok') return { unknown: `Open vSwitch's database did not answer: ${why || how}` };
  // Without a single NIC there was nothing to ask.
  if (lines.length === 0) return { ports: new Map() };
  try {
    const [interfaces, ports, qos, queues] = lines.map(rowsOf);
    if (interfaces === undefined || ports === undefined || qos === undefined || queues === undefined)
      throw new TypeError('tables are missing');
    return { ports: portsOf(interfaces, ports, qos, queues) };
  } catch {
    return { unknown: `what Open vSwitch's database said cannot be made out: ${why}` };
  }
}

type Row = ReadonlyMap<string, unknown>;

function rowsOf(line: string): readonly Row[] {
  const { headings, data } = JSON.parse(line) as { readonly headings: string[]; readonly data: unknown[][] };
  return data.map((row) => new Map(headings.map((name, index) => [name, row[index]])));
}

function portsOf(
  interfaces: readonly Row[],
  ports: readonly Row[],
  qos: readonly Row[],
  queues: readonly Row[],
): ReadonlyMap<string, OvsPort> {
  const queuesById = new Map(queues.map((row) => [uuidOf(row.get('_uuid')), numbersOf(row)]));
  const qosById = new Map(
    qos.map((row): [string, OvsQos] => {
      const [queue = ''] = pairsOf(row.get('queues')).flatMap(([key, value]) =>
        key === '0' ? uuidOf(value) : [],
      );
      return [
        uuidOf(row.get('_uuid')),
        {
          type: String(row.get('type')),
          vm: String(new Map(pairsOf(row.get('external_ids'))).get('vm-id') ?? ''),
          queue: queuesById.get(queue) ?? null,
          own: numbersOf(row),
        },
      ];
    }),
  );
  const qosByPort = new Map(ports.map((row) => [String(row.get('name')), uuidOf(row.get('qos'))]));
  return new Map(
    interfaces.map((row): [string, OvsPort] => {
      const name = String(row.get('name'));
      const policing = {
        rate: Number(row.get('ingress_policing_rate')) || 0,
        burst: Number(row.get('ingress_policing_burst')) || 0,
      };
      return [name, { policing, qos: qosById.get(qosByPort.get(name) ?? '') ?? null }];
    }),
  );
}

/** `["uuid", "…"]`; '' for the empty set. */
function uuidOf(value: unknown): string {
  return Array.isArray(value) && value[0] === 'uuid' ? String(value[1]) : '';
}

/** `["map", [[key, value], …]]` */
function pairsOf(value: unknown): readonly (readonly [string, unknown])[] {
  if (!Array.isArray(value) || value[0] !== 'map') return [];
  return (value[1] as [unknown, unknown][]).map(([key, one]) => [String(key), one]);
}

function numbersOf(row: Row): OvsNumbers {
  return new Map(pairsOf(row.get('other_config')).map(([key, value]) => [key, Number(value)]));
}
