import { BETWEEN } from '../libvirt/lanes.ts';
import { splitSections } from '../libvirt/sections.ts';
import { descriptionSum, textSum } from '../libvirt/sum_script.ts';
import { describeDevices } from './devices.ts';
import { filterOutput } from './filter.ts';
import { takeLock } from './lock.ts';
import type { SimDomain, SimHost } from './model.ts';
import type { CommandOutput } from './virsh.ts';
import { runVirsh } from './virsh.ts';

/** What the two programs of libvirt/script.ts do, step for step; the contract with the real ones is a test. */

/**
 * What keeps the words that the program's name holds from running virsh: a command that the host has not, or what the
 * command says, '' where nothing does.
 */
export function whyNoVirsh(
  { knobs }: SimHost,
  name: string,
): { readonly missing: string } | { readonly said: string } {
  const words = name.startsWith('virtune') ? 'virsh' : name;
  const command = words.split(' ')[0] ?? '';
  if (knobs.virsh === 'missing' || command !== knobs.virshWords.split(' ')[0]) return { missing: command };
  if (words === knobs.virshWords) return { said: '' };
  return { said: `Error response from daemon: No such container: ${words.split(' ').at(-2)}\n` };
}

export function dumpCommands(marker: string, uuid: string, first = ''): string {
  return `echo --err ${marker}:d:${uuid};${first}echo ${marker}:l:${uuid};dumpxml ${uuid};echo ${marker}:c:${uuid};dumpxml --inactive ${uuid}`;
}

/**
 * APPLY_PROGRAM. Arguments: marker, URI, paths to keep, UUIDs to read back, each with the number of what it must be, the
 * words of a lock, the name of a watchdog, what paths must be, virsh commands, then pairs of the number of a domain's
 * first step and the commands of a further one; or `~`, and these for each lane in one argument (libvirt/lanes.ts).
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
  const [marker = '', uri = '', keep = '', touched = '', , watchdog = '', paths = '', ...words] = args;
  const entries = touched.split(/[ \t\n]+/).filter((entry) => entry !== '');
  const dumps = entries.map((entry) => entry.split(':')[0] ?? '');
  const describe = dumps.map((uuid) => dumpCommands(marker, uuid, `memtune ${uuid} --config;`)).join('\n');
  let [stale, inJob]: [readonly string[], readonly SimDomain[]] = [[], []];
  if (touched.includes(':')) {
    const { chunks } = await runVirsh(host, ['-c', uri, describe]);
    stale = changedSince(marker, filterOutput(chunks, marker, keep).stdout, entries);
    stale = [...new Set([...stale, ...changedPaths(host, marker, paths)])];
    inJob = host.domains.filter(({ uuid, job }) => job !== null && dumps.includes(uuid));
  }
  const isUnwatched = watchdog !== '' && host.watchdogs.get(watchdog)?.late !== false;
  if (isUnwatched) stale = dumps;
  const left = [...stale, ...inJob.map(({ uuid }) => uuid)];
  const leaveOut = (batch: string): string =>
    left.length === 0
      ? batch
      : batch
          .replace(/;$/, '')
          .split(';')
          .map((command) => (left.includes(command.split(/ +/)[1] ?? '') ? '' : `${command};`))
          .join('');
  /** `s` of the program. @returns what it says, and what is to be run after it */
  const stepped = async ([commands = '', ...others]: readonly string[]) => {
    const batch = leaveOut(commands);
    if (others.length === 0) return { said: '', batch };
    const { stderr } = await runVirsh(host, ['-c', uri, batch]);
    if (!stderr.includes(`${marker}:s:half`)) return { said: stderr, batch: 'echo' };
    const next = leaveOut(heldBack(marker, stderr, others));
    return { said: stderr, batch: `${next}echo --err ${marker}:s:done` };
  };
  const inLane = async (word: string, index: number): Promise<string> => {
    const { said, batch } = await stepped(word.split(BETWEEN));
    const { stderr } = await runVirsh(host, ['-c', uri, batch]);
    const lines = `${said}${stderr}`.split('\n').slice(0, -1);
    return `\n${lines.map((line) => `error: ${marker}:${index + 1}:${line}\n`).join('')}`;
  };
  let batch = 'echo';
  let errors = '\n\n';
  if (words[0] === BETWEEN) errors += (await Promise.all(words.slice(1).map(inLane))).join('');
  else {
    const stepping = await stepped(words);
    errors += stepping.said;
    batch = stepping.batch;
  }
  batch += `;${describe};echo ${marker}:batch`;
  const { chunks, stderr } = await runVirsh(host, ['-c', uri, batch]);
  const told = [...stale, ...inJob.map(({ uuid, job }) => `j:${uuid}:${job?.replaceAll(' ', '_')}_`)];
  return {
    stdout: `${isUnwatched ? `${marker}:unwatched\n` : ''}${told.map((word) => `${marker}:x:${word}\n`).join('')}${filterOutput(chunks, marker, keep).stdout}${marker}:end\n`,
    stderr: errors + stderr,
    code: 0,
  };
}

/** `p` of libvirt/device_script.ts. @param words UUIDs, and `NUMBER:PATH` */
function changedPaths(host: SimHost, marker: string, words: string): readonly string[] {
  const all = words.split(' ').filter((word) => word !== '');
  const isPath = (word: string): boolean => word.includes(':/');
  const changed = all.filter(isPath).some((word) => {
    const path = word.slice(word.indexOf(':') + 1);
    const sections = splitSections(marker, `${marker}:begin\n${describeDevices(host, marker, [path])}`);
    return textSum([sections.at(-1)?.body ?? '']) !== word.slice(0, word.indexOf(':'));
  });
  return changed ? all.filter((word) => !isPath(word)) : [];
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
