import type { Domain, DomainState, HostFacts, Network } from '../model/facts.ts';
import { type DomainXml, type ListedState, parseDomainXml, toDomain } from './domain_xml.ts';
import { classifyVirshError, type VirshErrorKind, virshErrorText } from './errors.ts';
import { parseNetworkXml } from './network_xml.ts';
import { XmlError } from './xml.ts';

/** What the host did instead of answering. `cut` and `garbled` mean that the answer itself can't be trusted. */
export interface AnswerError {
  readonly kind: VirshErrorKind | 'cut' | 'garbled' | 'no_answer';
  readonly message: string;
}

export type ReadAnswer = { readonly facts: HostFacts } | { readonly error: AnswerError };

/** What became of one step of an apply script; error '' when virsh reported none. */
export interface StepOutcome {
  readonly error: string;
  /** `garbled`: what the host said of it cannot be made out. */
  readonly kind: VirshErrorKind | 'ok' | 'not_run' | 'garbled';
}

export interface ApplyAnswer {
  /** One per step, in order. */
  readonly steps: readonly StepOutcome[];
  /** The domains as they are now; one that could not be read back is missing. */
  readonly domains: readonly Domain[];
  /** Set when the answer is not whole: what is missing is not known to have happened, or not. */
  readonly error: AnswerError | null;
}

/** A section of the framed standard output: what follows `MARKER:name`. */
export interface Section {
  readonly name: string;
  readonly body: string;
}

/**
 * Reads the answer of READ_PROGRAM.
 * @param marker the run's random marker; whatever the login shell's profile printed before it is ignored
 * @param stderr carries `MARKER:d:UUID` marks before each description, so that errors find their domain
 */
export function parseReadAnswer(marker: string, stdout: string, stderr: string): ReadAnswer {
  const sections = splitSections(marker, stdout);
  const frame = frameError(sections, stdout, stderr);
  if (frame !== null) return { error: frame };
  if (!sections.some((s) => s.name === 'listed')) return { error: virshError(stderr) };
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
  const listed = listedDomains(sections);
  const errors = markedErrors(`${marker}:d:`, stderr);
  const { domains, networks, failures, unlisted } = parseDescriptions(sections, listed);
  // A row of the list was lost: going on would leave its VM out of the report.
  if (unlisted !== null) {
    const message = `the answer describes the domain ${unlisted} and does not list it`;
    return { error: { kind: 'garbled', message } };
  }
  const seen = new Set(domains.map((domain) => domain.uuid));
  const unreadable: { uuid: string; name: string; error: string }[] = [];
  for (const [uuid, { name }] of listed) {
    if (seen.has(uuid)) continue;
    const error = errors.get(uuid) || failures.get(uuid) || failures.get('') || '';
    // Without a word of error the description was lost on the way: nothing in this answer can be trusted.
    if (error === '')
      return { error: { kind: 'cut', message: `the answer lacks the description of domain ${uuid}` } };
    if (classifyVirshError(error) !== 'gone') unreadable.push({ uuid, name, error });
  }
  return { facts: { domains, networks, unreadable } };
}

/** Reads the answer of APPLY_PROGRAM for so many steps; `known` tells the state that `virsh list` gave before. */
export function parseApplyAnswer(
  marker: string,
  steps: number,
  known: ReadonlyMap<string, ListedState>,
  stdout: string,
  stderr: string,
): ApplyAnswer {
  const sections = splitSections(marker, stdout);
  const marks = markedErrors(`${marker}:s:`, stderr);
  const frame = frameError(sections, stdout, stderr);
  const { domains } = parseDescriptions(sections, known);
  // Without any mark virsh did not even begin, e.g. for want of rights to write.
  const early = marks.size === 0 ? virshErrorText(unmarked(stderr)) : '';
  const refused: StepOutcome | null =
    early !== ''
      ? { kind: classifyVirshError(early), error: early }
      : frame?.kind === 'no_answer'
        ? { kind: 'not_run', error: frame.message }
        : null;
  return {
    steps: Array.from({ length: steps }, (_, index) => refused ?? stepOutcome(marker, marks, index)),
    domains,
    error: frame,
  };
}

function stepOutcome(marker: string, marks: ReadonlyMap<string, string>, index: number): StepOutcome {
  const error = marks.get(String(index));
  if (error === undefined) return { kind: 'not_run', error: 'the host did not run this step' };
  // A mark that was damaged on the way is no error of virsh's: nothing must be repaired for it.
  const half = marker.length >> 1;
  if ([marker.slice(0, half), marker.slice(half)].some((part) => error.includes(part)))
    return { kind: 'garbled', error: 'what the host said of this step is garbled: run again to see' };
  if (error !== '') return { kind: classifyVirshError(error), error };
  // Only the next step's mark proves that this one has ended.
  const ended = marks.has(String(index + 1)) || marks.has('done');
  return ended ? { kind: 'ok', error: '' } : { kind: 'not_run', error: 'the answer ends within this step' };
}

