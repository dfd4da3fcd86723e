import { NOT_READ, nameNumber } from '../libvirt/named_script.ts';
import { splitSections } from '../libvirt/sections.ts';
import { descriptionSum } from '../libvirt/sum_script.ts';
import { describeCgroups } from './cgroup_text.ts';
import type { Dump } from './command.ts';
import { describeDevices } from './devices.ts';
import { filterOutput } from './filter.ts';
import { takeLock } from './lock.ts';
import type { SimDomain, SimHost } from './model.ts';
import { describeTc } from './tc_text.ts';
import type { CommandOutput, VirshOutput } from './virsh.ts';
import { runVirsh, virsh } from './virsh.ts';

/** What the two programs of libvirt/script.ts do, step for step; the contract with the real ones is a test. */

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
    return { stdout: `${stdout}\n${marker}:end\n`, stderr: stderr + without.said.repeat(2), code: 0 };

  const networks = ` ${keep}`.includes(' network/');
  const lists = LISTS.map(([part, command]) =>
    part === 'nets' && !networks ? `echo ${marker}:${part};` : `echo ${marker}:${part};${command};`,
  ).join('');
  const listed = await virsh(host, ['-r', '-c', uri, `${lists}echo ${marker}:listed`]);
  stderr += listed.stderr;
  // Command substitution drops line breaks at the end.
  const list = markNotRead(listed.stdout.replace(/\n+$/, ''), marker, named);
  stdout += `${list}\n`;

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
  const described = filterOutput(await run(describeCommands(list, marker, left)), marker, keep);
  stdout += described.stdout;
  if (described.odd.length > 0) {
    const counts = await run(described.odd.map((section) => countCommand(marker, section)));
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
  if (devices !== '' && uri.includes(':///')) stdout += describeDevices(host, marker, devices.split(' '));
  if (kernel.includes('tc') && uri.includes(':///')) {
    const read = new Set(list.split('\n').map((row) => row.slice(0, 36)));
    const domains = host.domains.filter(({ uuid }) => read.has(uuid) && !left.has(uuid));
    stdout += describeTc(host, marker, domains);
  }
  if (kernel.includes('cgroups') && uri.includes(':///') && !uri.includes('/session'))
    stdout += describeCgroups(host, marker, host.domains);
  return { stdout: `${stdout}${marker}:end\n`, stderr, code: 0 };
}

/**
 * What keeps the words that the program's name holds from running virsh: a command that the host has not, or what the
 * command says, '' where nothing does.
 */
