import type { DomainState, TrialEntry } from '../model/facts.ts';
import { type Described, parseDescriptions } from './descriptions.ts';
import { type HostDevice, parseDevices } from './devices.ts';
import { classifyVirshError, type VirshErrorKind, virshErrorText, wrapperTrouble } from './errors.ts';
import { NOT_READ } from './named_script.ts';
import { type Section, splitSections } from './sections.ts';
import { parseTrials } from './trials_answer.ts';
import type { Element } from './xml.ts';

/** What the host did instead of answering. `cut` and `garbled` mean that the answer itself can't be trusted. */
export interface AnswerError {
  readonly kind: VirshErrorKind | 'cut' | 'garbled' | 'no_answer' | 'merged_streams';
  readonly message: string;
}

/** What a host answered to READ_PROGRAM. */
export interface HostAnswer {
  /** Domains with both of their descriptions. */
  readonly described: readonly (Described & { readonly listed: ListedState })[];
  /** Domains that are listed and could not be described, with the reason. */
  readonly unreadable: readonly Unreadable[];
  /** How many domains are listed and were not to be read (named_script.ts). */
  readonly notRead: number;
  /** How lists print the names, for messages alone: that differs by release. */
  readonly names: ReadonlyMap<string, string>;
  readonly networks: readonly Element[];
  /** By the paths that were asked about. */
  readonly devices: ReadonlyMap<string, HostDevice>;
  /** What its kernel tells, by word (kernel_script.ts); absent where it was not asked, or where libvirt is another host's. */
  readonly kernel: ReadonlyMap<string, string>;
  /** What it gives back unless somebody confirms it. */
  readonly trials: readonly TrialEntry[];
}

export interface Unreadable {
  readonly uuid: string;
  readonly name: string;
  readonly error: string;
}

/** What only lists tell of a domain. */
export interface ListedState {
  readonly state: DomainState;
  readonly persistent: boolean;
  readonly managedSave: boolean;
}

export type ReadAnswer = { readonly answer: HostAnswer } | { readonly error: AnswerError };

/**
 * Reads the answer of READ_PROGRAM.
 * @param marker the run's random marker; whatever the login shell's profile printed before it is ignored
 * @param stderr carries `MARKER:d:UUID` marks before each description, so that errors find their domain; what is
 *   marked by a name, `d:h:NAME`, was a guess, and its errors count for nothing
 * @param left UUIDs that were left out of the read, and why
 */
export function parseReadAnswer(
  marker: string,
  stdout: string,
  stderr: string,
  left: ReadonlyMap<string, string> = new Map(),
): ReadAnswer {
  const sections = splitSections(marker, stdout);
  const frame = frameError(sections, stdout, stderr);
  if (frame !== null) return { error: frame };
  if (isMerged(marker, stdout)) return { error: { kind: 'merged_streams', message: MERGED_MESSAGE } };
  if (!sections.some((s) => s.name === 'listed')) return { error: virshError(sections, stderr) };
  const wrong = LISTS.find((list) => sections.filter(({ name }) => name === list).length !== 1);
  if (wrong !== undefined) {
    return {
      error: { kind: 'garbled', message: `the answer of the host does not hold one list "${wrong}"` },
    };
  }
  const strange = strangeRow(sections);
  if (strange !== null) {
    return { error: { kind: 'garbled', message: `virsh list printed what is no list of VMs: ${strange}` } };
  }
  const names = listedRows(sections, 'all');
  const listed = listedDomains(sections);
  const errors = markedErrors(`${marker}:d:`, stderr);
  const { domains, networks, failures } = parseDescriptions(sections);
  // A row of the list was lost: going on would leave its VM out of the report.
  const unlisted = domains.find(({ uuid }) => !listed.has(uuid));
  if (unlisted !== undefined) {
    const message = `the answer describes the domain ${unlisted.uuid} and does not list it`;
    return { error: { kind: 'garbled', message } };
  }
  const byUuid = new Map(domains.map((domain) => [domain.uuid, domain]));
  const described: (Described & { listed: ListedState })[] = [];
  const unreadable: Unreadable[] = [];
  for (const [uuid, state] of listed) {
    const domain = byUuid.get(uuid);
    if (domain !== undefined) {
      described.push({ ...domain, listed: state });
      continue;
    }
    const error = left.get(uuid) || failures.get(uuid) || errors.get(uuid) || '';
    // Without a word of error the description was lost on the way: nothing in this answer can be trusted.
    if (error === '')
      return { error: { kind: 'cut', message: `the answer lacks the description of domain ${uuid}` } };
    if (classifyVirshError(error) !== 'gone') unreadable.push({ uuid, name: names.get(uuid) ?? '', error });
  }
  const [notRead, devices] = [notReadRows(sections), parseDevices(sections)];
  const kernel = new Map(
    sections.flatMap(({ name, body }) => (name.startsWith('k:') ? [[name.slice(2), body] as const] : [])),
  );
  const disks = sections.filter(({ name }) => name.startsWith('q:'));
  if (disks.length > 0)
    kernel.set('iotunes', disks.map(({ name, body }) => `@${name.slice(2)}\n${body}\n`).join(''));
  const trials = parseTrials(sections);
  return { answer: { described, unreadable, notRead, names, networks, devices, kernel, trials } };
}

