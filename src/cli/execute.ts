import { localUser } from '../api/local_user.ts';
import type { OpenedProject } from '../api/open.ts';
import { plan, run } from '../api/run.ts';
import { printable } from '../base/text.ts';
import { askSecret as askPerson } from '../connection/keys/ask_person.ts';
import type { Drift } from '../engine/drift/index.ts';
import type { Strictness } from '../engine/exit_code.ts';
import { EXIT } from '../engine/exit_code.ts';
import { harmless, together } from '../engine/observer.ts';
import type { Confirm, MaxFailures } from '../engine/rollout.ts';
import type { GateInputs } from '../gates/index.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { RunResult } from '../model/result.ts';
import { terminalView } from '../report/terminal.ts';
import { hostLines } from '../report/text.ts';
import type { TerminalOptions } from '../report/view.ts';
import { REPORTERS } from '../reporters/index.ts';
import { confirmText } from './confirm_option.ts';
import { eventReports } from './event_reports.ts';
import { foldsFor } from './folds.ts';
import { commandLine, maskArguments } from './mask.ts';
import { type Notifying, notifyAll } from './notify.ts';
import { exitAfterLoss, type Loss, lostOutput } from './output.ts';
import { guardOf, type PolicyOptions } from './policy.ts';
import { type Recording, readyRecord } from './record.ts';
import { reportContext } from './report_context.ts';
import { clearReports, type ReportRequest, toldDefect, writeReports } from './reports.ts';
import { listenForSignals, type Signals } from './signals.ts';

export interface Execution {
  readonly prepared: OpenedProject;
  /** Show the changes of a run, or a table of what there is. */
  readonly view: 'changes' | 'table';
  readonly check: boolean;
  /** The file in which a check is saved, to be applied. */
  readonly plan?: string;
  readonly diff: boolean;
  readonly verbose: boolean;
  /** List what no rule names too. */
  readonly listAll: boolean;
  /** Set what is in force in running VMs anew. */
  readonly rewrite: boolean;
  /** The result is to have everything, whatever reports need of it. */
  readonly whole?: boolean;
  /** Look at what the kernel does, whatever the tasks say. */
  readonly kernel?: boolean;
  /** Seconds to wait for another writer of a host; where absent, the default. */
  readonly lockWait?: number;
  /** Seconds; what is written is given back unless somebody confirms it. */
  readonly confirmWithin?: number | undefined;
  readonly forks: number;
  readonly maxFailures?: MaxFailures | undefined;
  readonly confirm?: Confirm | undefined;
  readonly reports: readonly ReportRequest[];
  /** Whom to tell how the run ended. */
  readonly notify?: Notifying;
  /** Keep a record of what is written; a check writes nothing, and leaves none. */
  readonly recording?: Recording;
  /** What options say of a policy, where one is in force. */
  readonly policy?: PolicyOptions;
  /** What options have given for other gates. */
  readonly gates?: Omit<GateInputs, 'policy'>;
  readonly strictness?: Strictness;
  /** Says of differences why they are there. */
  readonly drift?: Drift | undefined;
  /** What does not run fails the run, where its limits are for the running VM only. */
  readonly mustRun?: boolean;
  /** The command itself says what its rules do not name. */
  readonly saysMissing?: boolean;
}

/** Where nothing more can be said to people, the report says it. */
function withLosses(result: RunResult, lost: readonly Loss[]): RunResult {
  const warnings = lost.map(({ text }) => ({ severity: 'warning' as const, message: text }));
  return {
    ...result,
    exitCode: exitAfterLoss(result.exitCode, lost),
    warnings: [...result.warnings, ...warnings],
  };
}

/** Each host by itself where that is what somebody wants to see. */
async function hostText({ view, diff, verbose }: Execution): Promise<TerminalOptions['hostLines']> {
  if (view === 'table') return (await import('../report/table.ts')).hostTable;
  return diff || verbose ? hostLines : undefined;
}

/** Of what is not there the command tells, and there is nothing else to tell where nothing went wrong. */
function toldByView({ saysMissing = false }: Execution, result: RunResult): RunResult | null {
  if (!saysMissing || result.unmatchedRules.length === 0) return result;
  if (result.hosts.every(({ status }) => status === 'ok')) return null;
  return { ...result, unmatchedRules: [], missingDomains: [] };
}

/** How to go on with hosts whose turn did not come. */
function resumeText(what: Recording['what'] | undefined, { id, hosts }: RunResult): string {
  if (what !== 'run' || !hosts.some(({ status }) => status === 'skipped')) return '';
  return `\nTo go on with the hosts that are left: the same command with --resume ${id}\n`;
}

