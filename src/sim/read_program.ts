import { NOT_READ, nameNumber } from '../libvirt/named_script.ts';
import { describeCgroups } from './cgroup_text.ts';
import type { Dump } from './command.ts';
import { describeDevices } from './devices.ts';
import { filterOutput } from './filter.ts';
import { hintCommands, underRows } from './hint.ts';
import type { SimHost } from './model.ts';
import { describeOvs } from './ovs_text.ts';
import { dumpCommands, whyNoVirsh } from './shell_programs.ts';
import { describeTc } from './tc_text.ts';
import type { CommandOutput, VirshOutput } from './virsh.ts';
import { runVirsh } from './virsh.ts';

/** READ_PROGRAM. Arguments: marker, URI, paths to keep, UUIDs to leave out, paths of devices, the domains meant, what
 * to tell of the kernel. */
export async function runReadProgram(
  host: SimHost,
  name: string,
  args: readonly string[],
): Promise<CommandOutput> {
  const [marker = '', uri = '', keep = '', leftOut = '', devices = '', named = '', kernel = ''] = args;
  let stdout = `\n${marker}:begin\n`;
  let stderr = '\n';
  const without = whyNoVirsh(host, name);
  if ('missing' in without) return { stdout: `${stdout}${marker}:no${without.missing}\n`, stderr, code: 0 };
  if (without.said !== '')
    return { stdout: `${stdout}${marker}:end\n`, stderr: stderr + without.said, code: 0 };

  const networks = ` ${keep}`.includes(' network/');
  const lists = LISTS.map(([part, command]) =>
    part === 'nets' && !networks ? `echo ${marker}:${part};` : `echo ${marker}:${part};${command};`,
  ).join('');
  const hint =
    `${uri}:${leftOut}:${named}` === 'qemu:///system::' ? hintCommands(host, marker, networks) : '';
  const listed = await runVirsh(host, ['-r', '-c', uri, `${lists}echo ${marker}:listed;${hint}`]);
  stderr += listed.stderr;
  const { lists: printed, described: guessed, known } = underRows(listed.chunks, marker);
  const list = markNotRead(printed, marker, named);
  const first = filterOutput(guessed, marker, keep);
  stdout += list + first.stdout;

  const run = async (commands: readonly string[]): Promise<VirshOutput['chunks']> => {
    const chunks: (string | Dump)[] = [];
    for (const batch of batches(commands)) {
      const described = await runVirsh(host, ['-r', '-c', uri, `${batch}echo ${marker}:batch`]);
      stderr += described.stderr;
      chunks.push(...described.chunks);
    }
    return chunks;
  };
  const left = new Set(leftOut.split(' '));
  const commands = describeCommands(list, marker, left, known);
  const second = filterOutput(commands.length === 0 ? [] : await run(commands), marker, keep);
  stdout += second.stdout;
  const odd = [...first.odd, ...second.odd];
  if (odd.length > 0) {
    const counts = await run(odd.map((section) => countCommand(marker, section)));
    stdout += counts.map((chunk) => (typeof chunk === 'string' ? chunk : chunk.text())).join('');
  }
  if (kernel.includes('disks')) {
    const read = list.split('\n').map((row) => row.slice(0, 36));
    const disks = host.domains
      .filter(({ uuid }) => read.includes(uuid) && !left.has(uuid))
      .flatMap(({ uuid, liveTuning }) => (liveTuning?.disks ?? []).map(({ target }) => `${uuid}:${target}`));
    const asked = disks.map(
      (disk) =>
        `echo --err ${marker}:d:q:${disk};echo ${marker}:q:${disk};blkdeviotune ${disk.replace(':', ' ')} --live;`,
    );
    stdout += (await run(asked)).map((chunk) => (typeof chunk === 'string' ? chunk : chunk.text())).join('');
  }
  stdout += describeTrials(host, marker);
  if (devices !== '' && uri.includes(':///')) stdout += describeDevices(host, marker, devices.split(' '));
  if (kernel.includes('tc') && uri.includes(':///')) {
    const read = new Set(list.split('\n').map((row) => row.slice(0, 36)));
    const domains = host.domains.filter(({ uuid }) => read.has(uuid) && !left.has(uuid));
    stdout += describeTc(host, marker, domains);
    if (kernel.includes('ovs')) stdout += describeOvs(host, marker, domains);
  }
  if (kernel.includes('cgroups') && uri.includes('/session')) stdout += `${marker}:k:cgroups\nsession\n`;
  else if (kernel.includes('cgroups') && uri.includes(':///'))
    stdout += describeCgroups(host, marker, host.domains);
  return { stdout: `${stdout}${marker}:end\n`, stderr, code: 0 };
}

