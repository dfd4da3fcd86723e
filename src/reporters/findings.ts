import { createHash } from 'node:crypto';
import { shorten } from '../base/text.ts';
import { utcText } from '../base/time/utc.ts';
import { isHeld } from '../engine/exit_code.ts';
import { hasFailed } from '../engine/failures.ts';
import { missingShards } from '../engine/merge_shards.ts';
import type { Change } from '../model/change.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { HostResult, HostStatus, RunResult } from '../model/result.ts';
import type { RuleRef, SubjectStatus } from '../model/status.ts';
import { moduleNamed } from '../modules/index.ts';
import { causeText } from '../report/causes.ts';
import { untoldRules } from '../report/unmatched.ts';
import { waiverWords } from '../report/waivers.ts';

/**
 * How formats count an outcome:
 * - error: something went wrong
 * - failure: it is not as declared, and check mode or a guard left it so
 * - skipped: it was not this run's to do
 * - passed: as declared, or made so
 */
export type Outcome = 'error' | 'failure' | 'skipped' | 'passed';

/** From worst to least. */
export const WEIGHTS = ['blocker', 'critical', 'major', 'minor', 'info'] as const;
export type Weight = (typeof WEIGHTS)[number];

export interface Verdict {
  readonly outcome: Outcome;
  readonly weight: Weight;
}

