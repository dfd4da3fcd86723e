import { plural, printable, shorten } from '../base/text.ts';
import { isHeld } from '../engine/exit_code.ts';
import { type Change, commandLines } from '../model/change.ts';
import type { HostResult, RunResult } from '../model/result.ts';
import { moduleNamed } from '../modules/index.ts';
import {
  type Finding,
  findingsOf,
  hostVerdict,
  messageOf,
  nameOf,
  type Outcome,
  verdictIn,
} from './findings.ts';
import type { ReportContext } from './reporter.ts';

/** GitLab takes no file of 30 MB or more; what has to be said of the rest has room below it. */
const MOST_BYTES = 28_000_000;
/** Of one text. */
const MOST_TEXT = 4000;

/** A test case as it is written, and what it counts as. */
interface Case {
  readonly outcome: Outcome;
  /** Made anew each time: the texts of all cases together may be large. */
  readonly xml: () => string;
}

/**
 * JUnit XML as GitLab, Jenkins and GitHub's readers of it take it: a suite for each host with a case for each subject,
 * and one suite for rules and files. There is no standard; test/e2e and test/unit hold it against the common
 * denominator (an XSD of our own, after Jenkins' xunit plugin with `file` and `line` on cases).
 *
 * Consumers drop the second of two cases of one name in one class, so that every name is unique within its host.
 */
