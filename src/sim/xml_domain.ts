import { inactiveNics, inactiveTuning } from './inactive.ts';
import type { SimDomain } from './model.ts';
import type { SimTuning } from './tuning.ts';
import { formatDisk } from './xml_disk.ts';
import { escapeXml, formatConfigNic, formatLiveNic } from './xml_nic.ts';
import { formatTuning } from './xml_tuning.ts';

/**
 * `virsh dumpxml` of a simulated domain: what OpenStack's Nova asks of a KVM host, as libvirt 9.0.0 prints it. The
 * parts around the NICs do not change; they are there so that sizes, and what must be filtered out, are as in life.
 * @param partition of the host's cgroups, which what runs names; '' on a host without
 */
export function formatDomain(domain: SimDomain, inactive: boolean, partition = ''): string {
  const live = inactive ? null : domain.live;
  const id = live === null ? '' : ` id='${domain.id}'`;
  const nics = live === null ? inactiveNics(domain).map(formatConfigNic) : live.map(formatLiveNic);
  const tuning = (inactive ? null : domain.liveTuning) ?? inactiveTuning(domain);
  const disks = tuning.disks.map((disk, index) => formatDisk(disk, index, live !== null)).join('');
  const parts = live === null ? CONFIG_PARTS : LIVE_PARTS;
  return `<domain type='kvm'${id}>
  <name>${escapeXml(domain.name)}</name>
  <uuid>${domain.uuid}</uuid>
${head(domain, tuning, live === null ? '' : partition)}${parts.before(disks)}${nics.join('')}${parts.after(domain)}`;
}

function head(domain: SimDomain, tuning: SimTuning, partition: string): string {
  const { title, metadata } = domain;
  const titleLine = title === '' ? '' : `  <title>${escapeXml(title)}</title>\n`;
  const metadataLines = metadata === '' ? '' : `  <metadata>\n${metadata}  </metadata>\n`;
  return `${titleLine}${metadataLines}${formatTuning(domain, tuning, partition)}`;
}

interface Parts {
  /** With the `<disk>` elements. */
  readonly before: (disks: string) => string;
  readonly after: (domain: SimDomain) => string;
}

/** Aliases are printed for what runs. */
function parts(alias: (name: string) => string, live: boolean): Parts {
  const device = (open: string, name: string, lines: readonly string[] = []): string => {
    const inner = lines.map((line) => `      ${line}\n`).join('') + alias(name);
    const tag = open.split(' ')[0];
    return inner === '' ? `    <${open}/>\n` : `    <${open}>\n${inner}    </${tag}>\n`;
  };
  const pci = (bus: number, fn: number) =>
    `<address type='pci' domain='0x0000' bus='0x00' slot='0x${bus.toString(16).padStart(2, '0')}' function='0x${fn}'${fn === 0 ? " multifunction='on'" : ''}/>`;
  const ports = [1, 2, 3, 4, 5, 6, 7, 8].map((n) =>
    device(`controller type='pci' index='${n}' model='pcie-root-port'`, `pci.${n}`, [
      `<model name='pcie-root-port'/>`,
      `<target chassis='${n}' port='0x${(15 + n).toString(16)}'/>`,
      pci(2, n - 1),
    ]),
  );
  const devicesBefore =
    device("controller type='usb' index='0' model='qemu-xhci' ports='15'", 'usb', [
      "<address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>",
    ]) +
    device("controller type='sata' index='0'", 'ide', [
      "<address type='pci' domain='0x0000' bus='0x00' slot='0x1f' function='0x2'/>",
    ]) +
    device("controller type='pci' index='0' model='pcie-root'", 'pcie.0') +
    ports.join('') +
    device("controller type='virtio-serial' index='0'", 'virtio-serial0', [
      "<address type='pci' domain='0x0000' bus='0x0b' slot='0x00' function='0x0'/>",
    ]);
  const cpu = live
    ? `  <cpu mode='custom' match='exact' check='full'>
    <model fallback='forbid'>Skylake-Server-IBRS</model>
    <vendor>Intel</vendor>
    <topology sockets='2' dies='1' cores='1' threads='1'/>
    <feature policy='require' name='ss'/>
    <feature policy='require' name='hypervisor'/>
    <feature policy='require' name='tsc_adjust'/>
    <feature policy='disable' name='hle'/>
    <feature policy='disable' name='rtm'/>
  </cpu>
`
    : `  <cpu mode='host-model' check='partial'>
    <topology sockets='2' dies='1' cores='1' threads='1'/>
  </cpu>
`;
  const between = `  <os>
    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
    <boot dev='hd'/>
    <smbios mode='sysinfo'/>
  </os>
  <features>
    <acpi/>
    <apic/>
    <vmcoreinfo state='on'/>
  </features>
${cpu}  <clock offset='utc'>
    <timer name='pit' tickpolicy='delay'/>
    <timer name='rtc' tickpolicy='catchup'/>
    <timer name='hpet' present='no'/>
  </clock>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
`;
  const log = (uuid: string) => `<log file='/var/lib/nova/instances/${uuid}/console.log' append='off'/>`;
  const devicesAfter = (uuid: string) =>
    device("serial type='pty'", 'serial0', [
      ...(live ? ["<source path='/dev/pts/2'/>"] : []),
      log(uuid),
      "<target type='isa-serial' port='0'>",
      "  <model name='isa-serial'/>",
      '</target>',
    ]) +
    device("console type='pty'", 'serial0', [log(uuid), "<target type='serial' port='0'/>"]) +
    device("input type='mouse' bus='ps2'", 'input0') +
    device("input type='keyboard' bus='ps2'", 'input1') +
    device("graphics type='vnc' port='-1' autoport='yes' listen='0.0.0.0'", '', [
      "<listen type='address' address='0.0.0.0'/>",
    ]) +
    device('video', 'video0', [
      "<model type='virtio' heads='1' primary='yes'/>",
      "<address type='pci' domain='0x0000' bus='0x00' slot='0x01' function='0x0'/>",
    ]) +
    device("memballoon model='virtio'", 'balloon0', [
      "<stats period='10'/>",
      "<address type='pci' domain='0x0000' bus='0x0c' slot='0x00' function='0x0'/>",
    ]) +
    device("rng model='virtio'", 'rng0', [
      "<backend model='random'>/dev/urandom</backend>",
      "<address type='pci' domain='0x0000' bus='0x0d' slot='0x00' function='0x0'/>",
    ]);
  const seclabel = live
    ? `  <seclabel type='dynamic' model='dac' relabel='yes'>
    <label>+64055:+108</label>
    <imagelabel>+64055:+108</imagelabel>
  </seclabel>
`
    : '';
  return {
    before: (disks) => `${between}${disks}${devicesBefore}`,
    after: ({ uuid }) => `${devicesAfter(uuid)}  </devices>\n${seclabel}</domain>\n`,
  };
}

const CONFIG_PARTS = parts(() => '', false);
const LIVE_PARTS = parts((name) => (name === '' ? '' : `      <alias name='${name}'/>\n`), true);