/** While the reports are written. Whoever cannot be told is a warning. */
async function tellOthers(notify: Notifying | undefined, result: RunResult, signals: Signals): Promise<void> {
  if (notify === undefined) return;
  // Of a run that was interrupted others are told, too; a further signal ends that.
  const giveUp = signals.stopping.aborted ? signals.abort : signals.stopping;
  const failed = await notifyAll(notify, result, process.env, giveUp).catch((cause: unknown) => [
    toldDefect('--notify', cause).message,
  ]);
  for (const problem of failed) process.stderr.write(`warning: ${printable(problem)}\n`);
}

/** Whether a check goes into a plan: not where the input was wrong, or somebody has ended it. */
export function hasPlan({ exitCode }: RunResult): boolean {
  return exitCode !== EXIT.input && exitCode !== EXIT.interrupted;
}

/** Runs what was compiled, shows it, writes the reports. @returns the run's result; its exitCode is the process's */
export async function execute(execution: Execution): Promise<RunResult> {
  const { check, diff, verbose, prepared, reports, recording } = execution;
  const guard = await guardOf(prepared.policy, execution.policy);
  const recorded =
    check || recording === undefined
      ? null
      : await readyRecord({ ...recording, tokens: guard.identities.filter(({ kind }) => kind !== 'user') });
  await clearReports(reports);
  // A report on standard output is all that it carries: the view goes to where people look otherwise.
  const stream = reports.some(({ file }) => file === null) ? process.stderr : process.stdout;
  const view = await terminalView({
    stream,
    ofChanges: execution.view === 'changes',
    hostLines: await hostText(execution),
    check,
    plan: execution.plan,
    saves: execution.plan !== undefined,
    diff,
    verbose,
    folds: foldsFor(stream, process.env),
    plays: prepared.plays.map(({ play, batches }) => ({ name: play.name, hosts: batches.flat().length })),
  });
  const events = eventReports(reports);
  const seen = recorded?.seeing(execution.confirmWithin !== undefined) ?? null;
  const signals = listenForSignals((text) => view.say(text));
  const problems: Diagnostic[] = [];
  const defect = (cause: unknown): void => {
    if (problems.length === 0) problems.push(toldDefect('the view', cause));
  };
  try {
    const result = await (check ? plan : run)(prepared, {
      forks: execution.forks,
      all: execution.listAll,
      rewrite: execution.rewrite,
      verify: execution.kernel ? 'kernel' : undefined,
      mustRun: execution.mustRun,
      gates: execution.gates,
      guard,
      drift: execution.drift,
      lockWait: execution.lockWait,
      confirmWithin: execution.confirmWithin,
      maxFailures: execution.maxFailures,
      confirm: execution.confirm,
      ...execution.strictness,
      // Only a report that is written at the end needs more of it than what the view has shown.
      countUnchanged:
        execution.whole !== true && reports.every(({ format }) => REPORTERS[format]?.events !== undefined),
      // A later run tells causes by the JSON report, or by what the record keeps of this one.
      evidence: seen !== null || reports.some(({ format }) => format === 'json'),
      signal: signals.stopping,
      abort: signals.abort,
      on: together([harmless(view, defect), ...events, ...(seen === null ? [] : [harmless(seen, defect)])]),
      ask: askPerson,
      record: recorded?.begin,
      user: localUser(process.env),
      command: commandLine(maskArguments(process.argv.slice(1))),
    });
    // What comes up in the middle of a run, nobody has been told yet.
    for (const { message } of result.warnings.slice(prepared.warnings.length))
      process.stderr.write(`${printable(`error: ${message}`)}\n`);
    await view.end(toldByView(execution, result)).catch(defect);
    if (recorded !== null)
      stream.write(resumeText(recording?.what, result) + confirmText(result, new Date(), stream.columns));
    const unseen = (await seen?.end()) ?? '';
    if (unseen !== '') process.stderr.write(`${printable(`warning: ${unseen}`)}\n`);
    const lost = await lostOutput();
    for (const loss of lost) if (loss.stream !== stream) stream.write(`warning: ${loss.text}\n`);
    const final = withLosses(result, lost);
    problems.push(...(await Promise.all(events.map((one) => one.end(final)))).flat());
    const told = tellOthers(execution.notify, final, signals);
    try {
      await writeReports(
        reports,
        final,
        reportContext(hasPlan(final) ? execution.plan : undefined),
        problems,
      );
    } finally {
      await told;
    }
    return result;
  } finally {
    await seen?.end();
    signals.release();
  }
}
