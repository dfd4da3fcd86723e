import { type Command, Option } from 'commander';
import { execute } from '../execute.ts';
import { addHelp, HOST_EXITS } from '../help.ts';
import {
  addConnectionOptions,
  addForksOption,
  addInventoryOptions,
  addReportOption,
  addShardOption,
  type ForksOptions,
  type InventoryOptions,
  type RunningOptions,
  type ShardOptions,
} from '../options.ts';
import { openProject } from '../project.ts';
import { openReportsOf } from '../reports.ts';
import { parseSeconds, showTraffic, TRAFFIC_SECONDS } from '../traffic.ts';
import { KINDS, kindOption, madePlay, readingTasks } from './made_play.ts';

interface ShowOptions extends InventoryOptions, RunningOptions, ForksOptions, ShardOptions {
  readonly kind?: readonly string[];
  readonly kernel?: boolean;
  readonly traffic?: number;
}

/** Those that tell what there is: the others tell what differs from rules, and there are none. */
const FORMATS = ['json', 'ndjson', 'markdown', 'html', 'prometheus'];

export function addShow(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('show')
    .summary('which limits VMs have now')
    .description('Shows what limits VMs have now, in the running VM and in its persistent configuration.')
    .argument('[pattern]', 'hosts', 'all')
    .addOption(kindOption())
    .option('--kernel', 'what the kernel of the host does, too')
    .option('-v, --verbose', 'peaks and bursts too where they are the usual ones')
    .addOption(
      new Option(
        '--traffic [seconds]',
        'what passes at the limits now, by two looks at the counters of the kernel, 5 seconds apart',
      )
        .preset(String(TRAFFIC_SECONDS))
        .argParser(parseSeconds)
        .conflicts(['kernel', 'report']),
    );
  addConnectionOptions(
    addInventoryOptions(addReportOption(addShardOption(addForksOption(command)), FORMATS.join(', '))),
  ).action(async (pattern: string, options: ShowOptions) => {
    exit(await show(pattern, options));
  });
  addHelp(command, {
    examples: [
      ['one kind of limits, on two hosts', `virtune show hv01:hv02 --kind ${KINDS[0]}`],
      ['with what the kernel of each host does', 'virtune show --kernel'],
      ['who is at the limit: all hosts, for 30 seconds', 'virtune show --traffic 30'],
      ['everything, for a program', 'virtune show --report json'],
    ],
    exits: { 0: 'all hosts were read', ...HOST_EXITS },
    page: 'commands.md',
  });
}

async function show(pattern: string, options: ShowOptions): Promise<number> {
  const play = madePlay('show', pattern, readingTasks(options.kind));
  if (options.traffic !== undefined) {
    const { plays } = await openProject({ made: [play] }, { ...options, unguarded: true });
    return showTraffic(
      plays.flatMap(({ batches }) => batches.flat()),
      options.forks,
      options.traffic,
    );
  }
  const reports = await openReportsOf('show', FORMATS, options.report);
  const prepared = await openProject({ made: [play] }, { ...options, unguarded: true });
  const result = await execute({
    prepared,
    view: 'table',
    check: true,
    diff: false,
    verbose: options.verbose ?? false,
    listAll: true,
    rewrite: false,
    kernel: options.kernel ?? false,
    forks: options.forks,
    reports,
  });
  return result.exitCode;
}
