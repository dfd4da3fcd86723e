import { setTimeout as sleep } from 'node:timers/promises';
import { printable } from '../base/text.ts';
import type { Session } from '../connection/session.ts';
import { EXIT } from '../engine/exit_code.ts';
import type { HostJob } from '../engine/job.ts';
import { openSession, readVisit } from '../engine/visit.ts';
import { inputError } from '../model/diagnostic.ts';
import type { AnyModule } from '../modules/module.ts';
import { paintFor } from '../report/style.ts';
import { type Pace, pacesOf, trafficLines } from '../report/traffic.ts';
import { type HostTraffic, trafficJson } from '../report/traffic_json.ts';
import { clearReports, type ReportRequest, writeJson } from './reports.ts';
import { visitHosts } from './visit_hosts.ts';

/** Long enough that the rate of a queue is that of its limit. */
export const TRAFFIC_SECONDS = 5;

/** `--traffic 10` @throws InputError */
export function parseSeconds(word: string): number {
  const seconds = Number(word);
  if (seconds >= 1 && seconds <= 3600) return seconds;
  throw inputError(`--traffic ${word} is no number of seconds`, 'give 1 to 3600 seconds, e.g. --traffic 10');
}

type Seen =
  | { readonly paces: readonly Pace[]; readonly notes: readonly string[] }
  | { readonly error: string; readonly status: 'failed' | 'unreachable' };

/**
 * Reads the counters of hosts twice, so many seconds apart, and says what passes at their limits.
 * @param reports JSON alone
 * @returns exit status
 */
export async function showTraffic(
  jobs: readonly HostJob[],
  forks: number,
  seconds: number,
  reports: readonly ReportRequest[],
): Promise<number> {
  await clearReports(reports);
  // A report on standard output is all that it carries.
  const stream = reports.some(({ file }) => file === null) ? process.stderr : process.stdout;
  const paint = paintFor(stream);
  const { seen, interrupted } = await visitHosts(
    jobs,
    forks,
    async (job, signal, connector): Promise<Seen> => {
      const context = { connector, check: true, signal, busyRetries: 0, absentRetries: 0, retryDelayMs: 0 };
      const visit = { jobs: [job], rivals: [], everyVm: true } as const;
      const modules = job.tasks.map(({ module }) => module).filter(({ traffic }) => traffic !== undefined);
      const options = {
        listAll: false,
        rewrite: false,
        kernel: false,
        now: Date.now(),
        alsoRead: modules.flatMap((one) => one.traffic?.facts ?? []),
      };
      let session: Session | null = null;
      const connect = async () => {
        session ??= await openSession(visit, context, []);
        return session;
      };
      try {
        const first = await readVisit(visit, '', options, connect);
        if ('trouble' in first) return first.trouble;
        await sleep(seconds * 1000, undefined, { signal }).catch(() => {});
        const second = await readVisit(visit, '', options, connect);
        if ('trouble' in second) return second.trouble;
        return together(modules, first.facts, second.facts);
      } finally {
        (session as Session | null)?.close();
      }
    },
  );
  const codes = new Set<number>();
  const hosts: HostTraffic[] = [];
  for (const [index, one] of seen.entries()) {
    const { name = '' } = jobs[index] ?? {};
    if (one === null) continue;
    hosts.push({ name, notes: [], paces: [], ...one });
    if ('error' in one) {
      codes.add(EXIT[one.status]);
      stream.write(`${paint('bold', printable(name))}\n  ${paint('red', printable(one.error))}\n\n`);
      continue;
    }
    const notes = one.notes.map((note) => `  note: ${printable(note)}`);
    const lines = trafficLines(name, one.paces, paint);
    stream.write(`${[...lines.slice(0, -1), ...notes, ''].join('\n')}\n`);
  }
  const status = interrupted ? EXIT.interrupted : codes.size === 0 ? EXIT.ok : Math.min(...codes);
  await writeJson(reports, trafficJson(hosts, seconds, status));
  return status;
}

function together(
  modules: readonly AnyModule[],
  first: Parameters<NonNullable<AnyModule['traffic']>['read']>[0],
  second: typeof first,
): Seen {
  const notes: string[] = [];
  const paces = modules.flatMap(({ traffic, words }) => {
    const [a, b] = [traffic?.read(first), traffic?.read(second)];
    if (a === undefined || b === undefined) return [];
    if ('unknown' in a) notes.push(`what the kernel does with ${words.many} is not known: ${a.unknown}`);
    else if ('unknown' in b) notes.push(`what the kernel does with ${words.many} is not known: ${b.unknown}`);
    else return pacesOf(a, b);
    return [];
  });
  return { paces, notes };
}
