import type { Change } from '../model/change.ts';
import type { Watched } from '../watch/context.ts';
import type { FleetView } from './fleet_view.ts';
import type { Mirror } from './mirror.ts';
import type { Queries } from './store/database.ts';
import { nicsChangedSince } from './store/overrides.ts';
import type { Override } from './store/records.ts';

export interface LooksContext {
  readonly database: Queries;
  readonly mirror: Mirror;
  readonly view: Pick<FleetView, 'locate'>;
  /** Asks for a look at a hypervisor. */
  readonly ask: (host: string) => void;
}

/**
 * What looks are made by: what is set as of the beginning of each. Another process of the same database, or a request,
 * may set something else while one is under way.
 */
export interface Looks {
  /** A look begins. @returns what was set until now */
  readonly begin: (watched: Watched) => Promise<readonly Override[]>;
  /** What the last look at a hypervisor was made by. */
  readonly revisionOf: (host: string) => number;
  /** Of what a look is about to write, that for which something else is set by now. */
  readonly overtaken: (changes: readonly Change[]) => Promise<ReadonlyMap<Change, string>>;
  /** Something else is set: a look that began before that may have written, or left, what held until then. */
  readonly heard: (changed: readonly Override[]) => void;
}

export function looksBy({ database, mirror, view, ask }: LooksContext): Looks {
  /** By hypervisor, and by each of its names in the inventory. */
  const begun = new Map<string, number>();
  const beginning = new Set<string>();
  return {
    begin: async ({ lead, plays }) => {
      beginning.add(lead.name);
      // Without the database what was known last still holds.
      await mirror.refresh().catch(() => {});
      beginning.delete(lead.name);
      const names = plays.flatMap(({ batches }) => batches.flat().map(({ name }) => name));
      for (const name of [lead.name, ...names]) begun.set(name, mirror.revision());
      return mirror.all();
    },
    revisionOf: (host) => begun.get(host) ?? 0,
    overtaken: async (changes) => {
      const since = begun.get(changes[0]?.host ?? '') ?? 0;
      const servers = [...new Set(changes.map(({ domain }) => domain.uuid))];
      const moved = await nicsChangedSince(database, since, servers).catch(() => []);
      if (moved.length === 0) return new Map();
      await mirror.refresh().catch(() => {});
      const isMoved = ({ domain, subject }: Change): boolean =>
        moved.some(({ server, mac }) => server === domain.uuid && mac === subject.mac);
      return new Map(changes.filter(isMoved).map((change) => [change, OVERTAKEN]));
    },
    heard: (changed) => {
      const hosts = changed.flatMap(({ server }) => {
        const found = view.locate(server);
        return found.what === 'seen' ? [found.vm.host] : [];
      });
      // A look that is just beginning is made by it.
      for (const host of new Set(hosts)) if (!beginning.has(host)) ask(host);
    },
  };
}

const OVERTAKEN = 'nothing was written: something else was set through the API while it was being read';
