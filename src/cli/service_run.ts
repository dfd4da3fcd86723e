import { hostname } from 'node:os';
import pLimit from 'p-limit';
import { localUser } from '../api/local_user.ts';
import { plural } from '../base/text.ts';
import { newConnector } from '../connection/connector.ts';
import { gatesOf } from '../gates/index.ts';
import type { WaiversInput } from '../gates/waivers.ts';
import type { LockOwner } from '../libvirt/lock_script.ts';
import type { Change } from '../model/change.ts';
import type { RunHead } from '../model/result.ts';
import { type LazyRecord, lazyRecord } from '../record/lazy.ts';
import { newRunId } from '../record/run_id.ts';
import type { FleetContext } from '../watch/fleet.ts';
import type { WatchMetrics } from '../watch/metrics.ts';
import { type CloudRefresh, cloudRefresh } from './cloud_refresh.ts';
import type { LockOptions } from './lock_option.ts';
import type { ForksOptions } from './options.ts';
import type { ReadyRecord, ReasonOptions } from './record.ts';
import { type InventoryIntervalOptions, type ReloadOptions, sayNow as say, sayAsked } from './service.ts';
import { serviceNotifier } from './service_notify.ts';
import { listenForServiceSignals } from './service_signals.ts';
import type { WatchedFiles } from './watch_files.ts';

/** Where libvirt's files cannot be seen, changes without an event would stay until the regular look. */
const BLIND_INTERVAL_S = 60;

export type ServiceOptions = ForksOptions &
  LockOptions &
  ReasonOptions &
  ReloadOptions &
  InventoryIntervalOptions & { readonly interval: number };

/** What commands that keep a fleet until they are stopped set up alike, and end alike. */
export interface ServiceRun {
  readonly fleet: Pick<
    FleetContext,
    'connector' | 'forks' | 'seen' | 'intervalMs' | 'blindIntervalMs' | 'clockSet' | 'stopping' | 'abort'
  >;
  readonly lock: { readonly owner: LockOwner; readonly waitSeconds: number };
  readonly reloading: (of: Reloading) => {
    /** Hears what looks have found, so that clouds are asked again. */
    readonly refresh: CloudRefresh;
    /** It is ready now, and reads its files again as its options say. */
    readonly begun: () => void;
  };
  /** Once all that was under way has ended. */
  readonly end: () => Promise<void>;
}

interface Reloading {
  readonly files: Pick<WatchedFiles, 'now' | 'read' | 'onChange'>;
  readonly metrics: Pick<WatchMetrics, 'reloaded'>;
  /** What the files say holds from now on. @returns of how many hosts something is other */
  readonly take: (looks?: 'all' | 'changed') => number;
  readonly count: () => number;
  /** @param isRead whether they could be read */
  readonly told?: ((isRead: boolean) => void) | undefined;
}

/**
 * From here on signals end it in order.
 * @param ready null where it writes nothing
 */
export function beginService(
  what: 'watch' | 'serve',
  ready: ReadyRecord | null,
  { forks, interval, inventoryInterval, lockWait, reload }: ServiceOptions,
): ServiceRun {
  const run = `${what}-${process.pid}`;
  const seen = ready?.seeing();
  seen?.runStarted({ id: run });
  const signals = listenForServiceSignals(say);
  const systemd = serviceNotifier(process.env);
  const connector = newConnector();
  let refresh: CloudRefresh | undefined;
  return {
    fleet: {
      ...{ connector, forks },
      seen: seen?.hostDone,
      intervalMs: interval * 1000,
      blindIntervalMs: Math.min(interval, BLIND_INTERVAL_S) * 1000,
      clockSet: (byMs) => {
        const by = `${Math.round(Math.abs(byMs) / 1000)} s`;
        say(
          `The clock of this machine was set ${by} ${byMs > 0 ? 'ahead' : 'back'}: each host is looked at.`,
        );
      },
      ...{ stopping: signals.stopping, abort: signals.abort },
    },
    lock: {
      owner: { user: localUser(process.env), machine: hostname(), run },
      waitSeconds: lockWait,
    },
    reloading: (of) => {
      const reading = pLimit(1);
      refresh = refreshing(of, inventoryInterval, reading);
      const begun = (): void => {
        signals.onReload(() => reading(() => readAgain(systemd, of)));
        if (reload === 'change') of.files.onChange(signals.reload);
        signals.stopping.addEventListener('abort', () => systemd.stopping(), { once: true });
        systemd.ready();
      };
      return { refresh, begun };
    },
    end: async () => {
      refresh?.close();
      const unseen = (await seen?.end()) ?? '';
      if (unseen !== '') say(unseen);
      connector.close();
      systemd.close();
      signals.release();
    },
  };
}

/** Asks clouds again; what else has changed in files is read with it. */
function refreshing(
  { files, metrics, take, told }: Reloading,
  intervalSeconds: number,
  reading: <T>(read: () => Promise<T>) => Promise<T>,
): CloudRefresh {
  return cloudRefresh({
    intervalMs: intervalSeconds * 1000,
    serversOn: (host) => files.now().project.serversOn(host),
    hasClouds: () => files.now().project.clouds.length > 0,
    read: () =>
      reading(async () => {
        const isRead = await files.read(false);
        metrics.reloaded(isRead);
        const other = isRead ? take('changed') : 0;
        if (other > 0) say(sayAsked(other));
        if (other > 0 || !isRead) told?.(isRead);
        return isRead;
      }),
  });
}

async function readAgain(
  systemd: Pick<ReturnType<typeof serviceNotifier>, 'ready' | 'reloading'>,
  { files, metrics, take, count, told }: Reloading,
): Promise<void> {
  systemd.reloading();
  const isRead = await files.read(true);
  metrics.reloaded(isRead);
  if (isRead) {
    take();
    say(`The files were read again: ${plural(count(), 'host')}.`);
  }
  told?.(isRead);
  systemd.ready();
}

/** A record for each look that writes, with the files as they were read last. */
export function recordOfLooks(
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

/** Waivers end while a watch goes on: those of now, with the other gates of a look. */
export function gatesNow(
  waivers: WaiversInput | undefined,
  more: Omit<Parameters<typeof gatesOf>[0], 'waivers'> = {},
): ReturnType<typeof gatesOf> {
  return gatesOf(waivers === undefined ? more : { ...more, waivers: { ...waivers, now: Date.now() } });
}
