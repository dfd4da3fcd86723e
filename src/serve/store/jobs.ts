import { LOCK_CLASS, type Queries } from './database.ts';
import type { Job, JobState, Override, Owner } from './records.ts';

const COLUMNS =
  'id, kind, override, server, mac, projects, request, revision, state, attempts, created_at, started_at, finished_at, host, progress, result';

export async function insertJob(
  { query }: Queries,
  kind: Job['kind'],
  { id, server, mac, project, revision }: Override,
  { owner, request, host }: { readonly owner: Owner; readonly request: string; readonly host: string | null },
): Promise<Job> {
  const [row] = await query<JobRow>(
    `INSERT INTO virtune_job (kind, override, server, mac, projects, request, revision, host)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${COLUMNS}`,
    [kind, id, server, mac, [...new Set([project, owner.project.id])], request, revision, host],
  );
  return toJob(row as JobRow);
}

/** Something newer holds for the same NIC. */
export async function supersede({ query }: Queries, override: number): Promise<void> {
  await query(
    `UPDATE virtune_job SET state = 'superseded', finished_at = now(), progress = ''
     WHERE override = $1 AND state IN ('queued', 'running')`,
    [override],
  );
}

/** Takes what is due for this process; rows that another one is just taking are left to it. */
export async function claimJobs({ query }: Queries, process: number, most: number): Promise<readonly Job[]> {
  const rows = await query<JobRow>(
    `UPDATE virtune_job SET state = 'running', process = $1, attempts = attempts + 1,
       started_at = coalesce(started_at, now())
     WHERE id IN (SELECT id FROM virtune_job WHERE state = 'queued' AND due_at <= now()
       ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING ${COLUMNS}`,
    [process, most],
  );
  return rows.map(toJob).sort((a, b) => a.id - b.id);
}

/** What a process that is no more has begun goes back, by the lock that each process holds. @returns how many */
export async function reclaimJobs({ query }: Queries, self: number): Promise<number> {
  const others = await query<{ process: number }>(
    "SELECT DISTINCT process FROM virtune_job WHERE state = 'running' AND process <> $1",
    [self],
  );
  let count = 0;
  for (const { process } of others) {
    const [row] = await query<{ free: boolean }>('SELECT pg_try_advisory_xact_lock($1, $2) AS free', [
      LOCK_CLASS,
      process,
    ]);
    if (row?.free !== true) continue;
    const back = await query(
      "UPDATE virtune_job SET state = 'queued', process = NULL, due_at = now() WHERE state = 'running' AND process = $1 RETURNING id",
      [process],
    );
    count += back.length;
  }
  return count;
}

/** What this process has taken and does not know of: the answer to the statement that took it was lost. */
export async function handBackJobs(
  { query }: Queries,
  process: number,
  known: readonly number[],
): Promise<void> {
  await query(
    `UPDATE virtune_job SET state = 'queued', process = NULL
     WHERE state = 'running' AND process = $1 AND NOT (id = ANY ($2::bigint[]))
       AND started_at < now() - interval '5 minutes'`,
    [process, known],
  );
}

/** It waits, and is tried again after so many milliseconds. */
export async function postponeJob(
  { query }: Queries,
  { id }: Pick<Job, 'id'>,
  process: number,
  afterMs: number,
  progress: string,
): Promise<void> {
  await query(
    `UPDATE virtune_job SET state = 'queued', process = NULL, progress = $3,
       due_at = now() + $4 * interval '1 millisecond'
     WHERE id = $1 AND process = $2 AND state = 'running'`,
    [id, process, progress, Math.round(afterMs)],
  );
}

/** @returns false where it is not this process's any more: something newer holds, or another process has ended it */
export async function finishJob(
  { query }: Queries,
  { id }: Pick<Job, 'id'>,
  process: number,
  end: {
    readonly state: JobState;
    readonly host: string;
    readonly progress: string;
    readonly result: object;
  },
): Promise<boolean> {
  const rows = await query(
    `UPDATE virtune_job SET state = $3, host = $4, progress = $5, result = $6::text::jsonb, finished_at = now(), process = NULL
     WHERE id = $1 AND process = $2 AND state = 'running' RETURNING id`,
    [id, process, end.state, end.host, end.progress, JSON.stringify(end.result)],
  );
  return rows.length > 0;
}

/** A number for this process, which no other one of this database has or had. */
export async function newProcess({ query }: Queries): Promise<number> {
  const [row] = await query<{ id: unknown }>("SELECT nextval('virtune_process') AS id");
  return Number(row?.id);
}

export async function jobById({ query }: Queries, id: number): Promise<Job | null> {
  const [row] = await query<JobRow>(`SELECT ${COLUMNS} FROM virtune_job WHERE id = $1`, [id]);
  return row === undefined ? null : toJob(row);
}

export interface JobQuery {
  /** null for all of them. */
  readonly project: string | null;
  readonly server: string | null;
  readonly state: JobState | null;
  readonly after: number | null;
  readonly limit: number;
}

/** Newest first. */
export async function listJobs(
  { query }: Queries,
  { project, server, state, after, limit }: JobQuery,
): Promise<readonly Job[]> {
  const rows = await query<JobRow>(
    `SELECT ${COLUMNS} FROM virtune_job
     WHERE ($1::text IS NULL OR projects @> ARRAY[$1::text]) AND ($2::uuid IS NULL OR server = $2)
       AND ($3::text IS NULL OR state = $3) AND ($4::bigint IS NULL OR id < $4)
     ORDER BY id DESC LIMIT $5`,
    [project, server, state, after, limit],
  );
  return rows.map(toJob);
}

interface JobRow
  extends Omit<Job, 'id' | 'override' | 'revision' | 'createdAt' | 'startedAt' | 'finishedAt'> {
  readonly id: unknown;
  readonly override: unknown;
  readonly revision: unknown;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

function toJob({ id, override, revision, created_at, started_at, finished_at, ...row }: JobRow): Job {
  return {
    ...row,
    id: Number(id),
    override: Number(override),
    revision: Number(revision),
    createdAt: created_at,
    startedAt: started_at,
    finishedAt: finished_at,
  };
}
