import type { Session } from '../connection/session.ts';
import { explainBy } from '../engine/drift/index.ts';
import { exitCode } from '../engine/exit_code.ts';
import { runPlays } from '../engine/run.ts';
import { sessionKey } from '../engine/visits.ts';
import { gatesOf } from '../gates/index.ts';
import type { HostResult } from '../model/result.ts';
import { endOf } from '../record/end.ts';
import type { Arriving } from './arriving.ts';
import { borrowed } from './borrowed.ts';
import type { WatchContext, Watched } from './context.ts';
import { flapping } from './flapping.ts';
import { packed } from './last_seen.ts';
import type { Due } from './schedule.ts';
import { whyText } from './why.ts';

/** Looks at a hypervisor, and what it remembers from one look to the next, over all of its connections. */
export type Looker = (watched: Watched, session: Session, due: Due) => Promise<readonly HostResult[]>;

export function looker(context: WatchContext, guests: Arriving): Looker {
  const rivals = flapping();
  let before: ReturnType<typeof packed> | null = null;
  return async (watched, session, due) => {
    const gates = [...(context.gates?.() ?? gatesOf({})), guests.gate(Date.now()), rivals.gate(Date.now())];
    const found = await run(watched, session, due, { ...context, gates: () => gates });
    const hosts =
      before === null || found.every(isAsDeclared)
        ? found
        : found.map(explainBy({ hosts: before(), unmatchedRules: [], partial: true }));
    // Where it could not be read, what was seen last still tells causes.
    if (found.every(({ error }) => error === undefined)) before = packed(found);
    for (const host of hosts) context.seen?.(host);
    rivals.note(
      hosts.flatMap(({ resources }) => resources),
      Date.now(),
    );
    return hosts;
  };
}

/** Nothing is to be explained. */
function isAsDeclared({ resources }: HostResult): boolean {
  return resources.every(({ status }) => status === 'inSync' || status === 'unmanaged');
}

/** A run of the usual stages for this hypervisor, over the session that there is. */
async function run(
  { lead, plays }: Watched,
  session: Session,
  due: Due,
  { connector, run: options, gates, record, abort, observer }: WatchContext,
): Promise<readonly HostResult[]> {
  const own = sessionKey(lead.target, lead.become);
  const shared = borrowed(connector, session, (target, how) => sessionKey(target, how?.become) === own);
  const recorder = record?.(`${lead.name}: ${whyText(due)}`);
  // What has begun is finished and read back, whatever stops: only an abort ends it.
  const stopping = new AbortController().signal;
  const outcome = await runPlays(
    shared,
    plays,
    // Causes are told by evidence.
    { ...options, gates: gates?.(), forks: 1, busyRetries: 0, evidence: true, record: recorder },
    { stopping, abort },
    {},
  );
  const lost = await recorder?.finish(endOf(outcome.hosts, exitCode(outcome, abort.aborted)));
  if (lost) observer.noted?.(lead.name, lost);
  return outcome.hosts;
}

/** In how many milliseconds something is to be otherwise since a rule begins or ends; null where none does. */
export function changesIn(hosts: readonly HostResult[], now: number): number | null {
  const times = hosts.flatMap(({ resources }) =>
    resources.flatMap(({ next }) => (next ? [Date.parse(next.at)] : [])),
  );
  return times.length === 0 ? null : Math.max(0, times.reduce((a, b) => Math.min(a, b)) - now);
}

/** What may be otherwise without an event. */
export function wantsAgain({ status, error, resources }: HostResult): boolean {
  if (status === 'unreachable' || (status === 'failed' && error !== undefined)) return true;
  return resources.some((one) => ['busy', 'failed', 'skipped', 'locked'].includes(one.status));
}
