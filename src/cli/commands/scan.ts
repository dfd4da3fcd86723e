import type { Command } from 'commander';
import { KINDS, madePlay, readingTasks } from '../../api/made_play.ts';
import { plural, printable } from '../../base/text.ts';
import { EXIT } from '../../engine/exit_code.ts';
import type { ReadOutcome } from '../../engine/visit.ts';
import { leadOf } from '../../engine/visits.ts';
import { MODULES } from '../../modules/index.ts';
import { scanHosts } from '../../scan/scan.ts';
import { scanYaml } from '../../scan/yaml.ts';
import { addForceOption, type ForceOptions, refuseToReplace } from '../force_option.ts';
import { addHelp, HOST_EXITS } from '../help.ts';
import {
  addConnectionOptions,
  addForksOption,
  addInventoryOptions,
  addShardOption,
  type ForksOptions,
  type InventoryOptions,
  type RunningOptions,
  type ShardOptions,
} from '../options.ts';
import { openProject } from '../project.ts';
import { readHosts } from '../read_hosts.ts';
import { checkWay, ownStream, writeWhole } from '../whole_file.ts';
import { kindOption } from './kind_option.ts';

interface ScanOptions extends InventoryOptions, RunningOptions, ForksOptions, ShardOptions, ForceOptions {
  readonly output?: string;
  readonly kind?: readonly string[];
}

export function addScan(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('scan')
    .summary('write rules for the limits that hosts have today')
    .description('Writes rules for the limits that hosts have today. Running them at once changes nothing.')
    .argument('[pattern]', 'hosts', 'all')
    .option('-o, --output <file>', 'where to write them (default: standard output)')
    .addOption(kindOption());
  addConnectionOptions(addInventoryOptions(addShardOption(addForksOption(addForceOption(command))))).action(
    async (pattern: string, options: ScanOptions) => {
      exit(await scan(pattern, options));
    },
  );
  addHelp(command, {
    examples: [
      ['everything that is limited, to a file', 'virtune scan -o before.yml'],
      ['one kind of limits, of one group of hosts', `virtune scan compute --kind ${KINDS[0]}`],
    ],
    exits: { 0: 'the rules are written', ...HOST_EXITS },
    page: 'commands.md',
  });
}

async function scan(pattern: string, options: ScanOptions): Promise<number> {
  const tasks = readingTasks(options.kind);
  const { output = null } = options;
  const file = output === null || (await ownStream(output)) !== null ? null : output;
  if (file !== null) {
    await checkWay(file, file);
    await refuseToReplace(file, options);
  }
  const prepared = await openProject(
    { made: [madePlay('scan', pattern, tasks)] },
    { ...options, unguarded: true },
  );
  const jobs = prepared.plays.flatMap((play) => play.batches.flat());
  const { seen, interrupted } = await readHosts(jobs, options.forks);
  if (interrupted) return EXIT.interrupted;
  const outcomes = seen.filter((one) => one !== null);
  const hosts = outcomes.flatMap((one) =>
    'facts' in one ? [{ name: leadOf(one.visit).name, facts: one.facts }] : [],
  );
  const unread = outcomes.flatMap(troubles);
  const scans = MODULES.filter(
    ({ name, scan }) => scan !== undefined && tasks.some(({ module }) => module === name),
  ).map((module) => ({
    module: module.name,
    ...scanHosts(module, hosts),
  }));
  const head = { pattern, hosts: hosts.map(({ name }) => name), unread, at: new Date().toISOString() };

  await writeWhole(file, [scanYaml(scans, head)], file ?? 'standard output', 'name another file with -o');
  for (const { name, error } of unread) {
    const what = error.startsWith(`${name} `) ? error : `${name}: ${error}`;
    process.stderr.write(`not read: ${printable(what)}\n`);
  }
  const rules = scans.flatMap((scan) => scan.rules).length;
  const out = scans.flatMap((scan) => scan.left).length;
  const left = out === 0 ? '' : `, ${out} left out (see the comments)`;
  process.stderr.write(`${plural(rules, 'rule')} from ${plural(hosts.length, 'host')}${left}\n`);
  return exitOf(outcomes, unread.length);
}

function troubles(outcome: ReadOutcome): { name: string; error: string }[] {
  const { name } = leadOf(outcome.visit);
  if ('trouble' in outcome) return [{ name, error: outcome.trouble.error }];
  return outcome.facts.unreadable.map((vm) => ({ name: `${name} ${vm.name || vm.uuid}`, error: vm.error }));
}

function exitOf(outcomes: readonly ReadOutcome[], unread: number): number {
  const statuses = outcomes.flatMap((one) => ('trouble' in one ? [one.trouble.status] : []));
  const unreachable = statuses.includes('unreachable');
  if (statuses.includes('failed') || (unread > 0 && !unreachable)) return EXIT.failed;
  return unreachable ? EXIT.unreachable : EXIT.ok;
}
