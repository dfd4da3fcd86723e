import { readFile, rename, writeFile } from 'node:fs/promises';
import { pid } from 'node:process';
import type { Command } from 'commander';
import pLimit from 'p-limit';
import { plural, printable } from '../../base/text.ts';
import { EXIT } from '../../engine/exit_code.ts';
import { type Begun, beginHost } from '../../engine/host.ts';
import { InputError } from '../../model/diagnostic.ts';
import { scanHosts } from '../../modules/nic_limits/scan.ts';
import { SCAN_MARK, scanYaml } from '../../report/scan_yaml.ts';
import { printDiagnostics } from '../diagnostics.ts';
import {
  addInventoryOptions,
  addRunningOptions,
  type InventoryOptions,
  type RunningOptions,
} from '../options.ts';
import { inventorySources, prepare } from '../prepare.ts';
import { listenForSignals } from '../signals.ts';
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
    throw usage('scan has no reports', 'its rules are what it writes: -o FILE');
  if (options.output !== undefined) await checkOutput(options.output);
  const loaded = { plays: [madePlay('scan', pattern, [])], diagnostics: [] };
  const prepared = await prepare(loaded, await inventorySources(options), options);
  await printDiagnostics(prepared.warnings);
  const jobs = prepared.plays.flatMap((play) => play.batches.flat());
  const signals = listenForSignals((text) => process.stderr.write(`\n${text}\n`));
  const context = { check: true, signal: signals.abort, busyRetries: 0, busyDelayMs: 0 };
  const limit = pLimit(options.forks);
  const begun = await Promise.all(
    jobs.map((job) =>
      limit(async () => ({
        name: job.name,
        begun: signals.stopping.aborted ? null : await beginHost(job, context),
      })),
    ),
  ).finally(() => signals.release());
  if (signals.stopping.aborted) return EXIT.interrupted;
  const hosts = begun.flatMap(({ name, begun: one }) =>
    one !== null && 'planned' in one ? [{ name, facts: one.planned.facts }] : [],
  );
  const unread = begun.flatMap(({ name, begun: one }) => troubles(name, one));
  const found = scanHosts(hosts);
  const head = { pattern, hosts: hosts.map(({ name }) => name), unread, at: new Date().toISOString() };
  await write(scanYaml(found, head), options.output);
  for (const { name, error } of unread) process.stderr.write(`not read: ${printable(`${name}: ${error}`)}\n`);
  const left = found.left.length === 0 ? '' : `, ${found.left.length} left out (see the comments)`;
  process.stderr.write(`${plural(found.rules.length, 'rule')} from ${plural(hosts.length, 'host')}${left}\n`);
  return exitOf(
    begun.map((one) => one.begun),
    unread.length,
  );
}

function troubles(name: string, begun: Begun | null): { name: string; error: string }[] {
  if (begun === null) return [];
  if ('done' in begun) return [{ name, error: begun.done.error ?? 'it was not read' }];
  return begun.planned.facts.unreadable.map((vm) => ({
    name: `${name} ${vm.name || vm.uuid}`,
    error: vm.error,
  }));
}

function exitOf(begun: readonly (Begun | null)[], unread: number): number {
  const unreachable = begun.some((one) => one !== null && 'done' in one && one.done.status === 'unreachable');
  const failed = begun.some((one) => one !== null && 'done' in one && one.done.status !== 'unreachable');
  if (failed || (unread > 0 && !unreachable)) return EXIT.failed;
  return unreachable ? EXIT.unreachable : EXIT.ok;
}

/** A file that scan did not write is somebody's work. */
async function checkOutput(file: string): Promise<void> {
  const before = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return SCAN_MARK;
    throw usage(`${file} cannot be written: ${error.code}`, 'name another file with -o');
  });
  if (!before.includes(SCAN_MARK))
    throw usage(`${file} exists, and scan has not written it`, 'name another file with -o');
}

async function write(text: string, file: string | undefined): Promise<void> {
  if (file === undefined) {
    process.stdout.write(text);
    return;
  }
  const draft = `${file}.${pid}.tmp`;
  try {
    await writeFile(draft, text);
    await rename(draft, file);
  } catch (error) {
    throw usage(
      `${file} cannot be written: ${(error as NodeJS.ErrnoException).code}`,
      'name another file with -o',
    );
  }
}

function usage(message: string, hint: string): InputError {
  return new InputError([{ severity: 'error', message, hint }]);
}
