import type { Iotune, SimDisk } from './tuning.ts';
import { IOTUNE_LIMITS } from './tuning.ts';
import { escapeXml } from './xml_nic.ts';

/** `<disk>` as `virDomainDiskDefFormat` prints it; order and indentation as seen on libvirt 9.0.0. */
export function formatDisk(disk: SimDisk, index: number, live: boolean): string {
  const { target, bus, device, readonly, shareable, transient, iotune } = disk;
  return `    <disk type='${disk.type}' device='${device}'>
${driver(disk, live)}${source(disk, index, live)}      <target dev='${escapeXml(target)}' bus='${bus}'/>
${formatIotune(iotune)}${readonly ? '      <readonly/>\n' : ''}${shareable ? '      <shareable/>\n' : ''}${
  transient ? '      <transient/>\n' : ''
}${live ? `      <alias name='${diskAlias(disk, index)}'/>\n` : ''}${address(disk, index)}    </disk>
`;
}

function driver({ source, format, device, shareable, type }: SimDisk, live: boolean): string {
  if (type === 'vhostuser') return "      <driver name='qemu' type='raw'/>\n";
  // What is empty has no format while it runs; what is shared is never cached.
  if (live && source === '') return "      <driver name='qemu'/>\n";
  const cached = device === 'disk' && (format === 'qcow2' || (live && shareable));
  return `      <driver name='qemu' type='${format}'${cached ? " cache='none'" : ''}${format === 'qcow2' ? " discard='unmap'" : ''}/>\n`;
}

function source({ type, source: name }: SimDisk, index: number, live: boolean): string {
  if (name === '') return '';
  const node = live ? ` index='${index + 1}'` : '';
  const backing = live ? '      <backingStore/>\n' : '';
  const path = escapeXml(name);
  switch (type) {
    case 'network':
      return `      <source protocol='rbd' name='${path}'${node}>
        <host name='192.0.2.1' port='6789'/>
        <auth username='libvirt'>
          <secret type='ceph' uuid='457eb676-33da-42ec-9a8c-9293d545c337'/>
        </auth>
      </source>
${backing}`;
    case 'vhostuser':
      return `      <source type='unix' path='${path}'/>\n`;
    case 'block':
      return `      <source dev='${path}'${node}/>\n${backing}`;
    default:
      return `      <source file='${path}'${node}/>\n${backing}`;
  }
}

/** Sizes and lengths come after the bursts; what is 0 is left out, and the element where nothing is left. */
function formatIotune(iotune: Iotune | null): string {
  if (iotune === null) return '';
  const fields = [
    ...IOTUNE_LIMITS,
    ...IOTUNE_LIMITS.map((limit) => `${limit}_max` as const),
    'size_iops_sec' as const,
    'group_name' as const,
    ...IOTUNE_LIMITS.map((limit) => `${limit}_max_length` as const),
  ];
  const lines = fields
    .filter((field) => iotune[field] !== 0 && iotune[field] !== '')
    .map((field) => `        <${field}>${escapeXml(String(iotune[field]))}</${field}>\n`);
  return lines.length === 0 ? '' : `      <iotune>\n${lines.join('')}      </iotune>\n`;
}

export function diskAlias({ bus }: SimDisk, index: number): string {
  switch (bus) {
    case 'virtio':
      return `virtio-disk${index}`;
    case 'ide':
      return 'ide0-1-0';
    default:
      return `${bus}0-0-${index}`;
  }
}

function address({ bus }: SimDisk, index: number): string {
  if (bus === 'virtio')
    return `      <address type='pci' domain='0x0000' bus='0x01' slot='0x0${index}' function='0x0'/>\n`;
  const place = bus === 'ide' ? "bus='1' target='0' unit='0'" : `bus='0' target='0' unit='${index}'`;
  return `      <address type='drive' controller='0' ${place}/>\n`;
}