/**
 * The domain that virsh was asked about last, in an answer that a deadline cut off; null where that was no domain.
 * Its mark is the last on standard error, which virsh does not buffer. By a name (hint_script.ts) it is the only one
 * whose row shows that name.
 */
export function hungDomain(marker: string, stdout: string, stderr: string): string | null {
  const marks = stderr.matchAll(new RegExp(`^error: ${marker}:d:(\\S+)$`, 'gm'));
  const mark = [...marks].at(-1)?.[1] ?? '';
  const rows = listedRows(splitSections(marker, stdout), 'all');
  if (mark.startsWith('h:')) {
    const named = [...rows].filter(([, name]) => name === mark.slice(2));
    return named.length === 1 ? (named[0]?.[0] ?? null) : null;
  }
  const uuid = /^(?:[iq]:)?([0-9a-f-]{36})(?::|$)/.exec(mark)?.[1];
  return uuid !== undefined && rows.has(uuid) ? uuid : null;
}

/** Whether a mark of standard error stands within standard output. */
export function isMerged(marker: string, stdout: string): boolean {
  const mark = `error: ${marker}:`;
  return stdout.includes(`\n${mark}`) || stdout.startsWith(mark);
}

const MERGED_MESSAGE =
  'what runs there sends standard error into standard output, so that errors cannot be told from answers';

/** Why the frame is not whole, or null. */
export function frameError(sections: readonly Section[], stdout: string, stderr: string): AnswerError | null {
  const has = (name: string) => sections.some((section) => section.name === name);
  if (!has('begin')) {
    return {
      kind: 'no_answer',
      message: `the host did not run the script: ${tail(`${stdout}\n${stderr}`) || 'it answered nothing'}`,
    };
  }
  // The program names the command that it did not find: awk, or the first of the words that run virsh.
  const missing = sections.find(({ name }) => /^no[^:]+$/.test(name))?.name.slice(2);
  if (missing !== undefined)
    return {
      kind: missing === 'awk' ? 'no_awk' : 'no_virsh',
      message: ['awk', 'virsh'].includes(missing)
        ? `${missing} was not found on the host`
        : `${missing}, with which libvirt_virsh begins, was not found on the host`,
    };
  if (sections.filter(({ name }) => name === 'begin').length > 1) {
    return { kind: 'garbled', message: 'the answer of the host holds more than one answer' };
  }
  if (!has('end')) return { kind: 'cut', message: 'the answer of the host ends early' };
  return null;
}