export function* junitReport(
  result: RunResult,
  _context?: ReportContext,
  mostBytes = MOST_BYTES,
): Generator<string> {
  const suites = [...result.hosts.map(hostSuite), rulesSuite(result)].filter(({ cases }) => cases.length > 0);
  const kept = withinBytes(suites, mostBytes);
  const all = kept.flatMap(({ cases }) => cases);
  const seconds = (Date.parse(result.finishedAt) - Date.parse(result.startedAt)) / 1000;
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="virtune" ${counts(all)} time="${time(seconds)}">\n`;
  for (const suite of kept) {
    yield `<testsuite name="${attribute(suite.name)}" ${counts(suite.cases)} skipped="${count(suite.cases, 'skipped')}" time="${time(suite.seconds)}" timestamp="${result.startedAt.slice(0, 19)}" hostname="${attribute(suite.name)}">\n`;
    for (const one of suite.cases) yield one.xml();
    yield '</testsuite>\n';
  }
  yield '</testsuites>\n';
}

interface Suite {
  readonly name: string;
  readonly seconds: number;
  readonly cases: readonly Case[];
}

function hostSuite(host: HostResult): Suite {
  const names = new Set<string>();
  const unique = (long: string): string => {
    const name = legal(printable(shorten(long, 250)));
    let free = name;
    for (let again = 2; names.has(free); again += 1) free = `${name} (${again})`;
    names.add(free);
    return free;
  };
  const whole = hostCase(host, unique('host'));
  const managed = host.resources.filter(({ status }) => status !== 'unmanaged');
  const cases = managed.map((change) => changeCase(host, change, unique(nameOf(change))));
  return { name: host.name, seconds: host.durationMs / 1000, cases: [whole, ...cases] };
}

function hostCase(host: HostResult, name: string): Case {
  const own = hostVerdict(host).outcome;
  // What is wrong with subjects alone is told by their cases.
  const outcome = host.error === undefined && own !== 'skipped' ? 'passed' : own;
  const body =
    outcome === 'passed' ? '' : trouble(outcome, host.errorCode ?? host.status, host.error ?? host.status);
  return {
    outcome,
    xml: () => caseXml(host.name, name, host.durationMs / 1000, '', body + output(host.notes ?? [])),
  };
}

function changeCase(host: HostResult, change: Change, name: string): Case {
  const { outcome } = verdictIn(host, change);
  const rule = change.rules.at(-1);
  const place =
    rule === undefined || rule.file === '' ? '' : ` file="${attribute(rule.file)}" line="${rule.line}"`;
  const xml = (): string => {
    const said =
      outcome === 'passed' ? '' : trouble(outcome, change.status, messageOf(change), detail(change));
    const later = change.next === undefined ? [] : [`later: ${change.next.text}`];
    const done =
      change.status === 'changed' || isHeld(change) ? [messageOf(change), ...commandLines(change)] : [];
    return caseXml(host.name, name, 0, place, said + output([...done, ...(change.notes ?? []), ...later]));
  };
  return { outcome, xml };
}

/** What differs, and the commands, as `--diff` shows them. */
function detail(change: Change): readonly string[] {
  if (change.status !== 'pending') return commandLines(change);
  return [...moduleNamed(change.module).text.diff(change), ...commandLines(change)];
}

function rulesSuite(result: RunResult): Suite {
  const rest = findingsOf(result).filter(({ host }) => host === '');
  return { name: 'rules', seconds: 0, cases: rest.map(ruleCase) };
}

function ruleCase({ outcome, code, message, place, fingerprint }: Finding): Case {
  const where = place === undefined ? '' : ` file="${attribute(place.file)}" line="${place.line}"`;
  const body = outcome === 'passed' ? output([message]) : trouble(outcome, code, message);
  // Two warnings may say the same.
  const name = `${code} ${fingerprint.slice(0, 8)}: ${shorten(message, 200)}`;
  return { outcome, xml: () => caseXml('rules', name, 0, where, body) };
}

const ELEMENT = { error: 'error', failure: 'failure', skipped: 'skipped' } as const;

/** Some readers know the text only, some the attribute only. */
function trouble(
  outcome: Exclude<Outcome, 'passed'>,
  code: string,
  message: string,
  more: readonly string[] = [],
): string {
  const name = ELEMENT[outcome];
  const first = attribute(shorten(message.replaceAll(/\s+/g, ' '), 1000));
  if (name === 'skipped') return `<skipped message="${first}"/>`;
  return `<${name} type="${attribute(code)}" message="${first}">${content([message, ...more])}</${name}>`;
}

function output(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `<system-out>${content(lines)}</system-out>`;
}

function caseXml(host: string, name: string, seconds: number, place: string, body: string): string {
  const head = `<testcase classname="${attribute(host)}" name="${attribute(name)}" time="${time(seconds)}"${place}`;
  return body === '' ? `${head}/>\n` : `${head}>${body}</testcase>\n`;
}

/** The worst go in first; cases that passed are the first to be left out, and that is said. */
function withinBytes(suites: readonly Suite[], mostBytes: number): readonly Suite[] {
  let left = mostBytes;
  let cut = 0;
  const keep = new Set<Case>();
  for (const passed of [false, true])
    for (const { cases } of suites)
      for (const one of cases) {
        if ((one.outcome === 'passed') !== passed) continue;
        const bytes = Buffer.byteLength(one.xml()) + 40;
        left -= bytes;
        if (left > 0) keep.add(one);
        else cut += 1;
      }
  if (cut === 0) return suites;
  const rest = suites
    .map((suite) => ({ ...suite, cases: suite.cases.filter((one) => keep.has(one)) }))
    .filter(({ cases }) => cases.length > 0);
  const message = `${plural(cut, 'case')} left out, since GitLab takes no file of 30 MB: the JSON report has them all`;
  const told: Case = {
    outcome: 'skipped',
    xml: () => caseXml('virtune', 'left out', 0, '', trouble('skipped', 'cut', message)),
  };
  return [...rest, { name: 'virtune', seconds: 0, cases: [told] }];
}

function counts(cases: readonly Case[]): string {
  return `tests="${cases.length}" failures="${count(cases, 'failure')}" errors="${count(cases, 'error')}"`;
}

function count(cases: readonly Case[], outcome: Outcome): number {
  return cases.filter((one) => one.outcome === outcome).length;
}

/** Digits and a point, without an exponent. */
function time(seconds: number): string {
  return Math.max(0, seconds).toFixed(3);
}

function content(lines: readonly string[]): string {
  const text = lines.map((line) => printable(shorten(line, MOST_TEXT))).join('\n');
  return (
    legal(shorten(text, 2 * MOST_TEXT))
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      // Nor may a log take a line of it for a command.
      .replaceAll('##', '#&#35;')
      .replaceAll(/^(\s*):(?=:)/gm, '$1&#58;')
  );
}

function attribute(text: string): string {
  return content([text]).replaceAll('"', '&quot;').replaceAll('\t', '&#9;').replaceAll('\n', '&#10;');
}

/** What XML 1.0 cannot hold, and what would change what is seen, becomes U+FFFD. */
function legal(text: string): string {
  return text.replaceAll(
    /[^\t\n\u{20}-\u{7e}\u{85}\u{a0}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu,
    '\ufffd',
  );
}
