import type { DiskSpec, DomainSpec, NicSpec } from '../../src/sim/define.ts';

/** The guests that the contract's transcripts are about, the same on a simulated and on a real host. */

/** MAC of the n-th NIC of a guest. */
export function mac(guest: number, nic: number): string {
  return `52:54:00:c7:${guest.toString(16).padStart(2, '0')}:${nic.toString(16).padStart(2, '0')}`;
}

export function uuid(guest: number): string {
  return `c0477ac7-0000-4000-8000-${String(guest).padStart(12, '0')}`;
}

export interface Guest extends DomainSpec {
  readonly uuid: string;
  /** Needs a lab with Open vSwitch. */
  readonly ovs?: true;
}

const bridge: NicSpec = { source: { bridge: 'br0' } };

function guest(number: number, name: string, nics: readonly NicSpec[], more: Partial<Guest> = {}): Guest {
  return {
    name,
    uuid: uuid(number),
    memoryKiB: 2048,
    vcpus: 1,
    state: 'paused',
    ...more,
    nics: nics.map((nic, index) => ({ mac: mac(number, index + 1), ...nic })),
  };
}

export const GUESTS: readonly Guest[] = [
  guest(1, 'ct-run', [
    bridge,
    { source: { network: 'labnet', portgroup: 'plain' } },
    { source: { network: 'labnet', portgroup: 'gold' } },
    { source: { network: 'labhost', portgroup: 'gold' } },
    { source: { dev: 'dummy0' } },
    { type: 'ethernet', target: 'tapct' },
    { type: 'user' },
    { ...bridge, inbound: { average: 100, peak: 200, burst: 300 }, outbound: { average: 7 } },
  ]),
  guest(
    2,
    'ct-off',
    [
      { ...bridge, inbound: { average: 100, peak: 200, burst: 300 }, outbound: { average: 7 } },
      { type: 'ethernet', target: 'tapoff' },
      { source: { network: 'labnet', portgroup: 'gold' } },
      { type: 'user' },
    ],
    { state: 'shutoff' },
  ),
  guest(
    3,
    'ct-transient',
    [{ ...bridge, inbound: { average: 50 } }, { source: { network: 'labnet', portgroup: 'gold' } }],
    { persistent: false },
  ),
  guest(4, 'ct-twin', [bridge, { ...bridge, mac: mac(4, 1) }], { state: 'shutoff', title: 'a "t" & <x>' }),
  guest(
    5,
    'ct-ovs',
    [{ source: { bridge: 'ovsbr0' }, virtualport: 'openvswitch' }, { source: { network: 'labovs' } }],
    { ovs: true },
  ),
];

/** The document that makes a real hypervisor define a guest. */
export function guestXml(spec: Guest): string {
  const nics = spec.nics.map((nic) => {
    const type = nic.type ?? (nic.source?.network ? 'network' : nic.source?.dev ? 'direct' : 'bridge');
    const source = Object.entries(nic.source ?? {}).map(([name, value]) => ` ${name}='${value}'`);
    const mode = type === 'direct' ? " mode='bridge'" : '';
    const direction = (name: 'inbound' | 'outbound') => {
      const rate = Object.entries(nic[name] ?? {}).map(([key, value]) => ` ${key}='${value}'`);
      return rate.length === 0 ? '' : `<${name}${rate.join('')}/>`;
    };
    const bandwidth = direction('inbound') + direction('outbound');
    return `<interface type='${type}'><mac address='${nic.mac}'/>${source.length === 0 ? '' : `<source${source.join('')}${mode}/>`}${
      nic.virtualport ? `<virtualport type='${nic.virtualport}'/>` : ''
    }${bandwidth === '' ? '' : `<bandwidth>${bandwidth}</bandwidth>`}${
      nic.target ? `<target dev='${nic.target}'/>` : ''
    }<model type='virtio'/><rom enabled='no'/></interface>`;
  });
  const title = (spec.title ?? '').replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const disks = (spec.disks ?? []).map(diskXml);
  return `<domain type='qemu'><name>${spec.name}</name><uuid>${spec.uuid}</uuid>${
    title === '' ? '' : `<title>${title}</title>`
  }<memory unit='KiB'>${spec.memoryKiB ?? 2048}</memory><vcpu>${spec.vcpus ?? 1}</vcpu><os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features><devices><emulator>/usr/bin/qemu-system-x86_64</emulator><controller type='usb' model='none'/><memballoon model='none'/>${disks.join('')}${nics.join('')}</devices></domain>`;
}

/** A disk in a file, or an empty CD-ROM. */
function diskXml({
  target,
  bus = 'virtio',
  device = 'disk',
  source = '',
  readonly,
  shareable,
}: DiskSpec): string {
  const file = source === '' ? '' : `<driver name='qemu' type='raw'/><source file='${source}'/>`;
  return `<disk type='file' device='${device}'>${file}<target dev='${target}' bus='${bus}'/>${
    readonly || device === 'cdrom' ? '<readonly/>' : ''
  }${shareable ? '<shareable/>' : ''}</disk>`;
}