/** Why virsh has listed nothing: its own words, or those of what was to run it, which may print them anywhere. */
function virshError(sections: readonly Section[], stderr: string): AnswerError {
  const own = virshErrorText(unmarked(stderr));
  if (own !== '') return { kind: classifyVirshError(own), message: own };
  const printed = sections.find(({ name }) => name === 'begin')?.body ?? '';
  const text = tail(`${printed}\n${stderr}`) || 'virsh failed without a word';
  return { kind: wrapperTrouble(text) ?? classifyVirshError(text), message: text };
}

export function unmarked(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('error:'))
    .join('\n');
}

/** The end of what somebody printed, as one line for people. */
export function tail(text: string): string {
  // Two processes that fail for the same reason say it twice.
  return [...new Set(text.trim().split('\n'))].slice(-3).join(' ').slice(-300);
}

/** Splits stderr at `error: PREFIXid` lines; gives the error text that follows each, '' for none. */
export function markedErrors(prefix: string, stderr: string): Map<string, string> {
  const result = new Map<string, string>();
  const parts = `\n${stderr}`.split(`\nerror: ${prefix}`).slice(1);
  for (const part of parts) {
    const end = part.indexOf('\n');
    const id = (end < 0 ? part : part.slice(0, end)).trim();
    const lines = end < 0 ? '' : part.slice(end + 1);
    const own = lines.split(/^error: [^\s:]+:[ds]:/m)[0] ?? '';
    result.set(id, virshErrorText(unmarked(own).replaceAll(RECONNECTED, '')));
  }
  return result;
}

/** virsh says it when it goes on by itself; whatever it then does is told apart from it. */
const RECONNECTED = /^error: Reconnected to the hypervisor$/gm;

/** A row of the list that is not understood: leaving it out would leave a VM out of the report. */
function strangeRow(sections: readonly Section[]): string | null {
  const body = sections.find((section) => section.name === 'all')?.body ?? '';
  return body.split('\n').find((line) => line.trim() !== '' && !LISTED_ROW.test(line)) ?? null;
}

function notReadRows(sections: readonly Section[]): number {
  const body = sections.find((section) => section.name === 'all')?.body ?? '';
  return body.split('\n').filter((line) => LISTED_ROW.test(line) && line.startsWith(NOT_READ)).length;
}

const UUID_ROW = /^[0-9a-f]{8}-[0-9a-f-]{27} /;

/** The same, or a row of a domain that was not to be read. */
const LISTED_ROW = new RegExp(`^${NOT_READ}?${UUID_ROW.source.slice(1)}`);

/** UUIDs and names of a list. How names are printed differs by release: they are for messages alone. */
function listedRows(sections: readonly Section[], list: (typeof LISTS)[number]): Map<string, string> {
  const body = sections.find((section) => section.name === list)?.body ?? '';
  const lines = body.split('\n').filter((line) => UUID_ROW.test(line));
  return new Map(lines.map((line) => [line.slice(0, 36), line.slice(37).trimEnd()]));
}

function listedDomains(sections: readonly Section[]): Map<string, ListedState> {
  const rows = (list: (typeof LISTS)[number]) => listedRows(sections, list);
  const transient = rows('transient');
  const saved = rows('saved');
  const states: readonly (readonly [DomainState, ReadonlyMap<string, string>])[] = [
    ['paused', rows('paused')],
    ['shutoff', rows('shutoff')],
    ['other', rows('other')],
  ];
  const result = new Map<string, ListedState>();
  for (const uuid of rows('all').keys()) {
    const state = states.find(([, uuids]) => uuids.has(uuid))?.[0] ?? 'running';
    result.set(uuid, { state, persistent: !transient.has(uuid), managedSave: saved.has(uuid) });
  }
  return result;
}

/** The lists that an answer holds once virsh could connect. */
const LISTS = ['all', 'transient', 'paused', 'shutoff', 'other', 'saved', 'nets'] as const;
