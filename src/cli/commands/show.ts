import { type Command, Option } from 'commander';
import { KINDS, madePlay, readingTasks } from '../../api/made_play.ts';
import { inputError } from '../../model/diagnostic.ts';
import { execute } from '../execute.ts';
import { addHelp, HOST_EXITS } from '../help.ts';
import {
  addAtOption,
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
import { kindOption } from './kind_option.ts';

interface ShowOptions extends InventoryOptions, RunningOptions, ForksOptions, ShardOptions {
  readonly kind?: readonly string[];
  readonly kernel?: boolean;
  readonly traffic?: number;
  readonly playbook?: readonly string[];
  readonly at?: Date;
}

const collect = (file: string, before: readonly string[] = []): readonly string[] => [...before, file];

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
    .addOption(
      new Option('--playbook <file>', 'what its rules change later, where they hold for a while; repeatable')
        .argParser(collect)
        .conflicts(['kind', 'traffic']),
    )
    .option('-v, --verbose', 'peaks and bursts too where they are the usual ones')
    .addOption(
      new Option(
        '--traffic [seconds]',
        'what passes at the limits now, by two looks at the counters of the kernel, 5 seconds apart',
      )
        .preset(String(TRAFFIC_SECONDS))
        .argParser(parseSeconds)
        .conflicts('kernel'),
    );
  const reading = addReportOption(addShardOption(addForksOption(addAtOption(command))), FORMATS.join(', '));
  addConnectionOptions(addInventoryOptions(reading)).action(async (pattern: string, options: ShowOptions) => {
    exit(await show(pattern, options));
  });
  addHelp(command, {
    examples: [
      ['one kind of limits, on two hosts', `virtune show hv01:hv02 --kind ${KINDS[0]}`],
      ['with what the kernel of each host does', 'virtune show --kernel'],
      ['who is at the limit: all hosts, for 30 seconds', 'virtune show --traffic 30'],
      ['what will change of itself, and when', 'virtune show --playbook limits.yml'],
      ['everything, for a program', 'virtune show --report json'],
    ],
    exits: { 0: 'all hosts were read', ...HOST_EXITS },
    page: 'commands.md',
  });
}

async function show(pattern: string, options: ShowOptions): Promise<number> {
  const play = madePlay('show', pattern, readingTasks(options.kind));
  if (options.traffic !== undefined) {
    const reports = await openReportsOf('show --traffic', ['json'], options.report);
    const { plays } = await openProject({ made: [play] }, { ...options, unguarded: true });
    return showTraffic(
      plays.flatMap(({ batches }) => batches.flat()),
      options.forks,
      options.traffic,
      reports,
    );
  }
  const reports = await openReportsOf('show', FORMATS, options.report);
  const { playbook: playbooks } = options;
  if (options.at !== undefined && playbooks === undefined)
    throw inputError('--at is for --playbook', 'what VMs have is known of now alone');
  const prepared = await openProject(playbooks === undefined ? { made: [play] } : { playbooks }, {
    ...options,
    unguarded: true,
    ...(playbooks === undefined ? {} : { limit: [pattern] }),
  });
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
    // What differs is no business of a look.
    strictness: { missingOk: true, failOn: ['failed', 'unreachable'] },
  });
  return result.exitCode;
}
