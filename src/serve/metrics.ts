import { family, type Sample, sampleLine } from '../base/metrics.ts';

/** Upper bounds in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a service counts of its requests and jobs. */
export interface ServeMetrics {
  readonly counted: (method: string, route: string, status: number, seconds: number) => void;
  readonly ended: (kind: string, state: string) => void;
  /** In Prometheus' text format. */
  readonly text: () => string;
}

export function serveMetrics(): ServeMetrics {
  const requests = new Map<string, { readonly labels: Readonly<Record<string, string>>; count: number }>();
  const jobs = new Map<string, { readonly labels: Readonly<Record<string, string>>; count: number }>();
  const buckets = BUCKETS.map(() => 0);
  let [sum, all] = [0, 0];
  return {
    counted: (method, route, status, seconds) => {
      add(requests, { method, route, status: String(status) });
      for (const [index, bound] of BUCKETS.entries())
        if (seconds <= bound) buckets[index] = (buckets[index] ?? 0) + 1;
      sum += seconds;
      all++;
    },
    ended: (kind, state) => add(jobs, { kind, state }),
    text: () => {
      const name = 'virtune_serve_request_seconds';
      return [
        family(
          'virtune_serve_requests_total',
          'counter',
          'Requests, by route and status.',
          samplesOf(requests),
        ),
        family('virtune_serve_jobs_total', 'counter', 'Jobs that have ended.', samplesOf(jobs)),
        family(name, 'histogram', 'From a request until its answer was sent.', []),
        ...BUCKETS.map((bound, index) =>
          sampleLine(`${name}_bucket`, { le: String(bound) }, buckets[index] ?? 0),
        ),
        sampleLine(`${name}_bucket`, { le: '+Inf' }, all),
        sampleLine(`${name}_sum`, {}, sum),
        sampleLine(`${name}_count`, {}, all),
      ].join('');
    },
  };
}

type Counts = Map<string, { readonly labels: Readonly<Record<string, string>>; count: number }>;

function add(counts: Counts, labels: Readonly<Record<string, string>>): void {
  const key = JSON.stringify(labels);
  const own = counts.get(key) ?? { labels, count: 0 };
  own.count++;
  counts.set(key, own);
}

function samplesOf(counts: Counts): readonly Sample[] {
  return [...counts.values()].map(({ labels, count }): Sample => [labels, count]);
}
