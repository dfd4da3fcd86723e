import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { plural, printable } from '../../base/text.ts';
import { EXIT } from '../../engine/exit_code.ts';
import { type Begun, beginHost } from '../../engine/host.ts';
import { inputError } from '../../model/diagnostic.ts';
import { scanHosts } from '../../modules/nic_limits/scan.ts';
import { SCAN_MARK, scanYaml } from '../../report/scan_yaml.ts';
import {
  addInventoryOptions,
  addRunningOptions,
  type InventoryOptions,
  type RunningOptions,
} from '../options.ts';
import { openProject } from '../project.ts';
import { visitHosts } from '../visit_hosts.ts';
import { writeWhole } from '../whole_file.ts';
import { madePlay } from './made_play.ts';

interface ScanOptions extends InventoryOptions, RunningOptions {
  readonly output?: string;
}

export function addScan(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('scan')
    .description('write rules for the limits that hosts have today; running them at once changes nothing')
    .argument('[pattern]', 'hosts', 'all')
    .option('-o, --output <file>', 'where to write them (default: standard output)');
  addRunningOptions(addInventoryOptions(command)).action(async (pattern: string, options: ScanOptions) => {
    exit(await scan(pattern, options));
  });
}

async function scan(pattern: string, options: ScanOptions): Promise<number> {
  if (options.report !== undefined)
    throw inputError('scan has no reports', 'its rules are what it writes: -o FILE');
  if (options.output !== undefined) await checkOutput(options.output);
  const prepared = await openProject({ made: [madePlay('scan', pattern, [])] }, options);
  const jobs = prepared.plays.flatMap((play) => play.batches.flat());
  const { seen, interrupted } = await visitHosts(jobs, options.forks, async (job, signal, connector) => ({
    name: job.name,
    begun: await beginHost(job, {
      connector,
      check: true,
      signal,
      busyRetries: 0,
      absentRetries: 0,
      retryDelayMs: 0,
    }),
  }));
  if (interrupted) return EXIT.interrupted;
  const begun = seen.filter((one) => one !== null);
  const hosts = begun.flatMap(({ name, begun: one }) =>
    'planned' in one ? [{ name, facts: one.planned.facts }] : [],
  );
  const unread = begun.flatMap(({ name, begun: one }) => troubles(name, one));
  const found = scanHosts(hosts);
  const head = { pattern, hosts: hosts.map(({ name }) => name), unread, at: new Date().toISOString() };
  const file = options.output ?? null;
  await writeWhole(file, [scanYaml(found, head)], file ?? 'standard output', 'name another file with -o');
  for (const { name, error } of unread) process.stderr.write(`not read: ${printable(`${name}: ${error}`)}\n`);
  const left = found.left.length === 0 ? '' : `, ${found.left.length} left out (see the comments)`;
  process.stderr.write(`${plural(found.rules.length, 'rule')} from ${plural(hosts.length, 'host')}${left}\n`);
  return exitOf(
    begun.map((one) => one.begun),
    unread.length,
  );
}

function troubles(name: string, begun: Begun): { name: string; error: string }[] {
  if ('done' in begun) return [{ name, error: begun.done.error ?? 'it was not read' }];
  return begun.planned.facts.unreadable.map((vm) => ({
    name: `${name} ${vm.name || vm.uuid}`,
    error: vm.error,
  }));
}

function exitOf(begun: readonly Begun[], unread: number): number {
  const unreachable = begun.some((one) => 'done' in one && one.done.status === 'unreachable');
  const failed = begun.some((one) => 'done' in one && one.done.status !== 'unreachable');
  if (failed || (unread > 0 && !unreachable)) return EXIT.failed;
  return unreachable ? EXIT.unreachable : EXIT.ok;
}

/** A file that scan did not write is somebody's work. */
async function checkOutput(file: string): Promise<void> {
  const before = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return SCAN_MARK;
    throw inputError(`${file} cannot be written: ${error.code}`, 'name another file with -o');
  });
  if (!before.includes(SCAN_MARK))
    throw inputError(`${file} exists, and scan has not written it`, 'name another file with -o');
}
