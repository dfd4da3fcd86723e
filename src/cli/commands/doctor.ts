import { rename, writeFile } from 'node:fs/promises';
import { pid } from 'node:process';
import type { Command } from 'commander';
import pLimit from 'p-limit';
import { examineHost } from '../../doctor/examine.ts';
import type { Diagnosis, HostDiagnosis } from '../../doctor/finding.ts';
import { EXIT } from '../../engine/exit_code.ts';
import type { HostJob } from '../../engine/job.ts';
import { InputError } from '../../model/diagnostic.ts';
import { doctorJson } from '../../report/doctor_json.ts';
import { diagnosisLines, diagnosisSummary } from '../../report/doctor_text.ts';
import { paintFor } from '../../report/style.ts';
import { printDiagnostics } from '../diagnostics.ts';
import {
  addInventoryOptions,
  addLimitOption,
  addRunningOptions,
  type InventoryOptions,
  type RunningOptions,
} from '../options.ts';
import { inventorySources, prepare } from '../prepare.ts';
import { openReports, type ReportRequest } from '../reports.ts';
import { listenForSignals } from '../signals.ts';
import { madePlay } from './made_play.ts';

export function addDoctor(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('doctor')
    .description('what hosts need for runs and whether they have it, and how to mend it; changes nothing')
    .argument('[pattern]', 'hosts', 'all');
  addRunningOptions(addLimitOption(addInventoryOptions(command))).action(
    async (pattern: string, options: InventoryOptions & RunningOptions) => {
      exit(await doctor(pattern, options));
    },
  );
}

async function doctor(pattern: string, options: InventoryOptions & RunningOptions): Promise<number> {
  const reports = await openReports(options.report ?? []);
  const other = reports.find(({ format }) => format !== 'json');
  if (other !== undefined)
    throw usage(`doctor has no ${other.format} report`, 'it has its own JSON report: --report json[=FILE]');
  const loaded = { plays: [madePlay('doctor', pattern, [])], diagnostics: [] };
  const prepared = await prepare(loaded, await inventorySources(options), options);
  await printDiagnostics(prepared.warnings);
  const jobs = prepared.plays.flatMap((play) => play.batches.flat());
  // A report on standard output is all that it carries.
  const stream = reports.some(({ file }) => file === null) ? process.stderr : process.stdout;
  const paint = paintFor(stream);
  const diagnosis = await examineAll(jobs, options.forks, (host) =>
    stream.write(`${diagnosisLines(host, paint, options.verbose ?? false).join('\n')}\n`),
  );
  stream.write(`${diagnosisSummary(diagnosis, paint)}\n`);
  await writeDiagnosis(reports, doctorJson(diagnosis));
  return diagnosis.exitCode;
}

async function examineAll(
  jobs: readonly HostJob[],
  forks: number,
  show: (host: HostDiagnosis) => void,
): Promise<Diagnosis> {
  const startedAt = new Date().toISOString();
  const signals = listenForSignals((text) => process.stderr.write(`\n${text}\n`));
  const limit = pLimit(forks);
  try {
    const examined = await Promise.all(
      jobs.map((job) =>
        limit(async () => {
          if (signals.stopping.aborted) return [];
          const host = await examineHost(job, signals.abort);
          show(host);
          return [host];
        }),
      ),
    );
    const hosts = examined.flat();
    const exitCode = signals.stopping.aborted ? EXIT.interrupted : exitOf(hosts);
    return { startedAt, finishedAt: new Date().toISOString(), exitCode, hosts };
  } finally {
    signals.release();
  }
}

function exitOf(hosts: readonly HostDiagnosis[]): number {
  if (hosts.some(({ status }) => status === 'problem')) return EXIT.failed;
  return hosts.some(({ status }) => status === 'unreachable') ? EXIT.unreachable : EXIT.ok;
}

/** A file is whole or not there. */
async function writeDiagnosis(reports: readonly ReportRequest[], text: string): Promise<void> {
  for (const { file } of reports) {
    if (file === null) {
      process.stdout.write(text);
      continue;
    }
    const draft = `${file}.${pid}.tmp`;
    try {
      await writeFile(draft, text);
      await rename(draft, file);
    } catch (cause) {
      const words = cause instanceof Error ? cause.message : String(cause);
      throw usage(`the report ${file} could not be written: ${words}`, 'nothing was changed: run it again');
    }
  }
}

function usage(message: string, hint: string): InputError {
  return new InputError([{ severity: 'error', message, hint }]);
}
