import type { Command } from 'commander';
import { plural, printable } from '../../base/text.ts';
import { utcText } from '../../base/time/utc.ts';
import { EXIT } from '../../engine/exit_code.ts';
import { mergeShards, missingShards, type ShardReport } from '../../engine/merge_shards.ts';
import { inputError } from '../../model/diagnostic.ts';
import type { RunResult } from '../../model/result.ts';
import { writeParts } from '../../report/parts.ts';
import { hostLines } from '../../report/text.ts';
import { ending, modeWords } from '../../report/view.ts';
import { addBaselineOption, type BaselineOptions, readBaseline } from '../baseline.ts';
import { foldsFor } from '../folds.ts';
import { addHelp } from '../help.ts';
import { addReportOption } from '../options.ts';
import { isPlan } from '../read_plan.ts';
import { keepFromWriting, readReport } from '../read_report.ts';
import { addStateOption } from '../record.ts';
import { reportContext } from '../report_context.ts';
import { openReports, writeReports } from '../reports.ts';

interface ReportOptions extends BaselineOptions {
  readonly diff?: boolean;
  readonly verbose?: boolean;
}

export function addReport(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('report')
    .summary("show a run's JSON report again, or write it in other formats")
    .description(
      'Reads the JSON report of a run, and shows what the run has shown, or writes any other format. With merge it makes one of the reports of all shards, whose exit status is that of a run. Contacts no host.',
    )
    .argument(
      '<file...>',
      'a report that --report json=FILE has written, or a saved plan; or merge, and those of all shards',
    )
    .option('-D, --diff', 'show the differences in full, with the commands')
    .option('-v, --verbose', 'host by host, with what is in sync and the rules that decided');
  addStateOption(addBaselineOption(addReportOption(command))).action(
    async (files: readonly string[], options: ReportOptions) => {
      exit(await report(files, options));
    },
  );
  addHelp(command, {
    examples: [
      ['what the run found, host by host', 'virtune report report.json --diff'],
      [
        'one report and one exit status of all shards',
        'virtune report merge shard-*.json --report json=all.json',
      ],
      ['a page, and a file for the merge request', 'virtune report report.json --report html=report.html'],
    ],
    exits: {
      0: 'it is shown or written, whatever the run found',
      1: 'wrong input or usage; merge: a shard is missing, or what 1 is for run',
      2: 'and others, of merge: as for run, of all shards together',
    },
    page: 'report.md',
  });
}

/** The word before the reports of shards. */
const MERGE = 'merge';

async function report([first = '', ...more]: readonly string[], options: ReportOptions): Promise<number> {
  const isMerge = first === MERGE;
  if (!isMerge && more.length > 0)
    throw inputError('one report is shown at a time', `of shards, virtune report ${MERGE} makes one`);
  const files = isMerge ? more : [first];
  keepFromWriting(files, options.report);
  const read: ShardReport[] = [];
  for (const file of files) read.push({ file, result: await readReport(file) });
  const plan = !isMerge && (await isPlan(first)) ? first : undefined;
  const told = isMerge ? mergeShards(read) : read[0]?.result;
  if (told === undefined) throw inputError('no report is named');
  const baseline = await readBaseline(options, told.startedAt);
  const result = baseline?.(null).explained(told) ?? told;
  const reports = await openReports(options.report);
  if (isMerge && reports.every(({ file }) => file !== null)) showResult(result, plan, options);
  else if (reports.length === 0) showResult(result, plan, options);
  const lost = missingShards(result);
  if (isMerge && lost !== '' && reports.some(({ file }) => file === null))
    process.stderr.write(`error: ${lost}\n`);
  await writeReports(reports, result, reportContext(plan), [], 'write');
  return isMerge ? result.exitCode : EXIT.ok;
}

/** `RUN limits.yml: 3 hosts, check mode, begun 2026-11-26 02:00:00 UTC` */
function runTitle({ playbooks, hosts, mode, startedAt }: RunResult, plan: string | undefined): string {
  const what = ['RUN', ...(playbooks.length === 0 ? [] : [playbooks.join(', ')])].join(' ');
  const parts = [
    plural(hosts.length, 'host'),
    ...modeWords(mode === 'check', plan),
    `begun ${utcText(startedAt)}`,
  ];
  return printable(`${what}: ${parts.join(', ')}`);
}

/** The view of a run that is over. @param plan the file of the saved plan that it is of */
function showResult(
  result: RunResult,
  plan: string | undefined,
  { diff = false, verbose = false }: ReportOptions,
): void {
  const end = ending({
    stream: process.stdout,
    ofChanges: true,
    hostLines: diff || verbose ? hostLines : undefined,
    check: result.mode === 'check',
    plan,
    diff,
    verbose,
    plays: [],
  });
  end.playStarted();
  for (const host of result.hosts) end.hostDone(host);
  const write = (text: string) => void process.stdout.write(text);
  write(`${runTitle(result, plan)}\n\n`);
  writeParts(end.parts(result), write, foldsFor(process.stdout, process.env));
}
