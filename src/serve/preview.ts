import pLimit from 'p-limit';
import type { Connector } from '../connection/connector.ts';
import { runPlays } from '../engine/run.ts';
import type { Gate } from '../gates/gate.ts';
import { type Change, commandLines } from '../model/change.ts';
import { moduleNamed } from '../modules/index.ts';
import type { Watched } from '../watch/context.ts';
import { withOverrides } from './overlay.ts';
import type { Override } from './store/records.ts';

/** What setting something would do, read from its host now by a connection that cannot write. */
export type Preview = (
  host: string,
  wanted: readonly Override[],
  others: readonly Override[],
) => Promise<readonly Change[]>;

export interface PreviewContext {
  readonly connector: Connector;
  readonly watched: (host: string) => Watched | undefined;
  /** @param wanted overrides that are nowhere stored */
  readonly gates: (wanted: readonly Override[]) => readonly Gate[];
  readonly abort: AbortSignal;
}

/** Each is a login of its own. */
const AT_ONCE = 4;

export function previewer({ connector, watched, gates, abort }: PreviewContext): Preview {
  const turn = pLimit(AT_ONCE);
  return async (host, wanted, others) => {
    const own = watched(host);
    if (own === undefined) return [];
    const replaced = new Set(wanted.map(({ server, mac }) => `${server} ${mac}`));
    const rest = others.filter(({ server, mac }) => !replaced.has(`${server} ${mac}`));
    const outcome = await turn(() =>
      runPlays(
        connector,
        withOverrides(own.plays, [...rest, ...wanted]),
        { check: true, forks: 1, listAll: true, gates: gates(wanted) },
        { stopping: abort, abort },
        {},
      ),
    );
    const changes = outcome.hosts.flatMap(({ resources }) => resources);
    return changes.filter(({ domain, subject }) => replaced.has(`${domain.uuid} ${subject.key}`));
  };
}

/** A change that would be made, for callers; what tells of the host is for admins. */
export function shownPreview(change: Change, isAdmin: boolean): object {
  const { status, reason, notes = [], module } = change;
  return {
    status,
    ...(status === 'pending' ? { change: moduleNamed(module).text.sentence(change) } : {}),
    ...(reason === undefined ? {} : { reason }),
    notes,
    ...(isAdmin ? { host: change.host, commands: commandLines(change) } : {}),
  };
}
