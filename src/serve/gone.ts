import { endOverride } from './ending.ts';
import type { FleetView } from './fleet_view.ts';
import type { Mirror } from './mirror.ts';
import type { Database } from './store/database.ts';

export interface GoneContext {
  readonly database: Database;
  readonly mirror: Mirror;
  readonly view: Pick<FleetView, 'locate'>;
  /** Which of these servers the cloud has no more; it may throw. */
  readonly deleted: (ids: readonly string[]) => Promise<readonly string[]>;
}

/** So many servers are asked about at a time: the others have their turn at the next one. */
const MOST = 100;

/**
 * Withdraws what was set for servers that have been deleted. A server that no host has may be shelved, so that only the
 * cloud's word counts.
 * @returns how many overrides have ended @throws what `deleted` and the database throw
 */
export async function withdrawGone({ database, mirror, view, deleted }: GoneContext): Promise<number> {
  const open = mirror.all().filter(({ endedAt }) => endedAt === null);
  const nowhere = [...new Set(open.map(({ server }) => server))].filter(
    (server) => view.locate(server).what === 'nowhere',
  );
  if (nowhere.length === 0) return 0;
  const from = Math.floor(Math.random() * nowhere.length);
  const asked = [...nowhere.slice(from), ...nowhere.slice(0, from)].slice(0, MOST);
  const gone = new Set(await deleted(asked));
  const over = open.filter(({ server }) => gone.has(server));
  if (over.length === 0) return 0;
  const count = await database.transaction(async (queries) => {
    let ended = 0;
    for (const one of over) if (await endOverride(queries, one, 'deleted', 'its server was deleted')) ended++;
    return ended;
  });
  await mirror.refresh();
  return count;
}
