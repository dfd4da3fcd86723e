import { type Database, LOCK_CLASS } from './database.ts';

/** For how many days what is over is kept; null: for good. */
export interface Retention {
  readonly audit: number | null;
  /** Of jobs that have ended, and with them of what was set and holds no longer. */
  readonly jobs: number | null;
}

/** So many rows at once: nobody who accepts a request waits for long. */
export const BATCH = 500;

/** Process numbers begin at 1. */
const LOCK = 0;

const STATEMENTS: readonly { readonly of: keyof Retention; readonly text: string }[] = [
  {
    of: 'audit',
    // Lines are in the order of their time: where the oldest is young enough all are.
    text: `DELETE FROM virtune_audit WHERE id IN (SELECT id FROM (SELECT id, at FROM virtune_audit ORDER BY id LIMIT $2) oldest
      WHERE at < now() - $1 * interval '1 day') RETURNING id`,
  },
  {
    of: 'jobs',
    text: `DELETE FROM virtune_job WHERE id IN (SELECT id FROM virtune_job
      WHERE finished_at < now() - $1 * interval '1 day' ORDER BY finished_at LIMIT $2) RETURNING id`,
  },
  {
    of: 'jobs',
    text: `DELETE FROM virtune_override WHERE id IN (SELECT id FROM virtune_override one
      WHERE restored AND ended_at < now() - $1 * interval '1 day'
        AND NOT EXISTS (SELECT FROM virtune_job WHERE override = one.id) ORDER BY ended_at LIMIT $2) RETURNING id`,
  },
];

/**
 * Removes some of what is older than it is kept. One process of a database does it at a time, another one that comes
 * meanwhile leaves it be.
 * @returns whether there may be more @throws DatabaseError
 */
export async function forgetOld(database: Database, kept: Retention, batch = BATCH): Promise<boolean> {
  let more = false;
  for (const { of, text } of STATEMENTS) {
    const days = kept[of];
    if (days === null) continue;
    const removed = await database.transaction(async ({ query }) => {
      const [row] = await query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1, $2) AS mine', [
        LOCK_CLASS,
        LOCK,
      ]);
      return row?.mine === true ? (await query(text, [days, batch])).length : 0;
    });
    more ||= removed === batch;
  }
  return more;
}
