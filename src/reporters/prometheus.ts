import { family, type Labels, type Sample, sampleLine } from '../base/metrics.ts';
import { subjectId } from '../engine/merge.ts';
import { CAUSES } from '../model/cause.ts';
import type { RunResult } from '../model/result.ts';
import { HOST_STATUSES } from '../model/result.ts';
import { SUBJECT_STATUSES } from '../model/status.ts';
import { WAIVER_STATES } from '../model/waiver.ts';
import { summarise } from '../report/summary.ts';
import type { ReportContext } from './reporter.ts';

const gauge = (name: string, help: string, samples: readonly Sample[]): string =>
  family(name, 'gauge', help, samples);

/**
 * Metrics for node_exporter's textfile collector and the Pushgateway: Prometheus' text format 0.0.4, gauges only (a run
 * is a snapshot), without time stamps, since the collector skips files that have some. A host has few series whatever
 * it runs: 10,000 hosts with 20 NICs each would have 200,000 otherwise.
 */
export function* prometheusReport(result: RunResult, { version }: ReportContext): Generator<string> {
  const { hosts, mode, playbooks } = result;
  const [started, finished] = [Date.parse(result.startedAt), Date.parse(result.finishedAt)];
  const summary = summarise(hosts);
  const one = (value: number): readonly Sample[] => [[{}, value]];
  yield gauge('virtune_run_timestamp_seconds', 'When the run ended.', one(finished / 1000));
  yield gauge('virtune_run_duration_seconds', 'How long it took.', one((finished - started) / 1000));
  yield gauge('virtune_run_exit_code', 'Its exit status.', one(result.exitCode));
  yield gauge('virtune_run_info', 'What ran.', [[{ mode, playbook: playbooks.join(' '), version }, 1]]);
  yield gauge(
    'virtune_hosts',
    'Hosts by what became of them.',
    HOST_STATUSES.map((status): Sample => [{ status }, summary.hosts[status]]),
  );
  yield gauge(
    'virtune_resources',
    'What has limits, by kind and by what became of it.',
    Object.entries(summary.resources).flatMap(([kind, counts]) =>
      SUBJECT_STATUSES.map((status): Sample => [{ kind, status }, counts[status]]),
    ),
  );
  if (result.baseline !== undefined) {
    yield gauge(
      'virtune_differences',
      'What differs, by kind and by why, compared with the baseline.',
      differencesBy(hosts),
    );
    yield gauge(
      'virtune_gone_vms',
      'VMs of the baseline that their hosts have no more.',
      one(result.gone?.length ?? 0),
    );
  }
  if (result.waivers !== undefined)
    yield gauge(
      'virtune_waivers',
      'Waivers by what became of them.',
      WAIVER_STATES.map(
        (state): Sample => [{ state }, result.waivers?.filter((one) => one.state === state).length ?? 0],
      ),
    );
  yield gauge('virtune_unmatched_rules', 'Rules that name nothing.', one(result.unmatchedRules.length));
  yield gauge('virtune_missing_vms', 'Names of VMs that no host has.', one(result.missingDomains.length));
  yield gauge('virtune_warnings', 'Warnings of files.', one(result.warnings.length));
  yield* perHost('virtune_host_up', 'Whether the host was reached, where that was tried.', hosts, (host) =>
    host.status === 'unreachable' ? [[{}, 0]] : wasTried(host) ? [[{}, 1]] : [],
  );
  yield* perHost('virtune_host_duration_seconds', 'How long the host took.', hosts, ({ durationMs }) => [
    [{}, durationMs / 1000],
  ]);
  yield* perHost(
    'virtune_host_resources',
    'What has limits on the host, where there is any.',
    hosts,
    countsOf,
  );
}

/** A host whose turn did not come, or that no task is for, took no time at all. */
function wasTried({ durationMs }: RunResult['hosts'][number]): boolean {
  return durationMs > 0;
}

/** One series for each kind and cause, whatever the size of the fleet. */
function differencesBy(hosts: RunResult['hosts']): readonly Sample[] {
  const kinds = new Map<string, Map<string, number>>();
  // A hypervisor may have several inventory names.
  const changes = new Map(
    hosts.flatMap(({ hypervisor, resources }) =>
      resources.map((change) => [`${hypervisor}\0${subjectId(change)}`, change]),
    ),
  );
  for (const { subject, cause } of changes.values()) {
    if (cause === undefined) continue;
    const counts = kinds.get(subject.kind) ?? new Map<string, number>();
    kinds.set(subject.kind, counts.set(cause.kind, (counts.get(cause.kind) ?? 0) + 1));
  }
  return [...kinds].flatMap(([kind, counts]) =>
    CAUSES.map((cause): Sample => [{ kind, cause }, counts.get(cause) ?? 0]),
  );
}

function countsOf({ resources }: RunResult['hosts'][number]): readonly Sample[] {
  const counts = new Map<string, { labels: Labels; count: number }>();
  for (const { subject, status } of resources) {
    const key = `${subject.kind} ${status}`;
    const known = counts.get(key) ?? { labels: { kind: subject.kind, status }, count: 0 };
    counts.set(key, { ...known, count: known.count + 1 });
  }
  return [...counts.values()].map(({ labels, count }): Sample => [labels, count]);
}

function* perHost(
  name: string,
  help: string,
  hosts: RunResult['hosts'],
  samples: (host: RunResult['hosts'][number]) => readonly Sample[],
): Generator<string> {
  yield gauge(name, help, []);
  for (const host of hosts)
    yield samples(host)
      .map(([labels, value]) => sampleLine(name, { host: host.name, ...labels }, value))
      .join('');
}
