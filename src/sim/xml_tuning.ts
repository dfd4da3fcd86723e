import type { SimTuning } from './tuning.ts';
import { BLOCK_FIELDS, CPU_FIELDS, MEMORY_FIELDS } from './tuning.ts';
import { escapeXml } from './xml_nic.ts';

/** `<memory>` to `<cputune>` in the order of `virDomainDefFormatInternal`, as seen on libvirt 9.0.0. @param partition of cgroups, '' for none */
export function formatTuning(
  { memoryKiB, vcpus }: { readonly memoryKiB: number; readonly vcpus: number },
  { cpu, memory, block }: SimTuning,
  partition = '',
): string {
  const cpuLines = CPU_FIELDS.flatMap(([field, name]) => line(name, cpu[field]));
  const memoryLines = MEMORY_FIELDS.flatMap((name) => line(name, memory[name], " unit='KiB'"));
  const deviceLines = block.devices.flatMap((device) => [
    '    <device>\n',
    `      <path>${escapeXml(device.path)}</path>\n`,
    ...BLOCK_FIELDS.flatMap((name) => line(name, device[name] || undefined).map((text) => `  ${text}`)),
    '    </device>\n',
  ]);
  const blockLines = [...line('weight', block.weight || undefined), ...deviceLines];
  return `  <memory unit='KiB'>${memoryKiB}</memory>
  <currentMemory unit='KiB'>${memoryKiB}</currentMemory>
${element('blkiotune', blockLines)}${element('memtune', memoryLines)}  <vcpu placement='static'>${vcpus}</vcpu>
${element('cputune', cpuLines)}${element('resource', partition === '' ? [] : [`    <partition>${partition}</partition>\n`])}`;
}

function line(name: string, value: number | undefined, attributes = ''): readonly string[] {
  return value === undefined ? [] : [`    <${name}${attributes}>${value}</${name}>\n`];
}

/** Nothing is printed of an element without content. */
function element(name: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `  <${name}>\n${lines.join('')}  </${name}>\n`;
}
