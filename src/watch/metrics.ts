import { family, type Sample, sampleLine } from '../base/metrics.ts';
import { AS_DECLARED } from '../model/status.ts';
import { steadyNow } from './clock.ts';
import { GARBLED_FOR_MS } from './news.ts';
import type { WatchObserver } from './observer.ts';

/** Upper bounds in seconds of the histogram of reactions. */
const BUCKETS = [0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30];

/** What a watch counts of itself. */
export interface WatchMetrics extends WatchObserver {
  /** In Prometheus' text format. */
  readonly text: () => string;
  /** The files were read again, or could not be. */
  readonly reloaded: (isRead: boolean) => void;
  readonly isBroken: () => boolean;
  readonly hosts: () => {
    readonly all: number;
    readonly connected: number;
    /** Those whose stream holds what is no event. */
    readonly garbled: readonly string[];
  };
}

/**
 * @param all how many hypervisors are to be watched now
 * @param now milliseconds of a clock that never jumps
 */
export function watchMetrics(all: () => number, now: () => number = steadyNow): WatchMetrics {
  const connected = new Set<string>();
  const differs = new Map<string, number>();
  const dirty = new Set<string>();
  const garbledAt = new Map<string, number>();
  const garbled = (): readonly string[] =>
    [...garbledAt].flatMap(([host, at]) => (now() - at <= GARBLED_FOR_MS ? [host] : []));
  const drift = drifting();
  const looks = new Map<string, number>();
  const changes = new Map<string, number>();
  const reloads = new Map<string, number>();
  let broken = false;
  let lost = 0;
  let failed = 0;
  const reactions = BUCKETS.map(() => 0);
  let [sum, count] = [0, 0];
  const hosts = () => ({ all: all(), connected: connected.size, garbled: garbled() });
  return {
    connected: (host) => void connected.add(host),
    due: (host) => void dirty.add(host),
    garbled: (host) => void garbledAt.set(host, now()),
    lost: (host) => {
      dirty.delete(host);
      garbledAt.delete(host);
      // Nobody knows what becomes of it now.
      drift.is(host, 0, now());
      if (connected.delete(host)) lost++;
    },
    left: (host) => {
      dirty.delete(host);
      garbledAt.delete(host);
      drift.is(host, 0, now());
      connected.delete(host);
      differs.delete(host);
    },
    looked: (host, looked) => {
      add(looks, looked.triggers[0] ?? '');
      if (!looked.isDue) dirty.delete(host);
      const found = looked.hosts.flatMap(({ resources }) => resources);
      const wrong = found.filter(({ status }) => !AS_DECLARED.includes(status)).length;
      differs.set(host, wrong);
      drift.is(host, wrong, now());
      failed += looked.hosts.filter(({ status }) => status === 'failed' || status === 'unreachable').length;
      const changed = found.filter(({ status }) => status === 'changed');
      for (const { cause } of changed) add(changes, cause?.kind ?? 'unknown');
      drift.add((changed.length * looked.reactionMs) / 1000);
      if (changed.length === 0 || looked.event === undefined) return;
      const seconds = looked.reactionMs / 1000;
      for (const [index, bound] of BUCKETS.entries())
        if (seconds <= bound) reactions[index] = (reactions[index] ?? 0) + 1;
      sum += seconds;
      count++;
    },
    hosts,
    reloaded: (isRead) => {
      add(reloads, isRead ? 'read' : 'failed');
      broken = !isRead;
    },
    isBroken: () => broken,
    text: () => {
      const counter = (name: string, help: string, samples: readonly Sample[]) =>
        family(name, 'counter', help, samples);
      const gauge = (name: string, help: string, samples: readonly Sample[]) =>
        family(name, 'gauge', help, samples);
      const one = (value: number): readonly Sample[] => [[{}, value]];
      return [
        gauge('virtune_watch_hosts', 'Hypervisors that are to be watched.', one(hosts().all)),
        gauge('virtune_watch_hosts_connected', 'Those whose events are heard now.', one(connected.size)),
        gauge(
          'virtune_watch_hosts_dirty',
          'Those with something heard that is not looked at yet.',
          one(dirty.size),
        ),
        gauge(
          'virtune_watch_hosts_garbled',
          'Those whose stream held what is no event in the last ten minutes.',
          one(garbled().length),
        ),
        counter(
          'virtune_watch_drift_seconds_total',
          'How long subjects were known not to be as declared, summed over all of them.',
          one(drift.seconds(now())),
        ),
        gauge(
          'virtune_watch_host_differs',
          'What is not as declared on a host, as it was seen last.',
          labelled(differs, 'host'),
        ),
        counter('virtune_watch_lost_total', 'How often a host was lost.', one(lost)),
        counter('virtune_watch_failed_total', 'Looks at a host that failed.', one(failed)),
        counter(
          'virtune_watch_looks_total',
          'Looks at hosts, by what they were for.',
          labelled(looks, 'trigger'),
        ),
        counter(
          'virtune_watch_changes_total',
          'What was made as declared, by why it was not.',
          labelled(changes, 'cause'),
        ),
        counter(
          'virtune_watch_reloads_total',
          'How often files were read again, or could not be.',
          labelled(reloads, 'result'),
        ),
        gauge(
          'virtune_watch_files_broken',
          '1 while files cannot be read and what they said before holds.',
          one(broken ? 1 : 0),
        ),
        histogram('virtune_watch_reaction_seconds', reactions, sum, count),
      ].join('');
    },
  };
}

/** Sums up how long how much was known to be otherwise than declared. */
function drifting() {
  let sum = 0;
  const since = new Map<string, { readonly wrong: number; readonly at: number }>();
  const lasting = (at: number): number =>
    [...since.values()].reduce((total, one) => total + (one.wrong * (at - one.at)) / 1000, 0);
  return {
    add: (seconds: number): void => {
      sum += seconds;
    },
    /** So much differs on a host from then on. */
    is: (host: string, wrong: number, at: number): void => {
      const before = since.get(host);
      if (before !== undefined) sum += (before.wrong * (at - before.at)) / 1000;
      if (wrong === 0) since.delete(host);
      else since.set(host, { wrong, at });
    },
    seconds: (at: number): number => Math.round((sum + lasting(at)) * 1000) / 1000,
  };
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function labelled(counts: ReadonlyMap<string, number>, label: string): readonly Sample[] {
  return [...counts].map(([name, value]): Sample => [{ [label]: name }, value]);
}

function histogram(name: string, buckets: readonly number[], sum: number, count: number): string {
  const help = 'From an event until the host was as declared, where something was changed.';
  return [
    family(name, 'histogram', help, []),
    ...BUCKETS.map((bound, index) =>
      sampleLine(`${name}_bucket`, { le: String(bound) }, buckets[index] ?? 0),
    ),
    sampleLine(`${name}_bucket`, { le: '+Inf' }, count),
    sampleLine(`${name}_sum`, {}, sum),
    sampleLine(`${name}_count`, {}, count),
  ].join('');
}
