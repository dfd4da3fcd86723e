import { randomBytes } from 'node:crypto';
import { shellQuote } from '../base/quote.ts';
import { printable } from '../base/text.ts';
import { newConnector } from '../connection/connector.ts';
import { driftFrom } from '../engine/drift.ts';
import { exitCode, type Strictness } from '../engine/exit_code.ts';
import { together } from '../engine/observer.ts';
import type { Confirm, MaxFailures } from '../engine/rollout.ts';
import { runPlays } from '../engine/run.ts';
import { type GateInputs, gatesOf } from '../gates/index.ts';
import type { HostResult, RunResult } from '../model/result.ts';
import { terminalView } from '../report/terminal.ts';
import { hostLines } from '../report/text.ts';
import type { TerminalOptions } from '../report/view.ts';
import { REPORTERS } from '../reporters/index.ts';
import type { RunHead } from '../reporters/reporter.ts';
import { eventReports } from './event_reports.ts';
import { foldsFor } from './folds.ts';
import { localUser } from './local_user.ts';
import { maskArguments } from './mask.ts';
import { type Notifying, notifyAll } from './notify.ts';
import { exitAfterLoss, type Loss, lostOutput } from './output.ts';
import { reportContext } from './report_context.ts';
import { clearReports, type ReportRequest, writeReports } from './reports.ts';
import type { ShardedProject } from './shard.ts';
import { listenForSignals, type Signals } from './signals.ts';

export interface Execution {
  readonly prepared: ShardedProject;
  /** Show the changes of a run, or a table of what there is. */
  readonly view: 'changes' | 'table';
  readonly check: boolean;
  readonly diff: boolean;
  readonly verbose: boolean;
  /** List what no rule names too. */
  readonly listAll: boolean;
  /** Set what is in force in running VMs anew. */
  readonly rewrite: boolean;
  readonly forks: number;
  readonly maxFailures?: MaxFailures | undefined;
  readonly confirm?: Confirm | undefined;
  readonly reports: readonly ReportRequest[];
  /** Whom to tell how the run ended. */
  readonly notify?: Notifying;
  readonly playbooks: readonly string[];
  /** What options have given for gates. */
  readonly gates?: GateInputs;
  readonly strictness?: Strictness;
  /** An earlier result, by which differences are told why they are there. */
  readonly baseline?: RunResult | undefined;
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

/** As the inventory has them, whatever the order in which plays took them, so that two runs can be compared. */
function inOrder(results: readonly HostResult[], names: readonly string[]): readonly HostResult[] {
  const places = new Map(names.map((name, index) => [name, index]));
  return results.toSorted((a, b) => (places.get(a.name) ?? 0) - (places.get(b.name) ?? 0));
}

/** What is known of a run when it begins. Its id is unique and sorts by time. */
function headOf({ check, playbooks, prepared }: Execution, startedAt: Date): RunHead {
  const at = startedAt.toISOString();
  return {
    id: `${at.replaceAll(/[-:.]/g, '')}-${randomBytes(4).toString('hex')}`,
    startedAt: at,
    mode: check ? 'check' : 'apply',
    playbooks,
    inventory: prepared.inventory,
    user: localUser(),
    command: maskArguments(process.argv.slice(1))
      .map(shellQuote)
      .join(' ')
      .replace(/^\S*(?:main\.[jt]s|\/virtune)(?= |$)/, 'virtune'),
  };
}

/** While the reports are written. Whoever cannot be told is a warning. */
async function tellOthers(notify: Notifying | undefined, result: RunResult, signals: Signals): Promise<void> {
  if (notify === undefined) return;
  // Of a run that was interrupted others are told, too; a further signal ends that.
  const giveUp = signals.stopping.aborted ? signals.abort : signals.stopping;
  for (const problem of await notifyAll(notify, result, process.env, giveUp))
    process.stderr.write(`warning: ${printable(problem)}\n`);
}

/** Runs what was compiled, shows it, writes the reports. @returns the run's result; its exitCode is the process's */
export async function execute(execution: Execution): Promise<RunResult> {
  const { check, diff, verbose, prepared, reports } = execution;
  const { plays, warnings } = prepared;
  await clearReports(reports);
  // A report on standard output is all that it carries: the view goes to where people look otherwise.
  const stream = reports.some(({ file }) => file === null) ? process.stderr : process.stdout;
  const startedAt = new Date();
  const view = await terminalView({
    stream,
    ofChanges: execution.view === 'changes',
    hostLines: await hostText(execution),
    check,
    diff,
    verbose,
    folds: foldsFor(stream, process.env),
    plays: plays.map(({ play, batches }) => ({ name: play.name, hosts: batches.flat().length })),
  });
  const head = headOf(execution, startedAt);
  const events = eventReports(reports, head);
  const signals = listenForSignals((text) => view.say(text));
  const connector = newConnector();
  const drift = execution.baseline === undefined ? null : driftFrom(execution.baseline);
  const heard = together([view, ...events]);
  try {
    const outcome = await runPlays(
      connector,
      plays,
      {
        check,
        forks: execution.forks,
        maxFailures: execution.maxFailures,
        confirm: execution.confirm,
        listAll: execution.listAll,
        rewrite: execution.rewrite,
        mustRun: execution.mustRun ?? false,
        gates: gatesOf(execution.gates ?? {}),
        // Only a report that is written at the end needs more of it than what the view has shown.
        countUnchanged:
          drift === null && reports.every(({ format }) => REPORTERS[format]?.events !== undefined),
      },
      { stopping: signals.stopping, abort: signals.abort },
      drift === null ? heard : { ...heard, hostDone: (host) => heard.hostDone?.(drift.explain(host)) },
    );
    const ordered = inOrder(outcome.hosts, prepared.hosts);
    const hosts = drift === null ? ordered : drift.withGone(ordered.map(drift.explain));
    const places = new Map(prepared.hosts.map((name, index) => [name, index]));
    const { shard } = prepared;
    const result: RunResult = {
      ...head,
      finishedAt: new Date().toISOString(),
      exitCode: exitCode({ ...outcome, warnings }, signals.stopping.aborted, execution.strictness),
      hosts,
      unmatchedRules: outcome.unmatchedRules,
      missingDomains: outcome.missingDomains,
      missingOk: execution.strictness?.missingOk ?? false,
      strict: execution.strictness?.strict ?? false,
      ...(execution.strictness?.failOn === undefined ? {} : { failOn: execution.strictness.failOn }),
      ...(execution.baseline === undefined ? {} : { baseline: execution.baseline.id }),
      ...(shard === undefined
        ? {}
        : {
            shard: {
              ...shard,
              places: hosts.map(({ name }) => places.get(name) ?? 0),
              evidence: outcome.evidence,
            },
          }),
      warnings,
    };
    await view.end(execution.saysMissing ? { ...result, unmatchedRules: [], missingDomains: [] } : result);
    const lost = await lostOutput();
    for (const loss of lost) if (loss.stream !== stream) stream.write(`warning: ${loss.text}\n`);
    const final = withLosses(result, lost);
    const problems = (await Promise.all(events.map((one) => one.end(final)))).flat();
    const told = tellOthers(execution.notify, final, signals);
    try {
      await writeReports(reports, final, reportContext(), problems);
    } finally {
      await told;
    }
    return result;
  } finally {
    connector.close();
    signals.release();
  }
}