/** A line of a user's file. */
export interface FindingPlace {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

/** Something that a reader of a report ought to know of. */
export interface Finding extends Verdict {
  /** The status, the error's code, or `unmatched_rule`, `missing_domain`, `missing_shard`, `gone_vm`, `expired_waiver`,
   * `unused_waiver`, `warning`. */
  readonly code: string;
  /** '' for what is no host's. */
  readonly host: string;
  readonly change?: Change;
  /** One sentence without a final full stop, with text of hosts and users as it came. */
  readonly message: string;
  readonly place?: FindingPlace;
  /** The same in every run for the same thing: neither values nor lines are part of it. Hexadecimal. */
  readonly fingerprint: string;
}

const ERROR: Verdict = { outcome: 'error', weight: 'critical' };
const PASSED: Verdict = { outcome: 'passed', weight: 'info' };
const SKIPPED: Verdict = { outcome: 'skipped', weight: 'info' };

const SUBJECTS: Readonly<Record<SubjectStatus, Verdict>> = {
  inSync: PASSED,
  changed: PASSED,
  pending: { outcome: 'failure', weight: 'major' },
  refused: { outcome: 'failure', weight: 'blocker' },
  unsupported: ERROR,
  notFound: ERROR,
  ambiguous: ERROR,
  conflict: ERROR,
  busy: ERROR,
  stale: ERROR,
  locked: ERROR,
  failed: ERROR,
  unreachable: ERROR,
  notRunning: SKIPPED,
  skipped: SKIPPED,
  waived: SKIPPED,
  unmanaged: PASSED,
};

const HOSTS: Readonly<Record<HostStatus, Verdict>> = {
  ok: PASSED,
  changed: PASSED,
  failed: ERROR,
  unreachable: ERROR,
  refused: { outcome: 'failure', weight: 'blocker' },
  skipped: SKIPPED,
};

const SEVERITIES: Readonly<Record<Diagnostic['severity'], Verdict>> = {
  error: ERROR,
  warning: { outcome: 'passed', weight: 'minor' },
  note: PASSED,
};

/** What warns: an error where the run was told that every warning is one, as its exit status says. */
function warningIn({ strict, failOn = [] }: RunResult): Verdict {
  return strict === true || failOn.includes('warnings') ? ERROR : SEVERITIES.warning;
}

/** What an outcome counts as. What is ignored by its task, or left to a confirm, is told, and counts as passed. */
export function verdictOf(change: Pick<Change, 'status' | 'ignored' | 'held'>): Verdict {
  return change.ignored === true || isHeld(change) ? PASSED : SUBJECTS[change.status];
}

/** The same in its host, which fails for what does not run alone where somebody has set a limit for the running VM. */
export function verdictIn(host: HostResult, change: Change): Verdict {
  const mustRun = change.status === 'notRunning' && host.status === 'failed' && host.error === undefined;
  return mustRun && change.ignored !== true && !host.resources.some(hasFailed) ? ERROR : verdictOf(change);
}

/** The same of a host as a whole, whatever became of its subjects. */
export function hostVerdict({ status, ignored }: Pick<HostResult, 'status' | 'ignored'>): Verdict {
  return ignored === true ? PASSED : HOSTS[status];
}

/** All that did not pass, the worst first, and within a weight in the order of the hosts. */
export function findingsOf(result: RunResult): readonly Finding[] {
  const all = [
    ...result.hosts.flatMap(hostFindings),
    ...shardFindings(result),
    ...ruleFindings(result),
    ...warningFindings(result),
    ...baselineFindings(result),
    ...waiverFindings(result),
  ];
  return all
    .map((finding, index) => ({ finding, index }))
    .sort((a, b) => rank(a.finding) - rank(b.finding) || a.index - b.index)
    .map(({ finding }) => finding);
}

function rank({ weight }: Finding): number {
  return WEIGHTS.indexOf(weight);
}

function hostFindings(host: HostResult): readonly Finding[] {
  const own = hostVerdict(host);
  const as = (message: string): Finding => ({
    ...own,
    code: host.errorCode ?? host.status,
    host: host.name,
    message,
    fingerprint: fingerprintOf('host', host.name),
  });
  const whole =
    own.outcome === 'passed' || (host.error === undefined && host.resources.length > 0)
      ? []
      : [as(host.error ?? `the host was ${host.status}`)];
  return [...whole, ...host.resources.flatMap((change) => changeFindings(host, change))];
}

function changeFindings(host: HostResult, change: Change): readonly Finding[] {
  const verdict = verdictIn(host, change);
  // What is waived is told with least weight: most formats leave that out, and some say that it is accepted.
  const isWaived = change.status === 'waived';
  if (verdict.outcome === 'passed' || (verdict.outcome === 'skipped' && !isWaived)) return [];
  const rule = change.rules.at(-1);
  return [
    {
      ...verdict,
      code: change.status,
      host: host.name,
      change,
      message: messageOf(change),
      ...placeOf(rule),
      fingerprint: changeFingerprint(host.name, change),
    },
  ];
}

/** What became of a subject in a sentence of its module, or the reason why nothing did; and its cause. */
export function messageOf(change: Change): string {
  const { cause } = change;
  return cause === undefined ? effectOf(change) : `${effectOf(change)} (${causeText(cause)})`;
}

function effectOf(change: Change): string {
  const { reason, status, module } = change;
  if (status === 'waived') return `${moduleNamed(module).text.sentence(change)}; ${reason ?? status}`;
  if (reason !== undefined) return reason;
  if (status === 'pending' || status === 'changed') return moduleNamed(module).text.sentence(change);
  return status;
}

/** Identity of a subject over runs. */
export function changeFingerprint(host: string, { module, domain, subject }: Change): string {
  return fingerprintOf(module, host, domain.uuid, subject.kind, subject.key);
}

/** That what was written does not stay by itself; '' of most runs. */
export function confirmText({ confirm, shards }: RunResult): string {
  if (confirm === undefined) return '';
  return `What was written is given back unless it is confirmed before ${utcText(confirm.until)}${shards === undefined ? '' : ', the run of each shard'}.`;
}

export function confirmCommand({ id, shards }: RunResult): string {
  return `virtune confirm ${shards === undefined ? shorten(id, 100) : 'RUN'}`;
}

/** `web-01 nic 1`, as it came from the host. */
export function nameOf({ domain, subject }: Change): string {
  return `${domain.name} ${subject.label}`.trimEnd();
}

/** Who it is about and what, e.g. `hv01 web-01 nic 1: receives unlimited → 100 Mbit/s`. */
export function sentenceOf({ host, change, message }: Finding): string {
  const who = [host, change === undefined ? '' : nameOf(change)].filter((part) => part !== '').join(' ');
  return who === '' ? message : `${who}: ${message}`;
}

function shardFindings(result: RunResult): readonly Finding[] {
  const message = missingShards(result);
  if (message === '') return [];
  const code = 'missing_shard';
  return [{ ...ERROR, code, host: '', message, fingerprint: fingerprintOf(code) }];
}

function ruleFindings(result: RunResult): readonly Finding[] {
  const missing = result.missingDomains.map(
    ({ domain, rule }): Finding => ({
      ...(result.missingOk === true ? warningIn(result) : ERROR),
      code: 'missing_domain',
      host: '',
      message: `rule "${rule.name}" names the VM "${domain}", which no host has`,
      ...placeOf(rule),
      fingerprint: fingerprintOf('missing_domain', rule.file, rule.name, domain),
    }),
  );
  const unmatched = untoldRules(result).map(
    (rule): Finding => ({
      ...(rule.required ? ERROR : warningIn(result)),
      code: 'unmatched_rule',
      host: '',
      message: `rule "${rule.name}" names nothing on the hosts that were read`,
      ...placeOf(rule),
      fingerprint: fingerprintOf('unmatched_rule', rule.file, rule.name),
    }),
  );
  return [...missing, ...unmatched];
}

function warningFindings(result: RunResult): readonly Finding[] {
  const seen = new Map<string, number>();
  return result.warnings.map(({ severity, message, hint, place }) => {
    const identity = [severity, place?.file ?? '', message];
    const before = seen.get(identity.join('\n')) ?? 0;
    seen.set(identity.join('\n'), before + 1);
    return {
      ...(severity === 'warning' ? warningIn(result) : SEVERITIES[severity]),
      code: severity === 'error' ? 'invalid' : severity,
      host: '',
      message: hint === undefined ? message : `${message} (${hint})`,
      ...(place === undefined ? {} : { place }),
      // The same mistake on two lines is two findings.
      fingerprint: fingerprintOf(...identity, ...(before === 0 ? [] : [String(before)])),
    };
  });
}

/** What a comparison with an earlier run tells beside the causes of differences. */
function baselineFindings({ baseline, gone = [] }: RunResult): readonly Finding[] {
  const note = baseline?.note;
  const own: readonly Finding[] =
    note === undefined
      ? []
      : [{ ...PASSED, code: 'note', host: '', message: note, fingerprint: fingerprintOf('baseline') }];
  const vms = gone.map(({ kind, text, rule, host, uuid }): Finding => {
    const weight = kind === 'moved' ? 'info' : 'minor';
    const fingerprint = fingerprintOf('gone_vm', host, uuid);
    return {
      outcome: 'passed',
      weight,
      code: 'gone_vm',
      host: '',
      message: text,
      ...placeOf(rule),
      fingerprint,
    };
  });
  return [...own, ...vms];
}

/** Waivers that hold no more, and those that cover nothing. */
function waiverFindings(result: RunResult): readonly Finding[] {
  return (result.waivers ?? [])
    .filter(({ state }) => state === 'expired' || state === 'unused')
    .map((waiver): Finding => {
      const { state, owner, reason, file, line } = waiver;
      return {
        ...(state === 'expired' ? warningIn(result) : SEVERITIES.warning),
        code: `${state}_waiver`,
        host: '',
        message: waiverWords(waiver),
        place: { file, line },
        fingerprint: fingerprintOf('waiver', state, file, owner, reason),
      };
    });
}

function placeOf(rule: RuleRef | undefined): { readonly place?: FindingPlace } {
  return rule === undefined || rule.file === '' ? {} : { place: { file: rule.file, line: rule.line } };
}

function fingerprintOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
