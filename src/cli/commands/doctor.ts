import type { Command } from 'commander';
import { madePlay, readingTasks } from '../../api/made_play.ts';
import { cloudFindings } from '../../doctor/cloud_findings.ts';
import { examineHost } from '../../doctor/examine.ts';
import { type Diagnosis, type HostDiagnosis, withFindings } from '../../doctor/finding.ts';
import { EXIT } from '../../engine/exit_code.ts';
import type { HostJob } from '../../engine/job.ts';
import { doctorJson } from '../../report/doctor_json.ts';
import { diagnosedHosts } from '../../report/doctor_result.ts';
import { diagnosisLines, diagnosisSummary, fleetLines, troubleLine } from '../../report/doctor_text.ts';
import { paintFor } from '../../report/style.ts';
import { addHelp, HOST_EXITS } from '../help.ts';
import {
  addConnectionOptions,
  addForksOption,
  addInventoryOptions,
  addLimitOption,
  addReportOption,
  addShardOption,
  type ForksOptions,
  type InventoryOptions,
  type RunningOptions,
  type ShardOptions,
} from '../options.ts';
import { exitAfterLoss, lostOutput } from '../output.ts';
import { ownResult } from '../own_result.ts';
import { openProject } from '../project.ts';
import { reportContext } from '../report_context.ts';
import { clearReports, openReportsOf, type ReportRequest, writeJson, writeReports } from '../reports.ts';
import { visitHosts } from '../visit_hosts.ts';

interface DoctorOptions extends InventoryOptions, RunningOptions, ForksOptions, ShardOptions {
  readonly check?: boolean;
}

export function addDoctor(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('doctor')
    .summary('what hosts need for runs, and the remedy for what is wrong')
    .description('Says what hosts need for runs and whether they have it, and the remedy. Changes nothing.')
    .argument('[pattern]', 'hosts', 'all')
    .option('-C, --check', 'judge runs with --check: hosts that allow reading only are in order')
    .option('-v, --verbose', 'notes on what is in order, too');
  addConnectionOptions(
    addInventoryOptions(
      addReportOption(addShardOption(addForksOption(addLimitOption(command))), FORMATS.join(', ')),
    ),
  ).action(async (pattern: string, options: DoctorOptions) => {
    exit(await doctor(pattern, options));
  });
  addHelp(command, {
    examples: [
      ['all hosts of the inventory', 'virtune doctor'],
      ['a host that is in no inventory yet', 'virtune doctor -i hv01.example.net, -u root'],
    ],
    exits: { 0: 'nothing is in the way', ...HOST_EXITS, 3: 'a host has a problem' },
    page: 'doctor.md',
  });
}

async function doctor(pattern: string, options: DoctorOptions): Promise<number> {
  const reports = await openReportsOf('doctor', FORMATS, options.report);
  const prepared = await openProject(
    { made: [madePlay('doctor', pattern, readingTasks())] },
    { ...options, unguarded: true },
  );
  await clearReports(reports);
  const jobs = prepared.plays.flatMap((play) => play.batches.flat());
  // A report on standard output is all that it carries.
  const stream = reports.some(({ file }) => file === null) ? process.stderr : process.stdout;
  const paint = paintFor(stream);
  const say = (text: string) => new Promise<void>((done) => void stream.write(`${text}\n`, () => done()));
  const verbose = options.verbose ?? false;
  const together = jobs.length > FEW && !verbose;
  const inTurn = shownInTurn(jobs, (host) =>
    say(diagnosisLines(host, paint, verbose, stream.columns).join('\n')),
  );
  const cloudOf = ({ name }: HostJob) =>
    prepared.plays
      .flatMap(({ play }) => prepared.layersOf(name, play))
      .findLast(({ vars }) => Object.hasOwn(vars, 'openstack'))?.vars.openstack;
  const diagnosis = await examineAll(jobs, options, together ? sayTrouble : inTurn, cloudOf);
  if (together) await say(fleetLines(diagnosis.hosts, paint, stream.columns).join('\n'));
  await say(diagnosisSummary(diagnosis, paint));
  const exitCode = exitAfterLoss(diagnosis.exitCode, await lostOutput());
  await writeDiagnosis(reports, { ...diagnosis, exitCode });
  return exitCode;
}

/** JSON is doctor's own; the others tell what was found as a run's results. */
const FORMATS = ['json', 'junit', 'markdown', 'html'];

async function writeDiagnosis(reports: readonly ReportRequest[], diagnosis: Diagnosis): Promise<void> {
  const isOwn = ({ format }: ReportRequest): boolean => format === 'json';
  await writeJson(reports.filter(isOwn), doctorJson(diagnosis));
  const { startedAt, finishedAt, exitCode } = diagnosis;
  const hosts = diagnosedHosts(diagnosis);
  await writeReports(
    reports.filter((one) => !isOwn(one)),
    ownResult({ command: 'virtune doctor', startedAt, finishedAt, exitCode, hosts }),
    reportContext(),
  );
}

/** So many hosts are told one by one; of more, those with the same problems are told together. */
const FEW = 5;

/** Shows hosts in the order of the inventory, each as soon as those before it are shown. */
function shownInTurn(
  jobs: readonly HostJob[],
  show: (host: HostDiagnosis) => Promise<void>,
): (host: HostDiagnosis, job: HostJob) => Promise<void> {
  const waiting = new Map<HostJob | undefined, HostDiagnosis>();
  let next = 0;
  return async (host, job) => {
    waiting.set(job, host);
    for (let due = waiting.get(jobs[next]); due !== undefined; due = waiting.get(jobs[next])) {
      next++;
      await show(due);
    }
  };
}

/** What is in the way is told at once where all is told at the end. */
async function sayTrouble(host: HostDiagnosis): Promise<void> {
  const trouble = troubleLine(host, paintFor(process.stderr));
  if (trouble !== '')
    await new Promise<void>((done) => void process.stderr.write(`${trouble}\n`, () => done()));
}

async function examineAll(
  jobs: readonly HostJob[],
  { forks, check }: DoctorOptions,
  show: (host: HostDiagnosis, job: HostJob) => Promise<void>,
  cloudOf: (job: HostJob) => unknown,
): Promise<Diagnosis> {
  const startedAt = new Date().toISOString();
  const { seen, interrupted } = await visitHosts(jobs, forks, async (job, signal, connector) => {
    const host = withFindings(await examineHost(connector, job, signal, check), cloudFindings(cloudOf(job)));
    // Whether anybody is there still is known before the next host begins.
    await show(host, job);
    return host;
  });
  const hosts = seen.filter((host) => host !== null);
  const exitCode = interrupted ? EXIT.interrupted : exitOf(hosts);
  return { startedAt, finishedAt: new Date().toISOString(), exitCode, hosts };
}

function exitOf(hosts: readonly HostDiagnosis[]): number {
  if (hosts.some(({ status }) => status === 'problem')) return EXIT.failed;
  return hosts.some(({ status }) => status === 'unreachable') ? EXIT.unreachable : EXIT.ok;
}
