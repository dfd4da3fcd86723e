import type { Queries } from './store/database.ts';
import { changedSince } from './store/overrides.ts';
import type { Override } from './store/records.ts';

/** The overrides that matter now, as the database had them last. */
export interface Mirror {
  readonly revision: () => number;
  /** Those that hold, and those that are to be undone. */
  readonly all: () => readonly Override[];
  readonly byId: (id: number) => Override | undefined;
  /** That of a NIC, where one holds. */
  readonly of: (server: string, mac: string) => Override | undefined;
  /**
   * Everything that was committed before the call is known after it.
   * @throws DatabaseError; what was known before stays
   */
  readonly refresh: () => Promise<void>;
}

/** After so long without a word of the database what is over may have been removed there: all is read anew. */
const LONGEST_MS = 3_600_000;

export interface MirrorOptions {
  /** Hears of each change once it is known, before whoever has refreshed does. */
  readonly heard?: (changed: readonly Override[]) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export function overrideMirror(
  queries: Queries,
  { heard = () => {}, now = Date.now }: MirrorOptions = {},
): Mirror {
  const known = new Map<number, Override>();
  let revision = 0;
  let readAt = now();
  let reading: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  let list: readonly Override[] = [];
  let byNic: ReadonlyMap<string, Override> = new Map();
  const read = async (): Promise<void> => {
    const at = now();
    const isOld = Math.abs(at - readAt) > LONGEST_MS;
    const { revision: newest, changed } = await changedSince(queries, isOld ? 0 : revision);
    readAt = at;
    const gone = isOld ? [...known.values()].filter(({ id }) => !changed.some((one) => one.id === id)) : [];
    for (const { id } of gone) known.delete(id);
    for (const one of changed) {
      if (one.restored) known.delete(one.id);
      else known.set(one.id, one);
    }
    if (changed.length > 0 || gone.length > 0) {
      list = [...known.values()].sort((a, b) => a.id - b.id);
      byNic = new Map(
        list.filter(({ endedAt }) => endedAt === null).map((one) => [nicKey(one.server, one.mac), one]),
      );
    }
    revision = newest;
    if (changed.length > 0) heard(changed);
  };
  const begin = (): Promise<void> => {
    const started = read().finally(() => {
      reading = null;
    });
    reading = started;
    return started;
  };
  return {
    revision: () => revision,
    all: () => list,
    byId: (id) => known.get(id),
    of: (server, mac) => byNic.get(nicKey(server, mac)),
    refresh: () => {
      if (reading === null) return begin();
      // One that has begun may have missed what this call is for: all who come meanwhile share the one after it.
      next ??= reading
        .catch(() => {})
        .then(() => {
          next = null;
          return begin();
        });
      return next;
    },
  };
}

function nicKey(server: string, mac: string): string {
  return `${server} ${mac}`;
}
