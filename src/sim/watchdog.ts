import { setTimeout as delay } from 'node:timers/promises';
import { splitSections } from '../libvirt/sections.ts';
import { filterOutput } from './filter.ts';
import { takeLock } from './lock.ts';
import type { SimHost, SimWatchdog } from './model.ts';
import type { CommandOutput } from './virsh.ts';
import { runVirsh } from './virsh.ts';

/** What keeps trying to give back, and how often: as the program's TRIES and PAUSE, faster. */
const TRIES = 60;
const PAUSE_MS = 200;

/** WATCHDOG_PROGRAM, as far as it is run from outside: `arm NAME SECONDS LOCK [ENTRY COMMANDS]...`, `drop NAME`. */
export async function runWatchdogProgram(host: SimHost, args: readonly string[]): Promise<CommandOutput> {
  const [marker = '', uri = '', keep = '', uuids = '', words = '', what = '', name = '', ...more] = args;
  const begin = `\n${marker}:begin\n`;
  const answer = (said: string): CommandOutput => ({
    stdout: `${begin}${said}${marker}:end\n`,
    stderr: '\n',
    code: 0,
  });
  if (host.knobs.virsh === 'missing') return { stdout: `${begin}${marker}:novirsh\n`, stderr: '\n', code: 0 };
  if (what === 'drop') return answer(`${marker}:${drop(host, name)}\n`);
  const lock = await takeLock(host, marker, uri, words);
  if (lock.refused) return answer(lock.said);
  try {
    const [seconds = '0', , ...entries] = more;
    const waits = othersThatWait(host, name, uuids.split(' '));
    if (waits.length > 0)
      return answer(
        `${lock.said}${waits.map(([other, uuid]) => `${marker}:waits:${other}:${uuid}\n`).join('')}${marker}:unarmed:waits\n`,
      );
    const known = host.watchdogs.get(name);
    if (known?.late === true) return answer(`${lock.said}${marker}:unarmed:folder\n`);
    if (known !== undefined) known.undo.push(...entries);
    else host.watchdogs.set(name, begun(host, name, uri, keep, Number(seconds), entries));
    return answer(`${lock.said}${marker}:armed\n`);
  } finally {
    lock.release();
  }
}

function begun(
  host: SimHost,
  name: string,
  uri: string,
  keep: string,
  seconds: number,
  undo: readonly string[],
): SimWatchdog {
  const timer = setTimeout(() => void giveBack(host, name, uri, keep), seconds * 1000);
  // A simulated host is no reason to go on.
  timer.unref();
  return { undo: [...undo], late: false, timer };
}

function drop(host: SimHost, name: string): string {
  const known = host.watchdogs.get(name);
  if (known === undefined) return 'gone';
  if (known.late) return 'late';
  clearTimeout(known.timer);
  host.watchdogs.delete(name);
  return 'dropped';
}

function othersThatWait(
  { watchdogs }: SimHost,
  name: string,
  uuids: readonly string[],
): readonly (readonly [string, string])[] {
  const own = name.replace(/-[^-]*$/, '-');
  return [...watchdogs]
    .filter(([other]) => !other.startsWith(own))
    .flatMap(([other, { undo }]) =>
      uuids
        .filter((uuid) => undo.some((line) => line.startsWith(`${uuid} `)))
        .map((uuid) => [other, uuid] as const),
    );
}

async function giveBack(host: SimHost, name: string, uri: string, keep: string): Promise<void> {
  const own = host.watchdogs.get(name);
  if (own === undefined) return;
  own.late = true;
  for (let tries = 0; tries < TRIES; tries++) {
    const lock = await takeLock(host, 'vt', uri, '3600 60 owner=watchdog@host run=watchdog');
    try {
      const due = await dueOn(host, uri, keep, own.undo);
      if (due !== null && due.length > 0) await runVirsh(host, ['-c', uri, due.join(';')]);
      if ((await dueOn(host, uri, keep, own.undo))?.length === 0) break;
    } finally {
      lock.release();
    }
    await delay(PAUSE_MS, undefined, { ref: false });
  }
  host.watchdogs.delete(name);
}

