import { actualType } from './bandwidth.ts';
import { partitionOf } from './cgroups.ts';
import { stateText } from './cmd_list.ts';
import type { Call, CommandDef } from './command.ts';
import { findDomain, flag, required } from './command.ts';
import { inactiveNics, inactiveTuning } from './inactive.ts';
import type { SimNic } from './model.ts';
import { formatTable } from './table.ts';
import { formatDomain } from './xml_domain.ts';
import { formatNetwork } from './xml_network.ts';

/** Commands that describe. */

const domain = { name: 'domain', kind: 'text', required: true } as const;

const keys = new Map<string, WeakMap<object, WeakMap<object, object>>>();

/** One object for as long as a description stays as it is. */
function dumpKey(nics: object, tuning: object, partition: string): object {
  const below = keys.get(partition) ?? new WeakMap<object, WeakMap<object, object>>();
  keys.set(partition, below);
  const known = below.get(nics) ?? new WeakMap<object, object>();
  below.set(nics, known);
  const key = known.get(tuning) ?? {};
  known.set(tuning, key);
  return key;
}

/** Without `--xpath`: nothing here needs it. */
const DUMPXML: CommandDef = {
  name: 'dumpxml',
  options: [
    domain,
    { name: 'inactive', kind: 'flag' },
    { name: 'security-info', kind: 'flag' },
    { name: 'update-cpu', kind: 'flag' },
    { name: 'migratable', kind: 'flag' },
  ],
  run: (call) => {
    const found = findDomain(call);
    if (found === null) return false;
    if (call.readonly && (flag(call, 'security-info') || flag(call, 'migratable'))) {
      call.error('operation forbidden: virDomainGetXMLDesc with secure flag');
      return false;
    }
    const inactive = flag(call, 'inactive');
    const nics = inactive || found.live === null ? inactiveNics(found) : found.live;
    const tuning = (inactive ? null : found.liveTuning) ?? inactiveTuning(found);
    const partition = partitionOf(call.host);
    call.print({
      key: dumpKey(nics, tuning, partition),
      text: () => formatDomain(found, inactive, partition),
    });
    return true;
  },
};

const DOMIFLIST: CommandDef = {
  name: 'domiflist',
  options: [domain, { name: 'inactive', kind: 'flag' }],
  run: (call) => {
    const found = findDomain(call);
    if (found === null) return false;
    const row = (nic: SimNic, type: string) => {
      const { network, bridge, dev } = nic.source;
      return [nic.target || '-', type, network || bridge || dev || '-', nic.model || '-', nic.mac];
    };
    const rows =
      found.live === null || flag(call, 'inactive')
        ? inactiveNics(found).map((nic) => row(nic, nic.type))
        : found.live.map((nic) => row(nic, actualType(nic)));
    call.print(formatTable(['Interface', 'Type', 'Source', 'Model', 'MAC'], rows, call.quiet));
    return true;
  },
};

const DOMSTATE: CommandDef = {
  name: 'domstate',
  options: [domain],
  run: (call) => {
    const found = findDomain(call);
    if (found === null) return false;
    call.print(`${stateText(found)}\n`);
    return true;
  },
};

const DOMINFO: CommandDef = {
  name: 'dominfo',
  options: [domain],
  run: (call) => {
    const found = findDomain(call);
    if (found === null) return false;
    const lines: readonly (readonly [string, string])[] = [
      ['Id:', found.id === null ? '-' : String(found.id)],
      ['Name:', found.name],
      ['UUID:', found.uuid],
      ['OS Type:', 'hvm'],
      ['State:', stateText(found)],
      ['CPU(s):', String(found.vcpus)],
      ...(found.id === null ? [] : [['CPU time:', '1.0s'] as const]),
      ['Max memory:', `${found.memoryKiB} KiB`],
      ['Used memory:', `${found.memoryKiB} KiB`],
      ['Persistent:', found.persistent ? 'yes' : 'no'],
      ['Autostart:', 'disable'],
      ['Managed save:', found.saved === null ? 'no' : 'yes'],
      ['Security model:', 'none'],
      ['Security DOI:', '0'],
    ];
    for (const [label, text] of lines) call.print(`${label.padEnd(15)} ${text}\n`);
    return true;
  },
};

const NET_DUMPXML: CommandDef = {
  name: 'net-dumpxml',
  options: [
    { name: 'network', kind: 'text', required: true },
    { name: 'inactive', kind: 'flag' },
  ],
  run: (call) => {
    const wanted = required(call, 'network');
    if (wanted === null) return false;
    const network = call.host.networks.find((n) => n.name === wanted || n.uuid === wanted.toLowerCase());
    if (network === undefined) {
      call.error(
        `failed to get network '${wanted}'`,
        `Network not found: no network with matching name '${wanted}'`,
      );
      return false;
    }
    call.print(formatNetwork(call.host, network, flag(call, 'inactive')));
    return true;
  },
};

const ECHO: CommandDef = {
  name: 'echo',
  options: [
    { name: 'shell', kind: 'flag' },
    { name: 'xml', kind: 'flag' },
    { name: 'err', kind: 'flag' },
    { name: 'string', kind: 'argv' },
  ],
  run: (call) => {
    const text = call.rest.join(' ');
    if (flag(call, 'err')) call.error(text);
    else call.print(text);
    return true;
  },
};

const VERSION: CommandDef = {
  name: 'version',
  options: [{ name: 'daemon', kind: 'flag' }],
  run: (call) => {
    call.print('Compiled against library: libvirt 9.0.0\nUsing library: libvirt 9.0.0\n');
    call.print('Using API: QEMU 9.0.0\nRunning hypervisor: QEMU 7.2.22\n');
    if (flag(call, 'daemon')) call.print('Running against daemon: 9.0.0\n');
    return true;
  },
};

const answer = (name: string, text: (call: Call) => string): CommandDef => ({
  name,
  options: [],
  run: (call) => {
    call.print(`${text(call)}\n`);
    return true;
  },
});

/** Ends the batch; see virsh.ts. */
const quit = (name: string): CommandDef => ({ name, options: [], run: () => true });

export const SHOW_COMMANDS: readonly CommandDef[] = [
  DUMPXML,
  DOMIFLIST,
  DOMSTATE,
  DOMINFO,
  NET_DUMPXML,
  ECHO,
  VERSION,
  answer('uri', (call) => call.uri),
  answer('hostname', (call) => call.host.name),
  quit('quit'),
  quit('exit'),
];