/** libvirt/trials_script.ts. */
function describeTrials({ watchdogs }: SimHost, marker: string): string {
  return [...watchdogs]
    .map(([name, { undo }]) => `${marker}:w:/run/${name}/undo\n${undo.map((line) => `${line}\n`).join('')}`)
    .join('');
}

/** Each as long as the program makes them. */
function batches(commands: readonly string[]): string[] {
  const all = [''];
  for (const command of commands) {
    const batch = `${all.pop()}${command};`;
    all.push(batch);
    if (batch.length >= 100_000) all.push('');
  }
  return all;
}

/** `n` of libvirt/named_script.ts. */
function markNotRead(list: string, marker: string, named: string): string {
  if (named === '') return list;
  const meant = new Set(named.split(' '));
  const found = new Set([...meant].filter((word) => word.includes('-')));
  let part = '';
  const rows = list.split('\n').map((line): readonly [string, boolean] => {
    if (line.startsWith(`${marker}:`)) part = line.slice(marker.length + 1);
    if (part !== 'all' || !/^[0-9a-f-]+ /.test(line)) return [line, true];
    const name = line.slice(37).replace(/ +$/, '');
    const number = String(nameNumber(name));
    if (meant.has(number)) found.add(number);
    return [line, [line.slice(0, 36), name, number].some((word) => meant.has(word))];
  });
  if (found.size < meant.size) return list;
  return rows.map(([line, read]) => (read ? line : `${NOT_READ}${line}`)).join('\n');
}

const LISTS = [
  ['all', 'list --all --uuid --name'],
  ['transient', 'list --all --uuid --name --transient'],
  ['paused', 'list --all --uuid --name --state-paused'],
  ['shutoff', 'list --all --uuid --name --state-shutoff'],
  ['other', 'list --all --uuid --name --state-other'],
  ['saved', 'list --all --uuid --name --with-managed-save'],
  ['nets', 'net-list --all --uuid'],
] as const;

/** @param section `l:UUID` or `c:UUID` */
function countCommand(marker: string, section: string): string {
  const uuid = section.slice(2);
  const inactive = section.startsWith('c') ? ' --inactive' : '';
  return `echo --err ${marker}:d:i:${uuid};echo ${marker}:i:${section};domiflist ${uuid}${inactive}`;
}

/**
 * Turns the lists into the commands that describe what they name.
 * @param known what is described already: `l:UUID`, `c:UUID` and, of networks, `n:UUID`
 */
function describeCommands(
  list: string,
  marker: string,
  left: ReadonlySet<string>,
  known: ReadonlySet<string>,
): readonly string[] {
  const commands: string[] = [];
  let part = '';
  for (const line of list.split('\n')) {
    const uuid = line.slice(0, 36);
    if (line.startsWith(`${marker}:`)) part = line.slice(marker.length + 1);
    else if (part === 'all' && /^[0-9a-f-]{36} /.test(line)) {
      if (left.has(uuid) || (known.has(`l:${uuid}`) && known.has(`c:${uuid}`))) continue;
      commands.push(dumpCommands(marker, uuid));
    } else if (part === 'nets' && /^[0-9a-f-]{36}/.test(line) && !known.has(`n:${uuid}`))
      commands.push(`echo --err ${marker}:d:${uuid};echo ${marker}:n:${uuid};net-dumpxml ${uuid}`);
  }
  return commands;
}
