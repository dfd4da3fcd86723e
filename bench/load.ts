import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** One kind of request that comes so often, whether or not those before it are answered. */
export interface Stream {
  readonly perSecond: number;
  readonly send: (agent: Agent, nth: number) => Promise<number>;
}

export interface Loaded {
  /** Milliseconds from when each was due until it was answered, ascending. */
  readonly latencies: readonly number[];
  /** Answers with another status than the one that is expected. */
  readonly failed: number;
}

/**
 * Sends streams at once for so long. What is late counts from when it was due: a service that stands still is not asked
 * less often for it.
 */
export async function load(
  streams: readonly Stream[],
  forMs: number,
  expected: readonly number[],
): Promise<readonly Loaded[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });
  try {
    return await Promise.all(
      streams.map((stream, index) => loadOne(stream, agent, forMs, expected[index] ?? 200)),
    );
  } finally {
    agent.destroy();
  }
}

async function loadOne(
  { perSecond, send }: Stream,
  agent: Agent,
  forMs: number,
  expected: number,
): Promise<Loaded> {
  const count = Math.round((perSecond * forMs) / 1000);
  const begun = performance.now();
  const latencies: number[] = [];
  let failed = 0;
  const sent: Promise<void>[] = [];
  for (let nth = 0; nth < count; nth++) {
    const due = begun + (nth * 1000) / perSecond;
    if (due > performance.now() + 1) await sleep(due - performance.now());
    sent.push(
      send(agent, nth).then(
        (status) => {
          if (status === expected) latencies.push(performance.now() - due);
          else failed++;
        },
        () => {
          failed++;
        },
      ),
    );
  }
  await Promise.all(sent);
  return { latencies: latencies.sort((a, b) => a - b), failed };
}

/** One request. @returns the status of its answer */
export function call(
  agent: Agent,
  url: URL,
  method: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<number> {
  return new Promise((done, fail) => {
    const asked = request(url, { agent, method, headers }, (answer) => {
      answer.resume();
      answer.on('end', () => done(answer.statusCode ?? 0));
      answer.on('error', fail);
    });
    asked.on('error', fail);
    asked.end(body);
  });
}

/** `p50 2 ms, p90 5 ms, p99 20 ms, max 31 ms` */
export function percentiles(sorted: readonly number[]): string {
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  const shown = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
  return `p50 ${shown(at(0.5))}, p90 ${shown(at(0.9))}, p99 ${shown(at(0.99))}, max ${shown(at(1))}`;
}