export function splitSections(marker: string, stdout: string): Section[] {
  const start = stdout.indexOf(`${marker}:begin`);
  if (start < 0) return [];
  return `\n${stdout.slice(start)}`
    .split(`\n${marker}:`)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return end < 0 ? { name: part, body: '' } : { name: part.slice(0, end), body: part.slice(end + 1) };
    });
}

/** Why the frame is not whole, or null. */
export function frameError(sections: readonly Section[], stdout: string, stderr: string): AnswerError | null {
  const has = (name: string) => sections.some((section) => section.name === name);
  if (!has('begin')) {
    return {
      kind: 'no_answer',
      message: `the host did not run the script: ${tail(`${stdout}\n${stderr}`) || 'it answered nothing'}`,
    };
  }
  if (has('novirsh')) return { kind: 'no_virsh', message: 'virsh was not found on the host' };
  if (sections.filter(({ name }) => name === 'begin').length > 1) {
    return { kind: 'garbled', message: 'the answer of the host holds more than one answer' };
  }
  if (!has('end')) return { kind: 'cut', message: 'the answer of the host ends early' };
  return null;
}

function virshError(stderr: string): AnswerError {
  const text = virshErrorText(unmarked(stderr)) || 'virsh failed without a word';
  return { kind: classifyVirshError(text), message: text };
}

function unmarked(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('error:'))
    .join('\n');
}

function tail(text: string): string {
  return text.trim().split('\n').slice(-3).join(' ').slice(-300);
}

/** Splits stderr at `error: PREFIXid` lines; gives the error text that follows each, '' for none. */
function markedErrors(prefix: string, stderr: string): Map<string, string> {
  const result = new Map<string, string>();
  const parts = `\n${stderr}`.split(`\nerror: ${prefix}`).slice(1);
  for (const part of parts) {
    const end = part.indexOf('\n');
    const id = (end < 0 ? part : part.slice(0, end)).trim();
    const lines = end < 0 ? '' : part.slice(end + 1);
    result.set(id, virshErrorText(unmarked(lines.split(/^error: [^\s:]+:[ds]:/m)[0] ?? '')));
  }
  return result;
}

/** A row of the list that is not understood: leaving it out would leave a VM out of the report. */
function strangeRow(sections: readonly Section[]): string | null {
  const body = sections.find((section) => section.name === 'all')?.body ?? '';
  return body.split('\n').find((line) => line.trim() !== '' && !UUID_ROW.test(line)) ?? null;
}

const UUID_ROW = /^[0-9a-f]{8}-[0-9a-f-]{27} /;

function listedDomains(sections: readonly Section[]): Map<string, ListedState> {
  const rows = (name: string): Map<string, string> => {
    const body = sections.find((section) => section.name === name)?.body ?? '';
    const lines = body.split('\n').filter((line) => UUID_ROW.test(line));
    return new Map(lines.map((line) => [line.slice(0, 36), line.slice(37)]));
  };
  const transient = rows('transient');
  const states: readonly (readonly [DomainState, ReadonlyMap<string, string>])[] = [
    ['paused', rows('paused')],
    ['shutoff', rows('shutoff')],
    ['other', rows('other')],
  ];
  const result = new Map<string, ListedState>();
  for (const [uuid, name] of rows('all')) {
    const state = states.find(([, uuids]) => uuids.has(uuid))?.[0] ?? 'running';
    result.set(uuid, { name, state, persistent: !transient.has(uuid) });
  }
  return result;
}

/** The lists that an answer holds once virsh could connect. */
const LISTS = ['all', 'transient', 'paused', 'shutoff', 'other', 'nets'] as const;

interface Descriptions {
  readonly domains: Domain[];
  readonly networks: Network[];
  /** Why descriptions could not be parsed, by UUID; '' where not even that could be found in one. */
  readonly failures: Map<string, string>;
  /** A domain that is described and not listed; null for none. */
  unlisted: string | null;
}

function parseDescriptions(
  sections: readonly Section[],
  listed: ReadonlyMap<string, ListedState>,
): Descriptions {
  const result: Descriptions = { domains: [], networks: [], failures: new Map(), unlisted: null };
  let live: DomainXml | null = null;
  for (const { name, body } of sections) {
    try {
      if (body.trim() === '') {
        // The description failed; stderr says why.
        if (name === 'l') live = null;
      } else if (name === 'l') {
        live = null;
        live = parseDomainXml(body);
      } else if (name === 'c' && live !== null) {
        const config = parseDomainXml(body);
        const state = listed.get(live.uuid);
        if (state === undefined) result.unlisted = live.uuid;
        if (state !== undefined && config.uuid === live.uuid)
          result.domains.push(toDomain(live, config, state));
      } else if (name === 'n') {
        result.networks.push(parseNetworkXml(body));
      }
    } catch (error) {
      if (!(error instanceof XmlError)) throw error;
      result.failures.set(/<uuid>([0-9a-f-]{36})<\/uuid>/.exec(body)?.[1] ?? '', error.message);
    }
  }
  return result;
}
