import { type Command, Option } from 'commander';
import { policyInput } from '../../api/guard.ts';
import { above } from '../../base/screen.ts';
import { EXIT } from '../../engine/exit_code.ts';
import { watchLines } from '../../report/watch_lines.ts';
import { watchLog } from '../../reporters/watch_log.ts';
import { watchFleet } from '../../watch/fleet.ts';
import { watchMetrics } from '../../watch/metrics.ts';
import { togetherWatching } from '../../watch/observer.ts';
import { addHelp } from '../help.ts';
import { addLockOption, type LockOptions, SERVICE_LOCK_WAIT_SECONDS } from '../lock_option.ts';
import {
  addConnectionOptions,
  addForksOption,
  addInventoryOptions,
  addLimitOption,
  addShardOption,
  addTagOptions,
  addVerifyOption,
  type ForksOptions,
  type InventoryOptions,
  type RunningOptions,
  type ShardOptions,
  type TagOptions,
  type VerifyOptions,
} from '../options.ts';
import { addPolicyOptions, type PolicyOptions } from '../policy.ts';
import { addRecordOptions, type ReasonOptions, readyRecord } from '../record.ts';
import {
  type InventoryIntervalOptions,
  intervalOption,
  inventoryIntervalOption,
  metricsOption,
  type ReloadOptions,
  reloadOption,
  textOptions,
} from '../service.ts';
import { beginService, gatesNow, recordOfLooks } from '../service_run.ts';
import { addWaiversOption, type WaiverOptions } from '../waivers.ts';
import { openWatched } from '../watch_files.ts';
import { footOf } from '../watch_foot.ts';
import { type ListenOn, serveMetrics } from '../watch_http.ts';

interface WatchOptions
  extends InventoryOptions,
    RunningOptions,
    ForksOptions,
    TagOptions,
    ShardOptions,
    ReasonOptions,
    LockOptions,
    PolicyOptions,
    VerifyOptions,
    ReloadOptions,
    WaiverOptions,
    InventoryIntervalOptions {
  readonly check?: boolean;
  readonly interval: number;
  readonly metrics?: ListenOn;
  readonly logFormat: (typeof LOG_FORMATS)[number];
}

const LOG_FORMATS = ['lines', 'ndjson'] as const;

export function addWatch(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('watch')
    .summary('keep VMs as playbooks declare, by the events of libvirt, until it is stopped')
    .description(
      'Keeps one connection to each host, listens to the events of libvirt there, and makes VMs as playbooks declare within a moment of their start, move or change.',
    )
    .argument('<playbook...>', 'playbooks, all of them at once')
    .option('-C, --check', 'only read, and tell what differs as it appears')
    .option('-v, --verbose', 'tell of each look, also where nothing differs')
    .addOption(metricsOption())
    .addOption(
      new Option('--log-format <format>', 'what it says on standard output: lines, or a JSON object a line')
        .choices(LOG_FORMATS)
        .default('lines'),
    )
    .addOption(reloadOption())
    .addOption(intervalOption())
    .addOption(inventoryIntervalOption());
  addLockOption(addRecordOptions(addVerifyOption(command)), SERVICE_LOCK_WAIT_SECONDS);
  addConnectionOptions(
    addInventoryOptions(
      addWaiversOption(
        addPolicyOptions(addTagOptions(addShardOption(addForksOption(addLimitOption(command))))),
      ),
    ),
  ).action(async (playbooks: readonly string[], options: WatchOptions) => {
    exit(await watch(playbooks, options));
  });
  addHelp(command, {
    examples: [
      ['limits that hold by themselves', 'virtune watch limits.yml -i inventory/'],
      ['only tell what somebody changes; writes nothing', 'virtune watch limits.yml --check'],
    ],
    exits: {
      0: 'it was stopped, by Ctrl-C or SIGTERM, and nothing was left half done',
      1: 'bad input or usage',
    },
    page: 'watch.md',
  });
}

async function watch(playbooks: readonly string[], options: WatchOptions): Promise<number> {
  const { check = false, verbose = false } = options;
  const files = await openWatched(playbooks, options);
  const ready = check ? null : await readyRecord({ ...options, what: 'watch' });
  const service = beginService('watch', ready, options);
  const metrics = watchMetrics(() => fleet.count());
  const write = (text: string): void => above(() => process.stdout.write(text));
  const log = options.logFormat === 'ndjson' ? watchLog(verbose, write) : null;
  const lines = log ?? watchLines(textOptions(check, verbose), write);
  const view = log === null ? footOf(() => fleet.count(), check) : null;
  const server = options.metrics === undefined ? null : await serveMetrics(options.metrics, metrics);
  const reloading = service.reloading({
    ...{ files, metrics },
    take: (looks) => fleet.reload(files.now().project.plays, looks),
    count: () => fleet.count(),
    told: (isRead) => log?.reloaded(isRead, fleet.count()),
  });
  const fleet = watchFleet(files.now().project.plays, {
    ...service.fleet,
    run: { check, kernel: options.verify === 'kernel', lock: service.lock },
    gates: () => {
      const { project, guard, waivers } = files.now();
      return gatesNow(waivers, { policy: policyInput(project, check, guard) });
    },
    record: ready === null ? undefined : recordOfLooks(ready, options, () => files.now().project),
    observer: togetherWatching([lines, ...(view === null ? [] : [view]), metrics, reloading.refresh]),
  });
  log?.started(fleet.count(), check);
  reloading.begun();
  try {
    await fleet.ended;
    return EXIT.ok;
  } finally {
    view?.end();
    files.close();
    server?.close();
    await service.end();
  }
}
