/** What differs from host to host, and is not part of the contract, made equal. */

const GENERATED: readonly (readonly [RegExp, string])[] = [
  [/(portid|interfaceid)='[0-9a-f-]{36}'/g, "$1='ID'"],
  [/\b(vnet|macvtap)[0-9]+\b/g, '$1N'],
  // The lab's stand-in for tc has one error text for all.
  [/(unexpected exit status 2): [\s\S]*?\n\n/g, '$1\n\n'],
  // A QEMU that the kernel ends is noticed by one or the other.
  [/qemu unexpectedly closed the monitor/g, 'process exited while connecting to monitor'],
];

export function normalise(text: string): string {
  return GENERATED.reduce((result, [pattern, put]) => result.replace(pattern, put), text);
}

/** Lines of an interface that depend on the machine type, not on libvirt. */
const MACHINE = /^ *<(rom|address type='pci') .*\n/gm;

/** The n-th `<interface>` with that MAC of a dumpxml, '' where there is none. */
export function nicElement(xml: string, mac: string, nth: number): string {
  const nics = xml.match(/^ {4}<interface [\s\S]*?^ {4}<\/interface>\n/gm) ?? [];
  return (nics.filter((nic) => nic.includes(`<mac address='${mac}'/>`))[nth - 1] ?? '').replace(MACHINE, '');
}

/** The answer of one of virtune's programs: what runs differs by hypervisor type and id. */
export function normaliseProgram(text: string): string {
  return text.replace(MACHINE, '').replace(/^<domain type='\w+'( id=)?.*>$/gm, '<domain$1>');
}

/** Of a dumpxml: memory, CPU, the tunables, and of each disk its target and limits. */
export function tuningOf(xml: string): string {
  const parts =
    /^ {2}<(?:memory|currentMemory|vcpu) .*\n|^ {2}<(blkiotune|memtune|cputune)>\n[\s\S]*?^ {2}<\/\1>\n|^ {4}<disk [\s\S]*?^ {4}<\/disk>\n/gm;
  const ofDisk =
    /^ {4}<\/?disk.*\n|^ {6}<(?:target|readonly|shareable|transient).*\n|^ {6}<iotune>\n[\s\S]*?^ {6}<\/iotune>\n/gm;
  return (xml.match(parts) ?? [])
    .map((part) => (part.startsWith('    <disk') ? (part.match(ofDisk) ?? []).join('') : part))
    .join('');
}