/** The commands that are to be run now; null where libvirt does not answer. */
async function dueOn(
  host: SimHost,
  uri: string,
  keep: string,
  undo: readonly string[],
): Promise<readonly string[] | null> {
  const marker = 'vt-watchdog';
  const uuids = [...new Set(undo.flatMap((line) => /^[0-9a-f-]{36}(?= )/.exec(line)?.[0] ?? []))];
  const dumps = uuids.map((uuid) => `echo ${marker}:l:${uuid};dumpxml ${uuid}`).join(';');
  const { chunks } = await runVirsh(host, ['-c', uri, `${dumps};echo ${marker}:batch`]);
  const { stdout } = filterOutput(chunks, marker, keep);
  return stdout.includes(`${marker}:batch`) ? dueCommands(marker, stdout, undo) : null;
}

/** `j` of libvirt/watchdog_script.ts: a test holds the two together. @param undo two lines an entry */
export function dueCommands(marker: string, stdout: string, undo: readonly string[]): readonly string[] {
  const sections = splitSections(marker, `${marker}:begin\n${stdout}`);
  const texts = new Map(
    sections.flatMap(({ name, body }): [string, string][] =>
      name.startsWith('l:') && body.trim() !== '' ? [[name.slice(2, 38), body]] : [],
    ),
  );
  const entries = new Map<string, readonly [string, string]>();
  for (let index = 0; index < undo.length; index += 2) {
    const line = undo[index] ?? '';
    entries.set(line.split(' ').slice(0, 3).join(' '), [line, undo[index + 1] ?? '']);
  }
  return [...entries.values()].flatMap(([line, commands]) => {
    const [uuid = '', element = '', key = '', ...words] = line.split(' ');
    const text = texts.get(uuid);
    if (commands === '' || text === undefined) return [];
    const values = valuesIn(text, element, key);
    return values !== null && isDue(words, values) ? [commands] : [];
  });
}

const CHUNKS = ['interface', 'disk', 'device'];

/** The words of an element, `mac.address` → value; null where the VM has no such element. */
function valuesIn(text: string, element: string, key: string): ReadonlyMap<string, string> | null {
  const chunks = [...text.matchAll(/<(interface|disk|device)\b.*?<\/\1>/gs)];
  if (element === 'domain') {
    const rest = chunks.reduce((left, [chunk]) => left.replace(chunk, ''), text);
    return wordsIn(rest);
  }
  const own = chunks
    .filter(([, name]) => name === element)
    .map(([chunk]) => wordsIn(chunk))
    .find((words) => [...words].some(([name, value]) => `${name}=${value}` === key));
  return own ?? (element === CHUNKS[2] ? new Map() : null);
}

function wordsIn(text: string): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  for (const [, name = '', attributes = '', content = ''] of text.matchAll(
    /<([A-Za-z0-9_:-]+)((?:\s+[\w:-]+=(?:"[^"]*"|'[^']*'))*)\s*\/?>([^<]*)/g,
  )) {
    for (const [, attribute = '', a, b] of attributes.matchAll(/([\w:-]+)=(?:"([^"]*)"|'([^']*)')/g))
      if (!words.has(`${name}.${attribute}`)) words.set(`${name}.${attribute}`, a ?? b ?? '');
    if (content.trim() !== '' && !words.has(name)) words.set(name, content.trim());
  }
  return words;
}

function isDue(words: readonly string[], values: ReadonlyMap<string, string>): boolean {
  let differs = false;
  for (const word of words) {
    const [name = '', rest = ''] = word.split('=');
    const [set = '', before = '', ...none] = rest.split('~');
    const now = describedOf(name, values);
    if (now === plain(name, before)) continue;
    if (now !== plain(name, set) && !(none.length > 0 && now === '')) return false;
    differs = true;
  }
  return differs;
}

/** What libvirt describes; a period beside no quota is none. */
function describedOf(name: string, values: ReadonlyMap<string, string>): string {
  if (name.endsWith('period') && describedOf(name.replace(/period$/, 'quota'), values) === '') return '';
  return plain(name, values.get(name) ?? '');
}

/** All that means no limit is the same. */
function plain(name: string, value: string): string {
  if (!/^-?\d+$/.test(value)) return value;
  const number = Number(value);
  const none = number <= 0 || number >= 17_592_186_044_415 || (name.endsWith('_length') && number === 1);
  return none ? '' : value;
}
