import { TC_MODULES } from '../libvirt/doctor_script.ts';
import { isOvsPort } from './bandwidth.ts';
import type { SimHost } from './model.ts';
import { runReadProgram } from './read_program.ts';
import { whyNoVirsh } from './shell_programs.ts';
import { type CommandOutput, virsh } from './virsh.ts';

/** DOCTOR_PROGRAM of libvirt/doctor_script.ts: a Debian 12 that is well, but for its knobs. Arguments: marker, URI, paths to keep. */
export async function runDoctorProgram(
  host: SimHost,
  name: string,
  [marker = '', uri = '', keep = '']: readonly string[],
): Promise<CommandOutput> {
  const begin = `\n${marker}:begin\n`;
  const sections = [
    ['time', `${Math.floor(Date.now() / 1000)}\n`],
    ['who', 'root\nroot\n\n'],
    ['login', 'root:x:0:0:root:/root:/bin/sh\n'],
    ['kernel', 'Linux 6.1.0-38-amd64\n'],
    ['tc', host.knobs.tc === 'absent' ? '' : '/usr/sbin/tc\ntc utility, iproute2-6.1.0, libbpf 1.1.0\n'],
    ['modules', `0\n${modules(host)}`],
    ['ovs', ovs(host)],
    ['client', await said(host, name, ['--version'])],
    ['version', await said(host, name, ['-r', '-c', uri, 'uri;version --daemon'])],
  ];
  const read = await runReadProgram({ ...host, watchdogs: new Map() }, name, [marker, uri, keep]);
  const told = sections.map(([section, text]) => `${marker}:${section}\n${text}`).join('');
  return { ...read, stdout: `${begin}${told}${read.stdout.slice(begin.length)}` };
}

function modules({ knobs }: SimHost): string {
  const absent = knobs.missing.map((part) => (part === 'sfq' ? 'sch_sfq' : 'act_police'));
  return Object.keys(TC_MODULES)
    .map((module) => `${module} ${absent.some((one) => one === module) ? 'absent' : 'available'}\n`)
    .join('');
}

/** Installed where a NIC needs it. */
function ovs({ domains }: SimHost): string {
  const isThere = domains.some(
    ({ live, config }) =>
      live?.some(isOvsPort) === true || config?.some((nic) => nic.virtualport === 'openvswitch') === true,
  );
  return isThere ? '/usr/bin/ovs-vsctl\novs-vsctl (Open vSwitch) 3.1.0\nDB Schema 8.3.1\nbr-int\n' : '';
}

/** What virsh says, errors too, or what the shell says of it. */
async function said(host: SimHost, name: string, argv: readonly string[]): Promise<string> {
  const without = whyNoVirsh(host, name);
  if ('missing' in without) return `${name}: 1: ${without.missing}: not found\n`;
  if (without.said !== '') return without.said;
  const { stdout, stderr } = await virsh(host, argv);
  return stdout + stderr;
}
