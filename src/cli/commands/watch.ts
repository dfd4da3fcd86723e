import { hostname } from 'node:os';
import { type Command, Option } from 'commander';
import pLimit from 'p-limit';
import { policyInput } from '../../api/guard.ts';
import { localUser } from '../../api/local_user.ts';
import { plural } from '../../base/text.ts';
import { newConnector } from '../../connection/connector.ts';
import { EXIT } from '../../engine/exit_code.ts';
import { gatesOf } from '../../gates/index.ts';
import type { Change } from '../../model/change.ts';
import type { RunHead } from '../../model/result.ts';
import { type LazyRecord, lazyRecord } from '../../record/lazy.ts';
import { newRunId } from '../../record/run_id.ts';
import { paintFor } from '../../report/style.ts';
import { watchLines } from '../../report/watch_lines.ts';
import { watchLog } from '../../reporters/watch_log.ts';
import { watchFleet } from '../../watch/fleet.ts';
import { watchMetrics } from '../../watch/metrics.ts';
import { togetherWatching } from '../../watch/observer.ts';
import { cloudRefresh } from '../cloud_refresh.ts';
import { addHelp } from '../help.ts';
import { keepHeapSmall } from '../keep_heap_small.ts';
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
import { addRecordOptions, type ReadyRecord, type ReasonOptions, readyRecord } from '../record.ts';
import {
  type InventoryIntervalOptions,
  intervalOption,
  inventoryIntervalOption,
  metricsOption,
  sayNow as say,
  sayAsked,
} from '../service.ts';
import { serviceNotifier } from '../service_notify.ts';
import { listenForServiceSignals } from '../service_signals.ts';
import { addWaiversOption, type WaiverOptions } from '../waivers.ts';
import { openWatched } from '../watch_files.ts';
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
    WaiverOptions,
    InventoryIntervalOptions {
  readonly check?: boolean;
  readonly interval: number;
  readonly metrics?: ListenOn;
  readonly reload: (typeof RELOADS)[number];
  readonly logFormat: (typeof LOG_FORMATS)[number];
}

const LOG_FORMATS = ['lines', 'ndjson'] as const;

const RELOADS = ['change', 'signal'] as const;

/** Where libvirt's files cannot be seen, changes without an event would stay until the regular look. */
const BLIND_INTERVAL_S = 60;

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
    .addOption(
      new Option('--reload <when>', 'read the files again when they change, or on SIGHUP alone')
        .choices(RELOADS)
        .default('change'),
    )
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
  const { check = false, verbose = false, forks, interval, reload } = options;
  keepHeapSmall();
  const files = await openWatched(playbooks, options);
  const ready = check ? null : await readyRecord({ ...options, what: 'watch' });
  const record = ready === null ? undefined : recordOfLooks(ready, options, () => files.now().project);
  const seen = ready?.seeing();
  seen?.runStarted({ id: `watch-${process.pid}` });
  const signals = listenForServiceSignals(say);
  const systemd = serviceNotifier(process.env);
  const connector = newConnector();
  const metrics = watchMetrics(() => fleet.count());
  const write = (text: string): void => void process.stdout.write(text);
  const log = options.logFormat === 'ndjson' ? watchLog(verbose, write) : null;
  const lines = log ?? watchLines({ check, diff: false, verbose, paint: paintFor(process.stdout) }, write);
  const server = options.metrics === undefined ? null : await serveMetrics(options.metrics, metrics);
  const reading = pLimit(1);
  const refresh = cloudRefresh({
    intervalMs: options.inventoryInterval * 1000,
    serversOn: (host) => files.now().project.serversOn(host),
    hasClouds: () => files.now().project.clouds.length > 0,
    read: () =>
      reading(async () => {
        const isRead = await files.read(false);
        metrics.reloaded(isRead);
        const count = isRead ? fleet.reload(files.now().project.plays, 'changed') : 0;
        if (count > 0) say(sayAsked(count));
        if (count > 0 || !isRead) log?.reloaded(isRead, fleet.count());
        return isRead;
      }),
  });
  const fleet = watchFleet(files.now().project.plays, {
    connector,
    forks,
    run: {
      check,
      kernel: options.verify === 'kernel',
      lock: {
        owner: { user: localUser(process.env), machine: hostname(), run: `watch-${process.pid}` },
        waitSeconds: options.lockWait,
      },
    },
    gates: () => {
      const { project, guard, waivers } = files.now();
      // A waiver ends while its watch goes on.
      const held = waivers === undefined ? {} : { waivers: { ...waivers, now: Date.now() } };
      return gatesOf({ ...held, policy: policyInput(project, check, guard) });
    },
    record,
    seen: seen?.hostDone,
    intervalMs: interval * 1000,
    blindIntervalMs: Math.min(interval, BLIND_INTERVAL_S) * 1000,
    stopping: signals.stopping,
    abort: signals.abort,
    observer: togetherWatching([lines, metrics, refresh]),
  });
  signals.onReload(() =>
    reading(async () => {
      systemd.reloading();
      const isRead = await files.read(true);
      metrics.reloaded(isRead);
      if (isRead) {
        fleet.reload(files.now().project.plays);
        say(`The files were read again: ${plural(fleet.count(), 'host')}.`);
      }
      log?.reloaded(isRead, fleet.count());
      systemd.ready();
    }),
  );
  log?.started(fleet.count(), check);
  if (reload === 'change') files.onChange(signals.reload);
  signals.stopping.addEventListener('abort', () => systemd.stopping(), { once: true });
  systemd.ready();
  try {
    await fleet.ended;
    return EXIT.ok;
  } finally {
    const unseen = (await seen?.end()) ?? '';
    if (unseen !== '') say(unseen);
    refresh.close();
    files.close();
    connector.close();
    server?.close();
    systemd.close();
    signals.release();
  }
}

/** A record for each look that writes, with the files as they were read last. */
function recordOfLooks(
  ready: ReadyRecord,
  options: ReasonOptions,
  project: () => Pick<RunHead, 'playbooks' | 'inventory'>,
): (reason: (changes: readonly Change[]) => string) => LazyRecord {
  return (reasonOf) =>
    lazyRecord((changes) => {
      const why = reasonOf(changes);
      const startedAt = new Date().toISOString();
      const { playbooks, inventory } = project();
      const reason = options.reason === undefined ? why : `${options.reason}; ${why}`;
      return ready.because(reason, { id: newRunId(startedAt), startedAt, playbooks, inventory });
    });
}
