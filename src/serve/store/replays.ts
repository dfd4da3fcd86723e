import type { Queries } from './database.ts';

/** An answer that a request with the same `Idempotency-Key` gets again. */
export interface Replay {
  /** Of what was asked: another request with the same key is a mistake. */
  readonly fingerprint: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** So long an answer is kept. */
const KEPT = '24 hours';

/** @param owner whose key it is: keys of two callers are two keys */
export async function findReplay({ query }: Queries, owner: string, key: string): Promise<Replay | null> {
  const [row] = await query<Replay>(
    `SELECT fingerprint, status, headers, body FROM virtune_replay WHERE owner = $1 AND key = $2
       AND created_at > now() - $3::interval`,
    [owner, key, KEPT],
  );
  return row ?? null;
}

/** In the transaction that accepts: of two requests with one key at once, one is taken. @throws DatabaseError, `isTaken` */
export async function keepReplay(
  { query }: Queries,
  owner: string,
  key: string,
  replay: Replay,
): Promise<void> {
  await query(
    'DELETE FROM virtune_replay WHERE owner = $1 AND key = $2 AND created_at <= now() - $3::interval',
    [owner, key, KEPT],
  );
  await query(
    'INSERT INTO virtune_replay (owner, key, fingerprint, status, headers, body) VALUES ($1, $2, $3, $4, $5::text::jsonb, $6::text::jsonb)',
    [
      owner,
      key,
      replay.fingerprint,
      replay.status,
      JSON.stringify(replay.headers),
      replay.body === null ? null : JSON.stringify(replay.body),
    ],
  );
}

export async function forgetReplays({ query }: Queries): Promise<void> {
  await query('DELETE FROM virtune_replay WHERE created_at <= now() - $1::interval', [KEPT]);
}
