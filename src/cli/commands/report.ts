import type { Command } from 'commander';
import type { RunResult } from '../../model/result.ts';
import { writeParts } from '../../report/parts.ts';
import { hostLines } from '../../report/text.ts';
import { ending } from '../../report/view.ts';
import { foldsFor } from '../folds.ts';
import { addHelp } from '../help.ts';
import { addReportOption } from '../options.ts';
import { keepFromWriting, readReport } from '../read_report.ts';
import { reportContext } from '../report_context.ts';
import { openReports, writeReports } from '../reports.ts';

interface ReportOptions {
  readonly report?: readonly string[];
  readonly diff?: boolean;
  readonly verbose?: boolean;
}

export function addReport(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('report')
    .summary("show a run's JSON report again, or write it in other formats")
    .description(
      'Reads the JSON report of a run, and shows what the run has shown, or writes any other format. Contacts no host.',
    )
    .argument('<file>', 'a report that --report json=FILE has written')
    .option('-D, --diff', 'show the differences in full, with the commands')
    .option('-v, --verbose', 'host by host, with what is in sync and the rules that decided');
  addReportOption(command).action(async (file: string, options: ReportOptions) => {
    await report(file, options);
    exit(0);
  });
  addHelp(command, {
    examples: [
      ['what the run found, host by host', 'virtune report report.json --diff'],
      ['a page, and a file for the merge request', 'virtune report report.json --report html=report.html'],
    ],
    exits: { 0: 'it is shown or written, whatever the run found', 1: 'wrong input or usage' },
    page: 'report.md',
  });
}

async function report(file: string, options: ReportOptions): Promise<void> {
  keepFromWriting([file], options.report);
  const result = await readReport(file);
  const reports = await openReports(options.report);
  if (reports.length === 0) showResult(result, options);
  await writeReports(reports, result, reportContext(), [], 'write');
}

/** The view of a run that is over. */
export function showResult(result: RunResult, { diff = false, verbose = false }: ReportOptions): void {
  const end = ending({
    stream: process.stdout,
    ofChanges: true,
    hostLines: diff || verbose ? hostLines : undefined,
    check: result.mode === 'check',
    diff,
    verbose,
    plays: [],
  });
  end.playStarted();
  for (const host of result.hosts) end.hostDone(host);
  const write = (text: string) => void process.stdout.write(text);
  writeParts(end.parts(result), write, foldsFor(process.stdout, process.env));
}