function whyNoVirsh(
  { knobs }: SimHost,
  name: string,
): { readonly missing: string } | { readonly said: string } {
  const words = name.startsWith('virtune') ? 'virsh' : name;
  const command = words.split(' ')[0] ?? '';
  if (knobs.virsh === 'missing' || command !== knobs.virshWords.split(' ')[0]) return { missing: command };
  if (words === knobs.virshWords) return { said: '' };
  return { said: `Error response from daemon: No such container: ${words.split(' ').at(-2)}\n` };
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

function dumpCommands(marker: string, uuid: string, first = ''): string {
  return `echo --err ${marker}:d:${uuid};${first}echo ${marker}:l:${uuid};dumpxml ${uuid};echo ${marker}:c:${uuid};dumpxml --inactive ${uuid}`;
}

/** @param section `l:UUID` or `c:UUID` */
function countCommand(marker: string, section: string): string {
  const uuid = section.slice(2);
  const inactive = section.startsWith('c') ? ' --inactive' : '';
  return `echo --err ${marker}:d:i:${uuid};echo ${marker}:i:${section};domiflist ${uuid}${inactive}`;
}

/** Turns the lists into the commands that describe what they name. */
function describeCommands(list: string, marker: string, left: ReadonlySet<string>): readonly string[] {
  const commands: string[] = [];
  let part = '';
  for (const line of list.split('\n')) {
    if (line.startsWith(`${marker}:`)) part = line.slice(marker.length + 1);
    else if (part === 'all' && /^[0-9a-f-]{36} /.test(line)) {
      if (left.has(line.slice(0, 36))) continue;
      commands.push(dumpCommands(marker, line.slice(0, 36)));
    } else if (part === 'nets' && /^[0-9a-f-]{36}/.test(line)) {
      const uuid = line.trimEnd();
      commands.push(`echo --err ${marker}:d:${uuid};echo ${marker}:n:${uuid};net-dumpxml ${uuid}`);
    }
  }
  return commands;
}

/**
 * APPLY_PROGRAM. Arguments: marker, URI, paths to keep, UUIDs to read back, each with the number of what it must be, the
 * words of a lock, virsh commands, then pairs of the number of a domain's first step and the commands of a further one.
 */
export async function runApplyProgram(
  host: SimHost,
  name: string,
  args: readonly string[],
): Promise<CommandOutput> {
  const [marker = '', uri = '', , , words = ''] = args;
  const begin = `\n${marker}:begin\n`;
  const without = whyNoVirsh(host, name);
  if ('missing' in without)
    return { stdout: `${begin}${marker}:no${without.missing}\n`, stderr: '', code: 0 };
  if (without.said !== '') return { stdout: `${begin}${marker}:end\n`, stderr: `\n${without.said}`, code: 0 };
  const lock = await takeLock(host, marker, uri, words);
  if (lock.refused) return { stdout: `${begin}${lock.said}${marker}:end\n`, stderr: '\n', code: 0 };
  try {
    const written = await writeLocked(host, args);
    return { ...written, stdout: `${begin}${lock.said}${written.stdout}` };
  } finally {
    lock.release();
  }
}

/** What the program does under its lock. */
async function writeLocked(host: SimHost, args: readonly string[]): Promise<CommandOutput> {
  const [marker = '', uri = '', keep = '', touched = '', , commands = '', ...others] = args;
  const entries = touched.split(/[ \t\n]+/).filter((entry) => entry !== '');
  const dumps = entries.map((entry) => entry.split(':')[0] ?? '');
  const describe = dumps.map((uuid) => dumpCommands(marker, uuid, `memtune ${uuid} --config;`)).join('\n');
  let [stale, inJob]: [readonly string[], readonly SimDomain[]] = [[], []];
  if (touched.includes(':')) {
    const { chunks } = await runVirsh(host, ['-c', uri, describe]);
    stale = changedSince(marker, filterOutput(chunks, marker, keep).stdout, entries);
    inJob = host.domains.filter(({ uuid, job }) => job !== null && dumps.includes(uuid));
  }
  const left = [...stale, ...inJob.map(({ uuid }) => uuid)];
  const leaveOut = (batch: string): string =>
    left.length === 0
      ? batch
      : batch
          .replace(/;$/, '')
          .split(';')
          .map((command) => (left.includes(command.split(/ +/)[1] ?? '') ? '' : `${command};`))
          .join('');
  let batch = leaveOut(commands);
  let errors = '\n\n';
  if (others.length > 0) {
    const { stderr } = await runVirsh(host, ['-c', uri, batch]);
    errors += stderr;
    batch = `${leaveOut(heldBack(marker, stderr, others))}echo --err ${marker}:s:done`;
  }
  batch += `;${describe};echo ${marker}:batch`;
  const { chunks, stderr } = await runVirsh(host, ['-c', uri, batch]);
  const told = [...stale, ...inJob.map(({ uuid, job }) => `j:${uuid}:${job?.replaceAll(' ', '_')}_`)];
  return {
    stdout: `${told.map((word) => `${marker}:x:${word}\n`).join('')}${filterOutput(chunks, marker, keep).stdout}${marker}:end\n`,
    stderr: errors + stderr,
    code: 0,
  };
}

/** `c` of libvirt/sum_script.ts. @param entries `UUID` or `UUID:NUMBER` */
function changedSince(marker: string, stdout: string, entries: readonly string[]): readonly string[] {
  const sections = new Map(
    splitSections(marker, `${marker}:begin${stdout}`).map(({ name, body }) => [name, body]),
  );
  return entries.flatMap((entry) => {
    const [uuid = '', sum] = entry.split(':');
    if (sum === undefined) return [];
    const [live, config] = [sections.get(`l:${uuid}`), sections.get(`c:${uuid}`)];
    const now = live === undefined || config === undefined ? '' : descriptionSum({ live, config });
    return now === sum ? [] : [uuid];
  });
}

/** The further steps of domains whose first one met no error. */
function heldBack(marker: string, stderr: string, others: readonly string[]): string {
  const troubled = new Set<string>();
  let step = '';
  for (const line of stderr.split('\n')) {
    if (line.startsWith(`error: ${marker}:s:`)) step = line.slice(`error: ${marker}:s:`.length);
    else if (line.startsWith('error:')) troubled.add(step);
  }
  let batch = '';
  for (let i = 0; i + 1 < others.length; i += 2)
    if (!troubled.has(others[i] ?? '')) batch += `${others[i + 1]};`;
  return batch;
}
