import type { Command } from 'commander';
import { examineHost } from '../../doctor/examine.ts';
import type { Diagnosis, HostDiagnosis } from '../../doctor/finding.ts';
import { EXIT } from '../../engine/exit_code.ts';
import type { HostJob } from '../../engine/job.ts';
import { doctorJson } from '../../report/doctor_json.ts';
import { diagnosisLines, diagnosisSummary } from '../../report/doctor_text.ts';
import { paintFor } from '../../report/style.ts';
import {
  addInventoryOptions,
  addLimitOption,
  addRunningOptions,
  type InventoryOptions,
  type RunningOptions,
} from '../options.ts';
import { exitAfterLoss, lostOutput } from '../output.ts';
import { openProject } from '../project.ts';
import { openJsonReports, writeJson } from '../reports.ts';
import { visitHosts } from '../visit_hosts.ts';
import { madePlay, readingTasks } from './made_play.ts';

interface DoctorOptions extends InventoryOptions, RunningOptions {
  readonly check?: boolean;
}

export function addDoctor(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('doctor')
    .description('what hosts need for runs and whether they have it, and the remedy; changes nothing')
    .argument('[pattern]', 'hosts', 'all');
  addRunningOptions(addLimitOption(addInventoryOptions(command)), 'json')
    .option('-C, --check', 'judge runs with --check: hosts that allow reading only are in order')
    .action(async (pattern: string, options: DoctorOptions) => {
      exit(await doctor(pattern, options));
    });
}

async function doctor(pattern: string, options: DoctorOptions): Promise<number> {
  const reports = await openJsonReports('doctor', options.report);
  const prepared = await openProject({ made: [madePlay('doctor', pattern, readingTasks())] }, options);
  const jobs = prepared.plays.flatMap((play) => play.batches.flat());
  // A report on standard output is all that it carries.
  const stream = reports.some(({ file }) => file === null) ? process.stderr : process.stdout;
  const paint = paintFor(stream);
  const say = (text: string) => new Promise<void>((done) => void stream.write(`${text}\n`, () => done()));
  const diagnosis = await examineAll(jobs, options, (host) =>
    say(diagnosisLines(host, paint, options.verbose ?? false).join('\n')),
  );
  await say(diagnosisSummary(diagnosis, paint));
  const exitCode = exitAfterLoss(diagnosis.exitCode, await lostOutput());
  await writeJson(reports, doctorJson({ ...diagnosis, exitCode }));
  return exitCode;
}

async function examineAll(
  jobs: readonly HostJob[],
  { forks, check }: DoctorOptions,
  show: (host: HostDiagnosis) => Promise<void>,
): Promise<Diagnosis> {
  const startedAt = new Date().toISOString();
  const { seen, interrupted } = await visitHosts(jobs, forks, async (job, signal, connector) => {
    const host = await examineHost(connector, job, signal, check);
    // Whether anybody is there still is known before the next host begins.
    await show(host);
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
